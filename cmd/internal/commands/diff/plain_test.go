package diff

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
)

// lossy returns the trace of a run in which messages are lost, late and twice, and servers crash.
func lossy(t *testing.T) []byte {
	t.Helper()
	file, _ := traced(t, recorded.Config(t, "default", "mixed").Config)
	return file
}

func asJaeger(t *testing.T, spans []traces.Span) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := export.WriteJaeger(&b, index.Of(spans)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What links say is not compared: a trace whose links say nothing, as a Jaeger gives it back, is the same run.
func TestDiffOfBareLinks(t *testing.T) {
	own := lossy(t)
	bare := regexp.MustCompile(`("spanId":"[0-9a-f]{16}"),"attributes":\[\{"key":"raftkv\.link"[^\]]*\]`).ReplaceAll(own,
		[]byte("$1"))
	if bytes.Equal(own, bare) {
		t.Fatal("no link says anything")
	}
	for name, d := range map[string]*diff.Difference{
		"whole and bare": compared(t, own, bare, diff.Options{}),
		"bare and whole": compared(t, bare, own, diff.Options{}),
	} {
		if d.Verdict != diff.Same {
			t.Errorf("%s: %s, %s", name, d.Verdict, d.Why)
		}
	}
}

// Events of one time have no order, since Jaeger's API v3 has them by their names. Those of two times have one.
func TestDiffOfEventsInAnotherOrder(t *testing.T) {
	spans := spansOf(t, lossy(t))
	own := asJaeger(t, spans)
	byName, swapped, several := slices.Clone(spans), slices.Clone(spans), 0
	for i := range spans {
		events := slices.Clone(spans[i].Events)
		slices.SortStableFunc(events, func(a, b traces.Event) int { return strings.Compare(a.Name, b.Name) })
		byName[i].Events = events
		if len(events) < 2 || events[0].Name == events[1].Name || events[0].At.Equal(events[1].At) {
			continue
		}
		several++
		events = slices.Clone(events)
		events[0].At, events[1].At = events[1].At, events[0].At
		swapped[i].Events = events
	}
	if d := compared(t, own, asJaeger(t, byName), diff.Options{}); d.Verdict != diff.Same {
		t.Errorf("events by their names: %s, %s", d.Verdict, d.Why)
	}
	if d := compared(t, own, asJaeger(t, swapped), diff.Options{}); several == 0 || d.Verdict == diff.Same {
		t.Errorf("%d spans with events that have changed their times: %s, %s", several, d.Verdict, d.Why)
	}
}

// Two runs that differ in the numbers of steps alone are the same: one message more shifts all that follow it.
func TestDiffLooksAwayFromSteps(t *testing.T) {
	own := lossy(t)
	spans, shifted := spansOf(t, own), 0
	for i := range spans {
		all := slices.Clone(spans[i].Attributes)
		for k, a := range all {
			if strings.HasSuffix(string(a.Key), "step") {
				all[k], shifted = a.Key.Int64(a.Value.AsInt64()+1), shifted+1
			}
		}
		spans[i].Attributes = all
	}
	jaeger := asJaeger(t, spans)
	if d := compared(t, own, jaeger, diff.Options{}); d.Verdict != diff.Same || shifted < len(spans)/2 {
		t.Errorf("with %d numbers shifted: %s, %s", shifted, d.Verdict, d.Why)
	}
	spans[len(spans)-1].Attributes = append(spans[len(spans)-1].Attributes, attribute.Bool("another", true))
	if d := compared(t, own, asJaeger(t, spans), diff.Options{}); d.Verdict == diff.Same {
		t.Error("another attribute is not seen")
	}
}
