package index

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/traces/read"
)

// Cut makes a span's times as coarse as Jaeger makes them: the start is cut, and the duration, so that a span seems to
// end up to one unit earlier than the same moment would elsewhere.
func Cut(s *read.Span, resolution time.Duration) {
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
