package index

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/read"
)

// None is the number of no span.
const None = int32(-1)

// Trace is a trace in memory. Its spans have numbers, from 0, in the order of the file. It is for one goroutine at a
// time, as far as spans are read again.
type Trace struct {
	Name  string
	Epoch time.Time // when the run began: the start of its own span, or else of the first one
	// Finest and Coarsest are between which resolutions the spans' times have; see read.Span. 0 is the finest.
	Finest, Coarsest time.Duration

	entries []Entry
	shapes  []Shape
	byID    map[world.CausalID]int32
	clash   [2]int32 // the first two spans with one id

	file     read.File // nil if the spans were never in a file
	held     []read.Span
	cut      time.Duration
	blocks   [64]block
	decoder  read.Decoder
	failed   error // a span could not be read again
	ctx      context.Context
	progress func(spans int)
	asked    int
}

// Entry is what is in memory of a span.
type Entry struct {
	ID, Parent, Root world.CausalID
	Run              uint64
	Start, End       int64 // in ns since 1970
	Place            read.Place
	Shape            int32
	Above            int32  // the number of its parent; None if it has none, or if that is missing
	Step, EndStep    uint32 // the numbers of the steps that it begins and ends in; 0 if it has none
	Depth            uint8  // how many spans it is below
	HasEvents        bool   // things happened within it
	HasReply         bool   // it names a reply
	IsCopy           bool   // what it handled, or sent, was a message's second copy
	AnswersCopy      bool   // its reply is to the second copy of the message
}

// Shape is what many spans have in common.
type Shape struct {
	Service, Name string
	Kind          trace.SpanKind
	Resource      []attribute.KeyValue
	Process       int32 // the number of the service, in the order in which services come up
}

// Len returns how many spans there are.
func (x *Trace) Len() int { return len(x.entries) }

// Entry returns what is in memory of a span.
func (x *Trace) Entry(i int32) *Entry { return &x.entries[i] }

// Shape returns what a span has in common with others.
func (x *Trace) Shape(i int32) *Shape { return &x.shapes[x.entries[i].Shape] }

// Shapes returns all shapes; an Entry has the number of its own.
func (x *Trace) Shapes() []Shape { return x.shapes }

// Find returns the number of the span with an id, the first one if there are several; None if there is none.
func (x *Trace) Find(id world.CausalID) int32 {
	if i, ok := x.byID[id]; ok {
		return i
	}
	return None
}

// Parent returns the number of a span's parent; None if it has none, or if that is missing.
func (x *Trace) Parent(i int32) int32 { return x.entries[i].Above }

// Clash returns the first two spans that have one id. ok is false if all ids differ, as they do in a sound trace.
func (x *Trace) Clash() (first, second int32, ok bool) {
	return x.clash[0], x.clash[1], x.clash[1] > 0
}

// Services returns the processes, in the order in which a person looks for them.
func (x *Trace) Services() []string {
	var list []string
	for i := range x.shapes {
		if service := x.shapes[i].Service; !slices.Contains(list, service) {
			list = append(list, service)
		}
	}
	slices.SortFunc(list, CompareProcesses)
	return list
}

// InOrder returns the numbers of all spans in an order; those that are equal in it, in the order of the file.
func (x *Trace) InOrder(compare func(a, b *Entry) int) []int32 {
	order := make([]int32, len(x.entries))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(compare(&x.entries[a], &x.entries[b]), cmp.Compare(a, b))
	})
	return order
}

// finish makes spans be found by their ids, and finds their parents.
func (x *Trace) finish() {
	x.byID = make(map[world.CausalID]int32, len(x.entries))
	for i := range x.entries {
		id := x.entries[i].ID
		if first, there := x.byID[id]; !there {
			x.byID[id] = int32(i)
		} else if x.clash[1] == 0 {
			x.clash = [2]int32{first, int32(i)}
		}
	}
	for i := range x.entries {
		e := &x.entries[i]
		if e.Above = None; e.Parent != 0 {
			e.Above = x.Find(e.Parent)
		}
	}
	for i := range x.entries {
		e := &x.entries[i]
		// Those whose parents go around in a ring, which no sound trace has, are as deep as can be.
		for at := e.Above; at >= 0 && e.Depth < math.MaxUint8; at = x.entries[at].Above {
			e.Depth++
		}
	}
}
