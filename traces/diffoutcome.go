package traces

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/words"
)

// outcome is what a run came to. It is gathered while the trace is read.
type outcome struct {
	operations map[string]operationOutcome // by request
	tries      map[world.CausalID]int      // by operation
	leaders    []leadership
	log        map[int64]entryOutcome // by index
	store      map[string]string
	violations map[string]time.Time // of each invariant, when it was violated first
}

type operationOutcome struct {
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

type entryOutcome struct {
	command, request, result string
	term                     int64
	applied                  time.Time // for the first time
}

func newOutcome() outcome {
	return outcome{operations: map[string]operationOutcome{}, tries: map[world.CausalID]int{}, log: map[int64]entryOutcome{}, store: map[string]string{}, violations: map[string]time.Time{}}
}

// add takes from a span what users saw: few kinds tell it.
func (o *outcome) add(s *Span) {
	switch s.Name {
	case spans.PutClientName, spans.GetClientName, spans.DeleteClientName:
		if s.Kind == trace.SpanKindClient {
			o.tries[s.Parent]++
		}
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		command := words.OperationText(strings.ReplaceAll(s.Name, ".", "_"), s.Attribute(spans.KVKeyKey).AsString(), s.Attribute(spans.KVValueKey).AsString())
		o.operations[s.Attribute(spans.KVRequestIDKey).AsString()] = operationOutcome{id: s.ID, command: command.Text, result: answer(s, command), latency: s.End.Sub(s.Start)}
	case spans.RoleChangeName:
		if s.Attribute(spans.RaftRoleKey).AsString() == protocol.RoleLeader.String() {
			o.leaders = append(o.leaders, leadership{s.Attribute(spans.RaftTermKey).AsInt64(), s.Service, s.End})
		}
	case spans.ViolationName:
		invariant := words.Printable(s.Attribute(spans.RaftkvInvariantKey).AsString())
		if at, there := o.violations[invariant]; !there || s.Start.Before(at) {
			o.violations[invariant] = s.Start
		}
	case spans.ApplyName:
		index := s.Attribute(spans.RaftIndexKey).AsInt64()
		if e, there := o.log[index]; there && !s.End.Before(e.applied) {
			return // the first that takes an entry says it, for all take the same
		}
		o.log[index] = entryOutcome{
			command: s.Attribute(spans.RaftCommandKey).AsString(), request: s.Attribute(spans.KVRequestIDKey).AsString(), result: s.Attribute(spans.KVResultKey).AsString(),
			term: s.Attribute(spans.RaftEntryTermKey).AsInt64(), applied: s.End,
		}
	}
}

// finish puts together what was gathered.
func (o *outcome) finish() {
	for request, operation := range o.operations {
		operation.tries = o.tries[operation.id]
		o.operations[request] = operation
	}
	slices.SortFunc(o.leaders, func(a, b leadership) int {
		return cmp.Or(cmp.Compare(a.term, b.term), strings.Compare(a.leader, b.leader))
	})
	o.replay()
}

// noAnswer begins the result of an operation that was not answered.
const noAnswer = "no answer"

// momentWidth is how far times of a step may be off: most are whole microseconds.
const momentWidth = time.Microsecond

// answer is what a client got.
func answer(s *Span, command words.Command) string {
	switch {
	case s.Attribute(spans.KVResultKey).AsString() == words.OutcomeUnknown:
		return words.OutcomeUnknown
	case s.Status.Code == codes.Error:
		return noAnswer + " (" + words.Text(s.Attribute(spans.ErrorTypeKey)) + ")"
	case s.Attribute(spans.RaftUnfinishedKey).AsBool():
		return noAnswer + " when the run ended"
	}
	return words.ResultText(command, s.Attribute(spans.KVResultKey).AsString())
}

// replay makes the store of the log.
func (o *outcome) replay() {
	for _, index := range o.indexes() {
		e := o.log[index]
		verb, rest, _ := strings.Cut(e.command, " ")
		key, value, _ := strings.Cut(rest, " ")
		switch {
		case verb == "put" && e.result == protocol.Stored{}.String():
			if _, there := o.store[key]; !there {
				o.store[key] = value
			}
		case verb == "delete" && e.result == protocol.Deleted{}.String():
			delete(o.store, key)
		}
	}
}

func (o *outcome) indexes() []int64 {
	indexes := make([]int64, 0, len(o.log))
	for index := range o.log {
		indexes = append(indexes, index)
	}
	slices.Sort(indexes)
	return indexes
}

// commands are the operations in the order in which they took effect: the log without the no-ops.
func (o *outcome) commands() []string {
	var all []string
	for _, index := range o.indexes() {
		if e := o.log[index]; e.request != "" {
			all = append(all, e.request+" "+e.command)
		}
	}
	return all
}

// OperationChange is an operation of a client that went otherwise.
type OperationChange struct {
	Request  string         `json:"request"`             // client-2/3
	CommandA string         `json:"command_a,omitempty"` // PUT "a" = "x"
	CommandB string         `json:"command_b,omitempty"`
	ResultA  string         `json:"result_a,omitempty"` // OK, NOT FOUND, the value that was got, or that there was no answer
	ResultB  string         `json:"result_b,omitempty"`
	LatencyA *time.Duration `json:"latency_a_ns,omitempty"` // left out where there is no such operation
	LatencyB *time.Duration `json:"latency_b_ns,omitempty"`
	TriesA   int            `json:"tries_a"` // how often the client asked a server
	TriesB   int            `json:"tries_b"`
}

// answered says whether a client got another answer.
func (c *OperationChange) answered() bool { return c.ResultA != c.ResultB || c.CommandA != c.CommandB }

// ValueChange is something that has a value in each run; an empty one is none.
type ValueChange struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// Users is what users saw otherwise, and what the runs came to.
type Users struct {
	Operations []OperationChange `json:"operations"` // of clients, that went otherwise
	Leaders    []ValueChange     `json:"leaders"`    // by term
	Log        []ValueChange     `json:"log"`        // at the end, by index
	Store      []ValueChange     `json:"store"`      // at the end, by key
	Violations []ValueChange     `json:"violations"` // of invariants, that only one run has

	answers, order, store bool // what of it makes the outcome another one
}

func (l *alignment) users() Users {
	a, b := &l.a.outcome, &l.b.outcome
	u := Users{Operations: l.operationChanges(a, b), Leaders: l.leaderChanges(), Violations: valueChanges(l.a.violated(), l.b.violated())}
	u.answers = slices.ContainsFunc(u.Operations, func(c OperationChange) bool { return c.answered() })
	u.order = !slices.Equal(a.commands(), b.commands())
	entries := func(o, other *outcome) map[string]string {
		texts := map[string]string{}
		for index, e := range o.log {
			if same, there := other.log[index]; there && same.command == e.command && same.term == e.term && same.request == e.request {
				continue
			}
			texts[fmt.Sprintf("index %d", index)] = strings.TrimSpace(fmt.Sprintf("%s (term %d) %s", words.ParseCommand(e.command).Text, e.term, e.request))
		}
		return texts
	}
	u.Log = valueChanges(entries(a, b), entries(b, a))
	u.Store = valueChanges(a.store, b.store)
	u.store = len(u.Store) > 0
	u.Violations = slices.DeleteFunc(u.Violations, func(c ValueChange) bool { return c.A != "" && c.B != "" })
	return u
}

// violated are the invariants that were violated, and when.
func (x *Indexed) violated() map[string]string {
	texts := map[string]string{}
	for invariant, at := range x.outcome.violations {
		texts[invariant] = "violated at " + words.Milliseconds(at.Sub(x.begin))
	}
	return texts
}

// leaderChanges are the terms with other leaders, or with the same from another time on that matters.
func (l *alignment) leaderChanges() []ValueChange {
	return slices.DeleteFunc(valueChanges(l.a.terms(), l.b.terms()), func(c ValueChange) bool {
		a, b := l.a.ledIn(c.Name), l.b.ledIn(c.Name)
		return slices.EqualFunc(a, b, func(x, y leadership) bool {
			away := (x.at.Sub(l.a.begin) - y.at.Sub(l.b.begin)).Abs()
			return x.leader == y.leader && (l.options.ignoresTime() || away <= l.options.Tolerance)
		})
	})
}

// ledIn are those who led in a term, by its name.
func (x *Indexed) ledIn(term string) (all []leadership) {
	for _, led := range x.outcome.leaders {
		if termName(led.term) == term {
			all = append(all, led)
		}
	}
	return all
}

func termName(term int64) string { return fmt.Sprintf("term %d", term) }

// terms are who led, by term.
func (x *Indexed) terms() map[string]string {
	texts := map[string]string{}
	for _, leader := range x.outcome.leaders {
		name := termName(leader.term)
		if texts[name] != "" {
			texts[name] += ", "
		}
		texts[name] += leader.leader + " from " + words.Milliseconds(leader.at.Sub(x.begin))
	}
	return texts
}

func (l *alignment) operationChanges(a, b *outcome) []OperationChange {
	changes := []OperationChange{}
	for request, x := range a.operations {
		y, both := b.operations[request]
		longer := max(x.latency-y.latency, y.latency-x.latency)
		if both && x.command == y.command && x.result == y.result && x.tries == y.tries && (l.options.ignoresTime() || longer <= max(l.options.Tolerance, momentWidth)) {
			continue
		}
		c := OperationChange{Request: words.Printable(request), CommandA: x.command, ResultA: x.result, LatencyA: &x.latency, TriesA: x.tries}
		if both {
			c.CommandB, c.ResultB, c.LatencyB, c.TriesB = y.command, y.result, &y.latency, y.tries
		}
		changes = append(changes, c)
	}
	for request, y := range b.operations {
		if _, both := a.operations[request]; !both {
			changes = append(changes, OperationChange{Request: words.Printable(request), CommandB: y.command, ResultB: y.result, LatencyB: &y.latency, TriesB: y.tries})
		}
	}
	slices.SortFunc(changes, func(x, y OperationChange) int { return inOrder(x.Request, y.Request) })
	return changes
}

// valueChanges are the names whose values differ, in their order.
func valueChanges(a, b map[string]string) []ValueChange {
	changes := []ValueChange{}
	for name, value := range a {
		if value != b[name] {
			changes = append(changes, ValueChange{words.Printable(name), words.Printable(value), words.Printable(b[name])})
		}
	}
	for name, value := range b {
		if _, both := a[name]; !both {
			changes = append(changes, ValueChange{words.Printable(name), "", words.Printable(value)})
		}
	}
	slices.SortFunc(changes, func(x, y ValueChange) int { return inOrder(x.Name, y.Name) })
	return changes
}

// inOrder compares names with numbers in them as people count: client-2/10 comes after client-2/9.
func inOrder(a, b string) int {
	for a != "" && b != "" {
		x, y := leadingDigits(a), leadingDigits(b)
		if x > 0 && y > 0 {
			if order := cmp.Or(cmp.Compare(x, y), strings.Compare(a[:x], b[:y])); order != 0 {
				return order
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func leadingDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
