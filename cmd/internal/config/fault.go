package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Fault is a [[fault]]: something that goes wrong on purpose, or the counterfactual of one message.
type Fault struct {
	Kind    FaultKind
	At      When            // the zero When for what happens to one message, whenever that is sent
	Process world.ProcessID // to whom it happens; zero for a partition and for a message, and for a heal of everything
	Who     Who             // the role that says to whom it happens, instead of Process
	Sides   [][]Target      // of a partition: who is cut off from whom, each side in ascending order
	OneWay  bool            // of a partition: only what the first side sends to the second is lost
	Message world.CausalID  // of drop, delay and duplicate: the span that sends the message
	By      time.Duration   // of delay, slow, stall, skew and rollback: how much
	Rate    int             // of skew: how fast the clock runs from then on, in thousandths of true time; zero if it jumps
	Torn    bool            // of lose_unsynced: a part of the record that was being written stays on the disk
}

// Counterfactuals are the messages that are to be dropped, delayed (and by how much) and duplicated.
func (c *Config) Counterfactuals() (
	drop []world.CausalID, delay map[world.CausalID]time.Duration, duplicate []world.CausalID,
) {
	delay = make(map[world.CausalID]time.Duration)
	for _, f := range c.Faults {
		switch f.Kind {
		case Drop:
			drop = append(drop, f.Message)
		case Delay:
			delay[f.Message] = f.By
		case Duplicate:
			duplicate = append(duplicate, f.Message)
		case Crash, Restart, Rollback, Heal, Isolate, Partition, Pause, Slow, Stall, Skew, SkipSync, LoseUnsynced, Elect:
		}
	}
	return drop, delay, duplicate
}

// When is the moment of a fault.
type When struct {
	Kind    WhenKind
	Time    time.Duration   // AtTime
	Process world.ProcessID // AtRole, AtSend
	Role    string          // AtRole
	Number  uint64          // AtCommit: the index; AtSend: the ordinal of the operation
	Called  string          // AtCommit: what the protocol calls an index, if that is another word, such as slot
}

// WhenKind is how a moment is named.
type WhenKind uint8

// The ways there are.
const (
	AtOnce   WhenKind = iota // no moment is named
	AtTime                   // "40ms"
	AtRole                   // "node-1 becomes leader"
	AtCommit                 // "index 4 commits"
	AtSend                   // "client-2 sends 3"
)

// String is the moment as a config says it.
func (w When) String() string {
	switch w.Kind {
	case AtTime:
		return keys.FormatDuration(w.Time)
	case AtRole:
		return w.Process.String() + " becomes " + w.Role
	case AtCommit:
		return cmp.Or(w.Called, anIndex) + " " + strconv.FormatUint(w.Number, 10) + " commits"
	case AtSend:
		return w.Process.String() + " sends " + strconv.FormatUint(w.Number, 10)
	case AtOnce:
	}
	return ""
}

// anIndex is what protocols call the place of an entry that call it nothing else.
const anIndex = "index"

// index is what the protocol calls an index, if that is another word.
func (t *schema) index() string { return Called(t.row) }

// Called is what a protocol calls an index, if that is another word: it is for When.
func Called(p *whole.Protocol) string {
	if word := p.Landmarks.Position.Word; word != anIndex {
		return word
	}
	return ""
}

// parseWhen reads what String writes.
func (t *schema) parseWhen(s string) (w When, problem string) {
	switch words := strings.Fields(s); {
	case len(words) == 3 && words[1] == "becomes":
		w = When{Kind: AtRole, Role: words[2]}
		if w.Process, problem = t.parseProcess(words[0]); problem != "" {
			return When{}, problem
		}
		return w, t.roleless(w)
	case len(words) == 3 && words[0] == cmp.Or(t.index(), anIndex) && words[2] == "commits":
		n, problem := parseOrdinal(words[1], math.MaxInt64)
		return When{Kind: AtCommit, Number: n, Called: t.index()}, problem
	case len(words) == 3 && words[1] == "sends":
		w = When{Kind: AtSend}
		if w.Process, problem = t.parseProcess(words[0]); problem != "" {
			return When{}, problem
		}
		if w.Process.Group() != world.ClientGroup {
			return When{}, fmt.Sprintf("must name a client, not %q", positions.Short(words[0]))
		}
		w.Number, problem = parseOrdinal(words[2], math.MaxUint32)
		return w, problem
	case len(words) == 1:
		d, problem := keys.ParseDuration(words[0])
		return When{Kind: AtTime, Time: d}, problem
	default:
		return When{}, fmt.Sprintf(`must be a virtual time such as "40ms", or a condition: `+
			`"%s-1 becomes %s", "%s 4 commits", "client-2 sends 3"`, t.leading().Group, t.Roles.Leader,
			cmp.Or(t.index(), anIndex))
	}
}

// roleless says what is wrong with a moment at which a process has a role.
func (t *schema) roleless(w When) (problem string) {
	switch group := w.Process.Group(); {
	case !t.is(w.Process, leads):
		return fmt.Sprintf("must name %s, not %q: %ss have no role", t.anyOf(leads), w.Process, group)
	case !slices.Contains(t.Roles.All, w.Role):
		return fmt.Sprintf("names the unknown role %q; the nearest is %q",
			positions.Short(w.Role), nearest.Name(w.Role, t.Roles.All))
	}
	return ""
}

// Phrase is the fault as a sentence names it: crash node-1 at 40ms.
func (f Fault) Phrase() string {
	target := Target{f.Process, f.Who}.String()
	switch {
	case f.Kind.Counterfactual():
		return string(f.Kind) + " " + f.Message.String()
	case f.Kind == Partition:
		target = f.target()
	case f.Process == 0 && f.Who == "":
		target = healAll
	}
	moment := " at "
	if f.At.Kind != AtTime {
		moment = " as "
	}
	return string(f.Kind) + " " + target + moment + f.At.String()
}

// write is the fault in TOML, which is the same whatever the protocol.
func (f Fault) write() string { return keys.WriteRow(unnamed().faultKeys(f.Kind), &f) }

// target is what it happens to, in TOML.
func (f Fault) target() string {
	switch {
	case f.Kind.Counterfactual():
		return positions.Quote(f.Message.String())
	case f.Kind == Partition:
		return keys.Array(f.Sides, func(side []Target) string {
			return keys.Array(side, func(t Target) string { return positions.Quote(t.String()) })
		})
	case f.Kind == Heal && f.Process == 0 && f.Who == "":
		return positions.Quote(healAll)
	default:
		return positions.Quote(Target{f.Process, f.Who}.String())
	}
}

const healAll = "all"

// Same says whether two faults are one: they happen to the same at the same moment, however much.
func (f Fault) Same(g Fault) bool {
	if f.Kind != g.Kind || f.At != g.At {
		return false
	}
	if f.Kind == Partition {
		return f.target() == g.target()
	}
	return f.Message == g.Message && f.Process == g.Process && f.Who == g.Who
}

// compareFaults is the order that faults are kept in, so that it does not matter in which they were given.
func compareFaults(f, g Fault) int {
	if order := cmp.Or(
		cmp.Compare(f.At.Kind, g.At.Kind),
		cmp.Compare(f.At.Time, g.At.Time),
		cmp.Compare(f.At.Process, g.At.Process),
		cmp.Compare(f.At.Number, g.At.Number),
	); order != 0 {
		return order
	}
	return cmp.Compare(f.write(), g.write())
}

// FaultKind is what happens: the key that a [[fault]] says it with.
type FaultKind string

// The kinds there are.
const (
	Crash        FaultKind = "crash"
	Restart      FaultKind = "restart"
	Rollback     FaultKind = "rollback" // it starts again with what its disk held a while ago
	Heal         FaultKind = "heal"     // of one process, or of "all"
	Isolate      FaultKind = "isolate"
	Partition    FaultKind = "partition"
	Pause        FaultKind = "pause"
	Slow         FaultKind = "slow"
	Stall        FaultKind = "stall" // of a disk: each step that writes to it takes longer
	Skew         FaultKind = "skew"
	SkipSync     FaultKind = "skip_sync" // of a disk: it says that it has synced, and has not
	LoseUnsynced FaultKind = "lose_unsynced"
	Elect        FaultKind = "elect" // the operator tells the server to stand for election
	Drop         FaultKind = "drop"
	Delay        FaultKind = "delay"
	Duplicate    FaultKind = "duplicate"
)

// faultRow is what there is to know of a kind when a [[fault]] is read.
type faultRow struct {
	kind      FaultKind
	who       []Who // the roles that can stand for the name of its target
	takesBy   bool  // whether it needs to be told how much. A skew may say a rate instead
	servers   bool  // whether it happens to servers only
	leads     bool  // whether it happens only to servers that can lead
	message   bool  // whether it happens to one message, named by its span
	lyingDisk bool  // whether a disk does what protocols rely on that it does not, such as Raft (Figure 2)
}

// faultRows are all kinds, in the order in which they take place when they are due at the same time.
var faultRows = []faultRow{
	{kind: Crash, who: anyRuns},
	{kind: Restart, who: whoIsDown},
	{kind: Rollback, who: anybody, takesBy: true, servers: true, lyingDisk: true},
	{kind: Heal, who: anybody},
	{kind: Isolate, who: anybody},
	{kind: Partition, who: append(slices.Clone(anybody), WhoOthers)},
	{kind: Pause, who: anyRuns},
	{kind: Slow, who: anybody, takesBy: true},
	{kind: Stall, who: anybody, takesBy: true, servers: true},
	{kind: Skew, who: anybody, takesBy: true},
	{kind: SkipSync, who: anybody, servers: true, lyingDisk: true},
	{kind: LoseUnsynced, who: anyRuns, servers: true},
	{kind: Elect, who: whoRuns, servers: true, leads: true},
	{kind: Drop, message: true},
	{kind: Delay, takesBy: true, message: true},
	{kind: Duplicate, message: true},
}

// row is what there is to know of the kind.
func (k FaultKind) row() faultRow {
	if i := k.Turn(); i >= 0 {
		return faultRows[i]
	}
	return faultRow{kind: k}
}

// Counterfactual says whether the kind is something that happens to one message, named by its span.
func (k FaultKind) Counterfactual() bool { return k.row().message }

// LyingDisk says whether a disk loses what it said that it keeps. Protocols rely on that it does not, as Raft
// does ("Persistent state", Figure 2): what is violated then is no fault of the algorithm.
func (k FaultKind) LyingDisk() bool { return k.row().lyingDisk }

// Turn is the place of the kind among what happens at the same time, from 0: the order of the table.
func (k FaultKind) Turn() int {
	return slices.IndexFunc(faultRows, func(r faultRow) bool { return r.kind == k })
}

// faultKinds are the names of all kinds that a rule holds for.
func faultKinds(are func(faultRow) bool) []string {
	var names []string
	for _, r := range faultRows {
		if are(r) {
			names = append(names, string(r.kind))
		}
	}
	return names
}

func anyKind(faultRow) bool { return true }

// listed is names as a sentence has them, with a word before the last: "delay, slow and skew".
func listed(names []string, word string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + word + " " + names[last]
}
