package sections

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
)

// shown checks what a viewer shows of a process's state.
func (r *resolver) shown() {
	all := r.spec.Shown
	if len(all) > 0 && r.out.Telemetry == nil {
		r.faults.Add(all[0].At, "what is shown is told by spans: there are none")
		return
	}
	seen := map[string]load.Pos{}
	for _, p := range r.out.Includes {
		for i := range p.Shown {
			seen[p.Shown[i].Name.Value] = p.Shown[i].Name.Pos
		}
	}
	for i := range all {
		name := all[i].Name
		if before, is := seen[name.Value]; is {
			r.faults.Add(name.Pos, "duplicate %q: shown in %s", name.Value, r.faults.Place(before, name.Pos))
		}
		seen[name.Value] = name.Pos
		r.field(&all[i])
	}
	r.out.Shown = all
}

var restarts = []string{"kept", "reset"}

// field checks one thing that is shown.
func (r *resolver) field(f *load.Shown) {
	var columns []string
	for _, c := range f.Columns {
		if slices.Contains(columns, c.Value) {
			r.faults.Add(c.Pos, "duplicate column %q", c.Value)
		}
		columns = append(columns, c.Value)
	}
	for _, name := range f.Of {
		find(r, r.services, name, "service")
	}
	if f.Restart.Given() && !slices.Contains(restarts, f.Restart.Value) {
		r.faults.Undefined(f.Restart.Pos, "way to restart", f.Restart.Value, restarts)
	}
	if f.Colour.Given() && !slices.Contains(columns, f.Colour.Value) {
		r.faults.Undefined(f.Colour.Pos, "column", f.Colour.Value, columns)
	}
	if f.Initial.Given() && (f.Restart.Value == "kept" || columns != nil) {
		r.faults.Add(f.Initial.Pos, "only one value that a restart resets has an initial one: a table is empty")
	}
	r.upTo(f, f.Chosen)
	r.upTo(f, f.Applied)
	for i := range f.Told {
		r.telling(&f.Told[i], columns)
	}
}

// upTo checks the name of another thing, one value, up to which the rows of a table are chosen or applied.
func (r *resolver) upTo(of *load.Shown, name load.Text) {
	if !name.Given() {
		return
	}
	if of.Columns == nil {
		r.faults.Add(name.Pos, "only the rows of a table are chosen and applied: %q has no columns", of.Name.Value)
		return
	}
	var values []string
	for i := range r.spec.Shown {
		if f := &r.spec.Shown[i]; f.Columns == nil {
			values = append(values, f.Name.Value)
		}
	}
	if !slices.Contains(values, name.Value) {
		r.faults.Undefined(name.Pos, "value that is shown", name.Value, values)
	}
}

// source is the span or the event that tells something; nil for any.
type source struct {
	span  *model.Span
	event *model.Event
}

// telling checks one way in which something is told that has columns, or none.
func (r *resolver) telling(t *load.Telling, columns []string) {
	var by source
	var known, found bool
	by.span, known = find(r, r.spans, t.Span, "span")
	by.event, found = find(r, r.events, t.Event, "event")
	if t.Span.Given() && !known || t.Event.Given() && !found {
		return
	}
	if t.When != nil && by.span == nil {
		r.faults.Add(t.At, "conditions are on the attributes of a span: say which")
	} else {
		r.conditions(by.span, t.When)
	}
	if by.span != nil && by.event != nil && !slices.Contains(by.span.Events, by.event) {
		r.faults.Undefined(t.Event.Pos, "event of the span "+by.span.ID, t.Event.Value, namesOf(by.span))
	}
	for _, name := range []load.Text{t.Value, t.Position, t.List, t.Last} {
		r.toldBy(by, name)
	}
	for _, p := range t.Cells {
		if !slices.Contains(columns, p.Key.Value) {
			r.faults.Undefined(p.Key.Pos, "column", p.Key.Value, columns)
		}
		if strings.Contains(p.Text.Value, ".") { // else it is a literal
			r.toldBy(by, p.Text)
		}
	}
	r.fits(t, columns)
}

func namesOf(s *model.Span) (names []string) {
	for _, e := range s.Events {
		names = append(names, e.Name)
	}
	return names
}

// toldBy checks the name of an attribute of an event, or of a span.
func (r *resolver) toldBy(by source, name load.Text) {
	if !name.Given() {
		return
	}
	a := r.attributes[name.Value]
	switch {
	case by.event != nil && a != nil && (r.hasEvent(by.event, a) || by.span == nil && r.hadWith(by.event, a)):
	case by.event != nil && by.span == nil:
		r.faults.Undefined(name.Pos, "attribute of the event "+by.event.Name, name.Value, keysOf(by.event))
	case by.span != nil:
		r.attributeOf(by.span, name)
	default:
		r.somewhere(name)
	}
}

func (r *resolver) hasEvent(e *model.Event, a *model.Attribute) bool {
	return slices.Contains(e.Attributes, a) || slices.Contains(e.Optional, a)
}

// hadWith says whether some span has the attribute that may have the event.
func (r *resolver) hadWith(e *model.Event, a *model.Attribute) bool {
	for _, s := range r.spans {
		if slices.Contains(s.Events, e) && s.Level(a) != "" {
			return true
		}
	}
	return false
}

func keysOf(e *model.Event) (all []string) {
	for _, a := range slices.Concat(e.Attributes, e.Optional) {
		all = append(all, a.Key)
	}
	slices.Sort(all)
	return all
}

// fits notes what does not go together: one value is told by an attribute, and a table by rows.
func (r *resolver) fits(t *load.Telling, columns []string) {
	rows := t.Position.Given() || t.List.Given() || t.Last.Given()
	switch {
	case columns == nil && (rows || t.Form.Given() || t.Cells != nil):
		r.faults.Add(t.At, "what has no columns has no rows: it is told by `value`")
	case columns == nil && !t.Value.Given():
		r.faults.Add(t.At, "nothing is told: missing key %q", "value")
	case columns != nil && t.Value.Given():
		r.faults.Add(t.At, "what has columns is told by rows, and not by `value`")
	case columns != nil && !rows:
		r.faults.Add(t.At, "nothing is told: want `position` and `cells`, `list` and `form`, or `last`")
	case t.List.Given() != t.Form.Given():
		r.faults.Add(t.At, "a list is told by `list` and `form` together")
	case t.Form.Given():
		r.form(t.Form, columns)
	}
}

// form checks how a row is written: {position}, and columns, with something between them.
func (r *resolver) form(form load.Text, columns []string) {
	names := append([]string{"position"}, columns...)
	last := -1
	for _, at := range model.Placeholder.FindAllStringIndex(form.Value, -1) {
		if name := form.Value[at[0]+1 : at[1]-1]; !slices.Contains(names, name) {
			r.faults.Undefined(form.At(at[0]+1), "part of a row", name, names)
		}
		if at[0] == last {
			r.faults.Add(form.At(at[0]), "nothing is between this part of a row and the one before")
		}
		last = at[1]
	}
	if !strings.HasPrefix(form.Value, "{position}") {
		r.faults.Add(form.Pos, "a row begins with its {position}")
	}
}
