package recorded

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/traces"
)

// PerSpan is how many bytes each of some commands holds for each span of a run: look does what the command does with the trace in a folder, and calls now when it holds most. What it
// holds for any trace does not count.
func PerSpan(t testing.TB, looks ...func(folder string, now func())) []int {
	t.Helper()
	few, spansOfFew := lookAt(t, "50", looks)
	many, spansOfMany := lookAt(t, "250", looks)
	for i := range many {
		many[i] = (many[i] - few[i]) / (spansOfMany - spansOfFew)
	}
	return many
}

// lookAt is how many bytes each look holds at a run in which clients have so many requests, and how many spans the run has.
func lookAt(t testing.TB, requests string, looks []func(folder string, now func())) (bytes []int, spans int) {
	t.Helper()
	folder := Run(t, "default", "requests_per_client="+requests)
	all, err := traces.ReadAll(folder)
	if err != nil {
		t.Fatal(err)
	}
	spans = len(all)
	for _, look := range looks {
		before, held := inUse(), 0
		look(folder, func() { held = inUse() - before })
		bytes = append(bytes, held)
	}
	return bytes, spans
}

// SaidToTake holds what a command is said to take of each span against what it holds: that much, and up to three times as much more for what it holds for a moment.
func SaidToTake(t testing.TB, command string, takes, holds int) {
	t.Helper()
	if takes < holds || takes > 4*holds {
		t.Errorf("%s holds %d bytes for each span, and is said to take %d", command, holds, takes)
	}
}

// GivesUp has a command read runs without memory, and by somebody who does not want to wait any more: it reads nothing then, and its status is 2. What it is to do is what it says
// that there is no memory for.
func GivesUp(t *testing.T, run func(ctx context.Context, args []string, stdout, stderr io.Writer) int, what string, args ...string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var out, wrong bytes.Buffer
	if status := run(ctx, args, &out, &wrong); status != command.Trouble || !strings.HasSuffix(wrong.String(), ": interrupted\n") {
		t.Errorf("interrupted: exit status %d\n%s%s", status, &out, &wrong)
	}
	noMemory(t)
	out.Reset()
	wrong.Reset()
	want := " of memory to " + what + ", and 0 MiB is free: set GOMEMLIMIT=1GiB\n"
	if status := run(t.Context(), args, &out, &wrong); status != command.Trouble || out.Len() > 0 || !strings.Contains(wrong.String(), want) {
		t.Errorf("without memory: exit status %d\n%s%s", status, &out, &wrong)
	}
}

// InReadme holds what README.md says that is held of each span against what the command says.
func InReadme(t testing.TB, says string) {
	t.Helper()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), says) {
		t.Errorf("README.md does not say: %s", says)
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
