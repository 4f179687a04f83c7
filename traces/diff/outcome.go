package diff

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// outcome is what a run came to. It is gathered while the trace is read.
type outcome struct {
	operations map[string]operation   // by request
	tries      map[world.CausalID]int // by operation
	leaders    []leadership
	log        map[int64]applied // by index
	store      map[string]string
	violations map[string]time.Time // of each invariant, when it was violated first
}

type operation struct {
	id      world.CausalID
	command string
	result  string
	latency time.Duration
	tries   int
}

// leadership is that a server won an election.
type leadership struct {
	term   int64
	leader string
	at     time.Time
}

// applied is an entry of the log, and when it was applied for the first time.
type applied struct {
	Entry

	at time.Time
}

func newOutcome() outcome {
	return outcome{
		operations: map[string]operation{}, tries: map[world.CausalID]int{}, log: map[int64]applied{},
		store: map[string]string{}, violations: map[string]time.Time{},
	}
}

// outcomeOf returns what a span adds to the outcome of its run; nil for nothing.
func (p *Protocol) outcomeOf(s *read.Span) func(*outcome) {
	service, start, end := s.Service, s.Start, s.End
	switch s.Name {
	case kvspans.PutClientName, kvspans.GetClientName, kvspans.DeleteClientName:
		if operation := s.Parent; s.Kind == trace.SpanKindClient {
			return func(o *outcome) { o.tries[operation]++ }
		}
		return nil
	case kvspans.KVPutName, kvspans.KVGetName, kvspans.KVDeleteName:
		command, request := commandOf(s), s.Attribute(kvspans.KVRequestIDKey).AsString()
		op := operation{id: s.ID, command: command.Text, result: answer(s, command), latency: end.Sub(start)}
		return func(o *outcome) { o.operations[request] = op }
	case worldspans.ViolationName:
		invariant := words.Printable(s.Attribute(worldspans.RaftkvInvariantKey).AsString())
		return func(o *outcome) {
			if at, there := o.violations[invariant]; !there || start.Before(at) {
				o.violations[invariant] = start
			}
		}
	}
	if term, leads := p.Leads(s); leads {
		return func(o *outcome) { o.leaders = append(o.leaders, leadership{term, service, end}) }
	}
	if entry, applies := p.Applies(s); applies {
		return func(o *outcome) {
			if first, there := o.log[entry.Index]; !there || end.Before(first.at) { // all apply the same
				o.log[entry.Index] = applied{entry, end}
			}
		}
	}
	return nil
}

// commandOf returns the command of a client's operation.
func commandOf(s *read.Span) words.Command {
	key, value := s.Attribute(kvspans.KVKeyKey).AsString(), s.Attribute(kvspans.KVValueKey).AsString()
	return words.OperationText(strings.ReplaceAll(s.Name, ".", "_"), key, value)
}

// noAnswer begins the result of an operation that was not answered.
const noAnswer = "no answer"

// isAnswer says whether a result is one that a client got.
func isAnswer(result string) bool { return !strings.HasPrefix(result, noAnswer) }

// answer returns what a client got.
func answer(s *read.Span, command words.Command) string {
	result := s.Attribute(kvspans.KVResultKey).AsString()
	switch {
	case result == words.OutcomeUnknown:
		return words.OutcomeUnknown
	case s.Status.Code == codes.Error:
		return noAnswer + " (" + words.Text(s.Attribute(worldspans.ErrorTypeKey)) + ")"
	case s.Attribute(worldspans.RaftUnfinishedKey).AsBool():
		return noAnswer + " when the run ended"
	}
	return words.ResultText(command, result)
}

// finish puts together what was gathered, and makes the store of the log.
func (o *outcome) finish() {
	for request, operation := range o.operations {
		operation.tries = o.tries[operation.id]
		o.operations[request] = operation
	}
	slices.SortFunc(o.leaders, func(a, b leadership) int {
		return cmp.Or(cmp.Compare(a.term, b.term), strings.Compare(a.leader, b.leader))
	})
	for _, index := range slices.Sorted(maps.Keys(o.log)) {
		e := o.log[index]
		verb, rest, _ := strings.Cut(e.Command, " ")
		key, value, _ := strings.Cut(rest, " ")
		switch {
		case verb == "put" && e.Result == kv.Stored{}.String():
			if _, there := o.store[key]; !there {
				o.store[key] = value
			}
		case verb == "delete" && e.Result == kv.Deleted{}.String():
			delete(o.store, key)
		}
	}
}

// commands returns the operations in the order in which they took effect: the log without the no-ops.
func (o *outcome) commands() (all []string) {
	for _, index := range slices.Sorted(maps.Keys(o.log)) {
		if e := o.log[index]; e.Request != "" {
			all = append(all, e.Request+" "+e.Command)
		}
	}
	return all
}

// operationsOf returns how many operations there are of the clients that are looked at.
func (o *outcome) operationsOf(only string) int {
	if !isClient(only) {
		return len(o.operations)
	}
	n := 0
	for request := range o.operations {
		if strings.HasPrefix(request, only+"/") {
			n++
		}
	}
	return n
}

// applied returns how many entries were applied from index 1 on without a gap; 0 if there is one, because then the
// store is not known.
func (o *outcome) applied() int {
	for index := range o.log {
		if index < 1 || index > int64(len(o.log)) {
			return 0
		}
	}
	return len(o.log)
}

// entriesBut returns the entries that another run does not have at their index, as texts.
func (o *outcome) entriesBut(other *outcome) map[string]string {
	texts := map[string]string{}
	for index, e := range o.log {
		same, there := other.log[index]
		if !there || same.Command != e.Command || same.Term != e.Term || same.Request != e.Request {
			text := fmt.Sprintf("%s (term %d) %s", words.ParseCommand(e.Command).Text, e.Term, e.Request)
			texts[fmt.Sprintf("index %d", index)] = strings.TrimSpace(text)
		}
	}
	return texts
}

// violated returns the invariants that were violated, and when.
func (x *Trace) violated() map[string]string {
	texts := map[string]string{}
	for invariant, at := range x.outcome.violations {
		texts[invariant] = "violated at " + words.Milliseconds(at.Sub(x.Epoch))
	}
	return texts
}

// leadersByTerm returns who led, by term.
func (x *Trace) leadersByTerm() (texts map[string]string, leaders map[string][]leadership) {
	texts, leaders = map[string]string{}, map[string][]leadership{}
	for _, l := range x.outcome.leaders {
		term := fmt.Sprintf("term %d", l.term)
		if texts[term] != "" {
			texts[term] += ", "
		}
		texts[term] += l.leader + " from " + words.Milliseconds(l.at.Sub(x.Epoch))
		leaders[term] = append(leaders[term], l)
	}
	return texts, leaders
}
