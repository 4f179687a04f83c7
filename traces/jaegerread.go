package traces

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// jaegerResolution is how finely Jaeger tells times: it counts in whole microseconds.
const jaegerResolution = time.Microsecond

// The tags in which Jaeger has what OpenTelemetry has fields for, as the Collector's translators name them.
const (
	TagKind              = "span.kind"
	TagStatus            = "otel.status_code"
	TagStatusDescription = "otel.status_description"
	TagError             = "error"
	tagScope             = "otel.scope.name"
	tagScopeVersion      = "otel.scope.version"
	tagState             = "w3c.tracestate"
	FieldEvent           = "event" // of a log
)

// How Jaeger calls the two kinds of references.
const (
	ChildOf     = "CHILD_OF"
	FollowsFrom = "FOLLOWS_FROM"
)

// decodeProcess reads the spans of one process in OTLP.
func (d *decoder) decodeProcess(data []byte) *fault {
	d.reset(data)
	d.clear()
	d.resourceSpans()
	return d.err
}

// decodeJaegerProcesses reads the processes of a trace in Jaeger's own JSON: its spans name them.
func (d *decoder) decodeJaegerProcesses(data []byte) *fault {
	d.reset(data)
	d.clear()
	d.processes = map[string]*knownResource{}
	for more := d.open('{', "an object"); more; more = d.more('{') {
		name := string(d.key())
		if d.err == nil {
			d.processes[name] = d.jaegerProcess()
		}
	}
	return d.err
}

func (d *decoder) jaegerProcess() *knownResource {
	if r := d.known(d.jaegers); r != nil {
		return r
	}
	r := &knownResource{}
	start := d.pos
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch string(d.key()) {
		case "serviceName":
			r.service = d.text()
		case "tags":
			r.attributes = d.tags()
		default:
			d.skip(0)
		}
	}
	r.attributes = append(slices.Clone(r.attributes), attribute.String(string(ServiceName), r.service))
	slices.SortStableFunc(r.attributes, func(a, b attribute.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
	d.remembered(&d.jaegers, r, start)
	return r
}

// decodeJaegerSpans reads the spans of a trace in Jaeger's own JSON, whose processes are known.
func (d *decoder) decodeJaegerSpans(data []byte) *fault {
	d.reset(data)
	d.clear()
	for more := d.open('[', "an array"); more; more = d.more('[') {
		d.jaegerSpan()
	}
	return d.err
}

func (d *decoder) jaegerSpan() {
	d.peek()
	start := d.pos
	s := Span{Start: zeroTime, End: zeroTime, Resolution: jaegerResolution}
	var duration time.Duration
	var references []reference
	for more := d.open('{', "an object"); more; more = d.more('{') {
		switch string(d.key()) {
		case "traceID":
			s.Run, s.Root = d.jaegerTraceID()
		case "spanID":
			s.ID = d.jaegerSpanID("spanID")
		case "parentSpanID": // of old versions
			s.Parent = d.jaegerSpanID("parentSpanID")
		case "operationName":
			s.Name = d.text()
		case "startTime":
			s.Start = zeroTime.Add(d.microseconds())
		case "duration":
			duration = d.microseconds()
		case "references":
			references = d.references()
		case "tags":
			s.Attributes = d.tags()
		case "logs":
			s.Events = d.logs()
		case "processID":
			if p := d.processes[d.text()]; p != nil {
				s.Service, s.Resource = p.service, p.attributes
			}
		default:
			d.skip(0)
		}
	}
	if d.err == nil && (s.ID == 0 || s.Run == 0 && s.Root == 0) {
		d.fail(start, "a span without a traceID and a spanID, which are not all zeros")
	}
	s.End = s.Start.Add(duration)
	refer(&s, references)
	takeTags(&s)
	d.spans = append(d.spans, s)
	d.places = append(d.places, place{start: start, end: d.pos})
}

// reference is how Jaeger says that a span has a parent, or a link.
type reference struct {
	how string
	to  Link
}

// refer gives a span its parent and its links. Jaeger keeps one reference to a span that is both: a span with none to a parent that follows from one in its own trace is its child.
func refer(s *Span, references []reference) {
	for _, r := range references {
		within := r.to.Run == s.Run && r.to.Root == s.Root
		switch {
		case r.how == ChildOf && within && s.Parent == 0:
			s.Parent = r.to.ID
		case r.how == ChildOf && within && s.Parent == r.to.ID:
		default:
			s.Links = append(s.Links, r.to)
		}
	}
	for _, l := range s.Links {
		if s.Parent == 0 && l.Run == s.Run && l.Root == s.Root && l.ID != s.ID {
			s.Parent = l.ID
		}
	}
}

// takeTags takes out of a span's attributes those that stand for its kind and its status, and those that say nothing of it.
func takeTags(s *Span) {
	failed := false
	s.Attributes = slices.DeleteFunc(s.Attributes, func(a attribute.KeyValue) bool {
		switch text := a.Value.AsString(); a.Key {
		case TagKind:
			kind, ok := kinds[text]
			s.Kind = cmp.Or(kind, s.Kind)
			return ok
		case TagStatus:
			s.Status.Code = statuses[text]
			return statuses[text] != codes.Unset
		case TagStatusDescription:
			s.Status.Description = text
			return true
		case TagError:
			failed = a.Value.AsBool()
			return failed
		case tagScope, tagScopeVersion, tagState, "otel.library.name", "otel.library.version", "internal.span.format":
			return true
		}
		return false
	})
	if failed && s.Status.Code == codes.Unset {
		s.Status.Code = codes.Error
	}
	if len(s.Attributes) == 0 {
		s.Attributes = nil
	}
}

var kinds = map[string]trace.SpanKind{
	"internal": trace.SpanKindInternal, "client": trace.SpanKindClient, "server": trace.SpanKindServer, "producer": trace.SpanKindProducer, "consumer": trace.SpanKindConsumer,
}

var statuses = map[string]codes.Code{"OK": codes.Ok, "ERROR": codes.Error}

func (d *decoder) references() (list []reference) {
	for more := d.open('[', "an array"); more; more = d.more('[') {
		var r reference
		for more := d.open('{', "an object"); more; more = d.more('{') {
			switch string(d.key()) {
			case "refType":
				r.how = d.text()
			case "traceID":
				r.to.Run, r.to.Root = d.jaegerTraceID()
			case "spanID":
				r.to.ID = d.jaegerSpanID("spanID")
			default:
				d.skip(0)
			}
		}
		if r.to.ID != 0 {
			list = append(list, r)
		}
	}
	return list
}

func (d *decoder) logs() (events []Event) {
	for more := d.open('[', "an array"); more; more = d.more('[') {
		e := Event{At: zeroTime}
		for more := d.open('{', "an object"); more; more = d.more('{') {
			switch string(d.key()) {
			case "timestamp":
				e.At = zeroTime.Add(d.microseconds())
			case "fields":
				e.Attributes = d.tags()
			default:
				d.skip(0)
			}
		}
		if i := slices.IndexFunc(e.Attributes, func(a attribute.KeyValue) bool { return a.Key == FieldEvent }); i >= 0 {
			e.Name = e.Attributes[i].Value.AsString()
			e.Attributes = slices.Delete(slices.Clone(e.Attributes), i, i+1)
		}
		if len(e.Attributes) == 0 {
			e.Attributes = nil
		}
		events = append(events, e)
	}
	return events
}

// tags reads attributes as Jaeger has them: with a type beside the value, and lists as the text of their JSON.
func (d *decoder) tags() []attribute.KeyValue {
	base := len(d.attributes)
	for more := d.open('[', "an array"); more; more = d.more('[') {
		var a attribute.KeyValue
		kind, value := "", -1
		for more := d.open('{', "an object"); more; more = d.more('{') {
			switch string(d.key()) {
			case "key":
				a.Key = attribute.Key(d.text())
			case "type":
				kind = d.text()
			case "value":
				value = d.pos
				d.skip(0)
			default:
				d.skip(0)
			}
		}
		if end := d.pos; d.err == nil && value >= 0 {
			d.pos = value
			if a.Value = d.tagValue(kind); d.err == nil {
				d.pos = end
			}
		}
		a.Value = asList(a)
		d.attributes = append(d.attributes, a)
	}
	list := slices.Clone(d.attributes[base:])
	d.attributes = d.attributes[:base]
	return list
}

// listKeys are the attributes that are lists of texts, as the spec says: Jaeger does not.
var listKeys = func() map[attribute.Key]bool {
	keys := map[attribute.Key]bool{}
	for _, spec := range spans.AllSpecs() {
		for _, a := range spec.Attributes {
			if a.Type == attribute.STRINGSLICE {
				keys[a.Key] = true
			}
		}
	}
	return keys
}()

// asList is an attribute's value as the spec has it: a list, where Jaeger has made a text of one.
func asList(a attribute.KeyValue) attribute.Value {
	var list []string
	if listKeys[a.Key] && a.Value.Type() == attribute.STRING && json.Unmarshal([]byte(a.Value.AsString()), &list) == nil {
		return attribute.StringSliceValue(list)
	}
	return a.Value
}

// repeated says whether the spans that were read last are all in what a Jaeger answered before: who searches once for each service finds a trace as often as services take part in it.
func (r *Reader) repeated() bool {
	key := uint64(len(r.decoder.spans))
	for i := range r.decoder.spans {
		s := &r.decoder.spans[i]
		key += join(join(s.Run, uint64(s.Root)), uint64(s.ID)) // in any order
	}
	if r.given[key] {
		return true
	}
	if r.given == nil {
		r.given = map[uint64]bool{}
	}
	r.given[key] = true
	return false
}

// What Jaeger's API v3 adds to spans that it was given in OTLP.
const (
	jaegerWarnings = "@jaeger@warnings"
	noWidthWarning = "Negative duration detected"
	jaegerRefType  = "opentracing.ref_type"
)

// mend makes spans what they were before a Jaeger kept them as its own and gave them back in OTLP: lists are texts then, links have an attribute, and a span without a width is
// warned of and has one of a nanosecond.
func mend(all []Span) {
	for i := range all {
		s := &all[i]
		s.Attributes = slices.Clone(s.Attributes)
		for _, warning := range Find(s.Attributes, jaegerWarnings).AsStringSlice() {
			if strings.HasPrefix(warning, noWidthWarning) && s.End.Sub(s.Start) == 1 {
				s.End = s.Start
			}
		}
		s.Attributes = without(s.Attributes, jaegerWarnings)
		mendLists(s.Attributes)
		for k := range s.Events {
			s.Events[k].Attributes = slices.Clone(s.Events[k].Attributes)
			mendLists(s.Events[k].Attributes)
		}
		for k := range s.Links {
			s.Links[k].Attributes = without(slices.Clone(s.Links[k].Attributes), jaegerRefType)
		}
	}
}

func mendLists(attributes []attribute.KeyValue) {
	for i, a := range attributes {
		attributes[i].Value = asList(a)
	}
}

func without(attributes []attribute.KeyValue, key attribute.Key) []attribute.KeyValue {
	left := slices.DeleteFunc(attributes, func(a attribute.KeyValue) bool { return a.Key == key })
	if len(left) == 0 {
		return nil
	}
	return left
}

func (d *decoder) tagValue(kind string) attribute.Value {
	c := d.peek()
	switch {
	case c == 'n':
		d.literal("null")
		return attribute.Value{}
	case kind == "int64":
		return attribute.Int64Value(d.int())
	case kind == "float64":
		return attribute.Float64Value(d.float())
	case kind == "binary":
		return attribute.ByteSliceValue(d.base64())
	case kind == "bool" && c == '"': // as databases keep it
		return attribute.BoolValue(d.text() == "true")
	case c == 't', c == 'f':
		return attribute.BoolValue(d.bool())
	case c == '"':
		return attribute.StringValue(d.text())
	case c == '{', c == '[':
		start := d.pos
		d.skip(0)
		return attribute.StringValue(compact(d.data[start:d.pos]))
	}
	return attribute.Float64Value(d.float())
}

// compact is a value of JSON without the blanks in it, so that it is the same in any layout.
func compact(value []byte) string {
	var out bytes.Buffer
	if err := json.Compact(&out, value); err != nil {
		return string(value)
	}
	return out.String()
}

// microseconds reads a time or a duration, neither of which is negative in a trace.
func (d *decoder) microseconds() time.Duration {
	d.peek()
	pos := d.pos
	n := d.uint(64)
	if n > math.MaxInt64/1000 {
		d.fail(pos, "%d microseconds are more than a time can be", n)
		return 0
	}
	return time.Duration(n) * time.Microsecond
}

// jaegerTraceID is an id of up to 32 hex digits: old versions leave out zeros in front.
func (d *decoder) jaegerTraceID() (run uint64, root world.CausalID) {
	d.peek()
	pos := d.pos
	id := d.bytesOrNull("a trace id")
	if d.err == nil && len(id) <= 32 {
		split := max(0, len(id)-16)
		high, ok := Hex(id[:split])
		low, okToo := Hex(id[split:])
		if ok && okToo {
			return high, world.CausalID(low)
		}
	}
	d.fail(pos, "traceID %.40q: want up to 32 hex digits", id)
	return 0, 0
}

// jaegerSpanID is an id of up to 16 hex digits.
func (d *decoder) jaegerSpanID(field string) world.CausalID {
	d.peek()
	pos := d.pos
	id := d.bytesOrNull("a span id")
	if d.err == nil && len(id) <= 16 {
		if n, ok := Hex(id); ok {
			return world.CausalID(n)
		}
	}
	d.fail(pos, "%s %.40q: want up to 16 hex digits", field, id)
	return 0
}
