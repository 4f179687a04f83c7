package sections

import (
	"cmp"
	"slices"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
)

// story resolves what is told of each span.
func (r *resolver) story() {
	if len(r.spec.Story) > 0 && r.out.Telemetry == nil {
		r.faults.Add(r.spec.Story[0].At, "a story tells of spans: there are none")
		return
	}
	seen := map[string]load.Pos{}
	for i := range r.spec.Story {
		t := &r.spec.Story[i]
		s, ok := find(r, r.spans, t.Span, "span")
		if before, is := seen[t.Span.Value]; is {
			r.faults.Add(t.Span.Pos, "duplicate span %q: told in line %d", t.Span.Value, before.Line)
			continue
		}
		seen[t.Span.Value] = t.Span.Pos
		if !ok {
			continue
		}
		r.kinds(s, t)
		r.out.Story = append(r.out.Story, &model.Told{
			Span: s, Begins: r.sayings(s, t.Begins), Ends: r.sayings(s, t.Ends), Fails: r.textOf(s, t.Fails),
			Unfinished: r.textOf(s, t.Unfinished), Message: r.textOf(s, t.Message), Unanswered: r.textOf(s, t.Unanswered),
			Round: r.conditions(s, t.Round),
		})
	}
}

// kinds notes what spans of other kinds cannot have.
func (r *resolver) kinds(s *model.Span, t *load.Told) {
	if t.Message.Given() && s.Kind != "client" && s.Kind != "server" && s.Kind != "producer" {
		r.faults.Add(t.Message.Pos, "span %q is of kind %s, and sends no message", s.ID, s.Kind)
	}
	if t.Unanswered.Given() && s.Kind != "client" {
		r.faults.Add(t.Unanswered.Pos, "span %q is of kind %s, and waits for no answer", s.ID, s.Kind)
	}
	if t.Unanswered.Given() && t.Fails.Given() {
		r.faults.Add(t.Fails.Pos, "that a call fails is that it is unanswered, which is told already")
	}
}

// sayings are lines of which one is told.
func (r *resolver) sayings(s *model.Span, lines []load.Saying) (all []*model.Saying) {
	for i := range lines {
		line := &lines[i]
		if i > 0 && !conditional(&lines[i-1]) {
			r.faults.Add(line.At, "this line is never told: the one before it always is")
		}
		all = append(all, r.saying(s, line))
	}
	return all
}

// conditional says whether a line has conditions, be they wrong.
func conditional(l *load.Saying) bool { return l.Reply.Given() || len(l.When)+len(l.Not) > 0 }

var marks = []string{model.MarkOrdinary, model.MarkTrouble, model.MarkRoutine}

func (r *resolver) saying(s *model.Span, l *load.Saying) *model.Saying {
	out := &model.Saying{
		When: slices.Concat(r.replied(s, l.Reply), r.conditions(s, l.When)), Not: r.conditions(s, l.Not),
		Mark: cmp.Or(l.Mark.Value, model.MarkOrdinary), Fold: l.Fold.Value, Text: r.textOf(s, l.Text),
	}
	if !slices.Contains(marks, out.Mark) {
		r.faults.Undefined(l.Mark.Pos, "mark", out.Mark, marks)
	}
	switch {
	case !l.Text.Given() && (l.Mark.Given() || l.Fold.Value || l.By.Given()):
		r.faults.Add(l.At, "a line without a text tells nothing: leave mark, fold and by out")
	case l.Fold.Value && l.Mark.Given():
		r.faults.Add(l.Mark.Pos, "what is folded is trouble: leave the mark out")
	case l.By.Given() && !l.Fold.Value:
		r.faults.Add(l.By.Pos, "only lines that are folded are told apart by an attribute")
	}
	if l.Fold.Value && r.peerOf(s) == nil {
		r.faults.Add(l.Fold.Pos, "what is folded is about a peer: span %q has no attribute that names one", s.ID)
	}
	out.By = r.attributeOf(s, l.By)
	return out
}

// replied is the condition that a span was answered by a message.
func (r *resolver) replied(s *model.Span, reply load.Text) []model.Condition {
	if !reply.Given() {
		return nil
	}
	replies := map[string]bool{}
	for _, p := range r.out.All() {
		for _, e := range p.Exchanges {
			for _, m := range e.Replies {
				replies[m.Name] = true
			}
		}
	}
	find(r, replies, reply, "reply")
	for _, a := range r.out.Replies() {
		if s.Level(a) != "" {
			return []model.Condition{{Attribute: a, Value: reply.Value}}
		}
	}
	r.faults.Add(reply.Pos, "span %q has no attribute that names its reply", s.ID)
	return nil
}

// peerOf is the attribute of a span that names its peer; nil if it has none.
func (r *resolver) peerOf(s *model.Span) *model.Attribute {
	for _, a := range r.out.Peers() {
		if s.Level(a) != "" {
			return a
		}
	}
	return nil
}
