package read_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/traces/read"
)

// Nothing makes the reader panic, and what both the Collector and we can read, we read alike.
func FuzzRead(f *testing.F) {
	for i := range everyType {
		s := plainStub(1)
		s.Resource, s.Attributes = nil, everyType[i:i+1]
		f.Add(write(f, s))
	}
	full := stub(1)
	full.Resource, full.Attributes = nil, nil
	f.Add(write(f, full))
	f.Add(write(f, plainStub(1), plainStub(2)))
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0000000000000001000000000000000c","spanId":"00000000000000ab","kind":1,"startTimeUnixNano":1}]}],"resource":{}}]}`))
	f.Add([]byte(`{"data":[{"traceID":"c","spans":[{"traceID":"c","spanID":"ab","operationName":"a","references":[{"refType":"CHILD_OF","traceID":"c","spanID":"1"}],"startTime":1,"duration":2,
		"tags":[{"key":"span.kind","type":"string","value":"client"},{"key":"i","value":3,"type":"int64"}],"logs":[{"timestamp":1,"fields":[{"key":"event","value":"drop"}]}],"processID":"p1"}],
		"processes":{"p1":{"serviceName":"node-1","tags":[]}}}]}`))
	f.Add([]byte(`[{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0000000000000001000000000000000c","spanId":"00000000000000ab"}]}]}]}}]`))
	f.Add([]byte(`{"resourceSpans":[{"resource":{"attributes":[{"key":"\ud800","value":{"kvlistValue":{"values":[{"key":"a","value":{"bytesValue":"AA=="}}]}}}]}}]}`))
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000ab0000000000000001","spanId":"0001000000000002","name":"long ago","startTimeUnixNano":"9466848000010000000"}]}]}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		for _, err := range read.NewReader("trace", bytes.NewReader(file)).All() {
			if err != nil && !strings.HasPrefix(err.Error(), "trace:") {
				t.Errorf("an error that does not say where: %v", err)
			}
		}
		var once any // without what JSON leaves open: keys that come twice, and what is not UTF-8
		numbers := json.NewDecoder(bytes.NewReader(file))
		numbers.UseNumber()
		if numbers.Decode(&once) != nil {
			return
		}
		line, err := json.Marshal(once)
		if err != nil {
			t.Fatal(err)
		}
		spans, err := tryRead(line)
		for layout, other := range inOtherLayouts(t, line) {
			got, otherErr := tryRead(other)
			if (err == nil) != (otherErr == nil) {
				t.Errorf("on one line: error %v; %s: error %v\n%s", err, layout, otherErr, other)
			} else if diff := cmp.Diff(spans, got, sameSpans); err == nil && diff != "" {
				t.Errorf("-on one line, +%s:\n%s", layout, diff)
			}
		}
		if err != nil {
			return
		}
		if top, is := once.(map[string]any); !is || top["data"] != nil || top["result"] != nil || top["spans"] != nil {
			return // Jaeger's, which the Collector does not read
		}
		if again, _ := tryRead(bytes.Join([][]byte{line, line}, []byte("\n"))); err == nil {
			if diff := cmp.Diff(append(slices.Clone(spans), spans...), again, sameSpans); diff != "" {
				t.Errorf("-on one line, +on two, the second like the first:\n%s", diff)
			}
		}
		oracle, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		if err != nil || bytes.Contains(line, []byte(`"":`)) {
			return // to the Collector an object is at its end where a key is empty
		}
		var theirs, ours []string
		for _, rs := range oracle.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					theirs = append(theirs, describeOracle(s))
				}
			}
		}
		for i := range spans {
			ours = append(ours, describe(&spans[i]))
		}
		if diff := cmp.Diff(theirs, ours); diff != "" {
			t.Errorf("-the Collector, +we read of %s:\n%s", line, diff)
		}
	})
}

func describe(s *read.Span) string {
	var b strings.Builder
	parent := s.Parent.String()
	if s.Parent == 0 {
		parent = ""
	}
	fmt.Fprintf(&b, "%s %s %s %q %d %s %s %s %q", s.TraceID(), s.ID, parent, s.Name, s.Kind, s.Start, s.End, s.Status.Code,
		s.Status.Description)
	for _, a := range s.Attributes {
		fmt.Fprintf(&b, " %q=%s", a.Key, describeValue(a.Value))
	}
	for _, e := range s.Events {
		fmt.Fprintf(&b, " event %q %s %d", e.Name, e.At, len(e.Attributes))
	}
	for _, l := range s.Links {
		fmt.Fprintf(&b, " link %016x%s %s %d", l.Run, l.Root, l.ID, len(l.Attributes))
	}
	return b.String()
}

func describeValue(v attribute.Value) string {
	var list []attribute.Value
	switch v.Type() {
	case attribute.STRING:
		return fmt.Sprintf("%q", v.AsString())
	case attribute.INT64:
		return fmt.Sprint(v.AsInt64())
	case attribute.BOOL:
		return fmt.Sprint(v.AsBool())
	case attribute.FLOAT64:
		return fmt.Sprintf("float %x", math.Float64bits(v.AsFloat64()))
	case attribute.BYTESLICE:
		return fmt.Sprintf("bytes %x", v.AsByteSlice())
	case attribute.STRINGSLICE:
		for _, x := range v.AsStringSlice() {
			list = append(list, attribute.StringValue(x))
		}
	case attribute.INT64SLICE:
		for _, x := range v.AsInt64Slice() {
			list = append(list, attribute.Int64Value(x))
		}
	case attribute.BOOLSLICE:
		for _, x := range v.AsBoolSlice() {
			list = append(list, attribute.BoolValue(x))
		}
	case attribute.FLOAT64SLICE:
		for _, x := range v.AsFloat64Slice() {
			list = append(list, attribute.Float64Value(x))
		}
	case attribute.SLICE:
		list = v.AsSlice()
	case attribute.MAP:
		return fmt.Sprintf("map of %d", len(v.AsMap()))
	case attribute.EMPTY:
		return "empty"
	}
	s := "["
	for _, x := range list {
		s += describeValue(x) + ","
	}
	return s + "]"
}

func describeOracle(s ptrace.Span) string {
	var b strings.Builder
	code := []string{"Unset", "Ok", "Error"}[s.Status().Code()]
	fmt.Fprintf(&b, "%s %s %s %q %d %s %s %s %q", s.TraceID(), s.SpanID(), s.ParentSpanID(), s.Name(), s.Kind(),
		unixNano(s.StartTimestamp()), unixNano(s.EndTimestamp()), code, s.Status().Message())
	for k, v := range s.Attributes().All() {
		fmt.Fprintf(&b, " %q=%s", k, describeOracleValue(v))
	}
	for _, e := range s.Events().All() {
		fmt.Fprintf(&b, " event %q %s %d", e.Name(), unixNano(e.Timestamp()), e.Attributes().Len())
	}
	for _, l := range s.Links().All() {
		fmt.Fprintf(&b, " link %s %s %d", l.TraceID(), l.SpanID(), l.Attributes().Len())
	}
	return b.String()
}

func unixNano(t pcommon.Timestamp) time.Time {
	return time.Unix(int64(t/1e9), int64(t%1e9)).UTC()
}

func describeOracleValue(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return fmt.Sprintf("%q", v.Str())
	case pcommon.ValueTypeInt:
		return fmt.Sprint(v.Int())
	case pcommon.ValueTypeBool:
		return fmt.Sprint(v.Bool())
	case pcommon.ValueTypeDouble:
		return fmt.Sprintf("float %x", math.Float64bits(v.Double()))
	case pcommon.ValueTypeBytes:
		return fmt.Sprintf("bytes %x", v.Bytes().AsRaw())
	case pcommon.ValueTypeMap:
		return fmt.Sprintf("map of %d", v.Map().Len())
	case pcommon.ValueTypeEmpty:
		return "empty"
	case pcommon.ValueTypeSlice:
		s := "["
		for _, x := range v.Slice().All() {
			s += describeOracleValue(x) + ","
		}
		return s + "]"
	}
	return "?"
}
