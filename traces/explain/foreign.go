package explain

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// What the spec does not declare is foreign: it is told by its name and attributes, and nothing is concluded from it.

// strangeIn says what keeps a span from being understood: that the spec declares none of its name and kind, or what
// it lacks of what its kind must have. Empty for one that is
// as the spec has it.
func strangeIn(s *traces.Span) []string {
	shape := traces.TheSpec().Shapes[traces.SpanShape{Name: traces.DeclaredName(s.Name), Kind: s.Kind}]
	if shape == nil {
		return []string{"the spec declares no span of that name and kind"}
	}
	over := s.Status.Code != codes.Error && !s.Attribute(spans.RaftUnfinishedKey).AsBool()
	strange := strangeAttributes(shape.ID, s.Attributes, shape.Attributes, over)
	for i := range s.Events {
		if event := shape.Events[s.Events[i].Name]; event != nil {
			strange = append(strange, strangeAttributes(shape.ID, s.Events[i].Attributes, event.Spec.Attributes, over)...)
		}
	}
	if s.End.Before(s.Start) {
		strange = append(strange, "it ends before it begins")
	}
	return strange
}

// strangeAttributes says which attributes are missing, or not what they should be.
func strangeAttributes(id string, attributes []attribute.KeyValue, specs []spans.AttributeSpec, over bool) []string {
	var strange []string
	for i := range specs {
		spec := &specs[i]
		value := traces.Find(attributes, spec.Key)
		needed := spec.Level == span.Required || spec.Level == span.Answered && over
		pair := attribute.KeyValue{Key: spec.Key, Value: value}
		switch {
		case value.Type() == attribute.EMPTY && needed && !unread(id, spec.Key):
			strange = append(strange, lacks+string(spec.Key))
		case value.Type() == attribute.EMPTY:
		case value.Type() != spec.Type:
			strange = append(strange, fmt.Sprintf("its %s is no %s", spec.Key, strings.ToLower(spec.Type.String())))
		case traces.Malformed(id, &pair) != "" || !traces.RepliesTo(id, &pair) || !allowed(spec, value):
			strange = append(strange, fmt.Sprintf("its %s is %s", spec.Key, words.Text(value)))
		}
	}
	return strange
}

// lacks begins what is said of an attribute that is missing.
const lacks = "it lacks "

// unread says of an attribute of a span, given by its id in the spec, that no answer rests on it: older traces have not
// all of them.
func unread(id string, key attribute.Key) bool {
	switch key {
	case spans.RPCSystemNameKey, spans.RPCMethodKey, spans.ServerAddressKey, spans.PeerServiceKey,
		spans.RaftVotedForKey, spans.RaftMessageTermKey, spans.RaftReplyTermKey:
		return true
	case spans.RaftLastLogIndexKey, spans.RaftLastLogTermKey:
		return id != spans.RequestVoteClientID
	}
	return false
}

// strangeSaid says what is strange in a span, as a sentence without an end.
func strangeSaid(s *traces.Span) string {
	var missing, said []string
	for _, strange := range strangeIn(s) {
		if key, is := strings.CutPrefix(strange, lacks); is {
			missing = append(missing, key)
		} else {
			said = append(said, strange)
		}
	}
	if len(missing) > 0 {
		said = append([]string{lacks + words.AndList(missing)}, said...)
	}
	return strings.Join(said, "; ")
}

// allowed says whether an attribute may have a value.
func allowed(spec *spans.AttributeSpec, value attribute.Value) bool {
	if spec.Values == nil {
		return true
	}
	for _, v := range spec.Values {
		if v == value.AsString() {
			return true
		}
	}
	return false
}

// explainForeign tells a span that is not understood.
func (e *Explainer) explainForeign(s *traces.Span) *Explanation {
	x := &Explanation{Answer: joined(e.foreignSaid(s), say("."))}
	if traces.TheSpec().Shapes[traces.SpanShape{Name: s.Name, Kind: s.Kind}] == nil {
		x.Answer = joined(x.Answer, say(" It is foreign: the spec of this program declares no span of that name and "+
			"kind, so nothing is concluded from it."))
	} else {
		x.Answer = joined(x.Answer, say(" It cannot be understood: %s. So nothing is concluded from it.", strangeSaid(s)))
	}
	var attributes, events []ExplanationStep
	for _, a := range s.Attributes {
		attributes = append(attributes, step(e.begin(s), "%s = %s", words.Printable(string(a.Key)), words.Text(a.Value)))
	}
	for i := range s.Events {
		v := &s.Events[i]
		said := words.Printable(v.Name)
		for _, a := range v.Attributes {
			said += " " + words.Printable(string(a.Key)) + "=" + words.Text(a.Value)
		}
		events = append(events, step(e.when(s, v), "%s", said))
	}
	x.Parts = append(x.Parts, because("Its attributes", attributes), because("Its events", events),
		because("What it is below, the nearest first", e.chain(s)))
	return e.finish(x, s.ID.String(), e.others(s)...)
}

// foreignSaid is a span that is not understood, as a sentence without an end.
func (e *Explainer) foreignSaid(s *traces.Span) Sentence {
	process := s.Service
	if process == "" {
		process = "A process without a name"
	}
	said := say("%s has the %s span %s from %s to %s", process, s.Kind, words.Printable(s.Name), e.begin(s), e.end(s))
	if s.Status.Code == codes.Error {
		failed := words.Printable(s.Status.Description)
		if failed == "" {
			failed = "without a description"
		}
		said = joined(said, say(", with an error (%s)", failed))
	}
	return said
}
