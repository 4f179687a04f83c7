package traces_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/traces"
)

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
