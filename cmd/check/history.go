package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/traces"
)

// history is what became of the clients' history.
type history struct {
	Operations int    `json:"operations"`
	Keys       int    `json:"keys"`
	Holds      bool   `json:"holds"`
	Problem    string `json:"problem,omitempty"` // in a sentence, if it does not hold
	Page       string `json:"page,omitempty"`    // porcupine's own, with the picture of it
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

// linearizable says whether some order of the operations, each between its call and its answer, explains all answers (Herlihy and Wing 1990). Keys are looked at one by one, since
// an operation has one. A write without an answer may have taken effect at any time after its call, or not at all.
func linearizable(operations []traces.Operation, folder string) (history, error) {
	h := history{Operations: len(operations), Holds: true}
	byKey := map[string][]porcupine.Operation{}
	for i := range operations {
		op := &operations[i]
		known, ok := event(op)
		if ok {
			byKey[op.Key] = append(byKey[op.Key], known)
		}
	}
	h.Keys = len(byKey)
	var wrong []string
	var all []porcupine.Operation
	for key, ops := range byKey {
		if porcupine.CheckOperationsTimeout(model, ops, patience) != porcupine.Ok {
			wrong = append(wrong, key)
			all = append(all, ops...)
		}
	}
	if len(wrong) == 0 {
		return h, nil
	}
	slices.Sort(wrong)
	slices.SortFunc(all, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
	h.Holds = false
	result, info := porcupine.CheckOperationsVerbose(model, all, patience)
	h.Problem = fmt.Sprintf("no order of the operations on %s explains the answers", strings.Join(quoted(wrong), ", "))
	if result == porcupine.Unknown {
		h.Problem = fmt.Sprintf("whether any order of the operations on %s explains the answers was not found out within %s", strings.Join(quoted(wrong), ", "), patience)
	}
	h.Page = filepath.Join(folder, pageName)
	file, err := os.Create(h.Page)
	if err != nil {
		return h, fmt.Errorf("cannot write the picture of the history: %w", err)
	}
	err = porcupine.Visualize(model, info, file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return h, fmt.Errorf("cannot write the picture of the history: %w", err)
	}
	return h, nil
}

func quoted(keys []string) []string {
	list := make([]string, len(keys))
	for i, key := range keys {
		list[i] = fmt.Sprintf("key %q", key)
	}
	return list
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
