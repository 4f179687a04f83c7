package export_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/traces/export"
)

// chromeEvent is an event as the trace event format has it.
type chromeEvent struct {
	Ph, Name, Cat, ID, BP, S string
	PID, TID                 *int
	TS, Dur                  *float64
	Args                     map[string]any
}

// The rules of the trace event format: each event has what its phase needs, each arrow has a beginning and an end that
// lie in a slice each, and what shares a track nests.
func TestPerfettoRules(t *testing.T) {
	spans := rafttest.Spans(t, rafttest.Twice())
	var file struct{ TraceEvents []chromeEvent }
	if err := json.Unmarshal(converted(t, export.WritePerfetto, spans), &file); err != nil {
		t.Fatal(err)
	}
	type track struct{ pid, tid int }
	slicesOn := map[track][]chromeEvent{}
	arrows, named, processes := map[string][]chromeEvent{}, map[track]bool{}, map[string]bool{}
	last := math.Inf(-1)
	for _, e := range file.TraceEvents {
		if e.PID == nil || e.TID == nil || e.Name == "" || e.Ph != "M" && (e.TS == nil || e.Cat == "") {
			t.Fatalf("an event lacks what each has: %+v", e)
		}
		on := track{*e.PID, *e.TID}
		if e.Ph != "M" {
			if *e.TS < last {
				t.Errorf("%s at %v stands behind one at %v", e.Name, *e.TS, last)
			}
			last = *e.TS
			if !named[on] {
				t.Errorf("%s is on track %v, which has no name", e.Name, on)
			}
		}
		switch e.Ph {
		case "M":
			named[on] = true
			if e.Name == "process_name" {
				processes[e.Args["name"].(string)] = true
			}
		case "X":
			if e.Dur == nil || *e.Dur < 0 {
				t.Errorf("%+v has no duration", e)
			}
			slicesOn[on] = append(slicesOn[on], e)
		case "s", "f":
			if e.ID == "" || e.Ph == "f" && e.BP != "e" {
				t.Errorf("an arrow without an id, or that binds to what comes next: %+v", e)
			}
			arrows[e.Name+e.ID] = append(arrows[e.Name+e.ID], e)
		case "i":
			if e.S != "t" {
				t.Errorf("%+v is no event of its track", e)
			}
		default:
			t.Errorf("phase %q", e.Ph)
		}
	}
	for on, list := range slicesOn {
		var open []chromeEvent
		end := func(e chromeEvent) float64 { return *e.TS + *e.Dur }
		for _, e := range list {
			for len(open) > 0 && end(open[len(open)-1]) <= *e.TS+1e-6 {
				open = open[:len(open)-1]
			}
			if len(open) > 0 && end(e) > end(open[len(open)-1])+1e-6 {
				t.Errorf("%s at %v on track %v ends after what it stands in", e.Name, *e.TS, on)
			}
			if len(open) > 0 && e.Args["trace id"] != open[len(open)-1].Args["trace id"] {
				t.Errorf("%s at %v on track %v stands in a slice of another trace", e.Name, *e.TS, on)
			}
			open = append(open, e)
		}
	}
	for id, pair := range arrows {
		if len(pair) != 2 || pair[0].Ph != "s" || pair[1].Ph != "f" || *pair[0].TS > *pair[1].TS ||
			*pair[0].PID == *pair[1].PID {
			t.Errorf("arrow %s is %+v, want a beginning, and later an end in another process", id, pair)
		}
		for _, e := range pair {
			inside := func(s chromeEvent) bool { return *s.TS <= *e.TS && *e.TS <= *s.TS+*s.Dur+1e-6 }
			if !slices.ContainsFunc(slicesOn[track{*e.PID, *e.TID}], inside) {
				t.Errorf("arrow %s has an end in no slice: %+v", id, e)
			}
		}
	}
	services := map[string]bool{}
	messages, total, late := 0, 0, 0
	for i := range spans {
		services[spans[i].Service] = true
		if k := spans[i].Kind.String(); k == "server" || k == "consumer" {
			messages++
		} else if spans[i].Name == "raft.late_reply" {
			late++
		}
	}
	replies, copies := repliesOf(spans)
	if copies == 0 {
		t.Error("no reply to a second copy is taken in, so that this test sees none")
	}
	for _, list := range slicesOn {
		total += len(list)
	}
	if diff := cmp.Diff(services, processes); diff != "" || total != len(spans) ||
		len(arrows) != messages+len(replies)+late {
		t.Errorf("%d slices of %d spans, %d arrows for %d messages, %d replies and %d late ones; -services, +processes:\n%s",
			total, len(spans), len(arrows), messages, len(replies), late, diff)
	}
}
