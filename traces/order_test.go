package traces_test

import (
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
)

// Two runs that differ in the numbers of steps alone are the same: one message more shifts all that follow it.
func TestDiffLooksAwayFromSteps(t *testing.T) {
	own := recordFile(t, rafttest.Reference())
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
