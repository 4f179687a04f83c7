package check

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/raftkv/raftkv/cmd/internal/draft"
	"github.com/raftkv/raftkv/cmd/internal/replay"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/raftkv/check"
	clients "github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/traces/words"
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

// linearizable says whether some order of the operations, each between its call and its answer, explains all answers
// (Herlihy and Wing 1990). It is the check of a run, fed with what the spans of the clients say; porcupine draws what
// it refuses. Who does not want to wait is told what is known by then, with an error.
func linearizable(
	ctx context.Context, operations []kvconform.Operation, epoch time.Time, folder string,
) (history, error) {
	h := history{Operations: len(operations), Holds: true}
	keys := map[string]bool{}
	for i := range operations {
		keys[operations[i].Key] = true
	}
	h.Keys = len(keys)
	clash := replay.History(ctx, operations, epoch)
	if clash == nil && ctx.Err() != nil {
		h.Holds, h.Undecided = false, true
		return h, errors.New("interrupted: whether the history is linearizable was not decided")
	}
	if clash == nil {
		return h, nil
	}
	h.Holds, h.Problem = false, clash.Facts[0]+"; but "+clash.Facts[1]
	picture := filepath.Join(folder, runs.HistoryFile)
	if err := draw(ctx, operations, clash, picture); err != nil {
		return h, err
	}
	h.Page = picture
	return h, nil
}

// draw has porcupine draw the history of the key that a clash is about.
func draw(ctx context.Context, operations []kvconform.Operation, clash *check.Clash, path string) error {
	request, _, _ := strings.Cut(clash.Facts[1], " ")
	at := slices.IndexFunc(operations, func(op kvconform.Operation) bool { return op.Request == request })
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
	if err := draft.Write(path, func(w io.Writer) error { return porcupine.Visualize(model, info, w) }); err != nil {
		return fmt.Errorf("cannot write the picture of the history: %w", err)
	}
	return nil
}

// event is an operation as porcupine takes it; false for one that says nothing: a read without an answer, and a command
// that is said to have failed.
func event(op *kvconform.Operation) (porcupine.Operation, bool) {
	returned := op.Return.UnixNano()
	if op.Result == "" {
		if op.Kind == kvspans.KVGetID {
			return porcupine.Operation{}, false
		}
		returned = math.MaxInt64
	}
	if op.Result == (kv.ReplicationFailed{}).String() {
		return porcupine.Operation{}, false
	}
	client := 0
	_, _ = fmt.Sscanf(op.Client, kvspans.ServiceClient+"-%d", &client) // only the picture has them in rows
	return porcupine.Operation{
		ClientId: client, Input: op, Call: op.Call.UnixNano(), Output: op.Result,
		Return: returned,
	}, true
}

// model is the store's semantics for one key.
var model = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		var keys []string
		parts := map[string][]porcupine.Operation{}
		for _, o := range all {
			key := o.Input.(*kvconform.Operation).Key
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
	Init: func() any { return clients.Content{} },
	Step: func(state, input, output any) (bool, any) {
		op := input.(*kvconform.Operation)
		after, answer := state.(clients.Content).Step(op.Command())
		return output == "" || output == answer.String(), after
	},
	DescribeOperation: func(input, output any) string {
		op := input.(*kvconform.Operation)
		command := strings.TrimPrefix(op.Kind, "kv_") + " " + op.Key
		if op.Kind == kvspans.KVPutID {
			command += " " + op.Value
		}
		if output == "" {
			output = kvconform.Unanswered
		}
		return words.Printable(fmt.Sprintf("%s %s -> %s", op.Request, command, output)) // the page shows it as a text
	},
	DescribeState: func(state any) string {
		if c := state.(clients.Content); c.Present {
			return html.EscapeString(words.Printable(c.Value)) // the page takes it for HTML
		}
		return "nothing"
	},
}
