package export_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// A run that is converted to Jaeger's own JSON and read again is the same, but for what that format has no place for;
// whatever types its attributes have.
func TestJaegerRoundTrip(t *testing.T) {
	for name, spans := range map[string][]span.Span{"every type": rafttest.Read(t,
		tracetest.Write(t, tracetest.Full(1), tracetest.Full(2))), "a run": rafttest.Spans(t, rafttest.Rough())} {
		t.Run(name, func(t *testing.T) {
			var want []span.Span
			seen := map[string]bool{}
			for i := range spans { // trace by trace
				id := spans[i].TraceID().String()
				if seen[id] {
					continue
				}
				seen[id] = true
				for k := range spans {
					if spans[k].TraceID().String() == id {
						want = append(want, tracetest.AsJaegerHas(spans[k], rafttest.Lists))
					}
				}
			}
			if diff := cmp.Diff(want, rafttest.Read(t, converted(t, export.WriteJaeger, spans)), tracetest.Same); diff != "" {
				t.Errorf("-written, +read:\n%s", diff)
			}
		})
	}
}

// The rules of Jaeger's own JSON: ids of fixed length, processes that are there, references of two kinds, a type beside
// each value.
func TestJaegerRules(t *testing.T) {
	type tag struct {
		Key, Type string
		Value     any
	}
	type trace struct {
		TraceID string
		Spans   []struct {
			TraceID, SpanID, OperationName, ProcessID string
			References                                []struct{ RefType, TraceID, SpanID string }
			StartTime, Duration                       *int64
			Tags                                      []tag
			Logs                                      []struct {
				Timestamp int64
				Fields    []tag
			}
		}
		Processes map[string]struct {
			ServiceName string
			Tags        []tag
		}
	}
	spans := rafttest.Spans(t, rafttest.Rough())
	var file struct{ Data []trace }
	if err := json.Unmarshal(converted(t, export.WriteJaeger, spans), &file); err != nil {
		t.Fatal(err)
	}
	types := map[string]bool{"string": true, "bool": true, "int64": true, "float64": true, "binary": true}
	failed, total := 0, 0
	checkTags := func(tags []tag) {
		for _, a := range tags {
			_, isText := a.Value.(string)
			if !types[a.Type] || isText != (a.Type == "string") {
				t.Errorf("a tag is %+v", a)
			}
			if a.Key == "otel.status_code" && a.Value == "ERROR" {
				failed++
			}
		}
	}
	for _, trace := range file.Data {
		for _, s := range trace.Spans {
			total++
			if s.TraceID != trace.TraceID || len(s.TraceID) != 32 || len(s.SpanID) != 16 || s.OperationName == "" ||
				s.StartTime == nil || s.Duration == nil || *s.Duration < 0 {
				t.Errorf("a span of trace %s is %+v", trace.TraceID, s)
			}
			if trace.Processes[s.ProcessID].ServiceName == "" {
				t.Errorf("span %s is of process %s, which is not there", s.SpanID, s.ProcessID)
			}
			for _, r := range s.References {
				if r.RefType != "CHILD_OF" && r.RefType != "FOLLOWS_FROM" || len(r.TraceID) != 32 || len(r.SpanID) != 16 ||
					r.RefType == "CHILD_OF" && r.TraceID != s.TraceID {
					t.Errorf("span %s has the reference %+v", s.SpanID, r)
				}
			}
			checkTags(s.Tags)
			for _, l := range s.Logs {
				checkTags(l.Fields)
			}
		}
	}
	want := 0
	for i := range spans {
		if spans[i].Status.Code == 1 {
			want++
		}
	}
	if total != len(spans) || failed != want || want == 0 {
		t.Errorf("%d spans of which %d failed, want %d and %d", total, failed, len(spans), want)
	}
}
