package invariants

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// Violation is an invariant that did not hold.
type Violation struct {
	Invariant protocol.Invariant // as the spec states it
	At        time.Duration      // when the event took place that broke it
	Facts     [2]string          // the two that clash, the earlier one first
	Places    [2]Place           // of the facts: where to begin to look
	Server    kv.NodeID          // whose event it was; none where it was no server's
}

// Place is where a fact came about. The zero Place is not known.
type Place struct {
	At      time.Duration
	Server  kv.NodeID    // whose event it was, if it was a server's
	Request kv.RequestID // of the operation, if it was a client's
}

// placeOf is where the event takes place that is looked at.
func placeOf(v *View) Place { return Place{At: v.At, Server: v.Server} }

// Error says which invariant, and what breaks it.
func (v *Violation) Error() string {
	return fmt.Sprintf("%s (%s, %s) does not hold at %s: %s, but %s", v.Invariant.Name, v.Invariant.ID, v.Invariant.Section, v.At, v.Facts[0], v.Facts[1])
}

// clash are two facts that cannot both be, as an invariant's method finds them.
type clash struct {
	facts  [2]string
	places [2]Place
}

func (c clash) Error() string { return c.facts[0] + ", but " + c.facts[1] }

// violation names what clashes.
func violation(name protocol.InvariantName, err error, v *View) *Violation {
	found := &Violation{At: v.At, Server: v.Server, Facts: [2]string{err.Error()}, Places: [2]Place{1: placeOf(v)}}
	if c, ok := err.(clash); ok { //nolint:errorlint // the invariants' methods return it as it is
		found.Facts, found.Places[0] = c.facts, c.places[0]
		if c.places[1] != (Place{}) {
			found.Places[1] = c.places[1]
		}
	}
	for _, invariant := range protocol.AllInvariants() {
		if invariant.Name == name {
			found.Invariant = invariant
		}
	}
	return found
}

// clashing are two facts, each made only now that it is needed. The second came about in the event that is looked at.
func clashing(first, second string) error { return clash{facts: [2]string{first, second}} }

// since says where the first of two facts that clash came about.
func since(first Place, err error) error { return from(first, Place{}, err) }

// from says where both came about.
func from(first, second Place, err error) error {
	if c, ok := err.(clash); ok { //nolint:errorlint // it was made just now
		c.places = [2]Place{first, second}
		return c
	}
	return err
}
