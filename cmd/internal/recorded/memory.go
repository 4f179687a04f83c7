package recorded

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

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// Look is what a command does with a trace. It calls now when it holds most.
type Look struct {
	Command string
	Takes   int // bytes for each span, as the command says
	At      func(path string, now func())
}

// SaidToTake holds what commands are said to take of each span against what they hold, in lines and in Jaeger's own
// JSON: that much, and up to three times as much more for what they hold for a moment. What they hold for any trace
// does not count.
func SaidToTake(t testing.TB, looks ...Look) {
	t.Helper()
	few, many := atRun(t, "50"), atRun(t, "250")
	for i, layout := range []string{"lines", "Jaeger's own JSON"} {
		for _, look := range looks {
			holds := (look.holds(many.paths[i]) - look.holds(few.paths[i])) / (many.spans - few.spans)
			if look.Takes < holds || look.Takes > 4*holds {
				t.Errorf("%s holds %d bytes for each span in %s, and is said to take %d", look.Command, holds, layout, look.Takes)
			}
		}
	}
}

// looked is a run that is looked at, and how many spans it has.
type looked struct {
	paths [2]string // in lines, and in Jaeger's own JSON
	spans int
}

// atRun is a run in which clients have so many requests.
func atRun(t testing.TB, requests string) looked {
	t.Helper()
	folder := Run(t, "default", "requests_per_client="+requests)
	spans, err := read.ReadAll(folder)
	if err != nil {
		t.Fatal(err)
	}
	var jaeger bytes.Buffer
	path := filepath.Join(folder, "trace.jaeger.json")
	if err := errors.Join(export.WriteJaeger(&jaeger, index.Of(spans, protocols.Replies()...)),
		os.WriteFile(path, jaeger.Bytes(), 0o600)); err != nil {
		t.Fatal(err)
	}
	return looked{[2]string{folder, path}, len(spans)}
}

// holds is how many bytes a command holds for a trace.
func (l Look) holds(path string) (bytes int) {
	before := inUse()
	l.At(path, func() { bytes = inUse() - before })
	return bytes
}

// GivesUp has a command read runs without memory, and by somebody who does not want to wait any more: it reads nothing
// then, and its status is 2. What it is to do is what it says that there is no memory for.
func GivesUp(t *testing.T, run func(ctx context.Context, args []string, stdout, stderr io.Writer) int, what string,
	args ...string,
) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, wrong bytes.Buffer
	if status := run(ctx, args, &out, &wrong); status != command.Trouble ||
		!strings.HasSuffix(wrong.String(), ": interrupted\n") {
		t.Errorf("interrupted: exit status %d\n%s%s", status, &out, &wrong)
	}
	noMemory(t)
	out.Reset()
	wrong.Reset()
	want := " of memory to " + what + ", and 0 MiB is free: set GOMEMLIMIT=1GiB\n"
	if status := run(t.Context(), args, &out, &wrong); status != command.Trouble || out.Len() > 0 ||
		!strings.Contains(wrong.String(), want) {
		t.Errorf("without memory: exit status %d\n%s%s", status, &out, &wrong)
	}
}

// InReadme holds what cmd/export/README.md says that is held of each span against what the command says.
func InReadme(t testing.TB, says string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "..", "export", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(readme)), " "), says) {
		t.Errorf("cmd/export/README.md does not say: %s", says)
	}
}

// inUse is how much memory is in use, garbage left out.
func inUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// noMemory has a test have no memory to read a trace in, as if GOMEMLIMIT said so.
func noMemory(t *testing.T) {
	t.Helper()
	before := debug.SetMemoryLimit(1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	t.Setenv("GOMEMLIMIT", "1")
}
