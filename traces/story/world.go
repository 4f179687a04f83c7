package story

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/words"
)

func (t *Teller) run() {
	config := t.Span.Attribute(worldspans.RaftkvConfigKey).AsString()
	counts := ""
	if nodes, clients := topLevel(config, "num_nodes"), topLevel(config, "num_clients"); nodes != "" && clients != "" {
		counts = ", " + countedText(nodes, "node") + ", " + countedText(clients, "client")
	}
	t.note(t.Span.Start, turnRunBegins, func(n *turn) { n.said = cmp.Or(strings.TrimPrefix(counts, ", "), "the run begins") })
	t.Line(t.Beginning(), Ordinary, "config read: ", t.Text(worldspans.RaftkvScenarioKey), ", seed ", t.Text(worldspans.RaftkvSeedKey), counts)
}

// countedText is Counted for a number that stands in a document.
func countedText(number, one string) string {
	if n, err := strconv.ParseUint(number, 10, 64); err == nil {
		return words.Counted(n, one)
	}
	return number + " " + one + "s"
}

// topLevel is the value of a key of a TOML document, as it stands there; it knows no more of TOML than that tables begin with a bracket.
func topLevel(document, key string) string {
	for line := range strings.Lines(document) {
		name, value, found := strings.Cut(line, "=")
		if strings.HasPrefix(line, "[") {
			return ""
		}
		if found && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// violation tells of an invariant that does not hold: the two facts, which clash.
func (t *Teller) violation() {
	t.note(t.Span.Start, turnViolated, func(n *turn) { n.said = t.Text(worldspans.RaftkvInvariantKey) })
	t.Line(t.Beginning(), Trouble, "VIOLATION of ", t.Text(worldspans.RaftkvInvariantKey), ": ", words.Printable(t.Span.Status.Description))
	for i, fact := range t.Texts(worldspans.RaftkvViolationFactsKey) {
		t.Line(t.Beginning(), Trouble, [...]string{"  ", "  but "}[min(i, 1)], words.Printable(fact))
	}
}

// fault tells what was done to the run, as a sentence about whom it was done to.
func (t *Teller) fault() {
	kind, target := t.Text(worldspans.RaftkvFaultKey), t.Text(worldspans.RaftkvFaultTargetKey)
	how := Trouble
	var said string
	switch kind {
	case worldspans.FaultCrash:
		said = target + " crashes"
	case worldspans.FaultRestart:
		said = target + " is started again"
	case worldspans.FaultRollback:
		said = target + " starts again with what its disk held " + t.By().String() + " ago"
	case worldspans.FaultHeal:
		said, how = target+" is healed", Ordinary
		if target == "all" {
			said = "everything is healed"
		}
	case worldspans.FaultIsolate:
		said = target + " is isolated: no other node hears it, nor it them"
	case worldspans.FaultPartition:
		said = t.partition(target)
	case worldspans.FaultPause:
		said = target + " is paused"
	case worldspans.FaultSlow:
		said = target + " is slow: each step takes " + t.By().String() + " longer"
	case worldspans.FaultStall:
		said = "the disk of " + target + " stalls: each step that writes to it takes " + t.By().String() + " longer"
	case worldspans.FaultSkew:
		said = t.Skew(target)
	case worldspans.FaultSkipSync:
		said = "the disk of " + target + " lies: it says that it has synced, and has not"
	case worldspans.FaultLoseUnsynced:
		said = target + " crashes in the middle of a write, which is lost"
		if t.Span.Attribute(worldspans.RaftkvFaultTornKey).AsBool() {
			said = target + " crashes in the middle of a write, and the disk keeps a part of the record"
		}
	case worldspans.FaultElect:
		said, how = target+" is told to stand for election", Ordinary
	default:
		said = kind + " " + target
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

func (t *Teller) By() time.Duration {
	return time.Duration(t.Integer(worldspans.RaftkvFaultByNsKey))
}

func (t *Teller) partition(target string) string {
	if first, second, found := strings.Cut(target, " | "); found && t.Span.Attribute(worldspans.RaftkvFaultOneWayKey).AsBool() {
		sends := words.Agree(strings.Count(first, " ")+1, " sends", " send")
		return "what " + listed(first) + sends + " to " + listed(second) + " is lost; the other way is open"
	}
	return "the network parts: " + target
}

// listed is names with commas between them.
func listed(names string) string { return strings.ReplaceAll(names, " ", ", ") }

func (t *Teller) Skew(target string) string {
	if rate := t.Integer(worldspans.RaftkvFaultRatePermilleKey); rate > 0 {
		return "the clock of " + target + " runs at " + strconv.FormatFloat(float64(rate)/1000, 'g', -1, 64) + " times the true pace"
	}
	if by := t.By(); by < 0 {
		return "the clock of " + target + " jumps back by " + (-by).String()
	}
	return "the clock of " + target + " jumps ahead by " + t.By().String()
}
