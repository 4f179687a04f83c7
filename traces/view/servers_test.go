package view

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/record"
)

// TestArrowsOfServers draws one run from its own file, from what a Collector wrote of it, and from what two versions of
// Jaeger's interface answered: the arrows are the same.
func TestArrowsOfServers(t *testing.T) {
	var own []string
	for _, name := range []string{record.FileName, "collector.jsonl", "jaeger-v2.json", "jaeger-v3.json"} {
		x, err := index.Read(t.Context(), index.File(filepath.Join("..", "testdata", "servers", name)), index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var arrows []string
		for _, a := range Arrows(x) {
			to := "nobody"
			if a.To.Span != index.None {
				to = fmt.Sprint(x.Entry(a.To.Span).ID, a.To.Ends)
			}
			arrows = append(arrows, fmt.Sprint(x.Entry(a.From.Span).ID, a.From.Ends, " to ", to, a.Fate))
		}
		slices.Sort(arrows)
		switch {
		case own == nil:
			if own = arrows; len(own) < 5 {
				t.Errorf("the run has only %d messages", len(own))
			}
		case !slices.Equal(own, arrows):
			t.Errorf("%s: the arrows are\n%q\nwant\n%q", name, arrows, own)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
}
