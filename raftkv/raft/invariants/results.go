package invariants

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// expect is what the next committed entry should answer.
func (c *Checker) expect(e *protocol.LogEntry) kv.Result {
	result, retried := c.model.Apply(e.Request, e.Command)
	if retried {
		c.sometimes[RetryAnswered]++
	}
	return result
}

// ExactlyOnce implements protocol.Invariants: each answer is compared with that of a store that takes each operation
// once. So an operation that took effect twice is seen by its own second answer, or by the first answer that depends on
// it.
func (c *Checker) ExactlyOnce(v *View) error {
	s := c.of(v)
	if s == nil {
		return nil
	}
	for i := range v.Applied {
		a := &v.Applied[i]
		if a.Index == 0 || a.Index > c.committed.last() {
			continue
		}
		if wanted := c.committed[a.Index-1].result; wanted != a.Result {
			return check.Fact("with each operation taken once, %s of %s at index %d answers %q", history.Text(a.Entry.Command),
				a.Entry.Request, a.Index, wanted).
				But("%s answered %q", s.id, a.Result).Since(check.Place{At: v.At, Request: a.Entry.Request})
		}
	}
	return nil
}

// AnswerOfItsEntry implements protocol.Invariants. A request without an entry has no result that an answer could be
// compared with, and that nothing came of a command is no result: there, the clients' history shows whether it is true.
func (c *Checker) AnswerOfItsEntry(v *View) error {
	s := c.of(v)
	if s == nil {
		return nil
	}
	for _, answer := range v.Answers {
		m, ok := answer.(kv.Answered)
		if !ok || m.Result == (kv.ReplicationFailed{}) {
			continue
		}
		if err := c.answerOf(s, v, m); err != nil {
			return err
		}
	}
	return nil
}

// answerOf compares an answer with the result of the entry that it should be of: one that was applied just now, or one
// that still waits for that, or one of before.
func (c *Checker) answerOf(s *server, v *View, m kv.Answered) error {
	answers := fmt.Sprintf("%s answered %q to %s", s.id, m.Result, m.Request)
	var just *Applied
	for i := range v.Applied {
		if a := &v.Applied[i]; a.Entry.Request == m.Request {
			if just = a; a.Result == m.Result {
				return nil
			}
		}
	}
	if just != nil {
		return check.Fact("%s applied %s of %s at index %d, and its result is %q", s.id, history.Text(just.Entry.Command),
			m.Request, just.Index, just.Result).
			But("%s", answers).Since(placeOf(v))
	}
	for index := s.now.applied + 1; index <= s.log.last(); index++ {
		if entry := v.entryAt(index); entry.Request == m.Request {
			return check.Fact("%s has %s of %s at index %d, and has applied entries up to index %d only", s.id,
				history.Text(entry.Command), m.Request, index, s.now.applied).
				But("%s", answers)
		}
	}
	if result, known := c.model.ResultOf(m.Request); known && result != m.Result {
		return check.Fact("the result of %s is %q", m.Request, result).But("%s", answers)
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
