package invariants

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// model is what the store should be, by its specification: it takes each operation once. It shares no code with the store.
type model struct {
	values map[string]string
	latest map[kv.ClientID]answer
}

// answer is the latest operation of a client and its answer.
type answer struct {
	sequence kv.Sequence
	result   kv.Result
}

func newModel() model {
	return model{values: map[string]string{}, latest: map[kv.ClientID]answer{}}
}

// expect is what the next committed entry should answer.
func (c *Checker) expect(e *protocol.LogEntry) kv.Result {
	m := &c.model
	latest, known := m.latest[e.Request.Client]
	switch {
	case e.Request.Client == 0:
		return m.execute(e.Command)
	case known && e.Request.Sequence == latest.sequence:
		c.sometimes[RetryAnswered]++
		return latest.result
	case known && e.Request.Sequence < latest.sequence:
		return kv.Nothing{}
	}
	result := m.execute(e.Command)
	m.latest[e.Request.Client] = answer{sequence: e.Request.Sequence, result: result}
	return result
}

func (m *model) execute(command kv.Command) kv.Result {
	key, ok := keyOf(command)
	if !ok {
		return kv.Nothing{}
	}
	value, present := m.values[key]
	now, result := content{value, present}.step(command)
	switch {
	case !now.present:
		delete(m.values, key)
	case now != content{value, present}:
		m.values[key] = now.value
	}
	return result
}

// content is what one key holds.
type content struct {
	value   string
	present bool
}

// step is what a command makes of its key, and what it answers.
func (x content) step(command kv.Command) (content, kv.Result) {
	switch c := command.(type) {
	case kv.Put:
		if x.present {
			return x, kv.KeyExists{Key: c.Key}
		}
		return content{value: c.Value, present: true}, kv.Stored{}
	case kv.Get:
		if !x.present {
			return x, kv.KeyNotFound(c)
		}
		return x, kv.Found{Value: x.value}
	case kv.Delete:
		if !x.present {
			return x, kv.KeyNotFound(c)
		}
		return content{}, kv.Deleted{}
	case kv.Noop:
	}
	return x, kv.Nothing{}
}

// keyOf is the key that a command is about; a no-op is about none.
func keyOf(command kv.Command) (string, bool) {
	switch c := command.(type) {
	case kv.Put:
		return c.Key, true
	case kv.Get:
		return c.Key, true
	case kv.Delete:
		return c.Key, true
	case kv.Noop:
	}
	return "", false
}

// ExactlyOnce implements protocol.Invariants: each answer is compared with that of a store that takes each operation once. So an operation that took effect twice
// is seen by its own second answer, or by the first answer that depends on it.
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
			return since(Place{At: v.At, Request: a.Entry.Request}, clashing(fmt.Sprintf("with each operation taken once, %s of %s at index %d answers %q", text(a.Entry.Command), a.Entry.Request, a.Index, wanted),
				fmt.Sprintf("%s answered %q", s.id, a.Result)))
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
		return since(placeOf(v), clashing(fmt.Sprintf("%s applied %s of %s at index %d, and its result is %q", s.id, text(just.Entry.Command), m.Request, just.Index, just.Result), answers))
	}
	for index := s.now.applied + 1; index <= s.log.last(); index++ {
		if entry := v.entryAt(index); entry.Request == m.Request {
			return clashing(fmt.Sprintf("%s has %s of %s at index %d, and has applied entries up to index %d only", s.id, text(entry.Command), m.Request, index, s.now.applied), answers)
		}
	}
	if latest, known := c.model.latest[m.Request.Client]; known && latest.sequence == m.Request.Sequence && latest.result != m.Result {
		return clashing(fmt.Sprintf("the result of %s is %q", m.Request, latest.result), answers)
	}
	return nil
}
