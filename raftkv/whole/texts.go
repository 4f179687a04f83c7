package whole

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// texts put spans of a protocol into words, as its tables have it.
type texts struct {
	specs     []span.Spec
	landmarks *span.Landmarks
	declared  []span.Told // by the spec
	all       []span.Told // see completed
	kinds     map[traces.SpanShape]*span.Spec
}

func newTexts(p *Protocol) *texts {
	t := &texts{
		specs: p.Specs, landmarks: &p.Landmarks, declared: p.Told, all: completed(p),
		kinds: map[traces.SpanShape]*span.Spec{},
	}
	for i := range p.Specs {
		t.kinds[traces.SpanShape{Name: p.Specs[i].Name, Kind: p.Specs[i].Kind}] = &p.Specs[i]
	}
	return t
}

// of is what the spec says of a span; nil for one that it does not have.
func (t *texts) of(s *span.Span) *span.Spec {
	return t.kinds[traces.SpanShape{Name: traces.DeclaredName(s.Name), Kind: s.Kind}]
}

// declares says whether the spec tells something of the span with an id.
func (t *texts) declares(id string) bool { return told(t.declared, id) != nil }

func told(all []span.Told, id string) *span.Told {
	at := slices.IndexFunc(all, func(d span.Told) bool { return d.ID == id })
	if at < 0 {
		return nil
	}
	return &all[at]
}

// lines are what a story tells of a span, one after the other.
func (t *texts) lines(s *span.Span) (lines []string) {
	spec := t.of(s)
	if spec == nil {
		return nil
	}
	d := told(t.all, spec.ID)
	if d == nil {
		return nil
	}
	add := func(text span.Text) {
		if text != nil {
			lines = append(lines, words.Fill(text, s))
		}
	}
	say := func(all []span.Saying) {
		if l := s.Said(all); l != nil {
			add(l.Text)
		}
	}
	say(d.Begins)
	switch {
	case s.Status.Code == codes.Error && d.Fails != nil:
		add(d.Fails)
	case s.Attribute(worldspans.RaftUnfinishedKey).AsBool() && d.Unfinished != nil:
		add(d.Unfinished)
	default:
		say(d.Ends)
	}
	return lines
}

// done is what a span of a server tells that is no message; empty for any other.
func (t *texts) done(s *span.Span) string {
	spec := t.of(s)
	if spec == nil || !isOfServer(spec) || traces.IsSender(s) || traces.IsReceiver(s) {
		return ""
	}
	return strings.Join(t.lines(s), "; ")
}

// is says what a span of a server is, and not how it came out: what it tells as it begins, the one thing that it tells
// whatever came out, or who sent what to whom, or its name. It is empty for a span of others.
func (t *texts) is(s *span.Span) string {
	spec := t.of(s)
	if spec == nil || !isOfServer(spec) {
		return ""
	}
	d := told(t.all, spec.ID)
	if l := s.Said(d.Begins); l != nil && l.Text != nil {
		return words.Fill(l.Text, s)
	}
	name, peer := nameOf(spec), words.Printable(t.landmarks.PeerOf(s))
	switch {
	case traces.IsSender(s):
		return "sends " + peer + " " + name
	case traces.IsReceiver(s):
		return "takes in " + name + " from " + peer
	case len(d.Ends) == 1 && d.Ends[0].When == nil && d.Ends[0].Not == nil && d.Ends[0].Text != nil:
		return words.Fill(d.Ends[0].Text, s)
	}
	return name
}

// nameOf is what a span is called: its message, its method, or its name without what stands before it for all.
func nameOf(s *span.Spec) string {
	if s.Message != "" && (s.Kind == trace.SpanKindProducer || s.Kind == trace.SpanKindConsumer) {
		return s.Message
	}
	name := words.LastPart(s.Name)
	return words.Spaced(name[strings.IndexByte(name, '.')+1:])
}
