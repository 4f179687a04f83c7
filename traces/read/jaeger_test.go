package read_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read"
)

// server returns what a server made of a small run, or the run's own file.
func server(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "testdata", "servers", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// What servers made of a run is the run, but for the order of spans, events and attributes, what Jaeger's times lack,
// and what a link says, for which it has no place.
func TestReadWhatServersMadeOfARun(t *testing.T) {
	own := readAll(t, server(t, "trace.otlp.jsonl"))
	for _, name := range []string{"collector.jsonl", "jaeger-v2.json", "jaeger-v3.json"} {
		want, got := slices.Clone(own), readAll(t, server(t, name))
		for _, list := range [][]read.Span{want, got} {
			slices.SortFunc(list, func(a, b read.Span) int { return cmp.Compare(a.ID, b.ID) })
			for i := range list {
				s := &list[i]
				s.Attributes = byKeys(s.Attributes)
				s.Events = slices.Clone(s.Events)
				slices.SortStableFunc(s.Events, func(a, b read.Event) int {
					return cmp.Or(a.At.Truncate(time.Microsecond).Compare(b.At.Truncate(time.Microsecond)),
						cmp.Compare(a.Name, b.Name))
				})
				for k := range s.Events {
					s.Events[k].Attributes = byKeys(s.Events[k].Attributes)
				}
				if name == "jaeger-v2.json" {
					duration := s.End.Sub(s.Start).Truncate(time.Microsecond)
					s.Start, s.Resolution = s.Start.Truncate(time.Microsecond), read.JaegerResolution
					s.End = s.Start.Add(duration)
					for k := range s.Events {
						s.Events[k].At = s.Events[k].At.Truncate(time.Microsecond)
					}
				}
				if s.Links = slices.Clone(s.Links); name != "collector.jsonl" {
					for k := range s.Links {
						s.Links[k].Attributes = nil
					}
				}
			}
		}
		if diff := gocmp.Diff(want, got, sameSpans); diff != "" {
			t.Errorf("-the run, +%s:\n%s", name, diff)
		}
	}
}

func byKeys(attributes []attribute.KeyValue) []attribute.KeyValue {
	return slices.SortedFunc(slices.Values(attributes),
		func(a, b attribute.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
}

// Whatever the spec says is a list of texts is one again, where Jaeger has a text of it; nothing else is.
func TestReadListsThatJaegerHasAsTexts(t *testing.T) {
	text, err := json.Marshal(`["a","\"b\""]`)
	if err != nil {
		t.Fatal(err)
	}
	lists := 0
	for _, spec := range spans.AllSpecs() {
		for _, a := range spec.Attributes {
			key := string(a.Key)
			for _, file := range []string{
				`{"data":[{"spans":[{"traceID":"c","spanID":"a","tags":[{"key":"` + key + `","type":"string","value":` +
					string(text) + `}]}]}]}`,
				`{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0000000000000001000000000000000c","spanId":"00000000000000ab",` +
					`"attributes":[{"key":"` + key + `","value":{"stringValue":` + string(text) + `}}]}]}]}]}}`,
			} {
				want := attribute.StringValue(`["a","\"b\""]`)
				if a.Type == attribute.STRINGSLICE {
					lists, want = lists+1, attribute.StringSliceValue([]string{"a", `"b"`})
				}
				if got := readAll(t, []byte(file))[0].Attribute(a.Key); got.Type() != want.Type() || got.String() != want.String() {
					t.Errorf("%s is read as %s %s", key, got.Type(), got)
				}
			}
		}
	}
	if lists == 0 {
		t.Error("the spec has no lists, so that this tests nothing")
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
	want := []read.Span{{
		Run: 16, Root: 12, ID: 0xab, Parent: 10, Name: "raft.commit_notification", Kind: 5, Service: "node-1",
		Start: time.Unix(0, 3000).UTC(), End: time.Unix(0, 5000).UTC(), Resolution: time.Microsecond,
		Attributes: []attribute.KeyValue{
			attribute.Int("n", 7), attribute.Bool("b", true),
			attribute.StringSlice("raft.entries", []string{"1@2 put a b"}),
		},
		Events: []read.Event{{
			Name: "append", At: time.Unix(0, 4000).UTC(),
			Attributes: []attribute.KeyValue{attribute.Int("raft.index", 5)},
		}},
		Links:  []read.Link{{Run: 16, Root: 12, ID: 10}, {Root: 2, ID: 3}},
		Status: traces.Status{Code: 1},
		Resource: []attribute.KeyValue{
			attribute.String("ip", "1"), attribute.String("service.name", "node-1"),
			attribute.String("x", "y"),
		},
	}}
	if diff := gocmp.Diff(want, readAll(t, []byte(file)), sameSpans); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	twoParents := strings.Replace(file, `{"refType": "FOLLOWS_FROM", "traceID": "1`,
		`{"refType": "CHILD_OF", "traceID": "10000000000000000c", "spanID": "9"}, {"refType": "CHILD_OF", "traceID": "1`, 1)
	want[0].Parent = 9
	if diff := gocmp.Diff(want, readAll(t, []byte(twoParents)), sameSpans); diff != "" {
		t.Errorf("a second parent is a link: -want, +got:\n%s", diff)
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
	want := []read.Span{{
		Run: 1, Root: 12, ID: 0xab, Start: time.Unix(0, 5).UTC(), End: time.Unix(0, 5).UTC(),
		Attributes: []attribute.KeyValue{
			attribute.StringSlice("raft.entries", []string{"1@2 noop"}),
			attribute.String("other", `["1"]`),
		},
		Links: []read.Link{{Run: 1, Root: 12, ID: 1}},
	}}
	if diff := gocmp.Diff(want, readAll(t, []byte(file)), sameSpans); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if got := readAll(t, []byte(strings.Replace(file, `"result"`, `"data"`, 1))); len(got[0].Attributes) != 3 ||
		got[0].Start.Equal(got[0].End) {
		t.Errorf("a span that comes from elsewhere is changed: %+v", got)
	}
}

// A process that says nothing of itself is one without a name in Jaeger's own JSON, and nothing in OTLP.
func TestReadProcessesThatSayNothing(t *testing.T) {
	const file = `{"data":[{"spans":[{"traceID":"c","spanID":"a","processID":"p1"}],"processes":{"p1":{}}}]}
		{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{"traceId":"0000000000000001000000000000000c","spanId":"00000000000000ab"}]}]}]}`
	got := readAll(t, []byte(file))
	if len(got) != 2 || len(got[0].Resource) != 1 || len(got[1].Resource) != 0 {
		t.Errorf("processes that say nothing are read as %+v", got)
	}
}

// A Jaeger that was searched for each service gives a trace as often as services take part in it. It is read once;
// anything else that comes twice is told.
func TestReadAnswersThatOverlap(t *testing.T) {
	for _, name := range []string{"jaeger-v2.json", "jaeger-v3.json"} {
		file := server(t, name)
		want := readAll(t, file)
		if got := readAll(t, slices.Concat(file, file, file)); len(got) != len(want) {
			t.Errorf("%s three times has %d spans, and once %d", name, len(got), len(want))
		}
	}
	file := server(t, read.FileName)
	if once, twice := readAll(t, file), readAll(t, slices.Concat(file, file)); len(twice) != 2*len(once) {
		t.Errorf("lines twice have %d spans, and once %d", len(twice), len(once))
	}
	const one, two = `{"data":[{"spans":[{"traceID":"c","spanID":"a"}]}]}`, `{"data":[{"spans":[{"traceID":"c","spanID":"a"},{"traceID":"c","spanID":"b"}]}]}`
	if got := readAll(t, []byte(one+two)); len(got) != 3 {
		t.Errorf("of a trace that has grown there are %d spans, want 3: it is for others to find that an id is there twice",
			len(got))
	}
}

// Old versions name a span's parent twice: as a field and as a reference, which is no link then.
func TestReadAParentThatIsNamedTwice(t *testing.T) {
	const file = `{"data":[{"spans":[{"traceID":"c","spanID":"b","parentSpanID":"a",` +
		`"references":[{"refType":"CHILD_OF","traceID":"c","spanID":"a"}]}]}]}`
	if s := readAll(t, []byte(file))[0]; s.Parent != 10 || len(s.Links) > 0 {
		t.Errorf("the parent is %s, and the links are %v", s.Parent, s.Links)
	}
}
