package read

import (
	"bytes"
	"cmp"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/traces"
)

// decoder makes spans of OTLP/JSON: fields in any order, unknown ones passed over, as the format wants it. The zero
// value is ready for use. Each processor has one of its own.
type decoder struct {
	scanner

	spans  []Span   // of the current line, or of the current piece of a document
	starts []extent // where each of them stands in the data
	other  string   // a key that the line has in place of resourceSpans; "" if it has them, or nothing
	// nested says that the line may have spans elsewhere than directly in its resourceSpans.
	nested bool
	layout Layout
	reuse  bool // when the next line is read, what the spans of this one refer to
	lists  Lists

	texts      cache[string]
	known      cache[attribute.KeyValue] // attributes by their text
	resources  []*process                // in OTLP
	jaegers    []*process                // processes in Jaeger's own JSON, which may say other things in the same words
	byName     map[string]*process       // of a trace in Jaeger's own JSON
	attributes lists[attribute.KeyValue]
	links      lists[Link]
	values     []attribute.Value // a stack: those of the lists that are being read
}

// Span is a span.
type Span = traces.Span

// Event is something that happened within a span.
type Event = traces.Event

// Link is a reference to another span.
type Link = traces.Link

// extent is where something stands in the data, from its first byte to behind its last.
type extent struct{ start, end int }

// process is what a file says of a process, which it repeats whenever the next span is of another one.
type process struct {
	text     []byte
	service  string
	resource []attribute.KeyValue
}

// mostProcesses is how many processes a decoder remembers, whatever a file holds.
const mostProcesses = 256

var (
	markUTF8  = []byte("\xef\xbb\xbf")         // what a file in UTF-8 may begin with
	zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd} // what a file begins with that was compressed as a whole
)

// line reads a line.
func (d *decoder) line(line []byte) *fault {
	d.reset(line)
	d.clear()
	if bytes.HasPrefix(line, markUTF8) { // of a file that was joined to others
		d.pos = len(markUTF8)
	}
	switch c := d.peek(); {
	case d.pos == len(line) || c == 'n' && string(bytes.TrimSpace(line[d.pos:])) == "null":
		return nil
	case c == '[':
		d.nested = true
		return nil
	case c != '{':
		if bytes.IndexByte(line, 0) >= 0 || bytes.HasPrefix(line, zstdMagic) {
			d.fail(0, "this is no text: of what a Collector's file exporter writes, only `format: json` "+
				"without compression is read")
		}
		d.want("a JSON object, as each line of a trace in the OTLP file format is one")
		return d.err
	}
	seen := false
	for key := range d.members {
		switch string(key) {
		case "resourceSpans":
			seen = true
			for range d.elements {
				d.resourceSpans()
			}
		case "data", "result", "spans", "batches", "trace":
			d.nested = true
			d.skip()
		default:
			d.other = d.foreign(d.other, string(key))
		}
	}
	if d.peek(); d.pos < len(d.data) {
		d.fail(d.pos, "more than one JSON value on the line")
	}
	if seen || d.nested {
		d.other = ""
	}
	return d.err
}

// foreign goes past the value of a key that says nothing of spans, and returns which of two such keys says more. Null
// is as if the key was not there.
func (d *decoder) foreign(before, key string) string {
	null := d.peek() == 'n'
	if d.skip(); null {
		return before
	}
	return tellingKey(before, key)
}

// clear makes ready for the spans of the next line, or of the next piece of a document.
func (d *decoder) clear() {
	d.spans, d.starts, d.values = d.spans[:0], d.starts[:0], d.values[:0]
	d.nested, d.other = false, ""
	if d.reuse {
		d.attributes.reuse()
		d.links.reuse()
	}
}

// resourceSpans reads the spans of one process. Those that stand before the resource, as nobody writes them, are read
// after it.
func (d *decoder) resourceSpans() {
	var of *process
	var earlier []int
	for key := range d.members {
		switch string(key) {
		case "resource":
			of = d.resource()
		case "scopeSpans", "instrumentationLibrarySpans": // as it was called up to OTLP 0.19
			if of != nil {
				d.scopeSpans(of)
			} else {
				earlier = append(earlier, d.pos)
				d.skip()
			}
		default:
			d.skip()
		}
	}
	of = cmp.Or(of, &process{})
	end := d.pos
	for _, pos := range earlier {
		if d.err == nil {
			d.pos = pos
			d.scopeSpans(of)
		}
	}
	if d.err == nil {
		d.pos = end
	}
}

func (d *decoder) resource() *process {
	return d.process(&d.resources, func(p *process) {
		for key := range d.members {
			switch string(key) {
			case "attributes":
				p.resource = slices.Clone(d.attributeList()) // which outlives the line
			default:
				d.skip()
			}
		}
		p.service = find(p.resource, serviceName).AsString()
	})
}

// process reads what a file says of a process, unless it is known from before.
func (d *decoder) process(known *[]*process, read func(*process)) *process {
	d.peek()
	for _, p := range *known {
		if bytes.HasPrefix(d.data[d.pos:], p.text) {
			d.pos += len(p.text)
			return p
		}
	}
	p, start := &process{}, d.pos
	if read(p); d.err == nil && d.data[start] == '{' && len(*known) < mostProcesses {
		p.text = bytes.Clone(d.data[start:d.pos])
		*known = append(*known, p)
	}
	return p
}

func (d *decoder) scopeSpans(of *process) {
	for range d.elements {
		for key := range d.members {
			switch string(key) {
			case "spans":
				for range d.elements {
					d.span(of)
				}
			default:
				d.skip()
			}
		}
	}
}

func (d *decoder) span(of *process) {
	d.peek()
	start := d.pos
	d.spans = append(d.spans, Span{Service: of.service, Resource: of.resource, Start: zeroTime, End: zeroTime})
	s := &d.spans[len(d.spans)-1]
	for key := range d.members {
		switch string(key) {
		case "traceId":
			s.Run, s.Root = d.traceID("traceId")
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
			s.Attributes = d.attributeList()
		case "events":
			s.Events = d.events()
		case "links":
			s.Links = d.linkList()
		case "status":
			s.Status = d.status()
		default:
			d.skip()
		}
	}
	d.starts = append(d.starts, extent{start, d.pos})
	if d.err == nil && (s.ID == 0 || s.Run == 0 && s.Root == 0) {
		d.fail(start, "a span without a traceId and a spanId, which are not all zeros")
	}
}

func (d *decoder) events() (events []Event) {
	for range d.elements {
		e := Event{At: zeroTime}
		for key := range d.members {
			switch string(key) {
			case "timeUnixNano":
				e.At = d.time()
			case "name":
				e.Name = d.text()
			case "attributes":
				e.Attributes = d.attributeList()
			default:
				d.skip()
			}
		}
		events = append(events, e)
	}
	return events
}

func (d *decoder) linkList() []Link {
	for range d.elements {
		d.peek()
		start := d.pos
		var l Link
		for key := range d.members {
			switch string(key) {
			case "traceId":
				l.Run, l.Root = d.traceID("traceId")
			case "spanId":
				l.ID = d.spanID("spanId")
			case "attributes":
				l.Attributes = d.attributeList()
			default:
				d.skip()
			}
		}
		if d.err == nil && (l.ID == 0 || l.Run == 0 && l.Root == 0) {
			d.fail(start, "a link without a traceId and a spanId, which are not all zeros")
		}
		d.links.add(l)
	}
	return d.links.list()
}

func (d *decoder) status() (s traces.Status) {
	for key := range d.members {
		switch string(key) {
		case "message":
			s.Description = d.text()
		case "code":
			pos := d.pos
			switch n := d.enum("code", statusNames); n { // the numbers of OTLP are not those of the API
			case 0:
				s.Code = codes.Unset
			case 1:
				s.Code = codes.Ok
			case 2:
				s.Code = codes.Error
			default:
				d.fail(pos, "status code %d: want 0, 1 or 2", n)
			}
		default:
			d.skip()
		}
	}
	return s
}

func (d *decoder) kind() trace.SpanKind {
	pos := d.pos
	n := d.enum("kind", kindNames)
	if n > uint64(trace.SpanKindConsumer) {
		d.fail(pos, "kind %d: want a number from 0 to 5", n)
	}
	return trace.SpanKind(n) // the API counts as OTLP does
}
