package sections

import (
	"cmp"
	"slices"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
)

func (r *resolver) landmarks() {
	s := r.spec.Landmarks
	if s == nil {
		return
	}
	if r.out.Telemetry == nil {
		r.faults.Add(s.At, "landmarks are of spans: there are none")
		return
	}
	out := &model.Landmarks{
		Role: r.somewhere(s.Role), Term: r.numbering(s.Term), Position: r.numbering(s.Position),
	}
	var numbers []*model.Attribute // that a span must have
	if out.Term != nil && out.Term.Attribute != nil {
		numbers = append(numbers, out.Term.Attribute)
	}
	if l := s.Leads; l != nil {
		out.Leads = r.landmark(l.Span, numbers...)
		out.Leads.When = r.conditions(out.Leads.Span, l.When)
	}
	if l := s.Ceases; l != nil {
		out.Ceases = r.landmark(l.Span, numbers...)
		out.Ceases.When = r.conditions(out.Ceases.Span, l.When)
	}
	if l := s.Stands; l != nil {
		out.Stands = r.landmark(l.Span, numbers...)
		r.stands(l, out.Stands)
	}
	if l := s.Chosen; l != nil {
		out.Chosen = r.landmark(l.Span)
		out.Chosen.Position = r.attributeOf(out.Chosen.Span, l.Position)
	}
	if l := s.Applied; l != nil {
		out.Applied = r.landmark(l.Span)
		out.Applied.Position = r.attributeOf(out.Applied.Span, l.Position)
		out.Applied.Term = r.attributeOf(out.Applied.Span, l.Term)
		out.Applied.Command = r.attributeOf(out.Applied.Span, l.Command)
	}
	if l := s.Notifies; l != nil {
		out.Notifies = r.landmark(l.Span)
		r.notifies(l, out.Notifies)
	}
	r.out.Landmarks = out
}

// landmark finds a span, which must have some attributes.
func (r *resolver) landmark(name load.Text, must ...*model.Attribute) *model.Landmark {
	out := &model.Landmark{}
	out.Span, _ = find(r, r.spans, name, "span")
	for _, a := range must {
		if out.Span != nil && out.Span.Level(a) == "" {
			r.faults.Add(name.Pos, "span %q has no attribute %q, by which those that lead are numbered", out.Span.ID, a.Key)
		}
	}
	return out
}

// somewhere is an attribute that some span has.
func (r *resolver) somewhere(name load.Text) *model.Attribute {
	a, ok := find(r, r.attributes, name, "attribute")
	if !ok {
		return nil
	}
	for _, s := range r.spans {
		if s.Level(a) != "" {
			return a
		}
	}
	var had []string
	for key, other := range r.attributes {
		for _, s := range r.spans {
			if s.Level(other) != "" {
				had = append(had, key)
				break
			}
		}
	}
	slices.Sort(had)
	r.faults.Undefined(name.Pos, "attribute of any span", name.Value, had)
	return nil
}

func (r *resolver) numbering(n *load.Numbering) *model.Numbering {
	if n == nil {
		return nil
	}
	return &model.Numbering{Attribute: r.somewhere(n.Attribute), Word: n.Word.Value}
}

// attributeOf is an attribute that a span has; nil, and a fault, if it has it not.
func (r *resolver) attributeOf(s *model.Span, name load.Text) *model.Attribute {
	a, ok := find(r, r.attributes, name, "attribute")
	if !ok || s == nil {
		return nil
	}
	if s.Level(a) == "" && a != r.out.Telemetry.Error {
		var had []string
		for key, other := range r.attributes {
			if s.Level(other) != "" {
				had = append(had, key)
			}
		}
		slices.Sort(had)
		r.faults.Undefined(name.Pos, "attribute of the span "+s.ID, name.Value, had)
		return nil
	}
	return a
}

// conditions are values that attributes of a span have.
func (r *resolver) conditions(s *model.Span, pairs load.Pairs) (all []model.Condition) {
	for _, p := range pairs {
		a := r.attributeOf(s, p.Key)
		if a == nil || !p.Text.Given() {
			continue
		}
		if allowed := a.Allowed(); allowed != nil && !slices.Contains(allowed, p.Text.Value) {
			r.faults.Undefined(p.Text.Pos, "value of "+a.Key, p.Text.Value, allowed)
		}
		all = append(all, model.Condition{Attribute: a, Value: p.Text.Value})
	}
	return all
}

func (r *resolver) stands(l *load.Stands, out *model.Landmark) {
	out.Outcome, out.Won = r.attributeOf(out.Span, l.Outcome), l.Won.Value
	out.With = r.textOf(out.Span, l.With)
	if out.Outcome == nil {
		return
	}
	allowed := out.Outcome.Allowed()
	if allowed == nil {
		r.faults.Add(l.Outcome.Pos, "attribute %q lists no values: the outcomes are not known", out.Outcome.Key)
		return
	}
	value := func(written load.Text) {
		if written.Given() && !slices.Contains(allowed, written.Value) {
			r.faults.Undefined(written.Pos, "value of "+out.Outcome.Key, written.Value, allowed)
		}
	}
	value(l.Won)
	var told []string
	for _, w := range l.Words {
		value(w.Key)
		told = append(told, w.Key.Value)
		out.Words = append(out.Words, model.Word{Value: w.Key.Value, Text: w.Text.Value})
	}
	for _, v := range allowed {
		if !slices.Contains(told, v) {
			r.faults.Add(cmp.Or(l.Outcome.Pos, l.At), "the outcome %q has no words", v)
		}
	}
}

func (r *resolver) notifies(l *load.Notifies, out *model.Landmark) {
	find(r, r.messages, l.Message, "message")
	out.Message = l.Message.Value
	if out.Span == nil {
		return
	}
	if out.Span.Kind != "producer" {
		r.faults.Add(l.Span.Pos, "span %q is of kind %s: a message that is not answered is sent by a producer", out.Span.ID,
			out.Span.Kind)
	}
	out.Tells = r.textOf(out.Span, l.Tells)
}
