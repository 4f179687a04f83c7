package diff

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces/record"
)

// TestServers compares what a real Jaeger and a real Collector made of a run, as it was recorded, with the run's own
// file, and with each other: they are the same.
func TestServers(t *testing.T) {
	names := []string{record.FileName, "collector.jsonl", "jaeger-v3.json", "jaeger-v2.json"}
	for _, a := range names {
		for _, b := range names {
			folder := filepath.Join("..", "..", "..", "..", "traces", "testdata", "servers")
			got := call(t, filepath.Join(folder, a), filepath.Join(folder, b))
			cut := a == "jaeger-v2.json" || b == "jaeger-v2.json"
			if got.status != statusSame || strings.Contains(got.stdout, "to the microsecond") != cut ||
				strings.Contains(got.stdout, " otherwise") {
				t.Errorf("%s and %s: exit status %d\n%s%s", a, b, got.status, got.stdout, got.stderr)
			}
		}
	}
}
