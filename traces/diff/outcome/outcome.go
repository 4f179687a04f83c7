package outcome

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// Outcome is what a run came to. It is gathered while the trace is read.
type Outcome struct {
	landmarks  *span.Landmarks
	epoch      time.Time              // when the run began
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
	term   string
	leader string
	at     time.Time
}

// applied is an entry of the log, and when it was applied for the first time.
type applied struct {
	Entry

	at time.Time
}

// New returns an outcome with nothing in it.
func New(l *span.Landmarks) *Outcome {
	return &Outcome{
		landmarks:  l,
		operations: map[string]operation{}, tries: map[world.CausalID]int{}, log: map[int64]applied{},
		store: map[string]string{}, violations: map[string]time.Time{},
	}
}

// Of returns what a span adds to the outcome of its run; nil for nothing.
func Of(s *read.Span, l *span.Landmarks) func(*Outcome) {
	service, start, end := s.Service, s.Start, s.End
	switch s.Name {
	case kvspans.PutClientName, kvspans.GetClientName, kvspans.DeleteClientName:
		if operation := s.Parent; s.Kind == trace.SpanKindClient {
			return func(o *Outcome) { o.tries[operation]++ }
		}
		return nil
	case kvspans.KVPutName, kvspans.KVGetName, kvspans.KVDeleteName:
		command, request := content.CommandOf(s), s.Attribute(kvspans.KVRequestIDKey).AsString()
		op := operation{id: s.ID, command: command.Text, result: answer(s, command), latency: end.Sub(start)}
		return func(o *Outcome) { o.operations[request] = op }
	case worldspans.ViolationName:
		invariant := words.Printable(s.Attribute(worldspans.RaftkvInvariantKey).AsString())
		return func(o *Outcome) {
			if at, there := o.violations[invariant]; !there || start.Before(at) {
				o.violations[invariant] = start
			}
		}
	}
	switch {
	case l.Leads.Is(s):
		term := words.Text(s.Attribute(l.Term.Key))
		return func(o *Outcome) { o.leaders = append(o.leaders, leadership{term, service, end}) }
	case l.Applied.Is(s):
		entry := entryOf(s, &l.Applied)
		return func(o *Outcome) {
			if first, there := o.log[entry.Index]; !there || end.Before(first.at) { // all apply the same
				o.log[entry.Index] = applied{entry, end}
			}
		}
	}
	return nil
}

// entryOf returns the entry that a span applies.
func entryOf(s *read.Span, l *span.Application) Entry {
	text := func(key attribute.Key) string { return s.Attribute(key).AsString() }
	return Entry{
		Index: s.Attribute(l.Position).AsInt64(), Term: words.Text(s.Attribute(l.Term)), Command: text(l.Command),
		Request: text(kvspans.KVRequestIDKey), Result: text(kvspans.KVResultKey),
	}
}

// noAnswer begins the result of an operation that was not answered.
const noAnswer = "no answer"

// IsAnswer says whether a result is one that a client got.
func IsAnswer(result string) bool { return !strings.HasPrefix(result, noAnswer) }

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

// Finish puts together what was gathered of a run that began at epoch, and makes the store of the log.
func (o *Outcome) Finish(epoch time.Time) {
	o.epoch = epoch
	for request, operation := range o.operations {
		operation.tries = o.tries[operation.id]
		o.operations[request] = operation
	}
	slices.SortFunc(o.leaders, func(a, b leadership) int {
		return cmp.Or(words.InOrder(a.term, b.term), strings.Compare(a.leader, b.leader))
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
func (o *Outcome) commands() (all []string) {
	for _, index := range slices.Sorted(maps.Keys(o.log)) {
		if e := o.log[index]; e.Request != "" {
			all = append(all, e.Request+" "+e.Command)
		}
	}
	return all
}

// Leaders returns how often a server won an election.
func (o *Outcome) Leaders() int { return len(o.leaders) }

// Operations returns how many operations there are of a client; of all if it is empty.
func (o *Outcome) Operations(client string) int {
	if client == "" {
		return len(o.operations)
	}
	n := 0
	for request := range o.operations {
		if strings.HasPrefix(request, client+"/") {
			n++
		}
	}
	return n
}

// Applied returns how many entries were applied from index 1 on without a gap; 0 if there is one, because then the
// store is not known.
func (o *Outcome) Applied() int {
	for index := range o.log {
		if index < 1 || index > int64(len(o.log)) {
			return 0
		}
	}
	return len(o.log)
}

// entriesBut returns the entries that another run does not have at their index, as texts.
func (o *Outcome) entriesBut(other *Outcome) map[string]string {
	texts := map[string]string{}
	for index, e := range o.log {
		same, there := other.log[index]
		if !there || same.Command != e.Command || same.Term != e.Term || same.Request != e.Request {
			text := fmt.Sprintf("%s%s %s", words.ParseCommand(e.Command).Text, o.proposed(&e.Entry), e.Request)
			texts[fmt.Sprintf("%s %d", o.landmarks.Position.Word, index)] = strings.TrimSpace(text)
		}
	}
	return texts
}

// proposed says, in brackets behind an entry, in which term it was proposed.
func (o *Outcome) proposed(e *Entry) string {
	if e.Term == "" {
		return ""
	}
	return " (" + o.landmarks.Term.Word + " " + e.Term + ")"
}

// violated returns the invariants that were violated, and when.
func (o *Outcome) violated() map[string]string {
	texts := map[string]string{}
	for invariant, at := range o.violations {
		texts[invariant] = "violated at " + words.Milliseconds(at.Sub(o.epoch))
	}
	return texts
}

// leadersByTerm returns who led, by term.
func (o *Outcome) leadersByTerm() (texts map[string]string, leaders map[string][]leadership) {
	texts, leaders = map[string]string{}, map[string][]leadership{}
	for _, l := range o.leaders {
		term := o.landmarks.Term.Word + " " + l.term
		if texts[term] != "" {
			texts[term] += ", "
		}
		texts[term] += l.leader + " from " + words.Milliseconds(l.at.Sub(o.epoch))
		leaders[term] = append(leaders[term], l)
	}
	return texts, leaders
}

// Entry is an entry of the log, as it was applied.
type Entry struct {
	Index            int64
	Term             string // in which it was proposed
	Command, Request string // put a val_3, client-2/3; a no-op has no request
	Result           string // what the store answered
}
