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

// PerSpan is how many bytes a command holds for each span of a run: look does what the command does with the trace in a folder, and calls now when it holds most. What it holds for
// any trace does not count.
func PerSpan(t testing.TB, look func(folder string, now func())) int {
	t.Helper()
	type run struct{ spans, bytes int }
	measure := func(requests string) run {
		folder := Run(t, "default", "requests_per_client="+requests)
		spans, err := traces.ReadAll(folder)
		if err != nil {
			t.Fatal(err)
		}
		r := run{spans: len(spans)}
		before := inUse()
		look(folder, func() { r.bytes = inUse() - before })
		return r
	}
	few, many := measure("50"), measure("250")
	return (many.bytes - few.bytes) / (many.spans - few.spans)
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
