package traces

import (
	"bytes"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

func (d *decoder) span(resource *knownResource) {
	d.peek()
	start := d.pos
	d.spans, d.places = slices.Grow(d.spans, 1)[:len(d.spans)+1], append(d.places, place{start: start})
	s := &d.spans[len(d.spans)-1]
	*s = Span{} // and then its fields: a whole one would be written elsewhere, and copied
	s.Service, s.Resource, s.Start, s.End = resource.service, resource.attributes, zeroTime, zeroTime
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
		s.Attributes, s.Links = d.keep(s.Attributes), slices.Clone(s.Links)
	} else {
		d.spans, d.places = d.spans[:last], d.places[:last]
	}
}

// template is what the spans of one name, kind and process looked like before. They have the same attributes in the same order, and many of the same values: to compare with what
// stood there before is several times faster than to read it again, and half of a file is attributes.
type template struct {
	templateKey

	raw        []byte // the list before, from behind its first bracket
	known      int    // of the seats, those that are in it; 0 where it is not remembered
	seats      []seat
	attributes []attribute.KeyValue // what stood in each seat the last time
	notes      []note               // of each of those, if anybody wants any
	number     uint32               // that whoever reads the spans gave them; 0 for none
	times      uint64               // that a list was read
	changed    uint64               // in the last one, a bit for each seat, of the attributes that are not as in the list before
	moved      bool                 // it had other keys than the list before, or more, or fewer, or another order
	count      int                  // of the attributes in it
	owed       uint64               // as changed, of what was read into it of a list that went on as that of one of its kin
	kin        *kin                 // with what other keys there are
}

type templateKey struct {
	name     string
	kind     trace.SpanKind
	resource int
}

// seat is a place of the list: where in its text the attribute stood that was there the last time, and how it was written.
type seat struct {
	start, end int
	key        int // how much of it is the key, if it was written as OTLPFile does; else 0
	bare       int // and how much comes before the value if it is one of bareValues; else 0
}

// note is what somebody who reads many spans wants to know of an attribute: it is made once as long as the attribute stays the same.
type note struct {
}

// What is remembered is bounded, whatever a file holds.
const (
	mostTemplates = 1 << 10
	mostSeats     = 48
	mostRaw       = 1 << 14
	mostResources = 256
)

// template is that of a span.
func (d *decoder) template(s *Span, resource *knownResource) *template {
	key := templateKey{s.Name, s.Kind, resource.number}
	t, known := d.templates[key]
	if !known {
		t = &template{templateKey: key}
		t.kin = &kin{all: []*template{t}, latest: t}
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
func (d *decoder) spanAttributes(s *Span, resource *knownResource) {
	p := &d.places[len(d.places)-1]
	if p.seen = p.head; p.seen == nil {
		p.seen = d.template(s, resource)
	}
	t := p.seen.latest()
	n := 0
	more := d.open('[', "an array")
	start := d.pos
	if more {
		t, n, more = d.asBefore(s, t, start)
	} else {
		t.begin()
	}
	p.seen = t
	before := t.count
	if n < t.known || more || t.changed != 0 {
		t.known = 0
	}
	for ; more && n < mostSeats; more = d.more('[') {
		if n == len(t.seats) {
			t.seats, t.attributes, t.notes = append(t.seats, seat{}), append(t.attributes, attribute.KeyValue{}), append(t.notes, note{})
		}
		d.remember(s, t, n, start)
		n++
	}
	if t.known == 0 && !more && d.err == nil && d.pos-start <= mostRaw {
		t.raw, t.known = append(t.raw[:0], d.data[start:d.pos]...), n
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

// asBefore reads attributes as long as they have the keys that stood in their places before, in the last list of this template or in that of one of its kin, which it returns. It
// says how many it read, and whether more follow.
func (d *decoder) asBefore(s *Span, t *template, start int) (of *template, n int, more bool) {
	t.begin()
	if t.known == 0 {
		return t, 0, true
	}
	n, more = d.asIn(s, t, start, 0)
	for d.err == nil && (n < t.known || more) {
		other := d.otherKin(t, n, more)
		if other == nil {
			break
		}
		d.goOnIn(t, other, start, n)
		if t = other; more && t.known > 0 {
			n, more = d.asIn(s, t, start, n)
		} else if more {
			break
		}
	}
	return t, n, more
}

// asIn reads attributes, from the nth of a list that begins at start, as long as they have the keys of those in the last list of a template.
func (d *decoder) asIn(s *Span, t *template, start, n int) (read int, more bool) {
	at := 0
	if n > 0 {
		at = t.seats[n].start
	}
	shift := d.pos - at // from a place in the list before to where the same stands now
	for {
		at += common(d.data[at+shift:], t.raw[at:])
		for ; n < t.known && t.seats[n].end <= at; n++ {
			t.seats[n].moveBy(shift - start)
		}
		switch {
		case at == len(t.raw):
			d.pos = at + shift
			return n, false
		case n == t.known || at < t.seats[n].start: // what is behind an attribute is written in another way, or another list goes on here
			d.pos = start + t.seats[n-1].end
			return n, d.more('[')
		}
		was := t.seats[n]
		if d.pos = was.start + shift; !d.otherValue(s, t, n, at-was.start) {
			return n, true
		}
		t.seats[n].start, t.seats[n].end = was.start+shift-start, d.pos-start
		at, shift, n = was.end, d.pos-was.end, n+1
	}
}

// otherValue reads an attribute of which so many bytes are as before, and says whether its key is; if not, it moved nowhere.
func (d *decoder) otherValue(s *Span, t *template, n, same int) bool {
	at, a := &t.seats[n], &t.attributes[n]
	start := d.pos
	if at.bare > 0 && same >= at.bare {
		d.pos += at.bare
		if d.bareValue(a) {
			d.changes(s, t, n)
			return true
		}
	}
	if d.err != nil || at.key == 0 || same < at.key {
		d.back(start)
		return false
	}
	d.pos = start + at.key
	v := d.value(1)
	if d.err != nil || !d.accept("}") {
		d.back(start)
		return false
	}
	a.Value = v
	at.bareAs(d.data[start:d.pos], v.Type())
	d.changes(s, t, n)
	return true
}

// bareValue reads a value of the type that an attribute had before, of which no more is left than itself, and says whether it did.
func (d *decoder) bareValue(a *attribute.KeyValue) bool {
	switch a.Value.Type() {
	case attribute.INT64:
		v, ok := d.quoted()
		a.Value = attribute.Int64Value(int64(v))
		return ok && v < 1<<63 && d.accept("}}")
	case attribute.STRING:
		a.Value = attribute.StringValue(d.text())
		return d.accept("}}")
	case attribute.STRINGSLICE:
		for d.texts = d.texts[:0]; d.accept(`{"stringValue":`); {
			if d.texts = append(d.texts, d.text()); !d.accept("}") {
				return false
			}
			if d.accept("]}}}") {
				a.Value = attribute.StringSliceValue(d.texts)
				return true
			}
			if !d.accept(",") {
				return false
			}
		}
	case attribute.EMPTY, attribute.BOOL, attribute.FLOAT64, attribute.BOOLSLICE, attribute.INT64SLICE, attribute.FLOAT64SLICE, attribute.BYTESLICE, attribute.SLICE, attribute.MAP:
	}
	return false
}

// back goes back to where nothing was wrong yet.
func (d *decoder) back(start int) {
	if d.err == nil {
		d.pos = start
	}
}

// moveBy has a seat be elsewhere in the text of the list.
func (at *seat) moveBy(n int) { at.start, at.end = at.start+n, at.end+n }

// changes notes that an attribute is not as before.
func (d *decoder) changes(s *Span, t *template, n int) {
	t.changed |= 1 << n
	if d.note != nil {
		d.note(s, &t.attributes[n], &t.notes[n])
	}
}

// remember reads an attribute of whatever kind, which is what stands in this place from now on, in a list that began at start.
func (d *decoder) remember(s *Span, t *template, n, start int) {
	d.peek()
	from := d.pos
	t.attributes[n], t.moved = d.attribute(0), true
	if d.note != nil {
		t.notes[n] = note{}
		d.note(s, &t.attributes[n], &t.notes[n])
	}
	at := &t.seats[n]
	*at = seat{start: from - start, end: d.pos - start}
	raw, key := d.data[from:d.pos], string(t.attributes[n].Key)
	if strings.ContainsAny(key, `"\`) { // it was escaped, and what reads like it is not it
		return
	}
	rest := raw
	for _, due := range []string{`{"key":"`, key, `","value":`} {
		if !bytes.HasPrefix(rest, []byte(due)) {
			return
		}
		rest = rest[len(due):]
	}
	at.key = len(raw) - len(rest)
	at.bareAs(raw, t.attributes[n].Value.Type())
}

// bareAs notes where the value itself begins, if the attribute was written as OTLPFile does.
func (at *seat) bareAs(raw []byte, kind attribute.Type) {
	at.bare = 0
	if how := bareValues[kind]; how != "" && at.key > 0 && bytes.HasPrefix(raw[at.key:], []byte(how)) {
		at.bare = at.key + len(how)
	}
}

// bareValues is what stands before a text, a whole number, and the first of a list of texts.
var bareValues = map[attribute.Type]string{attribute.STRING: `{"stringValue":`, attribute.INT64: `{"intValue":`, attribute.STRINGSLICE: `{"arrayValue":{"values":[`}
