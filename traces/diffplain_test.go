package traces_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
)

// What links say is not compared: a trace whose links say nothing, as a Jaeger gives it back, is the same run.
func TestDiffOfBareLinks(t *testing.T) {
	own := recordFile(t, rough())
	bare := regexp.MustCompile(`("spanId":"[0-9a-f]{16}"),"attributes":\[\{"key":"raftkv\.link"[^\]]*\]`).ReplaceAll(own, []byte("$1"))
	if bytes.Equal(own, bare) {
		t.Fatal("no link says anything")
	}
	for name, d := range map[string]*traces.Difference{"whole and bare": compared(t, own, bare), "bare and whole": compared(t, bare, own)} {
		if d.Verdict != traces.Same {
			t.Errorf("%s: %s, %s", name, d.Verdict, d.Why)
		}
	}
}

// Events of one time have no order, since Jaeger's API v3 has them by their names. Those of two times have one.
func TestDiffOfEventsInAnotherOrder(t *testing.T) {
	spans := read(t, recordFile(t, rough()))
	own := converted(t, export.WriteJaeger, spans)
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
	if d := compared(t, own, converted(t, export.WriteJaeger, byName)); d.Verdict != traces.Same {
		t.Errorf("events by their names: %s, %s", d.Verdict, d.Why)
	}
	if d := compared(t, own, converted(t, export.WriteJaeger, swapped)); several == 0 || d.Verdict == traces.Same {
		t.Errorf("%d spans with events that have changed their times: %s, %s", several, d.Verdict, d.Why)
	}
}
