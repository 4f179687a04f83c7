package invariants

import (
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// All are the invariants of Raft, in the spec's order.
func All() []check.Invariant {
	var all []check.Invariant
	for _, i := range protocol.AllInvariants() {
		all = append(all, check.Invariant{Name: string(i.Name), ID: i.ID, Section: i.Section, Doc: i.Doc})
	}
	return all
}

// placeOf is where the event takes place that is looked at.
func placeOf(v *View) check.Place { return check.Place{At: v.At, Server: v.Server} }

// violation names what clashes.
func violation(name protocol.InvariantName, err error, v *View) *check.Violation {
	var violated check.Invariant
	for _, i := range All() {
		if i.Name == string(name) {
			violated = i
		}
	}
	return check.Violated(violated, placeOf(v), err)
}
