package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/traces"
)

// history is what became of the clients' history.
type history struct {
	Operations int    `json:"operations"`
	Keys       int    `json:"keys"`
	Holds      bool   `json:"holds"`
	Undecided  bool   `json:"undecided,omitempty"` // nobody waited until it was known whether it holds
	Problem    string `json:"problem,omitempty"`   // in a sentence, if it does not hold
	Page       string `json:"page,omitempty"`      // porcupine's own, with the picture of it
}

// patience is how long an order of a history's operations is looked for.
const patience = time.Minute

// pageName is the file, beside the trace, that shows a history that no order explains.
const pageName = "history.html"

// content is what a key holds; the zero content is nothing.
type content struct {
	value   string
	present bool
}

// linearizable says whether some order of the operations, each between its call and its answer, explains all answers (Herlihy and Wing 1990). It is the check of a run, fed with
// what the spans of the clients say; porcupine draws what it refuses. Who does not want to wait is told what is known by then, with an error.
func linearizable(ctx context.Context, operations []traces.Operation, epoch time.Time, folder string) (history, error) {
	h := history{Operations: len(operations), Holds: true}
	keys := map[string]bool{}
	for i := range operations {
		keys[operations[i].Key] = true
	}
	h.Keys = len(keys)
	violation := replay(ctx, operations, epoch)
	if violation == nil && ctx.Err() != nil {
		h.Holds, h.Undecided = false, true
		return h, errors.New("interrupted: whether the history is linearizable was not decided")
	}
	if violation == nil {
		return h, nil
	}
	h.Holds, h.Problem = false, violation.Facts[0]+"; but "+violation.Facts[1]
	picture := filepath.Join(folder, pageName)
	if err := draw(ctx, operations, violation, picture); err != nil {
		return h, err
	}
	h.Page = picture
	return h, nil
}

// replay has the clients ask and be answered as their spans say, in a run that began at epoch, and returns what is wrong with that, as far as somebody waited for it.
func replay(ctx context.Context, operations []traces.Operation, epoch time.Time) *check.Violation {
	now := time.Duration(0)
	checker := check.New(check.Options{Now: func() time.Duration { return now }, Stopped: func() bool { return ctx.Err() != nil }})
	for e := range events(operations) {
		op := &operations[e.operation]
		now = e.at.Sub(epoch)
		request := requestOf(op)
		switch {
		case e.answer && op.Result != "":
			checker.Answered(request, resultOf(op))
		case !e.answer:
			checker.Asked(request, commandOf(op))
		}
		if v := checker.Violation(); v != nil || ctx.Err() != nil {
			return v
		}
	}
	checker.End(true)
	return checker.Violation()
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

// events are the calls and the answers in the order of time. What is at the same time is taken to overlap, but for a client's own: it asks again when it was answered.
func events(operations []traces.Operation) iter.Seq[happening] {
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

// inTurn puts what is at the same time in the order in which it is taken to have been: first the calls of clients that wait for nothing, then the answers.
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

// requestOf is the name of an operation; one that has none that can be read is told from others by its span.
func requestOf(op *traces.Operation) protocol.RequestID {
	name, named := strings.CutPrefix(op.Request, spans.ServiceClient+"-")
	client, number, _ := strings.Cut(name, "/")
	id, err := strconv.ParseUint(client, 10, 31)
	sequence, err2 := strconv.ParseUint(number, 10, 32)
	if !named || err != nil || err2 != nil {
		return protocol.RequestID{Client: 1 << 31, Sequence: protocol.Sequence(op.Span.ID)}
	}
	return protocol.RequestID{Client: protocol.ClientID(id), Sequence: protocol.Sequence(sequence)}
}

func commandOf(op *traces.Operation) protocol.Command {
	switch op.Kind {
	case spans.KVPutID:
		return protocol.Put{Key: op.Key, Value: op.Value}
	case spans.KVDeleteID:
		return protocol.Delete{Key: op.Key}
	}
	return protocol.Get{Key: op.Key}
}

// resultOf reads an answer. One that no store gives is what a read found, which explains no write.
func resultOf(op *traces.Operation) protocol.Result {
	stored, deleted, failed := protocol.Stored{}, protocol.Deleted{}, protocol.ReplicationFailed{}
	exists, missing := protocol.KeyExists{Key: op.Key}, protocol.KeyNotFound{Key: op.Key}
	switch put := op.Kind == spans.KVPutID; {
	case put && op.Result == stored.String():
		return stored
	case op.Kind == spans.KVDeleteID && op.Result == deleted.String():
		return deleted
	case op.Result == missing.String():
		return missing
	case op.Result == failed.String():
		return failed
	case put && op.Result == exists.String():
		return exists
	}
	return protocol.Found{Value: op.Result}
}

// draw has porcupine draw the history of the key that a violation is about.
func draw(ctx context.Context, operations []traces.Operation, violation *check.Violation, path string) error {
	request, _, _ := strings.Cut(violation.Facts[1], " ")
	at := slices.IndexFunc(operations, func(op traces.Operation) bool { return op.Request == request })
	var all []porcupine.Operation
	for i := range operations {
		if known, ok := event(&operations[i]); ok && (at < 0 || operations[i].Key == operations[at].Key) {
			all = append(all, known)
		}
	}
	drawn := model
	drawn.Step = func(state, input, output any) (bool, any) { // without a possible step porcupine ends soon
		if ctx.Err() != nil {
			return false, state
		}
		return model.Step(state, input, output)
	}
	_, info := porcupine.CheckOperationsVerbose(drawn, all, patience)
	if ctx.Err() != nil {
		return errors.New("interrupted: there is no picture of the history")
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("cannot write the picture of the history: %w", err)
	}
	if err := errors.Join(porcupine.Visualize(model, info, file), file.Close()); err != nil {
		return fmt.Errorf("cannot write the picture of the history: %w", err)
	}
	return nil
}

// event is an operation as porcupine takes it; false for one that says nothing: a read without an answer, and a command that is said to have failed.
func event(op *traces.Operation) (porcupine.Operation, bool) {
	returned := op.Return.UnixNano()
	if op.Result == "" {
		if op.Kind == spans.KVGetID {
			return porcupine.Operation{}, false
		}
		returned = math.MaxInt64
	}
	if op.Result == (protocol.ReplicationFailed{}).String() {
		return porcupine.Operation{}, false
	}
	client := 0
	_, _ = fmt.Sscanf(op.Client, spans.ServiceClient+"-%d", &client) // only the picture has them in rows
	return porcupine.Operation{ClientId: client, Input: op, Call: op.Call.UnixNano(), Output: op.Result, Return: returned}, true
}

// model is the store's semantics for one key.
var model = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		var keys []string
		parts := map[string][]porcupine.Operation{}
		for _, o := range all {
			key := o.Input.(*traces.Operation).Key
			if parts[key] == nil {
				keys = append(keys, key)
			}
			parts[key] = append(parts[key], o)
		}
		list := make([][]porcupine.Operation, len(keys))
		for i, key := range keys {
			list[i] = parts[key]
		}
		return list
	},
	Init: func() any { return content{} },
	Step: func(state, input, output any) (bool, any) {
		op := input.(*traces.Operation)
		after, answer := step(state.(content), op)
		return output == "" || output == answer, after
	},
	DescribeOperation: func(input, output any) string {
		op := input.(*traces.Operation)
		command := strings.TrimPrefix(op.Kind, "kv_") + " " + op.Key
		if op.Kind == spans.KVPutID {
			command += " " + op.Value
		}
		if output == "" {
			output = traces.Unanswered
		}
		return fmt.Sprintf("%s %s -> %s", op.Request, command, output)
	},
	DescribeState: func(state any) string {
		if c := state.(content); c.present {
			return c.value
		}
		return "nothing"
	},
}

// step is what an operation does to its key, and what it is answered.
func step(now content, op *traces.Operation) (after content, answer string) {
	switch {
	case op.Kind == spans.KVPutID && now.present:
		return now, protocol.KeyExists{Key: op.Key}.String()
	case op.Kind == spans.KVPutID:
		return content{op.Value, true}, protocol.Stored{}.String()
	case !now.present:
		return now, protocol.KeyNotFound{Key: op.Key}.String()
	case op.Kind == spans.KVDeleteID:
		return content{}, protocol.Deleted{}.String()
	}
	return now, now.value
}
