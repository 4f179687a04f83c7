package conform

import (
	"iter"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/kv/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// Applied is an entry of the log that the store took, as the first server that applied it tells.
type Applied struct {
	Index                    uint64
	Command, Request, Result string
	By                       *check.Span // nil when no span tells
}

var unknownStore = check.UnknownKind{
	ID: "store", Order: 5,
	One: "what the store had to answer from an index on: no span tells what was applied there",
}

// Results compares each answer of the state machines with that of a store that takes each operation once, in the
// order of the log (§8).
func Results(log iter.Seq[*Applied], asked []Operation, exactlyOnce check.Rule, found *check.Findings) {
	model := history.NewModel()
	latest := map[kv.ClientID]*check.Span{} // of each client, what applied its latest operation first
	for a := range log {
		if a.By == nil {
			found.Unknown(unknownStore, nil, 1)
			return // what follows depends on what is not known
		}
		request, _ := ParseRequest(a.Request)
		result, retried := model.Apply(request, parseCommand(a, asked))
		if want := result.String(); want != a.Result {
			found.Add(exactlyOnce, a.By, latest[request.Client]).
				Got("%s%s at index %d answers %s",
					words.Printable(a.Command), Asked(a.Request), a.Index, words.Printable(a.Result)).
				Want("%s: with each operation taken once, that is the answer", words.Printable(want))
			return // what follows may depend on it
		}
		if _, is := model.ResultOf(request); is && !retried {
			latest[request.Client] = a.By
		}
	}
}

// Asked says within a sentence whose request something is.
func Asked(request string) string {
	if request == "" {
		return ""
	}
	return " of " + words.Printable(request)
}

// parseCommand returns the command of an entry. Where there are spaces in the key or the value of a put, the client's
// own span tells which is which.
func parseCommand(a *Applied, asked []Operation) kv.Command {
	name, rest, _ := strings.Cut(a.Command, " ")
	switch name {
	case "put":
		key, value, _ := strings.Cut(rest, " ")
		if strings.Contains(value, " ") {
			wanted := func(op Operation) bool { return op.Request == a.Request && op.Kind == spans.KVPutID }
			if i := slices.IndexFunc(asked, wanted); i >= 0 {
				return asked[i].Command()
			}
		}
		return kv.Put{Key: key, Value: value}
	case "get":
		return kv.Get{Key: rest}
	case "delete":
		return kv.Delete{Key: rest}
	}
	return kv.Noop{}
}
