package recorded

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

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

// NoMemory has a test have no memory to read a trace in, as if GOMEMLIMIT said so.
func NoMemory(t *testing.T) {
	t.Helper()
	before := debug.SetMemoryLimit(1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	t.Setenv("GOMEMLIMIT", "1")
}
