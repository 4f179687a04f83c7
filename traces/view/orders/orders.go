package orders

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// State is what is known of an operation.
type State uint8

// The states there are.
const (
	Placed  State = iota // it has a place in an order that explains all answers, or those before one that does not fit
	Misfit               // no order explains its answer
	After                // it was answered after one that does not fit
	Failed               // it was answered that it failed, which is believed: it took no effect
	Unknown              // it has no answer: whether it took effect is not known, and the order does not need it
	Untried              // no order was found in time
)

// Operation is what a client asked for, and where in an order it stands.
type Operation struct {
	Span     int32
	State    State
	From, To int64  // of what is placed: between which times it may have taken effect, in ns since 1970
	Rank     int    // of what is placed: how many of its key are before it
	Position uint64 // where it was agreed on: that of the first entry that was applied; 0 if none was
	Chosen   int32  // the first span that says that it is agreed on, and the first that applies it; index.None for none
	Applied  int32

	client, request, key string
	command              kv.Command
	answer               string // empty for none
	call, end            int64  // end is math.MaxInt64 without an answer
	chosenAt, appliedAt  int64
}

// Key is what is known of all operations on a key.
type Key struct {
	Key        string `json:"key"`
	Operations int    `json:"operations"`
	Verdict    string `json:"verdict"` // one of those below
	Text       string `json:"text"`    // in a sentence
	Misfit     int32  `json:"-"`       // the span of the operation that does not fit; index.None if there is none
}

// The verdicts.
const (
	Explained = "explained" // an order explains all answers
	Broken    = "broken"    // none does
	Undecided = "undecided"
)

// Gather takes in the spans of a trace. Make one with NewGather.
type Gather struct {
	x          *index.Trace
	landmarks  *span.Landmarks
	operations []Operation
	applied    map[string]entry // by request
	chosen     map[uint64]entry // by position
	upTo       bool             // a span says up to which position all is chosen
}

// entry is where something was agreed on, or the first span that tells something of it.
type entry struct {
	position uint64
	span     int32
	at       int64
}

// NewGather returns one that has taken in nothing.
func NewGather(x *index.Trace, l *span.Landmarks) *Gather {
	return &Gather{
		x: x, landmarks: l, applied: map[string]entry{}, chosen: map[uint64]entry{},
		// What is chosen has the position as all spans have it; an attribute of its own tells up to where all is.
		upTo: l.Chosen.Position != l.Position.Key,
	}
}

// Add takes in the next span in the order of beginnings, which has a number.
func (g *Gather) Add(i int32, s *read.Span) {
	l := g.landmarks
	at := g.x.Entry(i).Start
	switch {
	case s.Name == kvspans.KVPutName, s.Name == kvspans.KVGetName, s.Name == kvspans.KVDeleteName:
		g.operations = append(g.operations, g.operation(i, s))
	case l.Applied.Is(s):
		request := s.Attribute(kvspans.KVRequestIDKey).AsString()
		if position, ok := number(s, l.Applied.Position); ok && request != "" {
			if _, known := g.applied[request]; !known {
				g.applied[request] = entry{position, i, at}
			}
		}
	case l.Chosen.Is(s):
		if position, ok := number(s, l.Chosen.Position); ok {
			if _, known := g.chosen[position]; !known {
				g.chosen[position] = entry{position, i, at}
			}
		}
	}
}

func number(s *read.Span, key attribute.Key) (uint64, bool) {
	n, err := strconv.ParseUint(s.Attribute(key).String(), 10, 64)
	return n, err == nil
}

func (g *Gather) operation(i int32, s *read.Span) Operation {
	e := g.x.Entry(i)
	key := s.Attribute(kvspans.KVKeyKey).AsString()
	op := Operation{
		Span: i, Chosen: index.None, Applied: index.None, client: s.Service,
		request: s.Attribute(kvspans.KVRequestIDKey).AsString(), key: key, call: e.Start,
		answer: s.Attribute(kvspans.KVResultKey).AsString(), end: e.End + max(0, int64(s.Resolution)-1),
	}
	switch s.Name {
	case kvspans.KVPutName:
		op.command = kv.Put{Key: key, Value: s.Attribute(kvspans.KVValueKey).AsString()}
	case kvspans.KVDeleteName:
		op.command = kv.Delete{Key: key}
	default:
		op.command = kv.Get{Key: key}
	}
	if op.answer == unknownOutcome || s.Status.Code == codes.Error || s.Attribute(worldspans.RaftUnfinishedKey).AsBool() {
		op.answer = ""
	}
	if op.answer == "" {
		op.end = math.MaxInt64
	}
	return op
}

// unknownOutcome is the result of an operation that its client gave up.
const unknownOutcome = "outcome unknown"

// Of returns what is known of all operations, in the order of their beginnings, and of all keys, in the order in which
// they come up. It takes so many steps at most to look for orders; see Steps.
func (g *Gather) Of(steps int) ([]Operation, []Key) {
	g.agreed()
	g.endBeforeNext()
	var names []string
	byKey := map[string][]*Operation{}
	for i := range g.operations {
		op := &g.operations[i]
		if byKey[op.key] == nil {
			names = append(names, op.key)
		}
		byKey[op.key] = append(byKey[op.key], op)
	}
	var keys []Key
	for _, name := range names {
		k := keyOrder{g: g, name: name, all: byKey[name], steps: &steps}
		keys = append(keys, k.decide())
	}
	return g.operations, keys
}

// Steps are enough for histories of real runs, and over in a second or two.
const Steps = 1_000_000

// agreed finds where each operation was agreed on.
func (g *Gather) agreed() {
	var positions []uint64
	for position := range g.chosen {
		positions = append(positions, position)
	}
	slices.Sort(positions)
	firsts := make([]entry, len(positions)) // of all from a position on, the first that was told
	for i := len(positions) - 1; i >= 0; i-- {
		firsts[i] = g.chosen[positions[i]]
		if i+1 < len(firsts) && firsts[i+1].at < firsts[i].at {
			firsts[i] = firsts[i+1]
		}
	}
	for i := range g.operations {
		op := &g.operations[i]
		applied, is := g.applied[op.request]
		if !is {
			continue
		}
		op.Position, op.Applied, op.appliedAt = applied.position, applied.span, applied.at
		at, exact := slices.BinarySearch(positions, applied.position)
		switch {
		case g.upTo && at < len(firsts):
			op.Chosen, op.chosenAt = firsts[at].span, firsts[at].at
		case exact:
			op.Chosen, op.chosenAt = g.chosen[applied.position].span, g.chosen[applied.position].at
		}
	}
}

// endBeforeNext has no operation whose time was cut end after its client's next one begins.
func (g *Gather) endBeforeNext() {
	next := map[string]int64{}
	for i := len(g.operations) - 1; i >= 0; i-- {
		op := &g.operations[i]
		end := g.x.Entry(op.Span).End
		if call, known := next[op.client]; known && op.answer != "" && op.end > call {
			op.end = max(end, call)
		}
		next[op.client] = op.call
	}
}

// keyOrder is the order of the operations on a key.
type keyOrder struct {
	g     *Gather
	name  string
	all   []*Operation // in the order of their calls
	steps *int
}

// decide finds an order, or says that there is none.
func (k *keyOrder) decide() Key {
	var answered, pending []*Operation
	for _, op := range k.all {
		switch {
		case op.answer == (kv.ReplicationFailed{}).String():
			op.State = Failed
		case op.answer != "":
			answered = append(answered, op)
		case isWrite(op.command):
			op.State = Unknown
			pending = append(pending, op)
		default:
			op.State = Unknown // what a read without an answer read does not matter
		}
	}
	if order, is := k.asAgreed(answered, pending); is {
		place(order)
		return k.told(Explained, answered, "")
	}
	s := search{key: k.name, steps: k.steps}
	order, verdict := s.order(answered, pending)
	switch verdict {
	case Explained:
		place(order)
		return k.told(Explained, answered, "")
	case Broken:
		return k.broken(answered, pending)
	}
	return k.undecided(answered)
}

// asAgreed returns the operations in the order in which they were agreed on, if that explains the answers.
func (k *keyOrder) asAgreed(answered, pending []*Operation) ([]*Operation, bool) {
	order := slices.Clone(answered)
	for _, op := range answered {
		if op.Position == 0 {
			return nil, false
		}
	}
	for _, op := range pending {
		if op.Position > 0 {
			order = append(order, op)
		}
	}
	slices.SortStableFunc(order, func(a, b *Operation) int { return cmp.Compare(a.Position, b.Position) })
	var now history.Content
	at := int64(math.MinInt64)
	for _, op := range order {
		after, result := now.Step(op.command)
		if at = max(at, op.call); at > op.end || op.answer != "" && op.answer != result.String() {
			return nil, false
		}
		now = after
	}
	return order, true
}

func isWrite(command kv.Command) bool {
	switch command.(type) {
	case kv.Put, kv.Delete:
		return true
	case kv.Get, kv.Noop:
	}
	return false
}
