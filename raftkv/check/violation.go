package check

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/protocol"
)

// Violation is an invariant that did not hold.
type Violation struct {
	Invariant protocol.Invariant // as the spec states it
	At        time.Duration      // when the event took place that broke it
	Facts     [2]string          // the two that clash, the earlier one first
	Server    protocol.NodeID    // whose event it was; none where it was no server's
}

// Error says which invariant, and what breaks it.
func (v *Violation) Error() string {
	return fmt.Sprintf("%s (%s, %s) does not hold at %s: %s, but %s", v.Invariant.Name, v.Invariant.ID, v.Invariant.Section, v.At, v.Facts[0], v.Facts[1])
}

// clash are two facts that cannot both be, as an invariant's method finds them.
type clash [2]string

func (c clash) Error() string { return c[0] + ", but " + c[1] }

// violation names what clashes.
func violation(name protocol.InvariantName, err error, v *View) *Violation {
	found := &Violation{At: v.At, Server: v.Server, Facts: [2]string{err.Error()}}
	if c, ok := err.(clash); ok { //nolint:errorlint // the invariants' methods return it as it is
		found.Facts = c
	}
	for _, invariant := range protocol.AllInvariants() {
		if invariant.Name == name {
			found.Invariant = invariant
		}
	}
	return found
}

// clashing are two facts, each made only now that it is needed.
func clashing(first, second string) error { return clash{first, second} }
