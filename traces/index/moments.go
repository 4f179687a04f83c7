package index

import (
	"iter"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

// Moment is one end of a span.
type Moment struct {
	Span int32 // None for no moment
	Ends bool
}

// Index returns a number for each moment, from 0.
func (m Moment) Index() int32 {
	if m.Ends {
		return 2*m.Span + 1
	}
	return 2 * m.Span
}

// MomentOf returns the moment with a number.
func MomentOf(index int32) Moment { return Moment{index / 2, index%2 == 1} }

// IsReceiver says whether a span takes in a message when it begins.
func (x *Trace) IsReceiver(i int32) bool {
	kind := x.Shape(i).Kind
	return kind == trace.SpanKindServer || kind == trace.SpanKindConsumer
}

// IsLateReply says whether a span is that a reply came when its call was over: what a process does that names a reply.
func (x *Trace) IsLateReply(i int32) bool {
	return x.Shape(i).Kind == trace.SpanKindInternal && x.entries[i].HasReply
}

// Replies returns, of each call, the span that handled it and whose reply was taken in; None if there is none. Both
// copies of a message are answered. A call whose steps have numbers says which reply it was; of any other it is taken
// to be that to the first copy, unless that was handled only after a reply had come.
func (x *Trace) Replies() []int32 {
	replies := slices.Repeat([]int32{None}, len(x.entries))
	for i := range x.entries {
		handled, call := &x.entries[i], x.entries[i].Above
		if call < 0 || !x.IsReceiver(int32(i)) {
			continue
		}
		of := &x.entries[call]
		if x.Shape(call).Kind != trace.SpanKindClient || !of.HasReply || handled.End > of.End {
			continue
		}
		if of.Step > 0 {
			if handled.IsCopy == of.AnswersCopy {
				replies[call] = int32(i)
			}
		} else if replies[call] < 0 || !handled.IsCopy {
			replies[call] = int32(i)
		}
	}
	return replies
}

// Moments returns both ends of all spans in the one order. after returns the moment that comes before another one
// whatever the times say, or one of no span.
func (x *Trace) Moments(after func(Moment) Moment) iter.Seq[Moment] {
	about := func(i int32) Happening { return x.happening(MomentOf(i)) }
	order := Ordered(2*len(x.entries), len(x.Services()), about, func(i int32) int32 { return after(MomentOf(i)).Index() })
	return func(yield func(Moment) bool) {
		for i := range order {
			if !yield(MomentOf(i)) {
				return
			}
		}
	}
}

// BeginningsAndEnds returns the numbers of all spans, in the one order of their beginnings, and in that of their ends.
func (x *Trace) BeginningsAndEnds() (beginnings, ends []int32) {
	beginnings, ends = make([]int32, 0, len(x.entries)), make([]int32, 0, len(x.entries))
	replies := x.Replies()
	for m := range x.Moments(func(m Moment) Moment { return x.SentBefore(m, replies) }) {
		if m.Ends {
			ends = append(ends, m.Span)
		} else {
			beginnings = append(beginnings, m.Span)
		}
	}
	return beginnings, ends
}

// happening returns a moment as it is put in order.
func (x *Trace) happening(m Moment) Happening {
	e, shape := &x.entries[m.Span], x.Shape(m.Span)
	whole := e.Step == e.EndStep
	h := Happening{shape.Process, e.Start, e.Step, StageOf(shape.Kind, m.Ends, whole, e.HasReply)}
	if m.Ends {
		h.At, h.Step = e.End, e.EndStep
	}
	return h
}

// SentBefore returns the moment at which a message was sent that a moment takes in, or one of no span. replies are
// those that Replies returns.
func (x *Trace) SentBefore(m Moment, replies []int32) Moment {
	switch {
	case m.Ends && replies[m.Span] >= 0:
		return Moment{replies[m.Span], true}
	case m.Ends && x.IsLateReply(m.Span):
		return Moment{x.Parent(m.Span), true}
	case !m.Ends && x.IsReceiver(m.Span):
		return Moment{x.Parent(m.Span), false}
	}
	return Moment{Span: None}
}
