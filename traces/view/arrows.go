package view

import (
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// Fate is what became of a message, as bits.
type Fate uint8

// The fates.
const (
	FateLost      Fate = 1 << iota // nobody handled it
	FateDelayed                    // a fault had it be late
	FateDuplicate                  // it is the second copy, or there was one
	FateLate                       // it is a reply that came when its call was over
	FateUntold                     // no span tells: it came when nobody waited for it, or the run ended before it came
)

// Arrow is a message: from the beginning or the end of the span that sent it to that of the span that took it in.
type Arrow struct {
	From, To index.Moment // To is of no span (index.None) if nobody took it in
	Fate     Fate
}

// arrowsOf adds the messages that a span sent: a call, a notification or a turn as it begins; an answer as it ends.
// There is an arrow for each copy. below are the spans whose parent it is, and replies are those of
// index.Trace.Replies.
func arrowsOf(x *index.Trace, i int32, s *read.Span, below []int32, replies []int32, add func(Arrow)) {
	fate := fateOf(s)
	left := fate.copies
	arrives := func(from, to index.Moment, more Fate) {
		add(Arrow{from, to, fate.ofAll | more})
		left--
	}
	var from index.Moment
	switch {
	case traces.IsSender(s):
		from = index.Moment{Span: i}
		for _, child := range below {
			if x.IsReceiver(child) {
				arrives(from, index.Moment{Span: child}, 0)
			}
		}
	case traces.IsReceiver(s) && x.Entry(i).HasReply:
		from = index.Moment{Span: i, Ends: true}
		if call := x.Parent(i); call >= 0 && replies[call] == i {
			arrives(from, index.Moment{Span: call, Ends: true}, 0)
		}
		for _, child := range below {
			if x.IsLateReply(child) {
				arrives(from, index.Moment{Span: child}, FateLate)
			}
		}
	default:
		return
	}
	for range fate.lost {
		arrives(from, index.Moment{Span: index.None}, FateLost)
	}
	for left > 0 {
		arrives(from, index.Moment{Span: index.None}, FateUntold)
	}
}

// fates is what happened to the copies of a message, and the bits that all of them have.
type fates struct {
	copies, lost int
	ofAll        Fate
}

func fateOf(s *read.Span) fates {
	f := fates{copies: 1}
	for i := range s.Events {
		switch s.Events[i].Name {
		case worldspans.EventDrop:
			f.lost++
		case worldspans.EventDelay, worldspans.EventLateCopy:
			f.ofAll |= FateDelayed
		case worldspans.EventDuplicate:
			f.copies++
			f.ofAll |= FateDuplicate
		}
	}
	return f
}

// Arrows returns the messages of a trace, in the order of the spans that sent them.
func Arrows(x *index.Trace) (all []Arrow) {
	below, replies := belowEach(x), x.Replies()
	for i := range int32(x.Len()) {
		arrowsOf(x, i, x.Span(i), below[i], replies, func(a Arrow) { all = append(all, a) })
	}
	return all
}

// belowEach returns, of each span, the spans whose parent it is.
func belowEach(x *index.Trace) [][]int32 {
	below := make([][]int32, x.Len())
	for i := range int32(x.Len()) {
		if above := x.Parent(i); above >= 0 {
			below[above] = append(below[above], i)
		}
	}
	return below
}
