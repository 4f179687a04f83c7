package story

import (
	"cmp"
	"strconv"
	"strings"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/words"
)

func (t *Teller) run() {
	config := t.Span.Attribute(worldspans.RaftkvConfigKey).AsString()
	counts := counted(config)
	t.note(t.Span.Start, turnRunBegins,
		func(n *turn) { n.said = cmp.Or(strings.TrimPrefix(counts, ", "), "the run begins") })
	t.Line(t.Beginning(), Ordinary, "config read: ", t.Text(worldspans.RaftkvScenarioKey), ", seed ",
		t.Text(worldspans.RaftkvSeedKey), counts)
}

// countedText is Counted for a number that stands in a document.
func countedText(number, one string) string {
	if n, err := strconv.ParseUint(number, 10, 64); err == nil {
		return words.Counted(n, one)
	}
	return number + " " + one + "s"
}

// counted says how many processes of each kind a config has, as it goes on behind a comma: ", 5 nodes, 3 clients". It
// knows no more of TOML than that tables begin with a bracket.
func counted(config string) (counts string) {
	for line := range strings.Lines(config) {
		if strings.HasPrefix(line, "[") {
			break
		}
		name, value, _ := strings.Cut(line, "=")
		if kind, is := strings.CutPrefix(strings.TrimSpace(name), "num_"); is {
			counts += ", " + countedText(strings.TrimSpace(value), strings.TrimSuffix(kind, "s"))
		}
	}
	return counts
}

// violation tells of an invariant that does not hold: the two facts, which clash.
func (t *Teller) violation() {
	t.note(t.Span.Start, turnViolated, func(n *turn) { n.said = t.Text(worldspans.RaftkvInvariantKey) })
	t.Line(t.Beginning(), Trouble, "VIOLATION of ", t.Text(worldspans.RaftkvInvariantKey), ": ",
		words.Printable(t.Span.Status.Description))
	for i, fact := range t.Texts(worldspans.RaftkvViolationFactsKey) {
		t.Line(t.Beginning(), Trouble, [...]string{"  ", "  but "}[min(i, 1)], words.Printable(fact))
	}
}

// fault tells what was done to the run, as a sentence about whom it was done to.
func (t *Teller) fault() {
	said, _ := words.Fault(t.Span)
	how := Trouble
	if kind := t.Text(worldspans.RaftkvFaultKey); kind == worldspans.FaultHeal || kind == worldspans.FaultElect {
		how = Ordinary
	}
	t.story.faults = append(t.story.faults, t.Span.ID)
	t.noteFault(said)
	if aimed := t.Text(worldspans.RaftkvFaultAimedAtKey); aimed != "" {
		said += " (aimed at " + aimed + ")"
	}
	if when := t.Text(worldspans.RaftkvFaultWhenKey); strings.Contains(when, " ") { // a condition, and no time
		said += " (as " + when + ")"
	}
	t.Line(t.Beginning(), how, "FAULT: ", said)
}
