package traces

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
)

// decoder makes spans of lines in the OTLP file format: fields in any order, unknown ones passed over, as the format wants it.
type decoder struct {
	scanner

	spans      []Span               // of the current line
	places     []place              // of those spans in it
	attributes []attribute.KeyValue // a stack: those of the lists that are being read
	kept       []attribute.KeyValue // where lists are kept: a slice for many spans
	reuse      bool                 // of what is kept, when the next line is read: nobody looks at the spans of a line then
	templates  map[templateKey]*template
	others     int // templates that are not the first of their kin
	heads      heads
	spare      []byte // a buffer that nobody needs at the moment
	runText    string // the run's half of the last trace id
	lastRun    uint64
	notes      []note                    // of the attributes of the spans of the current line
	note       noter                     // makes them; nil if nobody wants any
	visit      visitor                   // sees each span as soon as it is read; nil if all are kept until the next line
	linked     []Link                    // of the last span, where a visitor looks at it
	values     []attribute.Value         // a stack, as attributes
	texts      []string                  // of a list of strings
	resources  []*knownResource          // in OTLP
	jaegers    []*knownResource          // processes in Jaeger's own JSON, which may say something else in the same words
	leads      []lead                    // to the spans of those in OTLP
	tempo      bool                      // ids may be in base64, and enums names: see document.member
	other      string                    // a key that the line has in place of resourceSpans; "" if it has them, or nothing
	wrapped    bool                      // the line may have spans elsewhere than directly in its resourceSpans, and so has to be read as a document
	processes  map[string]*knownResource // of a trace in Jaeger's own JSON
}

// noter makes a note of an attribute of a span. The note is that of the one in the same place of another span, if it had the same key, and else empty.
type noter func(s *Span, a *attribute.KeyValue, n *note)

// visitor looks at a span as soon as it is read, while its attributes are still where they were read to, and says whether the span has to be kept: most have not, and half of the
// time that it takes to keep one is saved.
type visitor func(s *Span, at *place) (keep bool)

// place is where a span stands in its line, from its first byte to behind its last, and what is known of its attributes.
type place struct {
	start, end int
	head       *template // of spans with the name and the kind that stand first in it, where they do
	seen       *template // that its attributes were read with; nil in a document without lines
	notes      []note
}

// knownResource is a resource that was read before. Each process has one, and a file repeats it whenever the next span is of another process.
type knownResource struct {
	raw        []byte
	attributes []attribute.KeyValue
	service    string
	number     int // among those that are remembered, from 1
}

// decode reads a line.
func (d *decoder) decode(line []byte) ([]Span, *fault) {
	d.reset(line)
	d.clear()
	if bytes.HasPrefix(line, markUTF8) { // of a file that was joined to others
		d.pos = len(markUTF8)
	}
	switch d.peek() {
	case '[':
		d.wrapped = true
		return nil, nil
	case 'n':
		if bytes.Equal(bytes.TrimSpace(line[d.pos:]), null) {
			return nil, nil
		}
	}
	if d.peek() != '{' {
		if bytes.IndexByte(line, 0) >= 0 || bytes.HasPrefix(line, zstdMagic) {
			d.fail(0, "this is no text: of what a Collector's file exporter writes, only `format: json` without compression is read")
		}
		d.want("a JSON object, as each line of a trace in the OTLP file format is one")
		return nil, d.err
	}
	seen, other := false, ""
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch key := d.key(); string(key) {
		case "resourceSpans":
			seen = true
			for more := d.open('[', "an array"); more; more = d.more('[') {
				d.resourceSpans()
			}
		case "data", "result", "spans", "batches", "trace":
			d.wrapped = true
			d.skip(0)
		default:
			if d.peek() != 'n' { // null is an absent field
				other = foreign(other, string(key))
			}
			d.skip(0)
		}
	}
	if d.peek(); d.pos < len(d.data) {
		d.fail(d.pos, "more than one JSON value on the line")
	}
	if !seen && !d.wrapped {
		d.other = other
	}
	return d.spans, d.err
}

// zstdMagic begins a file that was compressed as a whole.
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// clear makes ready for the spans of the next line, or of the next part of a document.
func (d *decoder) clear() {
	d.spans, d.attributes, d.values, d.places, d.notes, d.wrapped = d.spans[:0], d.attributes[:0], d.values[:0], d.places[:0], d.notes[:0], false
	d.other = ""
	if d.reuse {
		d.kept = d.kept[:0]
	}
}

// forget forgets what spans looked like before.
func (d *decoder) forget() { d.templates, d.others, d.heads = nil, 0, heads{} }

// resourceSpans reads the spans of one process. Those that stand before the resource, as nobody writes them, are read after it.
func (d *decoder) resourceSpans() {
	d.peek()
	start := d.pos
	resource := d.leadAsWritten()
	within := resource != nil
	var earlier []int
	for more := within || d.open('{', "an object"); more; more = d.more('{') {
		if within {
			d.scopeSpans(resource, true, nowhere)
			start, within = nowhere, false
			continue
		}
		switch string(d.key()) {
		case "resource":
			resource = d.resource()
		case "scopeSpans", "instrumentationLibrarySpans": // as it was called up to OTLP 0.19
			if resource != nil {
				d.scopeSpans(resource, false, start)
			} else {
				earlier = append(earlier, d.pos)
				d.skip(0)
			}
			start = nowhere
		default:
			d.skip(0)
		}
	}
	if resource == nil {
		resource = &knownResource{}
	}
	for _, pos := range earlier {
		if d.err == nil {
			end := d.pos
			d.pos = pos
			d.scopeSpans(resource, false, nowhere)
			if d.err == nil {
				d.pos = end
			}
		}
	}
}

func (d *decoder) resource() *knownResource {
	if r := d.known(d.resources); r != nil {
		return r
	}
	r := &knownResource{}
	start := d.pos
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch string(d.key()) {
		case "attributes":
			r.attributes = d.keyValues(0)
		default:
			d.skip(0)
		}
	}
	r.attributes = slices.Clone(r.attributes) // which outlive the line
	r.service = Find(r.attributes, ServiceName).AsString()
	d.remembered(&d.resources, r, start)
	return r
}

// known reads a resource that was read before, if it is one; if not, it moved no further than to where one begins.
func (d *decoder) known(list []*knownResource) *knownResource {
	d.peek()
	for _, r := range list {
		if bytes.HasPrefix(d.data[d.pos:], r.raw) {
			d.pos += len(r.raw)
			return r
		}
	}
	return nil
}

// remembered has a resource that was read, from start, be known from now on.
func (d *decoder) remembered(list *[]*knownResource, r *knownResource, start int) {
	if d.err == nil && d.data[start] == '{' && len(*list) < mostResources {
		r.raw, r.number = bytes.Clone(d.data[start:d.pos]), len(*list)+1
		*list = append(*list, r)
	}
}

// scopeSpans reads the spans of the scopes of a process, the text of which begins at lead, or nowhere; it may stand within the first list of them.
func (d *decoder) scopeSpans(resource *knownResource, within bool, lead int) {
	for more := within || d.open('[', "an array"); more; more = d.more('[') {
		for more := within || d.open('{', "an object"); more; more = d.more('{') {
			switch {
			case !within && string(d.key()) != "spans":
				d.skip(0)
				continue
			case within:
				within = false
			case d.open('[', "an array"):
				d.rememberLead(lead, resource)
			default:
				continue
			}
			for more := true; more; more = d.more('[') {
				d.span(resource)
			}
			lead = nowhere
		}
	}
}

func (d *decoder) events() (events []Event) {
	for more := d.open('[', "an array"); more; more = d.more('[') {
		e := Event{At: zeroTime}
		for more := d.open('{', "an object"); more; more = d.more('{') {
			switch string(d.key()) {
			case "timeUnixNano":
				e.At = d.time()
			case "name":
				e.Name = d.text()
			case "attributes":
				e.Attributes = d.keyValues(0)
			default:
				d.skip(0)
			}
		}
		events = append(events, e)
	}
	return events
}

func (d *decoder) links() (links []Link) {
	if d.visit != nil {
		links = d.linked[:0]
	}
	for more := d.open('[', "an array"); more; more = d.more('[') {
		links = append(links, Link{})
		if l := &links[len(links)-1]; !d.linkAsWritten(l) {
			d.link(l)
		}
	}
	if len(links) == 0 {
		return nil
	}
	d.linked = links
	return links
}

func (d *decoder) link(l *Link) {
	d.peek()
	start := d.pos
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch string(d.key()) {
		case "traceId":
			l.Run, l.Root = d.traceID()
		case "spanId":
			l.ID = d.spanID("spanId")
		case "attributes":
			l.Attributes = d.keyValues(0)
		default:
			d.skip(0)
		}
	}
	if d.err == nil && (l.ID == 0 || l.Run == 0 && l.Root == 0) {
		d.fail(start, "a link without a traceId and a spanId, which are not all zeros")
	}
}

func (d *decoder) status() (s Status) {
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch string(d.key()) {
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
			d.skip(0)
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

// The names that Tempo writes for the numbers of OTLP.
var (
	kindNames   = []string{"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT", "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"}
	statusNames = []string{"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"}
)

func (d *decoder) enum(field string, names []string) uint64 {
	if d.peek() == '"' && d.tempo {
		pos := d.pos
		name := string(d.bytes("a name"))
		n := slices.Index(names, name)
		if d.err == nil && n < 0 {
			d.fail(pos, "%s %.40q: want one of %s", field, name, strings.Join(names, ", "))
		}
		return uint64(max(0, n))
	}
	if d.peek() == '"' {
		d.fail(d.pos, "%s: OTLP/JSON has a number here, and no name", field)
	}
	return d.uint(32)
}

// zeroTime is what a time is that is left out.
var zeroTime = time.Unix(0, 0).UTC()

func (d *decoder) time() time.Time {
	n := d.uint(64)
	return time.Unix(int64(n/1e9), int64(n%1e9)).UTC()
}

func (d *decoder) traceID() (run uint64, root world.CausalID) {
	d.peek()
	pos := d.pos
	id := d.bytesOrNull("a trace id")
	if d.err != nil || len(id) == 0 {
		return 0, 0
	}
	if len(id) == 32 {
		high, ok := Hex(id[:16])
		low, okToo := Hex(id[16:])
		if ok && okToo {
			return high, world.CausalID(low)
		}
	}
	if b, ok := d.base64ID(id, 16); ok {
		return binary.BigEndian.Uint64(b), world.CausalID(binary.BigEndian.Uint64(b[8:]))
	}
	d.fail(pos, "traceId %.40q: want 32 hex digits%s", id, ifBase64(id, 16))
	return 0, 0
}

// spanID is an id of 16 hex digits. It may be empty, which is how some writers say that there is no parent.
func (d *decoder) spanID(field string) world.CausalID {
	d.peek()
	pos := d.pos
	id := d.bytesOrNull("a span id")
	if d.err != nil || len(id) == 0 {
		return 0
	}
	if len(id) == 16 {
		if n, ok := Hex(id); ok {
			return world.CausalID(n)
		}
	}
	if b, ok := d.base64ID(id, 8); ok {
		return world.CausalID(binary.BigEndian.Uint64(b))
	}
	d.fail(pos, "%s %.40q: want 16 hex digits%s", field, id, ifBase64(id, 8))
	return 0
}

// base64ID is an id of so many bytes as Tempo writes it.
func (d *decoder) base64ID(id []byte, size int) ([]byte, bool) {
	if !d.tempo {
		return nil, false
	}
	b, err := base64.StdEncoding.AppendDecode(nil, id)
	return b, err == nil && len(b) == size
}

// ifBase64 explains the most common mistake of those who write OTLP as JSON.
func ifBase64(id []byte, size int) string {
	if b, err := base64.StdEncoding.AppendDecode(nil, id); err == nil && len(b) == size {
		return ". This one is base64, as protojson writes ids; OTLP/JSON wants them in hex"
	}
	return ""
}
