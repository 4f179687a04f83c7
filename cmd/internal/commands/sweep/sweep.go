package sweep

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
)

// sweep runs seeds, each by itself, on all processors. What comes of it does not depend on how many those are, or which
// run is done first: results are taken in in the order of the seeds.
type sweep struct {
	report   report
	workers  int
	run      func(ctx context.Context, seed uint64) (ran, error)
	progress func(done uint64)
	enough   func(seed uint64, result *cluster.Result) bool // ends the sweep with this run; nil never does

	impossible error // why the first seed's run cannot have what is looked for
}

// outcome is what the run of one seed came to.
type outcome struct {
	turn   uint64 // which of the shard's it is
	result ran
	err    error
}

// do runs all seeds, or those up to the first that something is wrong with, or that is enough. The error is that of
// the first seed that cannot be run, or that of a context that ends before all is done: the report is then of the
// seeds before.
func (s *sweep) do(ctx context.Context) error {
	defer cluster.Tune()()
	running, stop := context.WithCancel(ctx)
	defer stop()
	outcomes := s.start(running)
	waiting := make(map[uint64]outcome)
	next, wanted := uint64(0), s.report.Shard.count(s.report.Seeds)
	for o := range outcomes {
		waiting[o.turn] = o
		for next < wanted {
			o, ok := waiting[next]
			if !ok {
				break
			}
			delete(waiting, next)
			if o.err != nil {
				stop()
				drain(outcomes)
				return s.failed(ctx, next, o.err)
			}
			s.report.add(s.seed(next), &o.result)
			next++
			s.progress(next)
			if s.report.wrong() && !s.report.Keep || s.enough != nil && s.enough(s.seed(next-1), &o.result.Result) {
				stop()
				drain(outcomes)
				return nil
			}
		}
	}
	if next < wanted {
		return s.failed(ctx, next, ctx.Err())
	}
	return nil
}

// start has workers run the seeds, one after the other as they come free. The channel is closed when they are done, or
// when the context is.
func (s *sweep) start(ctx context.Context) <-chan outcome {
	outcomes := make(chan outcome, s.workers)
	var turns atomic.Uint64
	var workers sync.WaitGroup
	wanted := s.report.Shard.count(s.report.Seeds)
	for range s.workers {
		workers.Go(func() {
			for ctx.Err() == nil {
				turn := turns.Add(1) - 1
				if turn >= wanted {
					return
				}
				result, err := s.safely(ctx, s.seed(turn))
				outcomes <- outcome{turn, result, err}
			}
		})
	}
	go func() {
		workers.Wait()
		close(outcomes)
	}()
	return outcomes
}

// drain waits for the workers to end: what they come to is not wanted any more.
func drain(outcomes <-chan outcome) {
	for range outcomes {
	}
}

// safely runs a seed. A panic in it is what the run came to: a mistake in the program, told with the seed that shows
// it.
func (s *sweep) safely(ctx context.Context, seed uint64) (result ran, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			result, err = ran{panicked: cluster.Panicked(reason)}, nil
		}
	}()
	result, err = s.run(ctx, seed)
	if failed := (*cluster.Panic)(nil); errors.As(err, &failed) {
		return ran{panicked: failed}, nil
	}
	return result, err
}

func (s *sweep) seed(turn uint64) uint64 { return s.report.Shard.seed(s.report.Seeds, turn) }

// failed says why not all seeds were run.
func (s *sweep) failed(ctx context.Context, turn uint64, err error) error {
	if ctx.Err() != nil {
		s.report.Broken = true
		return fmt.Errorf("interrupted after %d of %d seeds", s.report.Done, s.report.Shard.count(s.report.Seeds))
	}
	return fmt.Errorf("seed %d: %w", s.seed(turn), err)
}

// processors is how many workers there are.
func processors() int { return runtime.GOMAXPROCS(0) }
