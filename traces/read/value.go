package read

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/world"
)

const serviceName = attribute.Key("service.name")

// attributeList reads the attributes of a span, an event, a link or a process.
func (d *decoder) attributeList() []attribute.KeyValue {
	for range d.elements {
		d.attributes.add(d.attribute())
	}
	return d.attributes.list()
}

// attribute reads an attribute. Most were read before, in the same words: these are found by their text.
func (d *decoder) attribute() (a attribute.KeyValue) {
	d.peek()
	start := d.pos
	text := attributeText(d.data[start:])
	slot, known := d.known.slot(text)
	if known && len(text) > 0 {
		d.pos += len(text)
		return slot.value
	}
	for key := range d.members {
		switch string(key) {
		case "key":
			a.Key = attribute.Key(d.text())
		case "value":
			a.Value = d.value()
		default:
			d.skip()
		}
	}
	if d.err == nil && len(text) == d.pos-start {
		slot.remember(text, a)
	}
	return a
}

// attributeText returns the text up to the first two brackets or more that are closed together, with which an
// attribute mostly ends; nothing if that is far away.
func attributeText(data []byte) []byte {
	data = data[:min(len(data), longestText)]
	end := bytes.Index(data, []byte("}}"))
	if end < 0 {
		return nil
	}
	for end < len(data) && data[end] == '}' {
		end++
	}
	return data[:end]
}

// value reads an AnyValue.
func (d *decoder) value() (v attribute.Value) {
	for key := range d.members {
		switch string(key) {
		case "stringValue":
			v = attribute.StringValue(d.text())
		case "intValue":
			v = attribute.Int64Value(d.int())
		case "boolValue":
			v = attribute.BoolValue(d.bool())
		case "doubleValue":
			v = attribute.Float64Value(d.float())
		case "bytesValue":
			v = attribute.ByteSliceValue(d.base64())
		case "arrayValue":
			v = d.array()
		case "kvlistValue":
			v = d.kvlist()
		default:
			d.skip()
		}
	}
	return v
}

func (d *decoder) base64() []byte {
	d.peek()
	pos := d.pos
	b, err := base64.StdEncoding.AppendDecode(nil, d.bytesOrNull("base64"))
	if err != nil {
		d.fail(pos, "bytesValue: %v", err)
	}
	return b
}

func (d *decoder) kvlist() attribute.Value {
	v := attribute.MapValue()
	for key := range d.members {
		switch string(key) {
		case "values":
			var list []attribute.KeyValue // which is within another list
			for range d.elements {
				list = append(list, d.attribute())
			}
			v = attribute.MapValue(list...)
		default:
			d.skip()
		}
	}
	return v
}

// array reads a list of values. OTLP does not say which type of list it was: where all are of one type it is taken for
// a list of that type, and an empty one for a list of strings.
func (d *decoder) array() attribute.Value {
	base := len(d.values)
	for key := range d.members {
		switch string(key) {
		case "values":
			for range d.elements {
				v := d.value()
				d.values = append(d.values, v)
			}
		default:
			d.skip()
		}
	}
	list := listOf(d.values[base:])
	d.values = d.values[:base]
	return list
}

func listOf(values []attribute.Value) attribute.Value {
	if len(values) == 0 {
		return attribute.StringSliceValue(nil)
	}
	kind := values[0].Type()
	if slices.ContainsFunc(values, func(v attribute.Value) bool { return v.Type() != kind }) {
		return attribute.SliceValue(values...)
	}
	switch kind {
	case attribute.STRING:
		return attribute.StringSliceValue(collect(values, attribute.Value.AsString))
	case attribute.INT64:
		return attribute.Int64SliceValue(collect(values, attribute.Value.AsInt64))
	case attribute.BOOL:
		return attribute.BoolSliceValue(collect(values, attribute.Value.AsBool))
	case attribute.FLOAT64:
		return attribute.Float64SliceValue(collect(values, attribute.Value.AsFloat64))
	case attribute.EMPTY, attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.STRINGSLICE,
		attribute.BYTESLICE, attribute.SLICE, attribute.MAP:
	}
	return attribute.SliceValue(values...)
}

func collect[T any](values []attribute.Value, as func(attribute.Value) T) []T {
	list := make([]T, len(values))
	for i, v := range values {
		list[i] = as(v)
	}
	return list
}

func find(attributes []attribute.KeyValue, key attribute.Key) attribute.Value {
	for i := range attributes {
		if attributes[i].Key == key {
			return attributes[i].Value
		}
	}
	return attribute.Value{}
}

// text reads a string; null counts as an empty one. Keys, names and services come again and again, and share a string.
func (d *decoder) text() string {
	text := d.bytesOrNull("a string")
	if len(text) == 0 || len(text) > longestText {
		return string(text)
	}
	slot, known := d.texts.slot(text)
	if !known {
		slot.remember(text, string(text))
	}
	return slot.value
}

// zeroTime is what a time is that is left out.
var zeroTime = time.Unix(0, 0).UTC()

func (d *decoder) time() time.Time {
	n := d.uint(64)
	return time.Unix(int64(n/1e9), int64(n%1e9)).UTC()
}

// The names that Tempo writes for the numbers of OTLP.
var (
	kindNames = []string{
		"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT",
		"SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER",
	}
	statusNames = []string{"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"}
)

func (d *decoder) enum(field string, names []string) uint64 {
	if d.peek() != '"' {
		return d.uint(32)
	}
	pos := d.pos
	if d.layout != Tempo {
		d.fail(pos, "%s: OTLP/JSON has a number here, and no name", field)
		return 0
	}
	name := string(d.bytes("a name"))
	n := slices.Index(names, name)
	if d.err == nil && n < 0 {
		d.fail(pos, "%s %.40q: want one of %s", field, name, strings.Join(names, ", "))
	}
	return uint64(max(0, n))
}

func (d *decoder) traceID(field string) (run uint64, root world.CausalID) {
	var id [16]byte
	d.id(id[:], field, "a trace id")
	return binary.BigEndian.Uint64(id[:8]), world.CausalID(binary.BigEndian.Uint64(id[8:]))
}

// spanID reads the id of a span. It may be empty, which is how some writers say that there is no parent.
func (d *decoder) spanID(field string) world.CausalID {
	var id [8]byte
	d.id(id[:], field, "a span id")
	return world.CausalID(binary.BigEndian.Uint64(id[:]))
}

// id reads an id in hex, which in Jaeger's own JSON may lack zeros in front, or as Tempo writes it, in base64. An empty
// one leaves zeros.
func (d *decoder) id(id []byte, field, what string) {
	d.peek()
	pos, size := d.pos, 2*len(id)
	text := d.bytesOrNull(what)
	if d.err != nil || len(text) == 0 {
		return
	}
	digits, howMany := text, "want"
	if d.layout == Jaeger {
		digits, howMany = append(bytes.Repeat([]byte("0"), max(0, size-len(text))), text...), "want up to"
	}
	if len(digits) == size {
		if _, err := hex.Decode(id, digits); err == nil {
			return
		}
	}
	b, err := base64.StdEncoding.AppendDecode(nil, text)
	isBase64 := err == nil && len(b) == len(id)
	if isBase64 && d.layout == Tempo {
		copy(id, b)
		return
	}
	hint := ""
	if isBase64 && d.layout != Jaeger { // the most common mistake of those who write OTLP as JSON
		hint = ". This one is base64, as protojson writes ids; OTLP/JSON wants them in hex"
	}
	d.fail(pos, "%s %.40q: %s %d hex digits%s", field, text, howMany, size, hint)
}
