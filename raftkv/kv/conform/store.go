package conform

import (
	"iter"
	"strconv"
	"strings"

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

// session is a client's latest operation and its answer.
type session struct {
	sequence uint64
	result   string
	by       *check.Span
}

// Results compares each answer of the state machines with that of a store that takes each operation once, in the
// order of the log (§8).
func Results(log iter.Seq[*Applied], history []Operation, exactlyOnce check.Rule, found *check.Findings) {
	s := store{values: map[string]string{}, history: history}
	sessions := map[string]session{}
	for a := range log {
		if a.By == nil {
			found.Unknown(unknownStore, nil, 1)
			return // what follows depends on what is not known
		}
		client, number, _ := strings.Cut(a.Request, "/")
		sequence, err := strconv.ParseUint(number, 10, 64)
		last, known := sessions[client]
		var want string
		switch {
		case err != nil:
			want = s.execute(a)
		case known && sequence == last.sequence:
			want = last.result
		case known && sequence < last.sequence:
			want = kv.Nothing{}.String()
		default:
			want = s.execute(a)
			sessions[client] = session{sequence, want, a.By}
		}
		if want != a.Result {
			found.Add(exactlyOnce, a.By, last.by).
				Got("%s%s at index %d answers %s",
					words.Printable(a.Command), Asked(a.Request), a.Index, words.Printable(a.Result)).
				Want("%s: with each operation taken once, that is the answer", words.Printable(want))
			return // what follows may depend on it
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

// store is what the state machines hold.
type store struct {
	values  map[string]string
	history []Operation
}

// execute is what the store is declared to answer.
func (s *store) execute(a *Applied) string {
	name, rest, _ := strings.Cut(a.Command, " ")
	value, there := s.values[rest]
	switch {
	case name == "put":
		key, value := s.put(rest, a.Request)
		if _, taken := s.values[key]; taken {
			return kv.KeyExists{Key: key}.String()
		}
		s.values[key] = value
		return kv.Stored{}.String()
	case (name == "get" || name == "delete") && !there:
		return kv.KeyNotFound{Key: rest}.String()
	case name == "get":
		return kv.Found{Value: value}.String()
	case name == "delete":
		delete(s.values, rest)
		return kv.Deleted{}.String()
	}
	return kv.Nothing{}.String()
}

// put takes the key and the value of a put apart. Where there are spaces in them the client's own span tells.
func (s *store) put(rest, request string) (key, value string) {
	if strings.Count(rest, " ") > 1 {
		for i := range s.history {
			if op := &s.history[i]; op.Request == request && op.Kind == spans.KVPutID {
				return op.Key, op.Value
			}
		}
	}
	key, value, _ = strings.Cut(rest, " ")
	return key, value
}
