package traces

import (
	"bytes"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

func (d *decoder) span(resource knownResource) {
	d.peek()
	start := d.pos
	d.spans = append(d.spans, Span{Service: resource.service, Resource: resource.attributes, Start: zeroTime, End: zeroTime})
	d.places = append(d.places, place{start: start})
	s := &d.spans[len(d.spans)-1]
	more := d.header(s, resource) && d.more('{')
	if d.pos == start {
		more = d.open('{', "an object")
	}
	for ; more; more = d.more('{') {
		if d.accept(`"status":{}}`) { // which is how most spans end
			s.Status = Status{}
			break
		}
		if d.accept(`"attributes":`) {
			d.spanAttributes(s, resource)
			continue
		}
		switch string(d.key()) {
		case "traceId":
			s.Run, s.Root = d.traceID()
		case "spanId":
			s.ID = d.spanID("spanId")
		case "parentSpanId":
			s.Parent = d.spanID("parentSpanId")
		case "name":
			s.Name, d.places[len(d.places)-1].head = d.text(), nil
		case "kind":
			s.Kind, d.places[len(d.places)-1].head = d.kind(), nil
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
	if d.visit != nil && d.err == nil {
		d.visited(s)
	}
}

// visited keeps the last span if whoever visits it wants that.
func (d *decoder) visited(s *Span) {
	last := len(d.spans) - 1
	if d.visit(s, &d.places[last]) {
		s.Attributes = d.keep(s.Attributes)
	} else {
		d.spans, d.places = d.spans[:last], d.places[:last]
	}
}

// template is what the spans of one name, kind and process looked like before. They have the same attributes in the same order, and many of the same values: to compare with what
// stood there before is several times faster than to read it again, and half of a file is attributes.
type template struct {
	templateKey

	seats      []seat
	attributes []attribute.KeyValue // what stood in each seat the last time
	notes      []note               // of each of those, if anybody wants any
	number     uint32               // that whoever reads the spans gave them; 0 for none
	times      uint64               // that a list was read
	changed    uint64               // in the last one, a bit for each seat, of the attributes that are not as in the list before
	moved      bool                 // it had other keys than the list before, or more, or fewer, or another order
	count      int                  // of the attributes in it
}

type templateKey struct {
	name     string
	kind     trace.SpanKind
	resource int
}

// seat is a place of the list, and how the attribute was written that stood there the last time.
type seat struct {
	raw  []byte
	key  int // how much of it is the key, if it was written as OTLPFile does; else 0
	bare int // and how much comes before the value if it is a text or a whole number; else 0
}

// note is what somebody who reads many spans wants to know of an attribute: it is made once as long as the attribute stays the same.
type note struct {
	hash  uint64 // of the key and the value
	role  attributeRole
	sound bool         // it is as the spec wants it
	of    *attributeOf // what the spec has of its key; nil if that is nothing
	fieldOf
	says uint64 // see said
}

// What is remembered is bounded, whatever a file holds.
const (
	mostTemplates = 1 << 10
	mostSeats     = 48
	mostRaw       = 1 << 10
	mostResources = 256
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
	p := &d.places[len(d.places)-1]
	if p.seen = p.head; p.seen == nil {
		p.seen = d.template(s, resource)
	}
	t := p.seen
	t.changed, t.moved = 0, false
	n, before := 0, t.count
	more := d.open('[', "an array")
	for ; more && n < mostSeats; more = d.more('[') {
		if n == len(t.seats) {
			t.seats, t.attributes, t.notes = append(t.seats, seat{}), append(t.attributes, attribute.KeyValue{}), append(t.notes, note{})
		}
		if !d.asBefore(s, t, n) {
			d.remember(s, t, n)
		}
		n++
	}
	list, notes := t.attributes[:n:n], t.notes[:n:n]
	if more {
		list, notes = d.furtherAttributes(s, list, notes)
	}
	t.times, t.count, t.moved = t.times+1, len(list), t.moved || len(list) != before || more
	s.Attributes, p.notes = list, notes
	if d.visit != nil {
		return // which looks at them where they are
	}
	s.Attributes = d.keep(list)
	if p.notes = nil; d.note != nil {
		first := len(d.notes)
		d.notes = append(d.notes, notes...)
		p.notes = d.notes[first:len(d.notes):len(d.notes)]
	}
}

// furtherAttributes reads those that stand further behind than is remembered, and returns all there are.
func (d *decoder) furtherAttributes(s *Span, list []attribute.KeyValue, notes []note) ([]attribute.KeyValue, []note) {
	list, notes = slices.Clone(list), slices.Clone(notes)
	for more := true; more; more = d.more('[') {
		list = append(list, d.attribute(0))
		if d.note != nil {
			notes = append(notes, note{})
			d.note(s, &list[len(list)-1], &notes[len(notes)-1])
		}
	}
	return list, notes
}

// asBefore reads an attribute that has the key that stood in this place before, and says whether it did; if not, it moved nowhere.
func (d *decoder) asBefore(s *Span, t *template, n int) bool {
	at, a := &t.seats[n], &t.attributes[n]
	rest := d.data[d.pos:]
	if at.key == 0 {
		return false
	}
	start := d.pos
	if at.bare > 0 && a.Value.Type() == attribute.INT64 && bytes.HasPrefix(rest, at.raw[:at.bare]) {
		d.pos += at.bare
		if v, ok := d.quoted(); ok && v < 1<<63 && d.accept("}}") {
			if int64(v) != a.Value.AsInt64() {
				a.Value = attribute.Int64Value(int64(v))
				d.changes(s, t, n)
			}
			return true
		}
		d.pos = start
	} else if bytes.HasPrefix(rest, at.raw) {
		d.pos += len(at.raw)
		return true
	}
	var v attribute.Value
	as := at.bare > 0 && a.Value.Type() == attribute.STRING && bytes.HasPrefix(rest, at.raw[:at.bare])
	switch {
	case as:
		d.pos += at.bare
		v = attribute.StringValue(d.text())
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
	a.Value = v
	d.changes(s, t, n)
	if at.write(rest[:d.pos-start]); !as {
		at.bareAs(v.Type())
	}
	return true
}

// changes notes that an attribute is not as before.
func (d *decoder) changes(s *Span, t *template, n int) {
	t.changed |= 1 << n
	if d.note != nil {
		d.note(s, &t.attributes[n], &t.notes[n])
	}
}

// remember reads an attribute of whatever kind, which is what stands in this place from now on.
func (d *decoder) remember(s *Span, t *template, n int) {
	d.peek()
	start := d.pos
	t.attributes[n], t.moved = d.attribute(0), true
	if d.note != nil {
		t.notes[n] = note{}
		d.note(s, &t.attributes[n], &t.notes[n])
	}
	at := &t.seats[n]
	at.raw, at.key, at.bare = at.raw[:0], 0, 0
	rest, key := d.data[start:d.pos], string(t.attributes[n].Key)
	if strings.ContainsAny(key, `"\`) { // it was escaped, and what reads like it is not it
		return
	}
	for _, due := range []string{`{"key":"`, key, `","value":`} {
		if !bytes.HasPrefix(rest, []byte(due)) {
			return
		}
		rest = rest[len(due):]
	}
	if d.err == nil {
		at.key = d.pos - start - len(rest)
		at.write(d.data[start:d.pos])
		at.bareAs(t.attributes[n].Value.Type())
	}
}

// write notes how an attribute was written; its key was written as OTLPFile does.
func (at *seat) write(raw []byte) {
	if len(raw) > mostRaw {
		at.raw, at.key = at.raw[:0], 0
		return
	}
	at.raw = append(at.raw[:0], raw...)
}

// bareAs notes where the value itself begins, if it was written as OTLPFile does.
func (at *seat) bareAs(kind attribute.Type) {
	at.bare = 0
	if how := bareValues[kind]; how != "" && at.key > 0 && bytes.HasPrefix(at.raw[at.key:], []byte(how)) {
		at.bare = at.key + len(how)
	}
}

// bareValues is what stands before a value of which no more is to be known than where it begins.
var bareValues = map[attribute.Type]string{attribute.STRING: `{"stringValue":`, attribute.INT64: `{"intValue":`}
