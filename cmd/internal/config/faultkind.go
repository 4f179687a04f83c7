package config

import (
	"slices"
	"strings"
)

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
	Elect        FaultKind = "elect" // the operator tells the node to stand for election
	Drop         FaultKind = "drop"
	Delay        FaultKind = "delay"
	Duplicate    FaultKind = "duplicate"
)

// faultRow is what there is to know of a kind when a [[fault]] is read.
type faultRow struct {
	kind      FaultKind
	who       []Who // the roles that can stand for the name of its target
	takesBy   bool  // whether it needs to be told how much. A skew may say a rate instead
	nodes     bool  // whether it happens to nodes only
	message   bool  // whether it happens to one message, named by its span
	lyingDisk bool  // whether a disk does what Raft relies on that it does not (Figure 2)
}

// faultRows are all kinds, in the order in which they take place when they are due at the same time.
var faultRows = []faultRow{
	{kind: Crash, who: whoRuns},
	{kind: Restart, who: whoIsDown},
	{kind: Rollback, who: anybody, takesBy: true, nodes: true, lyingDisk: true},
	{kind: Heal, who: anybody},
	{kind: Isolate, who: anybody},
	{kind: Partition, who: append(slices.Clone(anybody), WhoOthers)},
	{kind: Pause, who: whoRuns},
	{kind: Slow, who: anybody, takesBy: true},
	{kind: Stall, who: anybody, takesBy: true, nodes: true},
	{kind: Skew, who: anybody, takesBy: true},
	{kind: SkipSync, who: anybody, nodes: true, lyingDisk: true},
	{kind: LoseUnsynced, who: whoRuns, nodes: true},
	{kind: Elect, who: whoRuns, nodes: true},
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

// LyingDisk says whether a disk loses what it said that it keeps. Raft relies on that it does not ("Persistent
// state", Figure 2): what is violated then is no fault of the algorithm.
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

// listed is names as a sentence has them: "delay, slow and skew".
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
