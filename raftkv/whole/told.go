package whole

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// completed are what the spec tells, and what is told of the servers' spans of which it tells nothing: who sent what to
// whom, and of what is no message its name and what it says.
func completed(p *Protocol) []span.Told {
	all := slices.Clone(p.Told)
	for i := range p.Specs {
		s := &p.Specs[i]
		told := slices.ContainsFunc(all, func(d span.Told) bool { return d.ID == s.ID })
		if isOfServer(s) && !told {
			all = append(all, toldOf(s, &p.Landmarks))
		}
	}
	return all
}

// toldOf is what is told of a span of which the spec tells nothing.
func toldOf(s *span.Spec, l *span.Landmarks) span.Told {
	d := span.Told{ID: s.ID}
	peer, reply, name := keyOf(s, l.Peers), keyOf(s, l.Replies), nameOf(s)
	literal := func(text string) span.Piece { return span.Piece{Literal: text} }
	switch s.Kind {
	case trace.SpanKindClient:
		d.Message = span.Text{literal(name + " to "), {Key: peer}}
		d.Unanswered = span.Text{literal("no answer from "), {Key: peer}}
	case trace.SpanKindProducer:
		d.Message = span.Text{literal(name + " to "), {Key: peer}}
	case trace.SpanKindConsumer:
		d.Ends = []span.Saying{{Text: span.Text{literal("takes in " + name + " from "), {Key: peer}}}}
	case trace.SpanKindServer:
		d.Message = span.Text{literal("answer to "), {Key: peer}}
		d.Ends = []span.Saying{{
			Not:  []span.Condition{{Key: reply}}, // it answers
			Text: span.Text{literal(name + " from "), {Key: peer}, literal(": replies "), {Key: reply}},
		}}
	case trace.SpanKindInternal, trace.SpanKindUnspecified:
		text := span.Text{literal(name)}
		for _, key := range own(s, l) {
			_, short, _ := strings.Cut(string(key), ".") // without what stands before it for all
			text = append(text, literal(" "+words.Spaced(strings.ReplaceAll(short, ".", " "))+" "), span.Piece{Key: key})
		}
		d.Ends = []span.Saying{{Text: text}}
	}
	return d
}

// keyOf is the first of some attributes that a span may have.
func keyOf(s *span.Spec, keys []attribute.Key) attribute.Key {
	for _, key := range keys {
		if slices.ContainsFunc(s.Attributes, func(a span.AttributeSpec) bool { return a.Key == key }) {
			return key
		}
	}
	return ""
}

// own are the attributes that a span has to have, but for those of any span.
func own(s *span.Spec, l *span.Landmarks) (keys []attribute.Key) {
	ofAny := slices.Concat(l.Peers, l.Replies, []attribute.Key{
		l.Self, worldspans.RaftkvStepKey, worldspans.RaftkvEndStepKey, worldspans.RaftkvCopyKey, worldspans.ErrorTypeKey,
	})
	for _, a := range s.Attributes {
		if a.Level == span.Required && !slices.Contains(ofAny, a.Key) {
			keys = append(keys, a.Key)
		}
	}
	return keys
}

// story tells what the spec does, and of each span of a server at least what it is.
func (t *texts) story() story.Protocol {
	return story.Protocol{
		Specs: t.specs, Landmarks: *t.landmarks, Told: t.all,
		Tell: func() func(*story.Teller, string) bool { return t.tell },
	}
}

// tell tells a span, given its id in the spec, of which more is known than the declared lines; false for any other.
func (t *texts) tell(teller *story.Teller, id string) bool {
	spec := t.of(teller.Span)
	switch {
	case spec == nil || !isOfServer(spec):
		return false
	case spec.Starts():
		again := teller.Starts() > 1
		switch {
		case t.declares(id):
			teller.Declared()
		case again:
			teller.Line(teller.Beginning(), story.Trouble, "starting again")
		default:
			teller.Line(teller.Beginning(), story.Ordinary, "starting")
		}
	case t.handlesClient(spec):
		if t.declares(id) {
			teller.Declared()
		}
		teller.Request()
	case !t.declares(id) && t.landmarks.Applied.Is(teller.Span):
		command := words.ParseCommand(teller.Text(t.landmarks.Applied.Command))
		teller.Line(teller.Ending(), story.Ordinary, "applied ", t.landmarks.Position.Word, " ",
			teller.Text(t.landmarks.Applied.Position), ": ", command.Text, " -> ",
			words.ResultText(command, teller.Span.Attribute(kvspans.KVResultKey).AsString()), teller.Again())
	default:
		return false
	}
	return true
}

// handlesClient says whether a server handles a client's request in such a span.
func (t *texts) handlesClient(s *span.Spec) bool {
	return s.Kind == trace.SpanKindServer && slices.ContainsFunc(s.Parents, func(id string) bool {
		return id == kvspans.PutClientID || id == kvspans.GetClientID || id == kvspans.DeleteClientID
	})
}
