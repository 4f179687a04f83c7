// Package history is what clients asked for and were answered, and whether that is linearizable (Herlihy and Wing
// 1990). It knows the store, and nothing of the protocol that replicates it.
//
//	history.go       what was asked and answered
//	linearizable.go  whether some order of a key's operations explains their answers
//	model.go         what the store should be, by its specification
//	watch.go         a client that is watched as it runs
package history

import (
	"maps"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
)

// Invariant is the name that a spec has for this: the clients' history is linearizable.
const Invariant = "Linearizable"

// History is what the clients asked for and were answered. Make one with New.
type History struct {
	clock   uint64 // counts calls and answers
	open    map[kv.ClientID]*Operation
	givenUp []Operation // writes that their clients gave up: they may have taken effect, or may still
	keys    map[string]*keyHistory
	stopped func() bool
}

// Operation is what a client asked for, and what it was answered.
type Operation struct {
	Request kv.RequestID
	Command kv.Command
	Result  kv.Result // nil when there was no answer
	Call    uint64    // when it was asked for and answered: the order of all calls and answers
	Return  uint64
	Asked   time.Duration
	Ended   time.Duration
}

// New makes an empty history. Stopped says that nobody wants to know any more whether it is linearizable, which takes
// minutes where many clients ask for one key: from then on that is left undecided, and no violation is found. It is
// asked from several goroutines, and must not take it back. It may be nil: never.
func New(stopped func() bool) *History {
	if stopped == nil {
		stopped = func() bool { return false }
	}
	return &History{open: map[kv.ClientID]*Operation{}, keys: map[string]*keyHistory{}, stopped: stopped}
}

func (h *History) key(key string) *keyHistory {
	k := h.keys[key]
	if k == nil {
		k = &keyHistory{contents: []Content{{}}, stopped: h.stopped}
		h.keys[key] = k
	}
	return k
}

// Asked says that a client asked for something. Asking again for the same changes nothing; asking for something else
// gives up what is open.
func (h *History) Asked(request kv.RequestID, command kv.Command, at time.Duration) {
	last := h.open[request.Client]
	if last != nil && last.Request == request {
		return
	}
	if last != nil {
		h.giveUp(last)
	}
	key, ok := KeyOf(command)
	if !ok {
		return
	}
	h.clock++
	h.open[request.Client] = &Operation{Request: request, Command: command, Call: h.clock, Asked: at}
	h.key(key).open++
}

// giveUp keeps a write that its client gave up, whose key is then never at rest. What a read without an answer read
// does not matter.
func (h *History) giveUp(op *Operation) {
	if isWrite(op.Command) {
		h.givenUp = append(h.givenUp, *op)
		return
	}
	key, _ := KeyOf(op.Command)
	h.key(key).open--
}

// Answered says that a client got an answer, and returns the operation that it ended. An answer to something that is
// not open is a second one: it changes nothing, and the operation is nil.
func (h *History) Answered(request kv.RequestID, result kv.Result, at time.Duration) *Operation {
	op := h.open[request.Client]
	if op == nil || op.Request != request || op.Result != nil {
		return nil
	}
	delete(h.open, request.Client)
	h.clock++
	op.Result, op.Return, op.Ended = result, h.clock, at
	return op
}

// CheckAnswer says whether the history of a key is linearizable, once an operation on it was answered: it is checked
// whenever the key is at rest. The error is a check.Clash.
func (h *History) CheckAnswer(op *Operation) error {
	key, _ := KeyOf(op.Command)
	k := h.key(key)
	k.open--
	switch {
	case op.Result != kv.Result(kv.ReplicationFailed{}):
		k.answered = append(k.answered, *op)
	case isWrite(op.Command):
		k.failed = append(k.failed, *op)
	}
	if k.open > 0 {
		return nil
	}
	return k.rest(key)
}

// CheckEnd says whether the history is linearizable when it is over, with what is open then, of which nobody knows
// whether it took effect. The error is a check.Clash.
func (h *History) CheckEnd() error {
	for _, key := range slices.Sorted(maps.Keys(h.keys)) {
		k := h.keys[key]
		if err := k.check(key, h.pending(key)); err != nil {
			return err
		}
	}
	return nil
}

// pending are the operations on a key without an answer that may still change it: those that were given up, and the
// open ones in the order of their clients.
func (h *History) pending(key string) []Operation {
	var pending []Operation
	for _, op := range h.givenUp {
		if of, _ := KeyOf(op.Command); of == key {
			pending = append(pending, op)
		}
	}
	for _, client := range slices.Sorted(maps.Keys(h.open)) {
		op := h.open[client]
		if of, _ := KeyOf(op.Command); of == key && isWrite(op.Command) {
			pending = append(pending, *op)
		}
	}
	return pending
}

// place is where an operation was answered.
func (o *Operation) place() check.Place { return check.Place{At: o.Ended, Request: o.Request} }
