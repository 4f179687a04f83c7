package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/words"
)

// What the spec does not declare is foreign: it is told by its name and attributes, and nothing is concluded from it.

// strangeIn says what keeps a span from being understood: that the spec declares none of its name and kind, or what
// it lacks of what its kind must have. Empty for one that is as the spec has it.
func (t *Trace) strangeIn(s *span.Span) []string {
	spec := t.spec(s.Name, s.Kind)
	if spec == nil {
		return []string{"the spec declares no span of that name and kind"}
	}
	over := s.Status.Code != codes.Error && !IsUnfinished(s)
	strange := t.strangeAttributes(spec.ID, s.Attributes, spec.Attributes, over)
	for i := range s.Events {
		at := slices.IndexFunc(spec.Events, func(v span.EventSpec) bool { return v.Name == s.Events[i].Name })
		if at >= 0 {
			strange = append(strange, t.strangeAttributes(spec.ID, s.Events[i].Attributes, spec.Events[at].Attributes, over)...)
		}
	}
	if s.End.Before(s.Start) {
		strange = append(strange, "it ends before it begins")
	}
	return strange
}

// strangeAttributes says which attributes are missing, or not what they should be.
func (t *Trace) strangeAttributes(id string, list []attribute.KeyValue, specs []span.AttributeSpec,
	over bool,
) []string {
	var strange []string
	for i := range specs {
		spec := &specs[i]
		value := span.Find(list, spec.Key)
		needed := spec.Level == span.Required || spec.Level == span.Answered && over
		pair := attribute.KeyValue{Key: spec.Key, Value: value}
		switch {
		case value.Type() == attribute.EMPTY:
			if needed && !t.protocol.Unread(id, spec.Key) {
				strange = append(strange, lacks+string(spec.Key))
			}
		case value.Type() != spec.Type:
			strange = append(strange, fmt.Sprintf("its %s is no %s", spec.Key, strings.ToLower(spec.Type.String())))
		case spec.Values != nil && !slices.Contains(spec.Values, value.AsString()), t.protocol.Malformed(id, &pair):
			strange = append(strange, fmt.Sprintf("its %s is %s", spec.Key, words.Text(value)))
		}
	}
	return strange
}

// lacks begins what is said of an attribute that is missing.
const lacks = "it lacks "

// strangeSaid says what is strange in a span, as a sentence without an end.
func (t *Trace) strangeSaid(s *span.Span) string {
	var missing, said []string
	for _, strange := range t.strangeIn(s) {
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

// explainForeign tells a span that is not understood.
func (e *Explainer) explainForeign(s *span.Span) *Explanation {
	said := e.foreignSaid(s)
	if e.spec(s.Name, s.Kind) == nil {
		said = said.Then(". It is foreign: the spec of this program declares no span of that name and kind, so nothing is " +
			"concluded from it.")
	} else {
		said = said.Then(". It cannot be understood: %s. So nothing is concluded from it.", e.strangeSaid(s))
	}
	var attributes, events []Step
	for _, a := range s.Attributes {
		attributes = append(attributes, At(e.Begin(s), "%s = %s", words.Printable(string(a.Key)), words.Text(a.Value)))
	}
	for i := range s.Events {
		v := &s.Events[i]
		said := words.Printable(v.Name)
		for _, a := range v.Attributes {
			said += " " + words.Printable(string(a.Key)) + "=" + words.Text(a.Value)
		}
		events = append(events, At(e.When(s, v), "%s", said))
	}
	causes, _, _ := e.chain(s)
	x := &Explanation{Answer: said, Parts: []Part{
		Because("Its attributes", attributes...), Because("Its events", events...),
		Because("What it is below, the nearest first", causes...),
	}}
	return x.Suggest(e.Others(s)...)
}

// foreignSaid is a span that is not understood, as a sentence without an end.
func (e *Explainer) foreignSaid(s *span.Span) Sentence {
	process := s.Service
	if process == "" {
		process = "A process without a name"
	}
	said := Say("%s has the %s span %s from %s to %s", process, s.Kind, words.Printable(s.Name), e.Begin(s), e.End(s))
	if s.Status.Code == codes.Error {
		said = said.Then(", with an error (%s)", cmp.Or(words.Printable(s.Status.Description), "without a description"))
	}
	return said
}
