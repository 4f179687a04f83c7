package traces_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	raftexport "github.com/raftkv/raftkv/raftkv/raft/export"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	index "github.com/raftkv/raftkv/traces/index2"
)

// converted is what a trace becomes in another format.
func converted(t testing.TB, write func(io.Writer, *index.Trace) error, spans []traces.Span) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, index.Of(spans)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asJaegerHas is a span without what Jaeger's own JSON has no place for.
func asJaegerHas(s traces.Span) traces.Span {
	duration := s.End.Sub(s.Start).Truncate(time.Microsecond)
	s.Start = s.Start.Truncate(time.Microsecond)
	s.End = s.Start.Add(duration)
	s.Resolution = time.Microsecond
	s.Attributes = slices.Clone(s.Attributes)
	for i, a := range s.Attributes {
		s.Attributes[i].Value = asTag(a)
	}
	s.Events = slices.Clone(s.Events)
	for i := range s.Events {
		e := &s.Events[i]
		e.At = e.At.Truncate(time.Microsecond)
		e.Attributes = slices.Clone(e.Attributes)
		for k, a := range e.Attributes {
			e.Attributes[k].Value = asTag(a)
		}
	}
	s.Links = slices.Clone(s.Links)
	for i := range s.Links {
		s.Links[i].Attributes = nil
	}
	return s
}

// asTag is a value that Jaeger has a type for: a list that the spec does not have is the text of its JSON.
func asTag(a attribute.KeyValue) attribute.Value {
	v := a.Value
	switch v.Type() {
	case attribute.EMPTY:
		return attribute.StringValue("")
	case attribute.STRINGSLICE:
		if slices.Contains([]attribute.Key{"raft.peers", "raft.entries", "raft.commit.acknowledged_by", "raftkv.violation.facts"}, a.Key) {
			return v
		}
	case attribute.FLOAT64, attribute.BOOL, attribute.INT64, attribute.STRING, attribute.BYTESLICE:
		return v
	case attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.SLICE, attribute.MAP:
	}
	plain, _ := json.Marshal(plainJSON(v))
	return attribute.StringValue(string(plain))
}

func plainJSON(v attribute.Value) any {
	switch v.Type() {
	case attribute.SLICE:
		list := []any{}
		for _, x := range v.AsSlice() {
			list = append(list, plainJSON(x))
		}
		return list
	case attribute.MAP:
		m := map[string]any{}
		for _, x := range v.AsMap() {
			m[string(x.Key)] = plainJSON(x.Value)
		}
		return m
	case attribute.BYTESLICE:
		return v.AsByteSlice()
	case attribute.EMPTY, attribute.BOOL, attribute.INT64, attribute.FLOAT64, attribute.STRING, attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.STRINGSLICE:
	}
	if f, is := v.AsInterface().(float64); is && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return fmt.Sprint(f)
	}
	return v.AsInterface()
}

// A run that is converted to Jaeger's own JSON and read again is the same, but for what that format has no place for; whatever types its attributes have.
func TestJaegerRoundTrip(t *testing.T) {
	for name, spans := range map[string][]traces.Span{"every type": read(t, write(t, stub(1), stub(2))), "a run": read(t, recordFile(t, rough()))} {
		t.Run(name, func(t *testing.T) {
			var want []traces.Span
			seen := map[string]bool{}
			for i := range spans { // trace by trace
				id := spans[i].TraceID().String()
				if seen[id] {
					continue
				}
				seen[id] = true
				for k := range spans {
					if spans[k].TraceID().String() == id {
						want = append(want, asJaegerHas(spans[k]))
					}
				}
			}
			if diff := cmp.Diff(want, read(t, converted(t, export.WriteJaeger, spans)), sameSpans); diff != "" {
				t.Errorf("-written, +read:\n%s", diff)
			}
		})
	}
}

// Jaeger's own servers write some things otherwise than we do.
func TestReadWhatJaegerWrites(t *testing.T) {
	const file = `{"data": [{"traceID": "c", "spans": [{
		"traceID": "10000000000000000c", "spanID": "ab", "flags": 1, "operationName": "raft.commit_notification",
		"references": [{"refType": "FOLLOWS_FROM", "traceID": "10000000000000000c", "spanID": "a"}, {"refType": "FOLLOWS_FROM", "traceID": "2", "spanID": "3"}],
		"startTime": 3, "duration": 2,
		"tags": [{"value": 7, "type": "int64", "key": "n"}, {"key": "error", "type": "bool", "value": true}, {"key": "b", "type": "bool", "value": "true"},
			{"key": "span.kind", "type": "string", "value": "consumer"}, {"key": "raft.entries", "type": "string", "value": "[\"1@2 put a b\"]"},
			{"key": "otel.scope.name", "type": "string", "value": "x"}],
		"logs": [{"timestamp": 4, "fields": [{"key": "raft.index", "type": "int64", "value": 5}, {"key": "event", "type": "string", "value": "append"}]}],
		"processID": "p1", "warnings": ["clock skew"]}],
		"processes": {"p1": {"serviceName": "node-1", "tags": [{"key": "x", "type": "string", "value": "y"}, {"key": "ip", "type": "string", "value": "1"}]}}, "warnings": null}],
		"total": 0, "limit": 0, "offset": 0, "errors": null}`
	want := []traces.Span{{
		Run: 16, Root: 12, ID: 0xab, Parent: 10, Name: "raft.commit_notification", Kind: 5, Service: "node-1", Start: time.Unix(0, 3000).UTC(), End: time.Unix(0, 5000).UTC(), Resolution: time.Microsecond,
		Attributes: []attribute.KeyValue{attribute.Int("n", 7), attribute.Bool("b", true), attribute.StringSlice("raft.entries", []string{"1@2 put a b"})},
		Events:     []traces.Event{{Name: "append", At: time.Unix(0, 4000).UTC(), Attributes: []attribute.KeyValue{attribute.Int("raft.index", 5)}}},
		Links:      []traces.Link{{Run: 16, Root: 12, ID: 10}, {Root: 2, ID: 3}},
		Status:     traces.Status{Code: 1},
		Resource:   []attribute.KeyValue{attribute.String("ip", "1"), attribute.String("service.name", "node-1"), attribute.String("x", "y")},
	}}
	if diff := cmp.Diff(want, read(t, []byte(file)), sameSpans); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	twoParents := strings.Replace(file, `{"refType": "FOLLOWS_FROM", "traceID": "1`, `{"refType": "CHILD_OF", "traceID": "10000000000000000c", "spanID": "9"}, {"refType": "CHILD_OF", "traceID": "1`, 1)
	want[0].Parent = 9
	if diff := cmp.Diff(want, read(t, []byte(twoParents)), sameSpans); diff != "" {
		t.Errorf("a second parent is a link: -want, +got:\n%s", diff)
	}
}

// The rules of Jaeger's own JSON: ids of fixed length, processes that are there, references of two kinds, a type beside each value.
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
	spans := read(t, recordFile(t, rough()))
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
			if s.TraceID != trace.TraceID || len(s.TraceID) != 32 || len(s.SpanID) != 16 || s.OperationName == "" || s.StartTime == nil || s.Duration == nil || *s.Duration < 0 {
				t.Errorf("a span of trace %s is %+v", trace.TraceID, s)
			}
			if trace.Processes[s.ProcessID].ServiceName == "" {
				t.Errorf("span %s is of process %s, which is not there", s.SpanID, s.ProcessID)
			}
			for _, r := range s.References {
				if r.RefType != "CHILD_OF" && r.RefType != "FOLLOWS_FROM" || len(r.TraceID) != 32 || len(r.SpanID) != 16 || r.RefType == "CHILD_OF" && r.TraceID != s.TraceID {
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

// What Jaeger's API v3 adds to a span, or changes in it, is undone.
func TestReadWhatJaegersAPIv3Answers(t *testing.T) {
	const file = `{"result":{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{"traceId":"0000000000000001000000000000000c","spanId":"00000000000000ab",
		"startTimeUnixNano":"5","endTimeUnixNano":"6","attributes":[
			{"key":"@jaeger@warnings","value":{"arrayValue":{"values":[{"stringValue":"Negative duration detected, sanitizing end timestamp."}]}}},
			{"key":"raft.entries","value":{"stringValue":"[\"1@2 noop\"]"}},{"key":"other","value":{"stringValue":"[\"1\"]"}}],
		"links":[{"traceId":"0000000000000001000000000000000c","spanId":"0000000000000001","attributes":[{"key":"opentracing.ref_type","value":{"stringValue":"follows_from"}}]}]
	}]}]}]}}`
	want := []traces.Span{{
		Run: 1, Root: 12, ID: 0xab, Start: time.Unix(0, 5).UTC(), End: time.Unix(0, 5).UTC(),
		Attributes: []attribute.KeyValue{attribute.StringSlice("raft.entries", []string{"1@2 noop"}), attribute.String("other", `["1"]`)},
		Links:      []traces.Link{{Run: 1, Root: 12, ID: 1}},
	}}
	if diff := cmp.Diff(want, read(t, []byte(file)), sameSpans); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if got := read(t, []byte(strings.Replace(file, `"result"`, `"data"`, 1))); len(got[0].Attributes) != 3 || got[0].Start.Equal(got[0].End) {
		t.Errorf("a span that comes from elsewhere is changed: %+v", got)
	}
}

// A process that says nothing of itself is one without a name in Jaeger's own JSON, and nothing in OTLP.
func TestReadProcessesThatSayNothing(t *testing.T) {
	const file = `{"data":[{"spans":[{"traceID":"c","spanID":"a","processID":"p1"}],"processes":{"p1":{}}}]}
		{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{"traceId":"0000000000000001000000000000000c","spanId":"00000000000000ab"}]}]}]}`
	got := read(t, []byte(file))
	if len(got) != 2 || len(got[0].Resource) != 1 || len(got[1].Resource) != 0 {
		t.Errorf("processes that say nothing are read as %+v", got)
	}
}

// twice is a run in which many messages arrive twice, so that either copy of a call may be answered first.
func twice() scenario {
	s := rough()
	s.sim.Duplicate = 0.5
	return s
}

// chromeEvent is an event as the trace event format has it.
type chromeEvent struct {
	Ph, Name, Cat, ID, BP, S string
	PID, TID                 *int
	TS, Dur                  *float64
	Args                     map[string]any
}

// The rules of the trace event format: each event has what its phase needs, each arrow has a beginning and an end that lie in a slice each, and what shares a track nests.
func TestPerfettoRules(t *testing.T) {
	spans := read(t, recordFile(t, twice()))
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
		if len(pair) != 2 || pair[0].Ph != "s" || pair[1].Ph != "f" || *pair[0].TS > *pair[1].TS || *pair[0].PID == *pair[1].PID {
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
	if diff := cmp.Diff(services, processes); diff != "" || total != len(spans) || len(arrows) != messages+len(replies)+late {
		t.Errorf("%d slices of %d spans, %d arrows for %d messages, %d replies and %d late ones; -services, +processes:\n%s", total, len(spans), len(arrows), messages, len(replies), late, diff)
	}
}

// repliesOf are the spans that handled a call and whose reply was taken in, by the call's id; and how many of these handled a second copy, because the first one was handled too late.
func repliesOf(spans []traces.Span) (replies map[world.CausalID]*traces.Span, copies int) {
	replies = map[world.CausalID]*traces.Span{}
	for i := range spans {
		call, second := &spans[i], (*traces.Span)(nil)
		if call.Kind != trace.SpanKindClient || call.Attribute("raft.reply").AsString() == "" {
			continue
		}
		for k := range spans {
			switch s := &spans[k]; {
			case s.Parent != call.ID || s.Kind != trace.SpanKindServer || s.End.After(call.End):
			case s.Attribute("raftkv.copy").AsInt64() != call.Attribute("raftkv.answered_copy").AsInt64():
			case s.Attribute("raftkv.copy").AsInt64() == 0:
				replies[call.ID] = s
			default:
				second = s
			}
		}
		if replies[call.ID] == nil {
			replies[call.ID] = second
			copies++
		}
	}
	return replies, copies
}

// Nothing that can be read makes a converter panic: not two spans with one id, no parents in a ring, no end before its beginning.
func TestConvertWhatIsWrong(t *testing.T) {
	broken := brokenSpans(t)
	for name, write := range converters {
		got := converted(t, write, broken)
		if name != "shiviz" && !json.Valid(got) {
			t.Errorf("%s is no JSON", name)
		}
		if again := converted(t, write, broken); !bytes.Equal(got, again) {
			t.Errorf("%s differs when it is written again", name)
		}
	}
}

// brokenSpans is a trace in which much is wrong.
func brokenSpans(t *testing.T) []traces.Span {
	t.Helper()
	base := read(t, recordFile(t, rough()))
	broken := slices.Clone(base)
	for i := range broken {
		s := &broken[i]
		switch i % 7 {
		case 0:
			s.Parent = s.ID
		case 1:
			s.ID = broken[i-1].ID
		case 2:
			s.Start, s.End = s.End, s.Start.Add(-time.Second)
		case 3:
			s.Service, s.Name = "a \"b\"\n", "\x1b[2J"
		case 4:
			s.Attributes, s.Resource = nil, nil
		}
	}
	return broken
}

var converters = map[string]func(io.Writer, *index.Trace) error{"jaeger": export.WriteJaeger, "perfetto": export.WritePerfetto, "shiviz": writeShiViz}

func writeShiViz(w io.Writer, all *index.Trace) error {
	return export.WriteShiViz(w, all, raftexport.Protocol())
}
