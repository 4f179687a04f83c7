package export

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
)

// WriteJaeger writes spans as Jaeger's own JSON, which its search page loads without a server behind it. The format has
// less than OTLP: times are cut to microseconds, a link has no attributes, a list is the text of its JSON, an event's
// name is a field of a log, and what kind a span is and how it ended are tags.
func WriteJaeger(w io.Writer, all *index.Trace) error {
	b := bufio.NewWriter(w)
	_, _ = b.WriteString(`{"data":[`) // Flush tells
	order := byTrace(all)
	separator := "\n"
	for len(order) > 0 && all.Err() == nil {
		n := 1
		for n < len(order) && traceOf(all, order[n]) == traceOf(all, order[0]) {
			n++
		}
		_, _ = b.WriteString(separator)
		writeJaegerTrace(b, all, order[:n])
		order, separator = order[n:], ",\n"
	}
	_, _ = b.WriteString("\n]}\n")
	return errors.Join(b.Flush(), all.Err())
}

// traceName names a trace.
type traceName struct {
	run  uint64
	root world.CausalID
}

func traceOf(all *index.Trace, i int32) traceName {
	e := all.Entry(i)
	return traceName{e.Run, e.Root}
}

// byTrace returns all spans, those of a trace together, and traces in the order in which they come up.
func byTrace(all *index.Trace) []int32 {
	ordinals := map[traceName]int{}
	for i := range int32(all.Len()) {
		if name := traceOf(all, i); ordinals[name] == 0 {
			ordinals[name] = len(ordinals) + 1
		}
	}
	return all.InOrder(func(a, b *index.Entry) int {
		return cmp.Compare(ordinals[traceName{a.Run, a.Root}], ordinals[traceName{b.Run, b.Root}])
	})
}

// writeJaegerTrace writes the spans of a trace, and behind them their processes.
func writeJaegerTrace(w *bufio.Writer, all *index.Trace, trace []int32) {
	var processes []*traces.Span // the first span of each
	for n, i := range trace {
		if all.Err() != nil {
			return
		}
		s := all.Span(i)
		var b []byte
		if n == 0 {
			b = append(b, `{"traceID":`...)
			b = record.AppendString(b, s.TraceID().String())
			b = append(b, `,"spans":[`...)
		} else {
			b = append(b, ',')
		}
		process := jaegerProcess(processes, s)
		if process == 0 {
			processes = append(processes, s)
			process = len(processes)
		}
		_, _ = w.Write(appendJaegerSpan(append(b, '\n'), s, process)) // Flush tells
	}
	b := []byte("\n],\"processes\":{")
	for i, p := range processes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `"p`...)
		b = strconv.AppendInt(b, int64(i+1), 10)
		b = append(b, `":{"serviceName":`...)
		b = record.AppendString(b, p.Service)
		b = append(b, `,"tags":`...)
		tags := slices.DeleteFunc(slices.Clone(p.Resource),
			func(a attribute.KeyValue) bool { return a.Key == traces.ServiceName })
		b = appendTags(b, tags)
		b = append(b, '}')
	}
	_, _ = w.Write(append(b, "}}"...)) // Flush tells
}

// jaegerProcess is the ordinal of a span's process, from 1; 0 if it is not among them.
func jaegerProcess(processes []*traces.Span, s *traces.Span) int {
	return 1 + slices.IndexFunc(processes, func(p *traces.Span) bool {
		return p.Service == s.Service && slices.EqualFunc(p.Resource, s.Resource, func(a, b attribute.KeyValue) bool {
			return a.Key == b.Key && a.Value.Type() == b.Value.Type() && a.Value.String() == b.Value.String()
		})
	})
}

func appendJaegerSpan(b []byte, s *traces.Span, process int) []byte {
	id := s.TraceID().String()
	b = append(b, `{"traceID":`...)
	b = record.AppendString(b, id)
	b = append(b, `,"spanID":`...)
	b = record.AppendString(b, s.ID.String())
	b = append(b, `,"operationName":`...)
	b = record.AppendString(b, s.Name)
	b = append(b, `,"references":[`...)
	separator := ""
	refer := func(how, trace string, to world.CausalID) {
		b = append(b, separator+`{"refType":"`+how+`","traceID":"`+trace+`","spanID":"`+to.String()+`"}`...)
		separator = ","
	}
	if s.Parent != 0 {
		refer(read.ChildOf, id, s.Parent)
	}
	for _, l := range s.Links {
		refer(read.FollowsFrom, span.TraceID(l.Run, l.Root).String(), l.ID)
	}
	b = append(b, `],"startTime":`...)
	b = strconv.AppendInt(b, max(0, s.Start.UnixMicro()), 10)
	b = append(b, `,"duration":`...)
	b = strconv.AppendInt(b, max(0, s.End.Sub(s.Start).Microseconds()), 10)
	b = append(b, `,"tags":`...)
	b = appendTags(b, jaegerTags(s))
	b = append(b, `,"logs":[`...)
	for i := range s.Events {
		e := &s.Events[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"timestamp":`...)
		b = strconv.AppendInt(b, max(0, e.At.UnixMicro()), 10)
		b = append(b, `,"fields":`...)
		b = appendTags(b, append([]attribute.KeyValue{attribute.String(read.FieldEvent, e.Name)}, e.Attributes...))
		b = append(b, '}')
	}
	b = append(b, `],"processID":"p`...)
	b = strconv.AppendInt(b, int64(process), 10)
	return append(b, `","warnings":null}`...)
}

// jaegerTags are a span's attributes, and behind them those that stand for its kind and its status.
func jaegerTags(s *traces.Span) []attribute.KeyValue {
	tags := s.Attributes[:len(s.Attributes):len(s.Attributes)]
	if s.Kind != trace.SpanKindUnspecified {
		tags = append(tags, attribute.String(read.TagKind, s.Kind.String()))
	}
	switch s.Status.Code {
	case codes.Error:
		tags = append(tags, attribute.String(read.TagStatus, "ERROR"), attribute.Bool(read.TagError, true))
	case codes.Ok:
		tags = append(tags, attribute.String(read.TagStatus, "OK"))
	case codes.Unset:
	}
	if s.Status.Description != "" {
		tags = append(tags, attribute.String(read.TagStatusDescription, s.Status.Description))
	}
	return tags
}

func appendTags(b []byte, attributes []attribute.KeyValue) []byte {
	b = append(b, '[')
	for i, a := range attributes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"key":`...)
		b = record.AppendString(b, string(a.Key))
		b = append(b, `,"type":"`...)
		var kind string
		var value []byte
		switch v := a.Value; v.Type() {
		case attribute.INT64, attribute.BOOL, attribute.FLOAT64:
			kind, value = map[attribute.Type]string{
				attribute.INT64: "int64", attribute.BOOL: "bool",
				attribute.FLOAT64: "float64",
			}[v.Type()], appendJSON(nil, v)
		case attribute.BYTESLICE:
			kind, value = "binary", appendJSON(nil, v)
		case attribute.STRING:
			kind, value = "string", appendJSON(nil, v)
		case attribute.STRINGSLICE, attribute.INT64SLICE, attribute.BOOLSLICE, attribute.FLOAT64SLICE, attribute.SLICE,
			attribute.MAP:
			kind, value = "string", record.AppendString(nil, string(appendJSON(nil, v)))
		case attribute.EMPTY:
			kind, value = "string", []byte(`""`)
		}
		b = append(b, kind...)
		b = append(b, `","value":`...)
		b = append(b, value...)
		b = append(b, '}')
	}
	return append(b, ']')
}

// appendJSON appends a value as plain JSON, without the types that OTLP writes.
func appendJSON(b []byte, v attribute.Value) []byte {
	switch v.Type() {
	case attribute.STRING:
		return record.AppendString(b, v.AsString())
	case attribute.INT64:
		return strconv.AppendInt(b, v.AsInt64(), 10)
	case attribute.BOOL:
		return strconv.AppendBool(b, v.AsBool())
	case attribute.FLOAT64:
		f := v.AsFloat64()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return record.AppendString(b, strconv.FormatFloat(f, 'g', -1, 64)) // JSON has no number for it
		}
		return strconv.AppendFloat(b, f, 'g', -1, 64)
	case attribute.BYTESLICE:
		return record.AppendString(b, base64.StdEncoding.EncodeToString(v.AsByteSlice()))
	case attribute.STRINGSLICE:
		return appendList(b, v.AsStringSlice(), record.AppendString)
	case attribute.INT64SLICE:
		return appendList(b, v.AsInt64Slice(), func(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) })
	case attribute.BOOLSLICE:
		return appendList(b, v.AsBoolSlice(), strconv.AppendBool)
	case attribute.FLOAT64SLICE:
		return appendList(b, v.AsFloat64Slice(),
			func(b []byte, f float64) []byte { return appendJSON(b, attribute.Float64Value(f)) })
	case attribute.SLICE:
		return appendList(b, v.AsSlice(), appendJSON)
	case attribute.MAP:
		entries := slices.Clone(v.AsMap())
		slices.SortStableFunc(entries, func(a, b attribute.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
		return appendJSONObject(b, entries)
	case attribute.EMPTY:
	}
	return append(b, "null"...)
}

// appendJSONObject appends attributes as the members of an object.
func appendJSONObject(b []byte, attributes []attribute.KeyValue) []byte {
	b = append(b, '{')
	for i, a := range attributes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(record.AppendString(b, string(a.Key)), ':')
		b = appendJSON(b, a.Value)
	}
	return append(b, '}')
}

func appendList[T any](b []byte, values []T, appendOne func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range values {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendOne(b, v)
	}
	return append(b, ']')
}
