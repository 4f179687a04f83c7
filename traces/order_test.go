package traces_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/story"
)

// Two runs that differ in the numbers of steps alone are the same: one message more shifts all that follow it.
func TestDiffLooksAwayFromSteps(t *testing.T) {
	own := recordFile(t, reference())
	spans, shifted := read(t, own), 0
	for i := range spans {
		all := slices.Clone(spans[i].Attributes)
		for k, a := range all {
			if strings.HasSuffix(string(a.Key), "step") {
				all[k], shifted = a.Key.Int64(a.Value.AsInt64()+1), shifted+1
			}
		}
		spans[i].Attributes = all
	}
	jaeger := converted(t, export.WriteJaeger, spans)
	if d := compared(t, own, jaeger); d.Verdict != traces.Same || shifted < len(spans)/2 {
		t.Errorf("with %d numbers shifted: %s, %s", shifted, d.Verdict, d.Why)
	}
	spans[len(spans)-1].Attributes = append(spans[len(spans)-1].Attributes, attribute.Bool("another", true))
	if d := compared(t, own, converted(t, export.WriteJaeger, spans)); d.Verdict == traces.Same {
		t.Error("another attribute is not seen")
	}
}

// A server that is a majority by itself takes an entry, commits it and applies it in one step; the story tells it in
// this order.
func TestStoryOfOneServer(t *testing.T) {
	s := reference()
	s.nodes, s.clients = 1, 1
	lines := story.New(raftstory.Protocol())
	recordRun(t, s, lines)
	told := tell(t, lines, story.Plain)
	entries := strings.Count(told, "appending entry at index ")
	for _, what := range []string{"appending entry at index ", "is committed\n", "applied result "} {
		if n := strings.Count(told, what); n != entries || n == 0 {
			t.Errorf("of %d entries, %q is told of %d", entries, what, n)
		}
	}
	order := regexp.MustCompile(`appending entry|is committed\n|applied result`)
	for i, m := range order.FindAllString(told, -1) {
		if want := []string{"appending entry", "is committed\n", "applied result"}[i%3]; m != want {
			t.Fatalf("line %d of them is %q, want %q:\n%s", i, m, want, told)
		}
	}
}
