package record

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0" // the newest that this release of OpenTelemetry has
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/spans"
)

// The flags of a span or a link: it was sampled, as all are; and whether its parent, or its target, was in another
// process, which is known of all. A span whose parent is in the same process says so, too: by its ids alone.
const (
	flagsOfRoot  = `,"flags":257`
	flagsOfOther = `,"flags":769`
)

// appendBeforeSpans begins the entry of one service: its resource and the scope, up to the first span.
func appendBeforeSpans(b []byte, resource []attribute.KeyValue) []byte {
	b = append(b, `{"resource":{`...)
	if len(resource) > 0 {
		b = appendAttributes(append(b, `"attributes":`...), resource)
	}
	b = append(b, `},"scopeSpans":[{"scope":{"name":`...)
	b = AppendString(b, spans.Scope)
	return append(b, `},"spans":[`...)
}

// afterSpans ends what appendBeforeSpans began, with the version of the semantic conventions that is followed.
const afterSpans = `],"schemaUrl":"` + semconv.SchemaURL + `"}],"schemaUrl":"` + semconv.SchemaURL + `"}`

// appendSpan appends a span in the order of fields, and with the omissions, of the OpenTelemetry Collector's own
// marshaler.
func appendSpan(b []byte, s *span.Span) []byte {
	b = append(b, '{')
	b = appendIDs(b, s.Run, s.Root, s.ID)
	if s.Parent != 0 {
		b = append(b, `,"parentSpanId":"`...)
		b = appendHex(b, uint64(s.Parent))
		b = append(b, '"')
		b = append(b, flagsOfOther...)
	} else {
		b = append(b, flagsOfRoot...)
	}
	if s.Name != "" {
		b = append(b, `,"name":`...)
		b = AppendString(b, s.Name)
	}
	if s.Kind != trace.SpanKindUnspecified {
		b = append(b, `,"kind":`...)
		b = append(b, '0'+byte(s.Kind))
	}
	b = appendTime(b, `,"startTimeUnixNano":"`, s.Start)
	b = appendTime(b, `,"endTimeUnixNano":"`, s.End)
	b = appendAttributesField(b, s.Attributes)
	b = appendEvents(b, s.Events)
	b = appendLinks(b, s.Links)
	b = appendStatus(b, s.Status)
	return append(b, '}')
}

func appendIDs(b []byte, run uint64, root, id world.CausalID) []byte {
	b = append(b, `"traceId":"`...)
	b = appendHex(b, run)
	b = appendHex(b, uint64(root))
	b = append(b, `","spanId":"`...)
	b = appendHex(b, uint64(id))
	return append(b, '"')
}

func appendTime(b []byte, field string, t time.Time) []byte {
	n := t.UnixNano()
	if n <= 0 {
		return b
	}
	b = append(b, field...)
	b = strconv.AppendInt(b, n, 10)
	return append(b, '"')
}

func appendEvents(b []byte, events []span.Event) []byte {
	if len(events) == 0 {
		return b
	}
	b = append(b, `,"events":[`...)
	for i := range events {
		e := &events[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTime(append(b, '{'), `"timeUnixNano":"`, e.At)
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = append(b, `"name":`...)
		b = AppendString(b, e.Name)
		b = appendAttributesField(b, e.Attributes)
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendLinks(b []byte, links []span.Link) []byte {
	if len(links) == 0 {
		return b
	}
	b = append(b, `,"links":[`...)
	for i := range links {
		l := &links[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendIDs(append(b, '{'), l.Run, l.Root, l.ID)
		b = appendAttributesField(b, l.Attributes)
		b = append(b, flagsOfOther...)
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendStatus(b []byte, s span.Status) []byte {
	b = append(b, `,"status":{`...)
	if s.Description != "" {
		b = append(b, `"message":`...)
		b = AppendString(b, s.Description)
		b = append(b, ',')
	}
	switch s.Code { // the numbers of OTLP are not those of the API
	case codes.Ok:
		b = append(b, `"code":1`...)
	case codes.Error:
		b = append(b, `"code":2`...)
	case codes.Unset:
		if s.Description != "" {
			b = b[:len(b)-1]
		}
	}
	return append(b, '}')
}

func appendAttributesField(b []byte, attributes []attribute.KeyValue) []byte {
	if len(attributes) == 0 {
		return b
	}
	return appendAttributes(append(b, `,"attributes":`...), attributes)
}

func appendAttributes(b []byte, attributes []attribute.KeyValue) []byte {
	b = append(b, '[')
	for i := range attributes {
		a := &attributes[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"key":`...)
		b = AppendString(b, string(a.Key))
		b = append(b, `,"value":`...)
		b = appendValue(b, a.Value)
		b = append(b, '}')
	}
	return append(b, ']')
}

func appendValue(b []byte, v attribute.Value) []byte {
	switch v.Type() {
	case attribute.STRING:
		return appendStringValue(b, v.AsString())
	case attribute.INT64:
		return appendIntValue(b, v.AsInt64())
	case attribute.BOOL:
		return appendBoolValue(b, v.AsBool())
	case attribute.FLOAT64:
		return appendFloatValue(b, v.AsFloat64())
	case attribute.STRINGSLICE:
		return appendArray(b, v.AsStringSlice(), appendStringValue)
	case attribute.INT64SLICE:
		return appendArray(b, v.AsInt64Slice(), appendIntValue)
	case attribute.BOOLSLICE:
		return appendArray(b, v.AsBoolSlice(), appendBoolValue)
	case attribute.FLOAT64SLICE:
		return appendArray(b, v.AsFloat64Slice(), appendFloatValue)
	case attribute.SLICE:
		return appendArray(b, v.AsSlice(), appendValue)
	case attribute.BYTESLICE:
		b = append(b, `{"bytesValue":"`...)
		b = base64.StdEncoding.AppendEncode(b, v.AsByteSlice())
		return append(b, `"}`...)
	case attribute.MAP:
		b = append(b, `{"kvlistValue":{`...)
		if entries := v.AsMap(); len(entries) > 0 {
			b = append(b, `"values":`...)
			b = appendAttributes(b, entries)
		}
		return append(b, `}}`...)
	case attribute.EMPTY:
	}
	return append(b, `{}`...)
}

func appendStringValue(b []byte, v string) []byte {
	b = append(b, `{"stringValue":`...)
	b = AppendString(b, v)
	return append(b, '}')
}

func appendIntValue(b []byte, v int64) []byte {
	b = append(b, `{"intValue":"`...)
	b = strconv.AppendInt(b, v, 10)
	return append(b, `"}`...)
}

func appendBoolValue(b []byte, v bool) []byte {
	b = append(b, `{"boolValue":`...)
	b = strconv.AppendBool(b, v)
	return append(b, '}')
}

func appendFloatValue(b []byte, v float64) []byte {
	b = append(b, `{"doubleValue":`...)
	switch {
	case math.IsNaN(v):
		b = append(b, `"NaN"`...)
	case math.IsInf(v, 1):
		b = append(b, `"Infinity"`...)
	case math.IsInf(v, -1):
		b = append(b, `"-Infinity"`...)
	default:
		b = strconv.AppendFloat(b, v, 'g', -1, 64)
	}
	return append(b, '}')
}

func appendArray[T any](b []byte, values []T, appendOne func([]byte, T) []byte) []byte {
	b = append(b, `{"arrayValue":{`...)
	for i, v := range values {
		if i == 0 {
			b = append(b, `"values":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendOne(b, v)
	}
	if len(values) > 0 {
		b = append(b, ']')
	}
	return append(b, `}}`...)
}

// HexDigits are the digits of ids, in their order.
const HexDigits = "0123456789abcdef"

// appendHex appends an id as 16 hex digits.
func appendHex(b []byte, id uint64) []byte {
	for shift := 60; shift >= 0; shift -= 4 {
		b = append(b, HexDigits[id>>shift&15])
	}
	return b
}

// Plain says of each byte whether a JSON string may hold it as it is, wherever it stands.
var Plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// AppendString appends s as a JSON string. What is not UTF-8 becomes U+FFFD, as JSON can hold nothing else.
func AppendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		if !Plain[s[i]] {
			b = appendEscaped(append(b, s[:i]...), s[i:])
			return append(b, '"')
		}
	}
	b = append(b, s...)
	return append(b, '"')
}

func appendEscaped(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if Plain[c] {
			b = append(b, c)
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', HexDigits[c>>4], HexDigits[c&15])
		}
		i++
	}
	return b
}
