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
	FateOnItsWay                   // the run ended before it came, as far as the trace shows
)

// Arrow is a message: from the beginning or the end of the span that sent it to that of the span that took it in.
type Arrow struct {
	From, To index.Moment // To is of no span (index.None) if nobody took it in
	Fate     Fate
}

// arrowsOf adds the messages that a span sent: a call, a notification or a turn as it begins; an answer as it ends.
// children are the spans below it, and taken is the span whose answer a call took in: see index.Trace.Replies.
func arrowsOf(x *index.Trace, i int32, s *read.Span, children []int32, replies []int32, add func(Arrow)) {
	fate := fateOf(s)
	switch {
	case traces.IsSender(s):
		from := index.Moment{Span: i}
		arrived := 0
		for _, child := range children {
			if x.IsReceiver(child) {
				arrived++
				add(Arrow{from, index.Moment{Span: child}, fate.kept()})
			}
		}
		for range fate.lost {
			add(Arrow{from, index.Moment{Span: index.None}, fate.kept() | FateLost})
		}
		if arrived == 0 && fate.lost == 0 {
			add(Arrow{from, index.Moment{Span: index.None}, fate.kept() | FateOnItsWay})
		}
	case traces.IsReceiver(s) && x.Entry(i).HasReply:
		from := index.Moment{Span: i, Ends: true}
		call := x.Parent(i)
		taken := call >= 0 && replies[call] == i
		if taken {
			add(Arrow{from, index.Moment{Span: call, Ends: true}, fate.kept()})
		}
		for _, child := range children {
			if x.IsLateReply(child) {
				taken = true
				add(Arrow{from, index.Moment{Span: child}, fate.kept() | FateLate})
			}
		}
		for range fate.lost {
			add(Arrow{from, index.Moment{Span: index.None}, fate.kept() | FateLost})
		}
		if !taken && fate.lost == 0 {
			add(Arrow{from, index.Moment{Span: index.None}, fate.kept() | FateOnItsWay})
		}
	}
}

// fates is what happened to the copies of a message.
type fates struct {
	lost             int
	delayed, doubled bool
}

func fateOf(s *read.Span) (f fates) {
	for i := range s.Events {
		switch s.Events[i].Name {
		case worldspans.EventDrop:
			f.lost++
		case worldspans.EventDelay:
			f.delayed = true
		case worldspans.EventDuplicate, worldspans.EventLateCopy:
			f.doubled = true
		}
	}
	return f
}

// kept are the bits that all copies have.
func (f fates) kept() (bits Fate) {
	if f.delayed {
		bits |= FateDelayed
	}
	if f.doubled {
		bits |= FateDuplicate
	}
	return bits
}
