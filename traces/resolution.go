package traces

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"
	"time"
)

// jaegerResolution is how finely Jaeger tells times: it counts in whole microseconds.
const jaegerResolution = time.Microsecond

// cut makes times as coarse as Jaeger makes them: the start is cut, and the duration, so that a span seems to end up to one unit earlier than the same moment would elsewhere.
func (s *Span) cut(resolution time.Duration) {
	if resolution <= s.Resolution {
		return
	}
	s.Resolution = resolution
	duration := s.End.Sub(s.Start).Truncate(resolution)
	s.Start = s.Start.Truncate(resolution)
	s.End = s.Start.Add(duration)
	s.Events = slices.Clone(s.Events) // they may be shared
	for i := range s.Events {
		s.Events[i].At = s.Events[i].At.Truncate(resolution)
	}
}

// equalResolutions returns two traces that tell times equally finely: as finely as the coarser of both does. The finer one is read once more.
func equalResolutions(ctx context.Context, a, b *Indexed) (*Indexed, *Indexed, time.Duration, error) {
	resolution := max(a.coarsest, b.coarsest)
	a, err := a.coarser(ctx, resolution)
	if err != nil {
		return nil, nil, 0, err
	}
	b, err = b.coarser(ctx, resolution)
	return a, b, resolution, err
}

// coarser is the trace with its times cut, where they are finer.
func (x *Indexed) coarser(ctx context.Context, resolution time.Duration) (*Indexed, error) {
	if x.finest >= resolution {
		return x, nil
	}
	r := NewReader(x.name, io.NewSectionReader(x.input, 0, math.MaxInt64))
	return index(ctx, r, x.input, IndexOptions{Ignore: x.ignored, cut: resolution})
}

// joinMoments makes those moments of a server one that may be: where times are cut, the spans of one step seem to end at two, one unit apart. A step takes many times that.
func joinMoments(moments []stepMoment, resolution int64) {
	if resolution == 0 {
		return
	}
	slices.SortFunc(moments, func(a, b stepMoment) int { return cmp.Or(cmp.Compare(a.process, b.process), cmp.Compare(a.at, b.at)) })
	for from := 0; from < len(moments); {
		to := from
		for to < len(moments) && moments[to].process == moments[from].process && moments[to].at-moments[from].at <= resolution {
			to++
		}
		for i := from; i < to; i++ {
			moments[i].at = moments[to-1].at
		}
		from = to
	}
}

// widen has operations end as late as they may have, where times are cut, so that no order of them is held to be impossible that was not. A client asks again when it was answered.
func widen(history []Operation, resolution time.Duration) {
	if resolution == 0 {
		return
	}
	last := map[string]*Operation{}
	for i := range history {
		op := &history[i]
		if before := last[op.Client]; before != nil && before.Return.After(op.Call) && !before.Return.Add(-2*resolution).After(op.Call) {
			before.Return = op.Call
		}
		op.Return = op.Return.Add(2 * resolution)
		last[op.Client] = op
	}
}
