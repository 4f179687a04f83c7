package shrink

import (
	"context"
	"fmt"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/record"
)

// writeTimes has each operation wait for the time at which it begins in the run, and no longer for the operation before
// it alone: when that is taken away, the one after it still begins when it did, and meets the faults that it met. The
// run stays as it is.
func (s *shrinker) writeTimes() {
	if s.over() {
		return
	}
	begins, err := s.options.World.Begins(s.ctx, s.config)
	if err != nil {
		s.err = err
		return
	}
	c := s.config.Clone()
	for i := range c.Operations {
		o := &c.Operations[i]
		o.At = max(o.At, begins[fmt.Sprintf("%v/%d", o.Client, o.Number)])
	}
	s.try(c)
}

// restoreTimes has operations begin without a time of their own, all if possible: who reads a time asks what it is for.
func (s *shrinker) restoreTimes() {
	timeless := s.config.Clone()
	for i := range timeless.Operations {
		timeless.Operations[i].At = 0
	}
	if s.try(timeless) {
		return
	}
	for i := range s.config.Operations {
		c := s.config.Clone()
		c.Operations[i].At = 0
		s.try(c)
	}
}

// begins carries out the run of a config with its spans, which tell when operations begin.
func begins(ctx context.Context, c *config.Config) (map[string]time.Duration, error) {
	seen := stopwatch{epoch: c.StartTime, begins: make(map[string]time.Duration)}
	recorder := record.NewRecorder(record.RecorderOptions{}, &seen)
	if _, err := cluster.New(c, cluster.Options{Recorder: recorder}).Run(ctx); err != nil {
		return nil, err
	}
	return seen.begins, recorder.Close(ctx)
}

// stopwatch is an exporter that remembers when operations begin.
type stopwatch struct {
	epoch  time.Time
	begins map[string]time.Duration // by what spans call the operation
}

var _ record.Exporter = (*stopwatch)(nil)

// Export looks at a span that has ended.
func (w *stopwatch) Export(_ context.Context, s *span.Span) error {
	if name := s.Attribute(kvspans.KVRequestIDKey).AsString(); name != "" && s.ID == s.Root {
		w.begins[name] = s.Start.Sub(w.epoch)
	}
	return nil
}

// Shutdown does nothing.
func (*stopwatch) Shutdown(context.Context) error { return nil }
