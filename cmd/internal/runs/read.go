package runs

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/raftkv/raftkv/cmd/internal/memory"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/record"
)

// Run is a run that is to be read.
type Run struct {
	Path     string          // for read.Open
	Spans    int             // how many there are, about; 0 where that cannot be told
	Progress func(bytes int) // to be told how many more were read

	file   string // that the trace is in
	size   int64
	memory int64 // that it takes
}

// Read finds the runs that a command line names and has them read, each by a goroutine of its own; i is which of the
// names it has. Who waits sees a bar on stderr. What is wrong is said of all of them. A trace that takes more memory
// than there is is not read, or no further: then ctx ends, and the error is a Short.
func Read(ctx context.Context, stderr io.Writer, names []string, takes Takes,
	read func(ctx context.Context, i int, run Run) error,
) error {
	return readTold(ctx, func(mebi int) bar { return terminal.NewProgress(stderr, "MiB", mebi) }, names, takes, read)
}

// bar shows how many MiB of all were read.
type bar interface {
	Set(mebi int)
	Done()
}

// readTold is Read with the bar that who waits sees.
func readTold(ctx context.Context, barOf func(mebi int) bar, names []string, takes Takes,
	read func(ctx context.Context, i int, run Run) error,
) error {
	list := make([]Run, len(names))
	wrong := make([]error, len(names))
	total := int64(0)
	for i, name := range names {
		var path string
		if path, wrong[i] = Find(name); wrong[i] == nil {
			list[i] = takes.of(path)
			total += list[i].size
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	room := memory.Left()
	if err := takes.enough(list, room); err != nil {
		return err
	}
	guard := room.Guard(known(list))
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	shown := barOf(int(total >> 20))
	defer shown.Done()
	var mu sync.Mutex
	const often = 256 << 10 // bytes: to ask more often takes a while
	done, next := int64(0), int64(0)
	progress := func(bytes int) {
		mu.Lock()
		defer mu.Unlock()
		done += int64(bytes)
		if done < next {
			return
		}
		next = done + often
		shown.Set(int(done >> 20))
		if guard.Exceeded() {
			stop(exceeded(list, done, room))
		}
	}
	var reading sync.WaitGroup
	for i := range list {
		list[i].Progress = progress
		reading.Go(func() { wrong[i] = read(ctx, i, list[i]) })
	}
	reading.Wait()
	if short := (*Short)(nil); errors.As(context.Cause(ctx), &short) {
		return short
	}
	return errors.Join(unique(list, wrong)...)
}

// ReadTrace is Read for one run whose spans are to be at hand. The trace is to be closed.
func ReadTrace(ctx context.Context, stderr io.Writer, name string, takes Takes) (path string, trace *index.Trace,
	err error,
) {
	err = Read(ctx, stderr, []string{name}, takes, func(ctx context.Context, _ int, run Run) error {
		path = run.Path
		trace, err = index.Read(ctx, index.File(path),
			index.Options{Progress: run.Progress, Lists: protocols.Lists(), Replies: protocols.Replies()})
		return err
	})
	return path, trace, err
}

// unique leaves out what is wrong with a run that was named before.
func unique(list []Run, wrong []error) (some []error) {
	seen := map[string]bool{}
	for i := range list {
		if !seen[list[i].Path] {
			some = append(some, wrong[i])
		}
		seen[list[i].Path] = true
	}
	return some
}

// traceFile is the file that the trace of a run is in.
func traceFile(path string) string {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return filepath.Join(path, record.FileName)
	}
	return path
}
