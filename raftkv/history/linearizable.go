package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
)

// keyHistory is the history of one key since it was last at rest, with no operation open. At rest a key holds what the
// last write left, so that the history up to there can be let go of: what remains is what the key may hold.
type keyHistory struct {
	open     int
	answered []Operation
	contents []Content
	next     []Content   // room for the next contents
	settled  Operation   // the last write that was answered before it was last at rest; without a result for none
	failed   []Operation // writes that were answered to have failed: that is believed, and they are not in the history
	stopped  func() bool // see Options
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

// tryAll adds to found what a key may hold after the operations that are not done yet, a bit each, took effect in some
// order that explains their answers.
func tryAll(found []Content, operations []Operation, now Content, done uint) []Content {
	if done == 1<<len(operations)-1 {
		if slices.Contains(found, now) {
			return found
		}
		return append(found, now)
	}
	first := uint64(math.MaxUint64) // the first answer of those that are not done: what is asked after it comes later
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
		if after, result := now.Step(op.Command); result == op.Result {
			found = tryAll(found, operations, after, done|1<<i)
		}
	}
	return found
}

// mayHold is what the key may hold at rest: what one of the writes left that no other write followed, or what it held
// before if there were none.
func (k *keyHistory) mayHold(before Content) []Content {
	var may []Content
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
func (o *Operation) leaves() (Content, bool) {
	switch o.Result.(type) {
	case kv.Stored:
		if put, ok := o.Command.(kv.Put); ok {
			return Content{Value: put.Value, Present: true}, true
		}
	case kv.Deleted:
		return Content{}, true
	case kv.Found, kv.KeyExists, kv.KeyNotFound, kv.Nothing, kv.ReplicationFailed:
	}
	return Content{}, false
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
	return check.Fact("%d operations on key %q were answered at once", len(k.answered), key).
		But("whether any order of them explains the answers was not found out within %s", patience)
}

// patience is how long an order is looked for.
const patience = time.Minute

// order asks whether there is an order of operations, from what the key holds before, to what it holds after unless
// that is nil. It is Unknown when patience ends. When nobody wants to know any more no step is possible, so that
// porcupine, which cannot be told to stop, has soon tried all there are: Illegal says nothing then, and explain keeps
// it to itself.
func (k *keyHistory) order(before Content, answered, pending []Operation, after *Content) porcupine.CheckResult {
	operations := make([]porcupine.Operation, 0, len(answered)+len(pending)+1)
	add := func(input any, call, end int64) { // each as by a client of its own
		o := porcupine.Operation{ClientId: len(operations), Input: input, Call: call, Return: end}
		operations = append(operations, o)
	}
	for i := range answered {
		op := &answered[i]
		add(op, int64(op.Call), int64(op.Return))
	}
	for i := range pending {
		add(&pending[i], int64(pending[i].Call), math.MaxInt64)
	}
	if after != nil {
		add(*after, math.MaxInt64-1, math.MaxInt64)
	}
	possible := func(state, input, output any) (bool, any) {
		if k.stopped() {
			return false, state
		}
		return step(state, input, output)
	}
	model := porcupine.Model{Init: func() any { return before }, Step: possible}
	return porcupine.CheckOperationsTimeout(model, operations, patience)
}

// step is the store's semantics for one key. The result of an operation without an answer may be anything.
func step(state, input, _ any) (bool, any) {
	now := state.(Content)
	op, ok := input.(*Operation)
	if !ok {
		return now == input.(Content), state // what the key is to hold at the end
	}
	next, result := now.Step(op.Command)
	return op.Result == nil || op.Result == result, next
}

// explain finds the answer that cannot be: the first without which, and without those after it, an order could be
// found.
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
	return check.Fact("%s", before).
		But("%s was answered %q to %s, asked at %s: no order of the operations on that key explains it",
			op.Request, op.Result, Text(op.Command), op.Asked).
		From(place, op.place())
}

// fits says whether the answers up to the nth can be put in an order. What was asked for before it and answered after
// it may have taken effect by then.
func (k *keyHistory) fits(n int, pending []Operation) bool {
	later := slices.Clone(pending)
	for _, op := range k.answered[n+1:] {
		op.Result = nil
		if op.Call < k.answered[n].Return && isWrite(op.Command) {
			later = append(later, op)
		}
	}
	return slices.ContainsFunc(k.contents, func(before Content) bool {
		return k.order(before, k.answered[:n+1], later, nil) != porcupine.Illegal
	})
}

// told is an operation and its answer as a fact.
func told(op *Operation) string {
	return fmt.Sprintf("%s was answered %q to %s at %s", op.Request, op.Result, Text(op.Command), op.Ended)
}

// lastWrite tells what a key held for sure, or may have held, when an operation was asked for.
func (k *keyHistory) lastWrite(key string, before *Operation) (string, check.Place) {
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
		if may.Present {
			held = append(held, fmt.Sprintf("%q", may.Value))
		} else {
			held = append(held, "nothing")
		}
	}
	return fmt.Sprintf("key %q held %s before", key, slices.Sorted(slices.Values(held))[0]), check.Place{}
}
