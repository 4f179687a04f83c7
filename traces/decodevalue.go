package traces

import (
	"encoding/base64"

	"go.opentelemetry.io/otel/attribute"
)

// keyValues reads a list of attributes.
func (d *decoder) keyValues(depth int) []attribute.KeyValue {
	base := len(d.attributes)
	list := d.keep(d.pushed(depth))
	d.attributes = d.attributes[:base]
	return list
}

// pushed reads a list of attributes onto the stack, from which whoever called takes them.
func (d *decoder) pushed(depth int) []attribute.KeyValue {
	base := len(d.attributes)
	for more := d.open('[', "an array"); more; more = d.more('[') {
		a := d.attribute(depth)
		d.attributes = append(d.attributes, a)
	}
	return d.attributes[base:]
}

func (d *decoder) attribute(depth int) (a attribute.KeyValue) {
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch string(d.key()) {
		case "key":
			a.Key = attribute.Key(d.text())
		case "value":
			a.Value = d.value(depth + 1)
		default:
			d.skip(depth)
		}
	}
	return a
}

// keep copies a list to where it can stay.
func (d *decoder) keep(list []attribute.KeyValue) []attribute.KeyValue {
	if len(list) == 0 {
		return nil
	}
	if cap(d.kept)-len(d.kept) < len(list) { // go on elsewhere: what was kept stays where it is
		room := max(256, len(list))
		if d.reuse {
			room = max(room, 2*cap(d.kept))
		}
		d.kept = make([]attribute.KeyValue, 0, room)
	}
	start := len(d.kept)
	d.kept = append(d.kept, list...)
	return d.kept[start:len(d.kept):len(d.kept)]
}

// value reads an AnyValue.
func (d *decoder) value(depth int) (v attribute.Value) {
	if depth > MaxDepth {
		d.fail(d.pos, "nested more than %d deep", MaxDepth)
		return v
	}
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch string(d.key()) {
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
			v = d.array(depth)
		case "kvlistValue":
			v = d.kvlist(depth)
		default:
			d.skip(depth)
		}
	}
	return v
}

func (d *decoder) base64() []byte {
	d.peek()
	pos := d.pos
	text := d.bytesOrNull("base64")
	b, err := base64.StdEncoding.AppendDecode(nil, text)
	if err != nil {
		d.fail(pos, "bytesValue: %v", err)
	}
	return b
}

func (d *decoder) kvlist(depth int) attribute.Value {
	v := attribute.MapValue()
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch string(d.key()) {
		case "values":
			base := len(d.attributes)
			v = attribute.MapValue(d.pushed(depth)...) // which copies them
			d.attributes = d.attributes[:base]
		default:
			d.skip(depth)
		}
	}
	return v
}

// array reads a list of values. OTLP does not say which type of list it was: where all are of one type it is taken for a list of that type, and an empty one for a list of strings.
func (d *decoder) array(depth int) attribute.Value {
	base := len(d.values)
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch string(d.key()) {
		case "values":
			for more := d.open('[', "an array"); more; more = d.more('[') {
				v := d.value(depth + 1)
				d.values = append(d.values, v)
			}
		default:
			d.skip(depth)
		}
	}
	values := d.values[base:]
	d.values = d.values[:base] // what is above base stays as it is until the next value is read
	if len(values) == 0 {
		return attribute.StringSliceValue(nil)
	}
	kind := values[0].Type()
	for _, v := range values {
		if v.Type() != kind {
			return attribute.SliceValue(values...)
		}
	}
	switch kind {
	case attribute.STRING:
		d.texts = d.texts[:0]
		for _, v := range values {
			d.texts = append(d.texts, v.AsString())
		}
		return attribute.StringSliceValue(d.texts)
	case attribute.INT64:
		return attribute.Int64SliceValue(collect(values, attribute.Value.AsInt64))
	case attribute.BOOL:
		return attribute.BoolSliceValue(collect(values, attribute.Value.AsBool))
	case attribute.FLOAT64:
		return attribute.Float64SliceValue(collect(values, attribute.Value.AsFloat64))
	case attribute.EMPTY, attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.STRINGSLICE, attribute.BYTESLICE, attribute.SLICE, attribute.MAP:
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
