package runs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/memory"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
)

var takes = Takes{What: "look at", Span: 1000}

// all reads a run.
func all(ctx context.Context, _ int, run Run) error {
	r, err := read.OpenContext(ctx, run.Path, run.Progress)
	if err != nil {
		return err
	}
	for _, e := range r.All() {
		err = e
	}
	return errors.Join(err, r.Close())
}

func TestReadSaysAllThatIsWrong(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	read := 0
	count := func(ctx context.Context, i int, run Run) error {
		read++
		return all(ctx, i, run)
	}
	err := Read(t.Context(), io.Discard, []string{"none", folder, "nothing"}, takes, count)
	if err == nil || !strings.Contains(err.Error(), "no run none") || !strings.Contains(err.Error(), "no run nothing") ||
		read > 0 {
		t.Errorf("%d are read, error %v", read, err)
	}
	empty, broken := filepath.Join(t.TempDir(), "empty"), filepath.Join(t.TempDir(), "broken")
	for path, content := range map[string]string{empty: "", broken: "x\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	err = Read(t.Context(), io.Discard, []string{empty, folder, broken, empty}, takes, all)
	if err == nil || strings.Count(err.Error(), "\n") != 1 ||
		strings.Index(err.Error(), empty) > strings.Index(err.Error(), broken) {
		t.Errorf("of two that cannot be read it is said:\n%v", err)
	}
	if err := Read(t.Context(), io.Discard, []string{folder, folder}, takes, all); err != nil {
		t.Error(err)
	}
}

func TestReadIsInterrupted(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := Read(ctx, io.Discard, []string{folder}, takes, all); err == nil ||
		!strings.HasSuffix(err.Error(), ": interrupted") {
		t.Errorf("error %v", err)
	}
}

// What there is no memory for is not read; what there is memory for is.
func TestReadWithoutMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	t.Setenv("GOMEMLIMIT", "1")
	folder := recorded.Run(t, "lost-reply")
	debug.SetMemoryLimit(1)
	err := Read(t.Context(), io.Discard, []string{folder}, takes, func(context.Context, int, Run) error {
		t.Error("it is read")
		return nil
	})
	want := filepath.Join(folder, record.FileName) + ": a trace of 0 MiB, about "
	if short := (*Short)(nil); !errors.As(err, &short) || !strings.HasPrefix(short.Error(), want) ||
		!strings.HasSuffix(short.Error(), " MiB of memory to look at, and 0 MiB is free: set GOMEMLIMIT=1GiB") {
		t.Errorf("error %v, want %s", err, want)
	}
	debug.SetMemoryLimit(1 << 40)
	if err := Read(t.Context(), io.Discard, []string{folder}, takes, all); err != nil {
		t.Error(err)
	}
}

// Of what nobody knows how large it is, as much is read as there is memory for.
func TestReadUntilMemoryIsFull(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	t.Setenv("GOMEMLIMIT", "1")
	debug.SetMemoryLimit(1) // there is no room then
	unknown := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(unknown, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var held [][]byte
	err := Read(t.Context(), io.Discard, []string{unknown}, takes, func(ctx context.Context, _ int, run Run) error {
		for ctx.Err() == nil && len(held) < 100 {
			held = append(held, bytes.Repeat([]byte{1}, 1<<20))
			run.Progress(1 << 20)
		}
		return errors.New("never mind")
	})
	if short := (*Short)(nil); !errors.As(err, &short) ||
		!strings.Contains(short.Error(), "too large for the memory there is: 0 MiB was free, and after ") ||
		!strings.HasSuffix(short.Error(), "set GOMEMLIMIT=1GiB") || len(held) > 10 {
		t.Errorf("after %d MiB: error %v", len(held), err)
	}
}

// For the rest of a trace that is known there is all the room; half of it is kept free for one of which nobody knows
// how large it is.
func TestReadKeepsRoomForWhatIsUnknown(t *testing.T) {
	const room, held = 128 << 20, 96 << 20
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	t.Setenv("GOMEMLIMIT", "1")
	unknown := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(unknown, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path string
		fits bool
	}{{recorded.Run(t, "lost-reply"), true}, {unknown, false}} {
		debug.FreeOSMemory()
		const much = 1 << 40
		debug.SetMemoryLimit(much)
		debug.SetMemoryLimit(much - memory.Left().Bytes + room)
		err := Read(t.Context(), io.Discard, []string{c.path}, takes, func(_ context.Context, _ int, run Run) error {
			kept := bytes.Repeat([]byte{1}, held)
			run.Progress(1)
			runtime.KeepAlive(kept)
			return nil
		})
		if short := (*Short)(nil); errors.As(err, &short) == c.fits || c.fits && err != nil {
			t.Errorf("%s: with %d of %d MiB taken the error is %v; it fits: %t", c.path, held>>20, room>>20, err, c.fits)
		}
	}
}

// heard is a bar that notes what it shows.
type heard struct{ total, done, ended int }

func (h *heard) Set(mebi int) { h.done = mebi }

func (h *heard) Done() { h.ended++ }

// Who waits for two runs sees how much there is of both.
func TestReadTellsHowMuchThereIs(t *testing.T) {
	trace, err := os.ReadFile(filepath.Join(recorded.Run(t, "lost-reply"), record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	size := 0
	for _, mebi := range []int{3, 4} {
		path := filepath.Join(t.TempDir(), "trace")
		content := append(bytes.Clone(trace), bytes.Repeat([]byte{' '}, mebi<<20)...)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		paths, size = append(paths, path), size+len(content)
	}
	var seen heard
	err = readTold(t.Context(), func(mebi int) bar {
		seen.total = mebi
		return &seen
	}, paths, takes, all)
	if want := (heard{size >> 20, size >> 20, 1}); err != nil || seen != want {
		t.Errorf("of %d bytes is seen %+v, error %v, want %+v", size, seen, err, want)
	}
}

// How many spans there are, and so how much memory they take, is told from the beginning of a file.
func TestHowLarge(t *testing.T) {
	folder := recorded.Run(t, "default", "requests_per_client=100")
	spans, err := read.ReadAll(folder)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(folder, record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	var jaeger bytes.Buffer
	if err := export.WriteJaeger(&jaeger, index.Of(spans)); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		file  []byte
		spans int
	}{
		"whole":           {file, len(spans)},
		"many times":      {bytes.Repeat(file, 4), 4 * len(spans)},
		"Jaeger's":        {jaeger.Bytes(), len(spans)},
		"Jaeger's, twice": {bytes.Repeat(jaeger.Bytes(), 2), 2 * len(spans)},
		"none":            {nil, 0},
	} {
		path := filepath.Join(t.TempDir(), "trace")
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		run := takes.of(path)
		if run.size != int64(len(c.file)) || run.Spans*10 < c.spans*9 || run.Spans*10 > c.spans*11 ||
			run.memory != int64(run.Spans)*int64(takes.Span) {
			t.Errorf("%s: %d bytes, %d spans, %d bytes of memory; want %d spans", name, run.size, run.Spans, run.memory, c.spans)
		}
	}
	large := []Run{
		{file: "a", size: 5 << 30, Spans: 6_000_000, memory: 2 << 30},
		{file: "b", size: 5 << 30, Spans: 6_000_000, memory: 2 << 30},
	}
	want := "a and b: what is 10.0 GiB together, about 12.0 million spans, takes about 4.0 GiB of memory to look at, and 3.0 GiB is free: raise the limit that ulimit -v has set"
	if err := takes.enough(large, memory.Room{Bytes: 3 << 30, Of: memory.AddressSpace}); err == nil ||
		err.Error() != want {
		t.Errorf("it says\n%v\nwant\n%s", err, want)
	}
	if err := takes.enough(large, memory.Room{Bytes: 4<<30 + least, Of: memory.AddressSpace}); err != nil {
		t.Errorf("where there is room it says %v", err)
	}
	if err := takes.enough([]Run{{file: "a", Spans: 1, memory: 1}}, memory.Room{Bytes: least}); err == nil {
		t.Error("the program itself is said to take nothing")
	}
	want = "a and b: too large for the memory there is: 3.0 GiB was free, and after 1.0 GiB of the file there may not be enough for the rest: set GOMEMLIMIT=6GiB"
	if err := exceeded(large, 1<<30, memory.Room{Bytes: 3 << 30, Of: memory.MemoryLimit}); err.Error() != want {
		t.Errorf("it says\n%v\nwant\n%s", err, want)
	}
	if !known(large) || known(append(large, Run{file: "c"})) {
		t.Error("it is not known how much runs take of which one tells nothing")
	}
}

// A run has its spans at hand by its name alone.
func TestReadTrace(t *testing.T) {
	file := filepath.Join(recorded.Run(t, "lost-reply"), record.FileName)
	t.Chdir(t.TempDir())
	folder := filepath.Join(filepath.FromSlash(Folder), "mine")
	if err := errors.Join(os.MkdirAll(folder, 0o755),
		os.Rename(file, filepath.Join(folder, record.FileName))); err != nil {
		t.Fatal(err)
	}
	path, spans, err := ReadTrace(t.Context(), io.Discard, "mine", takes)
	if err != nil {
		t.Fatal(err)
	}
	if path != folder || spans.Len() == 0 || spans.Err() != nil {
		t.Errorf("%d spans of %s, error %v; want those of %s", spans.Len(), path, spans.Err(), folder)
	}
	if err := spans.Close(); err != nil {
		t.Error(err)
	}
}
