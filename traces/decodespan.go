package traces

import (
	"bytes"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
)

func (d *decoder) span(resource knownResource) {
	d.peek()
	start := d.pos
	d.spans = append(d.spans, Span{Service: resource.service, Resource: resource.attributes, Start: zeroTime, End: zeroTime})
	d.places = append(d.places, place{start: start})
	s := &d.spans[len(d.spans)-1]
	more := d.header(s) && d.more('{')
	if d.pos == start {
		more = d.open('{', "an object")
	}
	for ; more && !d.accept(`"status":{}}`); more = d.more('{') { // which is how most spans end
		switch string(d.key()) {
		case "traceId":
			s.Run, s.Root = d.traceID()
		case "spanId":
			s.ID = d.spanID("spanId")
		case "parentSpanId":
			s.Parent = d.spanID("parentSpanId")
		case "name":
			s.Name = d.text()
		case "kind":
			s.Kind = d.kind()
		case "startTimeUnixNano":
			s.Start = d.time()
		case "endTimeUnixNano":
			s.End = d.time()
		case "attributes":
			d.spanAttributes(s, resource)
		case "events":
			s.Events = d.events()
		case "links":
			s.Links = d.links()
		case "status":
			s.Status = d.status()
		default:
			d.skip(0)
		}
	}
	d.places[len(d.places)-1].end = d.pos
	if d.err == nil && (s.ID == 0 || s.Run == 0 && s.Root == 0) {
		d.fail(start, "a span without a traceId and a spanId, which are not all zeros")
	}
}

// header reads the fields that OTLPFile, as the Collector, writes first in a span, in the order in which they do, and says whether it did; if not, it moved nowhere.
func (d *decoder) header(s *Span) bool {
	start := d.pos
	if d.headerAsWritten(s) {
		return true
	}
	if d.err == nil {
		d.pos, *s = start, Span{Service: s.Service, Resource: s.Resource, Start: zeroTime, End: zeroTime}
	}
	return false
}

func (d *decoder) headerAsWritten(s *Span) bool {
	var run, root uint64
	if !d.accept(`{"traceId":"`) || !d.sixteen(&run) || !d.sixteen(&root) || !d.accept(`","spanId":"`) || !d.sixteen((*uint64)(&s.ID)) || !d.accept(`"`) {
		return false
	}
	s.Run, s.Root = run, world.CausalID(root)
	if d.accept(`,"parentSpanId":"`) && (!d.sixteen((*uint64)(&s.Parent)) || !d.accept(`"`)) {
		return false
	}
	if d.accept(`,"flags":`) && d.digits() == 0 {
		return false
	}
	if !d.accept(`,"name":`) {
		return false
	}
	s.Name = d.text()
	if d.accept(`,"kind":`) {
		s.Kind = d.kind()
	}
	if !d.accept(`,"startTimeUnixNano":`) {
		return false
	}
	s.Start = d.time()
	if !d.accept(`,"endTimeUnixNano":`) {
		return false
	}
	s.End = d.time()
	return d.err == nil
}

// sixteen reads sixteen hex digits.
func (d *decoder) sixteen(n *uint64) (ok bool) {
	if len(d.data)-d.pos < 16 {
		return false
	}
	*n, ok = hex(d.data[d.pos : d.pos+16])
	d.pos += 16
	return ok
}

// template is what the spans of one name, kind and process looked like before. They have the same attributes in the same order, and many of the same values: to compare with what
// stood there before is several times faster than to read it again, and half of a file is attributes.
type template struct {
	templateKey

	seats  []seat
	number uint32 // that whoever reads the spans gave them; 0 for none
}

type templateKey struct {
	name     string
	kind     trace.SpanKind
	resource int
}

// seat is the attribute that stood in a place of the list the last time.
type seat struct {
	raw       []byte // as it was written
	key       int    // how much of it is the key, if it was written as OTLPFile does; else 0
	bare      int    // and how much comes before the value if it is a text or a whole number; else 0
	attribute attribute.KeyValue
	note      note
}

// note is what somebody who reads many spans wants to know of an attribute: it is made once as long as the attribute stays the same.
type note struct {
	hash  uint64 // of the key and the value
	role  attributeRole
	sound bool         // it is as the spec wants it
	of    *attributeOf // what the spec has of its key; nil if that is nothing
}

// What is remembered is bounded, whatever a file holds.
const (
	mostTemplates = 1 << 10
	mostSeats     = 48
	mostRaw       = 1 << 10
)

// template is that of a span.
func (d *decoder) template(s *Span, resource knownResource) *template {
	key := templateKey{s.Name, s.Kind, resource.number}
	t, known := d.templates[key]
	if !known {
		t = &template{templateKey: key}
		if d.templates == nil {
			d.templates = map[templateKey]*template{}
		}
		if len(d.templates) < mostTemplates {
			d.templates[key] = t
		}
	}
	return t
}

// spanAttributes reads the attributes of a span.
func (d *decoder) spanAttributes(s *Span, resource knownResource) {
	t := d.template(s, resource)
	first, notes := len(d.kept), len(d.notes)
	d.beyond.key = 0 // what stood there was of another span
	i := 0
	for more := d.open('[', "an array"); more; more = d.more('[') {
		at := &d.beyond
		switch {
		case i < len(t.seats):
			at = &t.seats[i]
		case i < mostSeats:
			t.seats = append(t.seats, seat{})
			at = &t.seats[i]
		}
		if i++; !d.asBefore(s, at) {
			d.remember(s, at)
		}
		if len(d.kept) == cap(d.kept) {
			first = d.makeRoom(d.kept[first:])
		}
		d.kept = append(d.kept, at.attribute)
		if d.note != nil {
			d.notes = append(d.notes, at.note)
		}
	}
	if s.Attributes = nil; i > 0 {
		s.Attributes = d.kept[first:len(d.kept):len(d.kept)]
	}
	p := &d.places[len(d.places)-1]
	p.seen, p.notes = t, d.notes[notes:len(d.notes):len(d.notes)]
}

// asBefore reads an attribute that has the key that stood in this place before, and says whether it did; if not, it moved nowhere.
func (d *decoder) asBefore(s *Span, at *seat) bool {
	rest := d.data[d.pos:]
	if at.key == 0 {
		return false
	}
	if bytes.HasPrefix(rest, at.raw) {
		d.pos += len(at.raw)
		return true
	}
	start := d.pos
	var v attribute.Value
	switch {
	case at.bare > 0 && bytes.HasPrefix(rest, at.raw[:at.bare]):
		d.pos += at.bare
		if at.attribute.Value.Type() == attribute.INT64 {
			v = attribute.Int64Value(d.int())
		} else {
			v = attribute.StringValue(d.text())
		}
		d.accept("}")
	case bytes.HasPrefix(rest, at.raw[:at.key]):
		d.pos += at.key
		v = d.value(1)
	}
	if d.err != nil || d.pos == start || !d.accept("}") {
		if d.err == nil {
			d.pos = start
		}
		return false
	}
	at.attribute.Value = v
	d.seat(s, at, rest[:d.pos-start], at.note)
	return true
}

// remember reads an attribute of whatever kind, which is what stands in this place from now on.
func (d *decoder) remember(s *Span, at *seat) {
	d.peek()
	start := d.pos
	at.attribute = d.attribute(0)
	d.seat(s, at, d.data[start:d.pos], note{})
}

// seat is done when another attribute was read than the one before; before is what was noted of that, if it had the same key.
func (d *decoder) seat(s *Span, at *seat, raw []byte, before note) {
	if d.note != nil {
		at.note = d.note(s, &at.attribute, before)
	}
	at.raw, at.key, at.bare = at.raw[:0], 0, 0
	rest := raw
	for _, due := range []string{`{"key":"`, string(at.attribute.Key), `","value":`} {
		if !bytes.HasPrefix(rest, []byte(due)) {
			return
		}
		rest = rest[len(due):]
	}
	if d.err != nil || len(raw) > mostRaw {
		return
	}
	at.raw, at.key = append(at.raw, raw...), len(raw)-len(rest)
	how := ""
	if kind := at.attribute.Value.Type(); kind == attribute.STRING {
		how = `{"stringValue":`
	} else if kind == attribute.INT64 {
		how = `{"intValue":`
	}
	if how != "" && bytes.HasPrefix(rest, []byte(how)) {
		at.bare = at.key + len(how)
	}
}
