package emit

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/model"
)

// conditions are the values that attributes must have, in Go.
func (w writer) conditions(all []model.Condition) string {
	var parts []string
	for _, c := range all {
		parts = append(parts, fmt.Sprintf("{Key: %s, Value: %q}", w.named(c.Attribute, c.Attribute.Const), c.Value))
	}
	return "[]span.Condition{" + strings.Join(parts, ", ") + "}"
}

// text is a text about a span, in Go.
func (w writer) text(pieces []model.TextPiece) string {
	var parts []string
	for _, p := range pieces {
		var fields []string
		add := func(name, value string) { fields = append(fields, name+": "+value) }
		if p.Attribute == nil {
			add("Literal", strconv.Quote(p.Literal))
		} else {
			add("Key", w.named(p.Attribute, p.Attribute.Const))
		}
		if p.Form != "" {
			add("Form", "span."+model.Camel(p.Form))
		}
		if p.One != "" {
			add("One", strconv.Quote(p.One))
		}
		parts = append(parts, "{"+strings.Join(fields, ", ")+"}")
	}
	return "span.Text{" + strings.Join(parts, ", ") + "}"
}

// landmark is a row of a document's table: what tools know, and how.
type landmark struct{ What, How string }

// landmarks are the rows of a protocol.
func landmarks(p *model.Protocol) (rows []landmark) {
	l := p.Landmarks
	add := func(what, format string, arguments ...any) {
		rows = append(rows, landmark{what, fmt.Sprintf(format, arguments...)})
	}
	keys := func(what string, all []*model.Attribute) {
		var names []string
		for _, a := range all {
			names = append(names, code(a.Key))
		}
		if names != nil {
			add(what, "%s", strings.Join(names, " or "))
		}
	}
	keys("the process at the other end", p.Peers())
	keys("the reply to a request", p.Replies())
	if l.Role != nil {
		add("the role of a process", "%s", code(l.Role.Key))
	}
	if n := l.Term; n != nil {
		add("the number of who leads, called "+n.Word, "%s", code(n.Attribute.Key))
	}
	if n := l.Position; n != nil {
		add("the number of what is agreed on, called "+n.Word, "%s", code(n.Attribute.Key))
	}
	if l.Leads != nil {
		add("a process leads from then on", "the span %s%s", code(l.Leads.Span.ID), when(l.Leads.When))
	}
	if s := l.Stands; s != nil {
		var outcomes []string
		for _, w := range s.Words {
			outcomes = append(outcomes, fmt.Sprintf("%s: %s", code(w.Value), w.Text))
		}
		add("a process tries to lead", "the span %s; how it ended is %s, %s", code(s.Span.ID), code(s.Outcome.Key),
			strings.Join(outcomes, ", "))
	}
	if l.Ceases != nil {
		add("a process leads no longer", "the span %s%s", code(l.Ceases.Span.ID), when(l.Ceases.When))
	}
	if c := l.Chosen; c != nil {
		add("something is chosen", "the span %s, at %s", code(c.Span.ID), code(c.Position.Key))
	}
	if a := l.Applied; a != nil {
		add("something is applied", "the span %s, %s at %s", code(a.Span.ID), code(a.Command.Key), code(a.Position.Key))
	}
	if n := l.Notifies; n != nil {
		add("a message only tells something, and may be lost", "the span %s, a %s", code(n.Span.ID), n.Message)
	}
	return rows
}

// when is under which conditions a span tells something.
func when(all []model.Condition) string {
	text := ""
	for i, c := range all {
		text += []string{" where ", " and "}[min(i, 1)] + code(c.Attribute.Key) + " is " + code(c.Value)
	}
	return text
}
