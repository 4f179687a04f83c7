package invariants

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// expect is what the next value should answer.
func (c *Checker) expect(v protocol.Value) kv.Result {
	result, retried := c.model.Apply(v.Request, v.Command)
	if retried {
		c.sometimes[RetryAnswered]++
	}
	return result
}

// SameStore implements protocol.Invariants.
func (c *Checker) SameStore(v *View) error {
	for i := range v.Applied {
		a := &v.Applied[i]
		known := c.at(a.Slot)
		if known == nil {
			continue
		}
		if known.result == nil {
			known.result, known.by = a.Result, placeOf(v)
		}
		if known.result != a.Result {
			return check.Fact("%s in slot %d answered %q at %s", history.Text(a.Value.Command), a.Slot, known.result,
				known.by.Server).But("at %s it answered %q", v.Process, a.Result).Since(known.by)
		}
	}
	return nil
}

// ExactlyOnce implements protocol.Invariants: each answer is compared with that of a store that takes each operation
// once.
func (c *Checker) ExactlyOnce(v *View) error {
	for i := range v.Applied {
		a := &v.Applied[i]
		known := c.at(a.Slot)
		if known != nil && known.wanted != nil && known.wanted != a.Result {
			return check.Fact("with each operation taken once, %s of %s in slot %d answers %q", history.Text(a.Value.Command),
				a.Value.Request, a.Slot, known.wanted).
				But("%s answered %q", v.Process, a.Result).Since(check.Place{At: v.At, Request: a.Value.Request})
		}
	}
	return nil
}

// AnswerOfItsSlot implements protocol.Invariants: a client is answered when a value of its request is applied.
func (c *Checker) AnswerOfItsSlot(v *View) error {
	for _, answer := range v.Answers {
		m, is := answer.(kv.Answered)
		if !is {
			continue
		}
		answers := fmt.Sprintf("%s answered %q to %s", v.Process, m.Result, m.Request)
		var just *Applied
		for i := range v.Applied {
			if a := &v.Applied[i]; a.Value.Request == m.Request && (just == nil || a.Result == m.Result) {
				just = a
			}
		}
		switch {
		case just == nil:
			return check.Fact("%s applied nothing of %s", v.Process, m.Request).But("%s", answers)
		case just.Result != m.Result:
			return check.Fact("the result of slot %d is %q", just.Slot, just.Result).But("%s", answers)
		}
	}
	return nil
}

// Linearizable implements protocol.Invariants: see package history.
func (c *Checker) Linearizable(v *View) error {
	switch v.Event {
	case Answered:
		return c.history.CheckAnswer(v.Operation)
	case Ended:
		return c.history.CheckEnd()
	case Handled, Crashed, Restarted:
	}
	return nil
}
