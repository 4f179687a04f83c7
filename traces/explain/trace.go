package explain

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/words"
)

// Trace is a run as its spans tell it. A span is read again from its file whenever it is asked for. Those that the spec
// does not declare, or that lack something, are left out wherever nothing else is said: nothing rests on them.
type Trace struct {
	all        *index.Trace
	protocol   *Protocol
	declared   map[traces.SpanShape]*span.Spec
	children   []int32            // all spans: by their parents' ids, then by start
	byProcess  map[string][]int32 // by end
	faults     []*span.Span       // by start
	violations []*span.Span       // by start
	operations map[string]int32   // by the names of their requests: client-2/3
	run        *span.Span         // the run's own span; nil for none
	last       int32              // the span that ends last; -1 for none
	orphan     int32              // a span whose parent is missing; -1 for none
	looked     []uint64           // a bit for each span of which it is known whether it is strange
	strange    []uint64           // a bit for each that is
}

func newTrace(all *index.Trace, p *Protocol) *Trace {
	t := &Trace{
		all: all, protocol: p, declared: map[traces.SpanShape]*span.Spec{}, byProcess: map[string][]int32{},
		operations: map[string]int32{}, last: -1, orphan: -1,
		looked: make([]uint64, all.Len()/64+1), strange: make([]uint64, all.Len()/64+1),
	}
	for i := range p.Specs {
		t.declared[traces.SpanShape{Name: p.Specs[i].Name, Kind: p.Specs[i].Kind}] = &p.Specs[i]
	}
	beginnings, ends := all.BeginningsAndEnds()
	for i := range int32(all.Len()) {
		if t.last < 0 || all.Entry(i).End > all.Entry(t.last).End {
			t.last = i
		}
		if t.orphan < 0 && all.Entry(i).Parent != 0 && all.Parent(i) < 0 {
			t.orphan = i
		}
	}
	for _, i := range ends {
		process := words.Printable(all.Shape(i).Service)
		t.byProcess[process] = append(t.byProcess[process], i)
	}
	t.children = beginnings
	slices.SortStableFunc(t.children,
		func(a, b int32) int { return cmp.Compare(all.Entry(a).Parent, all.Entry(b).Parent) })
	for s := range t.Below(0, worldspans.RunID) {
		t.run = s
	}
	t.faults = slices.Collect(t.Below(0, worldspans.FaultID))
	t.violations = slices.Collect(t.Below(0, worldspans.ViolationID))
	for i := range t.below(0, operationIDs...) {
		if s := t.known(i); s != nil {
			t.operations[s.Attribute(kvspans.KVRequestIDKey).AsString()] = i
		}
	}
	return t
}

// operationIDs are the spans of clients' operations.
var operationIDs = []string{kvspans.KVPutID, kvspans.KVGetID, kvspans.KVDeleteID}

// Epoch is when the run began.
func (t *Trace) Epoch() time.Time { return t.all.Epoch }

// Since is how long after that something was.
func (t *Trace) Since(at time.Time) time.Duration { return at.Sub(t.all.Epoch) }

// Run is the run's own span; nil if it is missing.
func (t *Trace) Run() *span.Span { return t.run }

// Last is the span that ends last.
func (t *Trace) Last() *span.Span { return t.span(t.last) }

// Faults are the faults, and Violations the invariants that were found not to hold, by time.
func (t *Trace) Faults() []*span.Span { return t.faults }

// Violations are the invariants that were found not to hold, by time.
func (t *Trace) Violations() []*span.Span { return t.violations }

// Processes are the processes that have spans.
func (t *Trace) Processes() iter.Seq[string] {
	return func(yield func(string) bool) {
		for process := range t.byProcess {
			if !yield(process) {
				return
			}
		}
	}
}

// Has says whether a process has spans.
func (t *Trace) Has(process string) bool { return len(t.byProcess[process]) > 0 }

// ID is a span's id in the spec; empty if the spec declares none of its name and kind.
func (t *Trace) ID(s *span.Span) string {
	if spec := t.spec(s.Name, s.Kind); spec != nil {
		return spec.ID
	}
	return ""
}

// Is says whether a span is one that the spec has by this id.
func (t *Trace) Is(s *span.Span, id string) bool { return t.ID(s) == id }

func (t *Trace) spec(name string, kind trace.SpanKind) *span.Spec {
	return t.declared[traces.SpanShape{Name: traces.DeclaredName(name), Kind: kind}]
}

// span is a span, strange or not, whose process can be part of a sentence.
func (t *Trace) span(i int32) *span.Span {
	s := t.all.Span(i)
	s.Service = words.Printable(s.Service)
	return s
}

// find is the span with an id, strange or not; nil for none.
func (t *Trace) find(id world.CausalID) *span.Span {
	if i := t.all.Find(id); i >= 0 && id != 0 {
		return t.span(i)
	}
	return nil
}

// known is a span that the spec declares, and that lacks nothing; nil for another.
func (t *Trace) known(i int32) *span.Span {
	word, bit := i/64, uint64(1)<<(i%64)
	if t.strange[word]&bit != 0 {
		return nil
	}
	s := t.span(i)
	if t.looked[word]&bit == 0 {
		t.looked[word] |= bit
		if len(t.strangeIn(s)) > 0 {
			t.strange[word] |= bit
			return nil
		}
	}
	return s
}

// Span is the span with an id; nil if there is none.
func (t *Trace) Span(id world.CausalID) *span.Span {
	if i := t.all.Find(id); i >= 0 && id != 0 {
		return t.known(i)
	}
	return nil
}

// Operation is the span of an operation by the name of its request; nil if there is none.
func (t *Trace) Operation(request string) *span.Span {
	if i, ok := t.operations[request]; ok {
		return t.span(i)
	}
	return nil
}

// Below are the spans whose parent is one, by start: all, or those that the spec has by these ids.
func (t *Trace) Below(parent world.CausalID, ids ...string) iter.Seq[*span.Span] {
	return t.knownOf(t.below(parent, ids...))
}

func (t *Trace) below(parent world.CausalID, ids ...string) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for _, i := range t.children[t.firstBelow(parent):] {
			if t.all.Entry(i).Parent != parent {
				return
			}
			if t.all.Entry(i).ID != parent && t.hasID(i, ids) && !yield(i) {
				return
			}
		}
	}
}

// firstBelow is where the spans begin, among all by their parents, whose parent is one.
func (t *Trace) firstBelow(parent world.CausalID) int {
	from, _ := slices.BinarySearchFunc(t.children, parent, func(i int32, id world.CausalID) int {
		return cmp.Compare(t.all.Entry(i).Parent, id)
	})
	return from
}

// hasID says whether a span has one of these ids in the spec, or there are none to have.
func (t *Trace) hasID(i int32, ids []string) bool {
	if len(ids) == 0 {
		return true
	}
	shape := t.all.Shape(i)
	spec := t.spec(shape.Name, shape.Kind)
	return spec != nil && slices.Contains(ids, spec.ID)
}

// Of are the spans of a process that the spec has by one of these ids, by end; those of all processes, in the order of
// the file, for an empty process.
func (t *Trace) Of(process string, ids ...string) iter.Seq[*span.Span] {
	return t.where(process, func(i int32) bool { return t.hasID(i, ids) })
}

// Eventful are the spans, as Of, within which something happened.
func (t *Trace) Eventful(process string) iter.Seq[*span.Span] {
	return t.where(process, func(i int32) bool { return t.all.Entry(i).HasEvents })
}

// Backward is Of one process, the last span first.
func (t *Trace) Backward(process string, ids ...string) iter.Seq[*span.Span] {
	return t.knownOf(func(yield func(int32) bool) {
		for _, i := range slices.Backward(t.byProcess[process]) {
			if t.hasID(i, ids) && !yield(i) {
				return
			}
		}
	})
}

func (t *Trace) where(process string, is func(i int32) bool) iter.Seq[*span.Span] {
	return t.knownOf(func(yield func(int32) bool) {
		if process == "" {
			for i := range int32(t.all.Len()) {
				if is(i) && !yield(i) {
					return
				}
			}
			return
		}
		for _, i := range t.byProcess[process] {
			if is(i) && !yield(i) {
				return
			}
		}
	})
}

func (t *Trace) knownOf(list iter.Seq[int32]) iter.Seq[*span.Span] {
	return func(yield func(*span.Span) bool) {
		for i := range list {
			if s := t.known(i); s != nil && !yield(s) {
				return
			}
		}
	}
}

// Sent says whether a process sent anything within a time.
func (t *Trace) Sent(process string, from, to time.Time) bool {
	for s := range t.where(process, func(i int32) bool { return sends(t.all.Shape(i).Kind) }) {
		if s.Start.After(from) && s.Start.Before(to) {
			return true
		}
	}
	return false
}

func sends(kind trace.SpanKind) bool {
	return kind == trace.SpanKindClient || kind == trace.SpanKindProducer
}

// Receivers are the spans that took in what a span sent: none if it was lost, two if it was doubled.
func (t *Trace) Receivers(call *span.Span) (list []*span.Span) {
	for s := range t.Below(call.ID) {
		if traces.IsReceiver(s) {
			list = append(list, s)
		}
	}
	return list
}

// Answering is the span of the server whose reply a call got: of two copies the one that had answered by then, the
// first where both had; nil if there is none.
func (t *Trace) Answering(call *span.Span) (found *span.Span) {
	reply := Shown(call, kvspans.RaftReplyKey)
	for _, s := range t.Receivers(call) {
		if reply != "" && Shown(s, kvspans.RaftReplyKey) == reply && !s.End.After(call.End) &&
			(found == nil || Integer(s, worldspans.RaftkvCopyKey) < Integer(found, worldspans.RaftkvCopyKey)) {
			found = s
		}
	}
	return found
}

// LastDone is what a process did last by a time, strange or not; an empty span for nothing.
func (t *Trace) LastDone(process string, until time.Time) *span.Span {
	for _, i := range slices.Backward(t.byProcess[process]) {
		if s := t.span(i); !s.End.After(until) && !IsUnfinished(s) {
			return s
		}
	}
	return &span.Span{}
}

// doneBefore is what any process but the world did last before a moment; nil if there was nothing.
func (t *Trace) doneBefore(moment time.Time) (last *span.Span) {
	for i := range int32(t.all.Len()) {
		s, shape := t.all.Entry(i), t.all.Shape(i)
		if shape.Service == worldspans.ServiceWorld || shape.Name == worldspans.RunName || s.Start == s.End ||
			s.End > moment.UnixNano() || last != nil && s.End < last.End.UnixNano() {
			continue
		}
		if known := t.known(i); known != nil && !IsUnfinished(known) {
			last = known
		}
	}
	return last
}

// SortProcesses puts processes into the order in which a person looks for them.
func SortProcesses(names []string) { slices.SortFunc(names, index.CompareProcesses) }
