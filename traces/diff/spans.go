package diff

import (
	"context"
	"time"
)

// Spans says of each span of two runs which one of the other run is the same, and which of them differ.
type Spans struct {
	Twins [2][]int32 // of each span of A and of B, by its number, the same one of the other run, or index.None
	Pairs []Pair     // what differs, in the order in which it begins to, and no cause behind what comes of it
}

// Pair is an event of two runs that differs: a span of each, or of one.
type Pair struct {
	Spans  [2]int32      // of A and of B, by their numbers; index.None in a run that does not have it
	At     time.Duration // from when on they differ, from the beginning of the run
	Change Change
	Cause  int32 // the place in Pairs of what this one comes of; index.None if the traces show nothing
	Origin int32 // the place of the first in the whole of what it comes of, which may be itself
	Rule   Rule  // by which it comes of its cause
	Way    Rule  // the least sure one on the way from the origin
	Ending bool  // it is there, or not, because one of the runs goes on for longer
}

// CompareSpans is Compare, which says of each span, too, whether it differs. It compares all that there is: of the
// options it takes only how much is told.
func CompareSpans(ctx context.Context, a, b *Trace, most int) (*Difference, *Spans, error) {
	d, l, err := compare(ctx, a, b, Options{Max: most})
	if err != nil {
		return nil, nil, err
	}
	s := &Spans{Twins: [2][]int32{l.runs[0].twin, l.runs[1].twin}, Pairs: make([]Pair, len(l.pairs))}
	for n := range l.pairs {
		p := &l.pairs[n]
		s.Pairs[n] = Pair{
			Spans: p.spans, At: time.Duration(p.moment), Change: p.change, Cause: p.cause, Origin: p.origin,
			Rule: p.rule, Way: p.way, Ending: p.ending,
		}
	}
	return d, s, nil
}
