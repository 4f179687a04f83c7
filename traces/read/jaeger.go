package read

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// The tags in which Jaeger's own JSON has what OpenTelemetry has fields for, as the Collector's translators name them,
// and how it calls the two kinds of references.
const (
	TagKind              = "span.kind"
	TagStatus            = "otel.status_code"
	TagStatusDescription = "otel.status_description"
	TagError             = "error"
	FieldEvent           = "event" // of a log: the event's name
	ChildOf              = "CHILD_OF"
	FollowsFrom          = "FOLLOWS_FROM"
)

// JaegerResolution is how finely Jaeger tells times: it counts in whole microseconds.
const JaegerResolution = time.Microsecond

// jaegerProcesses reads the processes of a trace in Jaeger's own JSON: its spans name them.
func (d *decoder) jaegerProcesses() {
	d.byName = map[string]*process{}
	for key := range d.members {
		name := string(key)
		d.byName[name] = d.process(&d.jaegers, d.jaegerProcess)
	}
}

func (d *decoder) jaegerProcess(p *process) {
	for key := range d.members {
		switch string(key) {
		case "serviceName":
			p.service = d.text()
		case "tags":
			p.resource = slices.Clone(d.tags())
		default:
			d.skip()
		}
	}
	p.resource = append(p.resource, serviceName.String(p.service))
	slices.SortStableFunc(p.resource, func(a, b attribute.KeyValue) int { return cmp.Compare(a.Key, b.Key) })
}

// jaegerSpans reads the spans of a trace, whose processes are known.
func (d *decoder) jaegerSpans() {
	for range d.elements {
		d.jaegerSpan()
	}
}

// jaegerSpan reads a span in Jaeger's own JSON.
func (d *decoder) jaegerSpan() {
	d.peek()
	start := d.pos
	s := Span{Start: zeroTime, End: zeroTime, Resolution: JaegerResolution}
	var duration time.Duration
	var references []reference
	for key := range d.members {
		switch string(key) {
		case "traceID":
			s.Run, s.Root = d.traceID("traceID")
		case "spanID":
			s.ID = d.spanID("spanID")
		case "parentSpanID": // of old versions
			s.Parent = d.spanID("parentSpanID")
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
			if p := d.byName[d.text()]; p != nil {
				s.Service, s.Resource = p.service, p.resource
			}
		default:
			d.skip()
		}
	}
	if d.err == nil && (s.ID == 0 || s.Run == 0 && s.Root == 0) {
		d.fail(start, "a span without a traceID and a spanID, which are not all zeros")
	}
	s.End = s.Start.Add(duration)
	refer(&s, references)
	takeTags(&s)
	d.spans, d.starts = append(d.spans, s), append(d.starts, extent{start, d.pos})
}

// reference is how Jaeger says that a span has a parent, or a link.
type reference struct {
	how string
	to  Link
}

// refer gives a span its parent and its links. Jaeger keeps one reference to a span that is both: a span with none to a
// parent that follows from one in its own trace is its child.
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

var (
	jaegerKinds = map[string]trace.SpanKind{
		"internal": trace.SpanKindInternal, "client": trace.SpanKindClient, "server": trace.SpanKindServer,
		"producer": trace.SpanKindProducer, "consumer": trace.SpanKindConsumer,
	}
	jaegerStatuses = map[string]codes.Code{"OK": codes.Ok, "ERROR": codes.Error}
)

// takeTags takes out of a span's attributes those that stand for its kind and its status, and those that say nothing of
// it.
func takeTags(s *Span) {
	failed := false
	s.Attributes = slices.DeleteFunc(s.Attributes, func(a attribute.KeyValue) bool {
		switch text := a.Value.AsString(); a.Key {
		case TagKind:
			kind, ok := jaegerKinds[text]
			s.Kind = cmp.Or(kind, s.Kind)
			return ok
		case TagStatus:
			s.Status.Code = jaegerStatuses[text]
			return s.Status.Code != codes.Unset
		case TagStatusDescription:
			s.Status.Description = text
			return true
		case TagError:
			failed = a.Value.AsBool()
			return failed
		case "otel.scope.name", "otel.scope.version", "w3c.tracestate", "otel.library.name", "otel.library.version",
			"internal.span.format":
			return true
		}
		return false
	})
	if failed && s.Status.Code == codes.Unset {
		s.Status.Code = codes.Error
	}
	s.Attributes = nilIfEmpty(s.Attributes)
}

func nilIfEmpty(attributes []attribute.KeyValue) []attribute.KeyValue {
	if len(attributes) == 0 {
		return nil
	}
	return attributes
}

func (d *decoder) references() (list []reference) {
	for range d.elements {
		var r reference
		for key := range d.members {
			switch string(key) {
			case "refType":
				r.how = d.text()
			case "traceID":
				r.to.Run, r.to.Root = d.traceID("traceID")
			case "spanID":
				r.to.ID = d.spanID("spanID")
			default:
				d.skip()
			}
		}
		if r.to.ID != 0 {
			list = append(list, r)
		}
	}
	return list
}

func (d *decoder) logs() (events []Event) {
	for range d.elements {
		e := Event{At: zeroTime}
		for key := range d.members {
			switch string(key) {
			case "timestamp":
				e.At = zeroTime.Add(d.microseconds())
			case "fields":
				e.Attributes = d.tags()
			default:
				d.skip()
			}
		}
		isName := func(a attribute.KeyValue) bool { return a.Key == FieldEvent }
		if i := slices.IndexFunc(e.Attributes, isName); i >= 0 {
			e.Name = e.Attributes[i].Value.AsString()
			e.Attributes = slices.Delete(e.Attributes, i, i+1)
		}
		e.Attributes = nilIfEmpty(e.Attributes)
		events = append(events, e)
	}
	return events
}

// tags reads attributes as Jaeger has them: with a type beside the value, and lists as the text of their JSON.
func (d *decoder) tags() []attribute.KeyValue {
	for range d.elements {
		d.attributes.add(d.tag())
	}
	return d.attributes.list()
}

func (d *decoder) tag() (a attribute.KeyValue) {
	kind, value := "", -1
	for key := range d.members {
		switch string(key) {
		case "key":
			a.Key = attribute.Key(d.text())
		case "type":
			kind = d.text()
		case "value": // which is understood when the type is known
			value = d.pos
			d.skip()
		default:
			d.skip()
		}
	}
	if end := d.pos; d.err == nil && value >= 0 {
		d.pos = value
		if a.Value = d.tagValue(kind); d.err == nil {
			d.pos = end
		}
	}
	a.Value = d.lists.asList(a)
	return a
}

func (d *decoder) tagValue(kind string) attribute.Value {
	c := d.peek()
	switch {
	case c == 'n':
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
	case c == '{', c == '[': // without the blanks in it, so that it is the same in any layout
		start := d.pos
		d.skip()
		var text bytes.Buffer
		if err := json.Compact(&text, d.data[start:d.pos]); err != nil {
			d.fail(start, "no value of JSON: %v", err)
		}
		return attribute.StringValue(text.String())
	}
	return attribute.Float64Value(d.float())
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
