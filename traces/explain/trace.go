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
	children   []int32            // by their parents' ids, then by start; none is its own child
	byProcess  map[string][]int32 // by end; those of all processes for an empty one
	faults     []*span.Span       // by start
	violations []*span.Span       // by start
	operations map[string]int32   // by the names of their requests: client-2/3
	run        *span.Span         // the run's own span; nil for none
	last       int32              // the span that ends last; -1 for none
	orphan     int32              // a span whose parent is missing; -1 for none
	verdicts   []verdict          // of each span
}

// verdict says whether a span is as the spec has it.
type verdict byte

const (
	unseen verdict = iota // nobody has looked yet
	sound
	strange
)

func newTrace(all *index.Trace, p *Protocol) *Trace {
	t := &Trace{
		all: all, protocol: p, declared: map[traces.SpanShape]*span.Spec{}, byProcess: map[string][]int32{},
		operations: map[string]int32{}, last: -1, orphan: -1, verdicts: make([]verdict, all.Len()),
	}
	for i := range p.Specs {
		t.declared[traces.SpanShape{Name: p.Specs[i].Name, Kind: p.Specs[i].Kind}] = &p.Specs[i]
	}
	for i := range int32(all.Len()) {
		if t.last < 0 || all.Entry(i).End > all.Entry(t.last).End {
			t.last = i
		}
		if t.orphan < 0 && all.Entry(i).Parent != 0 && all.Parent(i) < 0 {
			t.orphan = i
		}
	}
	beginnings, ends := all.BeginningsAndEnds()
	for _, i := range ends {
		if process := words.Printable(all.Shape(i).Service); process != "" {
			t.byProcess[process] = append(t.byProcess[process], i)
		}
	}
	slices.SortStableFunc(ends, func(a, b int32) int { return cmp.Compare(all.Entry(a).End, all.Entry(b).End) })
	t.byProcess[""] = ends // times of different processes may disagree with what caused what
	t.children = slices.DeleteFunc(beginnings, func(i int32) bool { return all.Entry(i).Parent == all.Entry(i).ID })
	slices.SortStableFunc(t.children, func(a, b int32) int {
		return cmp.Compare(all.Entry(a).Parent, all.Entry(b).Parent)
	})
	for s := range t.Below(0, worldspans.RunID) {
		t.run = s
	}
	t.faults = slices.Collect(t.Below(0, worldspans.FaultID))
	t.violations = slices.Collect(t.Below(0, worldspans.ViolationID))
	for _, i := range t.below(0) {
		if t.hasID(i, operationIDs) {
			if s := t.known(i); s != nil {
				t.operations[s.Attribute(kvspans.KVRequestIDKey).AsString()] = i
			}
		}
	}
	return t
}

// operationIDs are the spans of clients' operations.
var operationIDs = []string{kvspans.KVPutID, kvspans.KVGetID, kvspans.KVDeleteID}

// Epoch is when the run began.
func (t *Trace) Epoch() time.Time { return t.all.Epoch }

// Since is how long after the run's begin something was.
func (t *Trace) Since(at time.Time) time.Duration { return at.Sub(t.all.Epoch) }

// Run is the run's own span; nil if it is missing.
func (t *Trace) Run() *span.Span { return t.run }

// Last is the span that ends last.
func (t *Trace) Last() *span.Span { return t.span(t.last) }

// Faults are the faults by time.
func (t *Trace) Faults() []*span.Span { return t.faults }

// Violations are the invariants that were found not to hold, by time.
func (t *Trace) Violations() []*span.Span { return t.violations }

// Servers are the servers that have spans, in the order in which a person looks for them.
func (t *Trace) Servers() (list []string) {
	for process := range t.byProcess {
		if group, n := index.ProcessNumber(process); slices.Contains(t.protocol.Servers, group) && n > 0 {
			list = append(list, process)
		}
	}
	SortProcesses(list)
	return list
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
	if t.verdicts[i] == strange {
		return nil
	}
	s := t.span(i)
	if t.verdicts[i] == unseen {
		t.verdicts[i] = sound
		if len(t.strangeIn(s)) > 0 {
			t.verdicts[i] = strange
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
	return t.those(slices.Values(t.below(parent)), ids)
}

// Of are the spans of a process, or of all for an empty one, that the spec has by one of these ids, by end.
func (t *Trace) Of(process string, ids ...string) iter.Seq[*span.Span] {
	return t.those(slices.Values(t.byProcess[process]), ids)
}

// Backward is Of, the last span first.
func (t *Trace) Backward(process string, ids ...string) iter.Seq[*span.Span] {
	return t.those(func(yield func(int32) bool) {
		for _, i := range slices.Backward(t.byProcess[process]) {
			if !yield(i) {
				return
			}
		}
	}, ids)
}

// those are the known spans of a list that have one of these ids in the spec.
func (t *Trace) those(list iter.Seq[int32], ids []string) iter.Seq[*span.Span] {
	return func(yield func(*span.Span) bool) {
		for i := range list {
			if !t.hasID(i, ids) {
				continue
			}
			if s := t.known(i); s != nil && !yield(s) {
				return
			}
		}
	}
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

// below are the spans whose parent is one, strange or not.
func (t *Trace) below(parent world.CausalID) []int32 {
	from, _ := slices.BinarySearchFunc(t.children, parent, func(i int32, id world.CausalID) int {
		return cmp.Compare(t.all.Entry(i).Parent, id)
	})
	to := from
	for to < len(t.children) && t.all.Entry(t.children[to]).Parent == parent {
		to++
	}
	return t.children[from:to]
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
	reply := t.Reply(call)
	for _, s := range t.Receivers(call) {
		if reply != "" && t.Reply(s) == reply && !s.End.After(call.End) &&
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

// SortProcesses puts processes into the order in which a person looks for them.
func SortProcesses(names []string) { slices.SortFunc(names, index.CompareProcesses) }
