// Package replay checks the clients' history that a trace tells, with the check that a run itself is under.
package replay

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
)

// History returns what is wrong with the clients' history, nil if some order of the operations, each between its call
// and its answer, explains all answers (Herlihy and Wing 1990). It has the clients ask and be answered as their spans
// say, in a run that began at epoch. When ctx ends before it is known, it returns nil, too.
func History(ctx context.Context, operations []kvconform.Operation, epoch time.Time) *check.Clash {
	whole := history.New(func() bool { return ctx.Err() != nil })
	for e := range events(operations) {
		op := &operations[e.operation]
		request, at := requestOf(op), e.at.Sub(epoch)
		var err error
		switch {
		case e.answer && op.Result != "":
			if ended := whole.Answered(request, resultOf(op), at); ended != nil {
				err = whole.CheckAnswer(ended)
			}
		case !e.answer:
			whole.Asked(request, op.Command(), at)
		}
		if err != nil || ctx.Err() != nil {
			return clash(err)
		}
	}
	return clash(whole.CheckEnd())
}

// clash is what an error of the history says; nil if there is none.
func clash(err error) *check.Clash {
	found := check.Clash{}
	if !errors.As(err, &found) {
		return nil
	}
	return &found
}

// happening is a call or an answer.
type happening struct {
	at        time.Time
	answer    bool
	operation int
}

func (h happening) compare(other happening) int {
	switch c := h.at.Compare(other.at); {
	case c != 0:
		return c
	case h.operation != other.operation:
		return cmp.Compare(h.operation, other.operation)
	case h.answer == other.answer:
		return 0
	case other.answer:
		return -1
	}
	return 1
}

// events are the calls and the answers in the order of time. What is at the same time is taken to overlap, but for a
// client's own: it asks again when it was answered.
func events(operations []kvconform.Operation) iter.Seq[happening] {
	all := make([]happening, 0, 2*len(operations))
	for i := range operations {
		all = append(all, happening{operations[i].Call, false, i}, happening{operations[i].Return, true, i})
	}
	slices.SortFunc(all, happening.compare)
	return func(yield func(happening) bool) {
		open := map[string]bool{}
		for len(all) > 0 {
			together := 1
			for together < len(all) && all[together].at.Equal(all[0].at) {
				together++
			}
			for _, e := range inTurn(all[:together], func(op int) bool { return open[operations[op].Client] }) {
				open[operations[e.operation].Client] = !e.answer
				if !yield(e) {
					return
				}
			}
			all = all[together:]
		}
	}
}

// inTurn puts what is at the same time in the order in which it is taken to have been: first the calls of clients that
// wait for nothing, then the answers.
func inTurn(all []happening, waits func(operation int) bool) []happening {
	if len(all) == 1 {
		return all
	}
	turn := func(e happening) int {
		switch {
		case e.answer:
			return 1
		case waits(e.operation):
			return 2
		}
		return 0
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b happening) int { return turn(a) - turn(b) })
	return all
}

// spanClient stands for the client of operations whose names cannot be read.
const spanClient = 1 << 31

// requestOf is the name of an operation; one that has none that can be read is told from others by its span.
func requestOf(op *kvconform.Operation) kv.RequestID {
	if request, is := kvconform.ParseRequest(op.Request); is && request.Client < spanClient {
		return request
	}
	return kv.RequestID{Client: spanClient, Sequence: kv.Sequence(op.Span.ID)}
}

// resultOf reads an answer. One that no store gives is what a read found, which explains no write.
func resultOf(op *kvconform.Operation) kv.Result {
	stored, deleted, failed := kv.Stored{}, kv.Deleted{}, kv.ReplicationFailed{}
	exists, missing := kv.KeyExists{Key: op.Key}, kv.KeyNotFound{Key: op.Key}
	switch put := op.Kind == kvspans.KVPutID; {
	case put && op.Result == stored.String():
		return stored
	case op.Kind == kvspans.KVDeleteID && op.Result == deleted.String():
		return deleted
	case op.Result == missing.String():
		return missing
	case op.Result == failed.String():
		return failed
	case put && op.Result == exists.String():
		return exists
	}
	return kv.Found{Value: op.Result}
}
