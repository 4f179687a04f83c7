// Package check is what those say who check a run, whatever protocol it is of: which invariant does not hold, by which
// two facts, and where these came about; and how often what should happen in some runs did happen. It holds no rule:
// those of Raft are in raft/invariants, and that of the clients' history is in history.
package check

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Invariant is something that must hold after every event, as the spec of a protocol states it.
type Invariant struct {
	Name    string
	ID      string
	Section string // where it comes from
	Doc     string
}

// Violation is an invariant that did not hold.
type Violation struct {
	Invariant Invariant
	At        time.Duration   // when the event took place that broke it
	Facts     [2]string       // the two that clash, the earlier one first
	Places    [2]Place        // of the facts: where to begin to look
	Server    world.ProcessID // whose event it was; none where it was no server's
}

// Place is where a fact came about. The zero Place is not known.
type Place struct {
	At      time.Duration
	Server  world.ProcessID // whose event it was, if it was a server's
	Request kv.RequestID    // of the operation, if it was a client's
}

// Violated is the violation of an invariant in an event, as the error says that its check returned.
func Violated(i Invariant, event Place, err error) *Violation {
	v := &Violation{
		Invariant: i, At: event.At, Server: event.Server, Facts: [2]string{err.Error()}, Places: [2]Place{1: event},
	}
	if c, ok := err.(Clash); ok { //nolint:errorlint // the checks return it as it is
		v.Facts, v.Places[0] = c.Facts, c.Places[0]
		if c.Places[1] != (Place{}) {
			v.Places[1] = c.Places[1]
		}
	}
	return v
}

// Error says which invariant, and what breaks it.
func (v *Violation) Error() string {
	return fmt.Sprintf("%s (%s, %s) does not hold at %s: %s, but %s",
		v.Invariant.Name, v.Invariant.ID, v.Invariant.Section, v.At, v.Facts[0], v.Facts[1])
}

// Clash is an error: two facts that cannot both be. A place that is not known is that of the event that is looked at.
type Clash struct {
	Facts  [2]string
	Places [2]Place
}

func (c Clash) Error() string { return c.Facts[0] + ", but " + c.Facts[1] }

// Fact is a Clash of which the first fact is said, as fmt.Sprintf does.
func Fact(format string, args ...any) Clash {
	return Clash{Facts: [2]string{fmt.Sprintf(format, args...)}}
}

// But says the second of the two facts, as fmt.Sprintf does.
func (c Clash) But(format string, args ...any) Clash {
	c.Facts[1] = fmt.Sprintf(format, args...)
	return c
}

// Since says where the first of the two facts came about.
func (c Clash) Since(first Place) Clash { return c.From(first, Place{}) }

// From says where both came about.
func (c Clash) From(first, second Place) Clash {
	c.Places = [2]Place{first, second}
	return c
}
