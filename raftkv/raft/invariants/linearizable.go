package invariants

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftkv/raftkv/raftkv/kv"
)

// history is what the clients asked for and were answered.
type history struct {
	clock   uint64 // counts calls and answers
	open    map[kv.ClientID]*Operation
	givenUp []Operation // writes that their clients gave up: they may have taken effect, or may still
	keys    map[string]*keyHistory
	stopped func() bool // see Options
}

// keyHistory is the history of one key since it was last at rest, with no operation open. At rest a key holds what the last write left, so that the history up to there
// can be let go of: what remains is what the key may hold.
type keyHistory struct {
	open     int
	answered []Operation
	contents []content
	next     []content   // room for the next contents
	settled  Operation   // the last write that was answered before it was last at rest; without a result if there was none
	failed   []Operation // writes that were answered to have failed: they are taken at their word and are no part of the history
	stopped  func() bool // see Options
}

func newHistory(stopped func() bool) history {
	if stopped == nil {
		stopped = func() bool { return false }
	}
	return history{open: map[kv.ClientID]*Operation{}, keys: map[string]*keyHistory{}, stopped: stopped}
}

func (h *history) key(key string) *keyHistory {
	k := h.keys[key]
	if k == nil {
		k = &keyHistory{contents: []content{{}}, stopped: h.stopped}
		h.keys[key] = k
	}
	return k
}

// Asked says that a client asked for something. Asking again for the same changes nothing; asking for something else gives up what is open.
func (c *Checker) Asked(request kv.RequestID, command kv.Command) {
	h := &c.history
	last := h.open[request.Client]
	if last != nil && last.Request == request {
		return
	}
	if last != nil {
		h.giveUp(last)
	}
	key, ok := keyOf(command)
	if !ok {
		return
	}
	h.clock++
	h.open[request.Client] = &Operation{Request: request, Command: command, Call: h.clock, Asked: c.options.Now()}
	h.key(key).open++
}

// giveUp keeps a write that its client gave up, whose key is then never at rest. What a read without an answer read does not matter.
func (h *history) giveUp(op *Operation) {
	if isWrite(op.Command) {
		h.givenUp = append(h.givenUp, *op)
		return
	}
	key, _ := keyOf(op.Command)
	h.key(key).open--
}

// Answered says that a client got an answer. One to something that is not open is a second one, and changes nothing.
func (c *Checker) Answered(request kv.RequestID, result kv.Result) {
	h := &c.history
	op := h.open[request.Client]
	if op == nil || op.Request != request || op.Result != nil {
		return
	}
	delete(h.open, request.Client)
	h.clock++
	op.Result, op.Return, op.Ended = result, h.clock, c.options.Now()
	c.Check(&View{At: op.Ended, Event: Answered, Operation: op})
}

// Linearizable implements protocol.Invariants. A key's history is checked whenever the key is at rest, and at the end of the run with what is open then, of which nobody
// knows whether it took effect.
func (c *Checker) Linearizable(v *View) error {
	h := &c.history
	if v.Event == Answered {
		key, _ := keyOf(v.Operation.Command)
		k := h.key(key)
		k.open--
		switch {
		case v.Operation.Result != kv.Result(kv.ReplicationFailed{}):
			k.answered = append(k.answered, *v.Operation)
		case isWrite(v.Operation.Command):
			k.failed = append(k.failed, *v.Operation)
		}
		if k.open > 0 {
			return nil
		}
		return k.rest(key)
	}
	if v.Event != Ended {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(h.keys)) {
		k := h.keys[key]
		if err := k.check(key, h.pending(key)); err != nil {
			return err
		}
	}
	return nil
}

// pending are the operations on a key without an answer that may still change it: those that were given up, and the open ones in the order of their clients.
func (h *history) pending(key string) []Operation {
	var pending []Operation
	for _, op := range h.givenUp {
		if of, _ := keyOf(op.Command); of == key {
			pending = append(pending, op)
		}
	}
	for _, client := range slices.Sorted(maps.Keys(h.open)) {
		op := h.open[client]
		if of, _ := keyOf(op.Command); of == key && isWrite(op.Command) {
			pending = append(pending, *op)
		}
	}
	return pending
}

func isWrite(command kv.Command) bool {
	switch command.(type) {
	case kv.Put, kv.Delete:
		return true
	case kv.Get, kv.Noop:
	}
	return false
}

// rest brings a key whose operations all have their answers to what it may hold now.
func (k *keyHistory) rest(key string) error {
	next := k.next[:0]
	for _, before := range k.contents {
		if len(k.answered) <= few {
			next = tryAll(next, k.answered, before, 0)
			continue
		}
		for _, after := range k.mayHold(before) {
			if slices.Contains(next, after) {
				continue
			}
			switch k.order(before, k.answered, nil, &after) {
			case porcupine.Ok:
				next = append(next, after)
			case porcupine.Unknown:
				return k.undecided(key) // what it may hold then is not known either
			case porcupine.Illegal:
			}
		}
	}
	if len(next) == 0 {
		return k.explain(key, nil)
	}
	for i := range k.answered {
		if _, wrote := k.answered[i].leaves(); wrote {
			k.settled = k.answered[i] // in the order of the answers
		}
	}
	k.answered, k.contents, k.next = k.answered[:0], next, k.contents
	return nil
}

// few operations are put in every order there is, sooner than porcupine has begun.
const few = 4

// tryAll adds to found what a key may hold after the operations that are not done yet, a bit each, took effect in some order that explains their answers.
func tryAll(found []content, operations []Operation, now content, done uint) []content {
	if done == 1<<len(operations)-1 {
		if slices.Contains(found, now) {
			return found
		}
		return append(found, now)
	}
	first := uint64(math.MaxUint64) // the first answer of those that are not done: what was asked for after it comes later
	for i := range operations {
		if done&(1<<i) == 0 {
			first = min(first, operations[i].Return)
		}
	}
	for i := range operations {
		op := &operations[i]
		if done&(1<<i) != 0 || op.Call > first {
			continue
		}
		if after, result := now.step(op.Command); result == op.Result {
			found = tryAll(found, operations, after, done|1<<i)
		}
	}
	return found
}

// mayHold is what the key may hold at rest: what one of the writes left that no other write followed, or what it held before if there were none.
func (k *keyHistory) mayHold(before content) []content {
	var may []content
	lastCall := uint64(0)
	for i := range k.answered {
		if _, wrote := k.answered[i].leaves(); wrote {
			lastCall = max(lastCall, k.answered[i].Call)
		}
	}
	for i := range k.answered {
		op := &k.answered[i]
		if after, wrote := op.leaves(); wrote && op.Return >= lastCall && !slices.Contains(may, after) {
			may = append(may, after)
		}
	}
	if lastCall == 0 {
		may = append(may, before)
	}
	return may
}

// leaves is what an operation that changed its key left there.
func (o *Operation) leaves() (content, bool) {
	switch o.Result.(type) {
	case kv.Stored:
		if put, ok := o.Command.(kv.Put); ok {
			return content{value: put.Value, present: true}, true
		}
	case kv.Deleted:
		return content{}, true
	case kv.Found, kv.KeyExists, kv.KeyNotFound, kv.Nothing, kv.ReplicationFailed:
	}
	return content{}, false
}

// check says whether the key's history since it was last at rest can be put in an order.
func (k *keyHistory) check(key string, pending []Operation) error {
	if len(k.answered) == 0 {
		return nil
	}
	for _, before := range k.contents {
		switch k.order(before, k.answered, pending, nil) {
		case porcupine.Ok:
			return nil
		case porcupine.Unknown:
			return k.undecided(key)
		case porcupine.Illegal:
		}
	}
	return k.explain(key, pending)
}

// undecided says that no order was found, and that there may be one all the same.
func (k *keyHistory) undecided(key string) error {
	return clashing(fmt.Sprintf("%d operations on key %q were answered at once", len(k.answered), key),
		fmt.Sprintf("whether any order of them explains the answers was not found out within %s", patience))
}

// patience is how long an order is looked for.
const patience = time.Minute

// order asks whether there is an order of operations, from what the key holds before, to what it holds after unless that is nil. It is Unknown when patience ends. When nobody wants
// to know any more no step is possible, so that porcupine, which cannot be told to stop, has soon tried all there are: Illegal says nothing then, and explain keeps it to itself.
func (k *keyHistory) order(before content, answered, pending []Operation, after *content) porcupine.CheckResult {
	operations := make([]porcupine.Operation, 0, len(answered)+len(pending)+1)
	for i := range answered {
		op := &answered[i]
		operations = append(operations, porcupine.Operation{ClientId: i, Input: op, Call: int64(op.Call), Return: int64(op.Return)})
	}
	for i := range pending {
		operations = append(operations, porcupine.Operation{ClientId: len(answered) + i, Input: &pending[i], Call: int64(pending[i].Call), Return: math.MaxInt64})
	}
	if after != nil {
		operations = append(operations, porcupine.Operation{ClientId: len(answered), Input: *after, Call: math.MaxInt64 - 1, Return: math.MaxInt64})
	}
	possible := func(state, input, output any) (bool, any) {
		if k.stopped() {
			return false, state
		}
		return step(state, input, output)
	}
	return porcupine.CheckOperationsTimeout(porcupine.Model{Init: func() any { return before }, Step: possible}, operations, patience)
}

// step is the store's semantics for one key. The result of an operation without an answer may be anything.
func step(state, input, _ any) (bool, any) {
	now := state.(content)
	op, ok := input.(*Operation)
	if !ok {
		return now == input.(content), state // what the key is to hold at the end
	}
	next, result := now.step(op.Command)
	return op.Result == nil || op.Result == result, next
}

// explain finds the answer that cannot be: the first without which, and without those after it, an order could be found.
func (k *keyHistory) explain(key string, pending []Operation) error {
	slices.SortFunc(k.answered, func(a, b Operation) int { return cmp.Compare(a.Return, b.Return) })
	wrong := len(k.answered) - 1
	for n := range k.answered {
		if !k.fits(n, pending) {
			wrong = n
			break
		}
	}
	op := &k.answered[wrong]
	before, place := k.lastWrite(key, op)
	for i := range k.failed {
		effective := k.failed[i]
		effective.Result = nil
		if k.fits(wrong, append(slices.Clone(pending), effective)) {
			before, place = told(&k.failed[i]), k.failed[i].place() // it took effect all the same
			break
		}
	}
	if k.stopped() {
		return nil // whether it was then that an order was refused is not known, nor which answer it is
	}
	return from(place, op.place(), clashing(before, fmt.Sprintf("%s was answered %q to %s, asked at %s: no order of the operations on that key explains it",
		op.Request, op.Result, text(op.Command), op.Asked)))
}

// fits says whether the answers up to the nth can be put in an order. What was asked for before it and answered after it may have taken effect by then.
func (k *keyHistory) fits(n int, pending []Operation) bool {
	later := slices.Clone(pending)
	for _, op := range k.answered[n+1:] {
		op.Result = nil
		if op.Call < k.answered[n].Return && isWrite(op.Command) {
			later = append(later, op)
		}
	}
	return slices.ContainsFunc(k.contents, func(before content) bool {
		return k.order(before, k.answered[:n+1], later, nil) != porcupine.Illegal
	})
}

// told is an operation and its answer as a fact.
func told(op *Operation) string {
	return fmt.Sprintf("%s was answered %q to %s at %s", op.Request, op.Result, text(op.Command), op.Ended)
}

// place is where an operation was answered.
func (o *Operation) place() Place { return Place{At: o.Ended, Request: o.Request} }

// lastWrite tells what a key held for sure, or may have held, when an operation was asked for.
func (k *keyHistory) lastWrite(key string, before *Operation) (string, Place) {
	var last *Operation
	for i := range k.answered {
		op := &k.answered[i]
		if _, wrote := op.leaves(); wrote && op.Return < before.Call && (last == nil || op.Return > last.Return) {
			last = op
		}
	}
	if last == nil && k.settled.Result != nil && len(k.contents) == 1 {
		last = &k.settled
	}
	if last != nil {
		return told(last), last.place()
	}
	var held []string
	for _, may := range k.contents {
		if may.present {
			held = append(held, fmt.Sprintf("%q", may.value))
		} else {
			held = append(held, "nothing")
		}
	}
	return fmt.Sprintf("key %q held %s before", key, slices.Sorted(slices.Values(held))[0]), Place{}
}
