package tracetest

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/read"
)

// AsJaegerHas returns a span without what Jaeger's own JSON has no place for. Lists are the attributes that are known
// to be lists.
func AsJaegerHas(s span.Span, lists read.Lists) span.Span {
	duration := s.End.Sub(s.Start).Truncate(time.Microsecond)
	s.Start = s.Start.Truncate(time.Microsecond)
	s.End = s.Start.Add(duration)
	s.Resolution = time.Microsecond
	s.Attributes = slices.Clone(s.Attributes)
	for i, a := range s.Attributes {
		s.Attributes[i].Value = asTag(a, lists)
	}
	s.Events = slices.Clone(s.Events)
	for i := range s.Events {
		e := &s.Events[i]
		e.At = e.At.Truncate(time.Microsecond)
		e.Attributes = slices.Clone(e.Attributes)
		for k, a := range e.Attributes {
			e.Attributes[k].Value = asTag(a, lists)
		}
	}
	s.Links = slices.Clone(s.Links)
	for i := range s.Links {
		s.Links[i].Attributes = nil
	}
	return s
}

// asTag is a value that Jaeger has a type for: a list that the spec does not have is the text of its JSON.
func asTag(a attribute.KeyValue, lists read.Lists) attribute.Value {
	v := a.Value
	switch v.Type() {
	case attribute.EMPTY:
		return attribute.StringValue("")
	case attribute.STRINGSLICE:
		if lists[a.Key] {
			return v
		}
	case attribute.FLOAT64, attribute.BOOL, attribute.INT64, attribute.STRING, attribute.BYTESLICE:
		return v
	case attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.SLICE, attribute.MAP:
	}
	plain, _ := json.Marshal(plainJSON(v))
	return attribute.StringValue(string(plain))
}

// plainJSON is what the JSON of a value is made of.
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
	case attribute.EMPTY, attribute.BOOL, attribute.INT64, attribute.FLOAT64, attribute.STRING,
		attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.STRINGSLICE:
	}
	if f, is := v.AsInterface().(float64); is && (math.IsNaN(f) || math.IsInf(f, 0)) {
		return fmt.Sprint(f)
	}
	return v.AsInterface()
}
