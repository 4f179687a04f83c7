package traces

import (
	"context"
	"io"
	"math"
	"slices"
	"time"
)

// jaegerResolution is how finely Jaeger tells times: it counts in whole microseconds.
const jaegerResolution = time.Microsecond

// coarsen makes a span's times as coarse as Jaeger makes them: the start is cut, and the duration, so that a span seems to end up to one unit earlier than the same moment would elsewhere.
func coarsen(s *Span, resolution time.Duration) {
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
