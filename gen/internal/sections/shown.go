package sections

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
)

// shown resolves what a viewer shows of a process's state.
func (r *resolver) shown() {
	if len(r.spec.Shown) > 0 && r.out.Telemetry == nil {
		r.faults.Add(r.spec.Shown[0].At, "what is shown is told by spans: there are none")
		return
	}
	seen := map[string]load.Pos{}
	for _, p := range r.out.Includes {
		for _, f := range p.Shown {
			seen[f.Name] = load.Pos{}
		}
	}
	for i := range r.spec.Shown {
		f := &r.spec.Shown[i]
		if before, is := seen[f.Name.Value]; is {
			place := "in a file that is included"
			if before != (load.Pos{}) {
				place = "in " + r.faults.Place(before, f.Name.Pos)
			}
			r.faults.Add(f.Name.Pos, "duplicate %q: shown %s", f.Name.Value, place)
			continue
		}
		seen[f.Name.Value] = f.Name.Pos
		r.out.Shown = append(r.out.Shown, r.field(f))
	}
}

var restarts = []string{"kept", "reset"}

// field resolves one thing that is shown.
func (r *resolver) field(f *load.Shown) *model.Shown {
	out := &model.Shown{
		Name: f.Name.Value, Word: f.Word.Value, Doc: f.Doc.Value, Kept: f.Restart.Value == "kept",
		Initial: f.Initial.Value, Chosen: f.Chosen.Value, Applied: f.Applied.Value, Colour: f.Colour.Value,
	}
	if out.Word == "" {
		out.Word = strings.ReplaceAll(out.Name, "_", " ")
	}
	if f.Restart.Given() && !slices.Contains(restarts, f.Restart.Value) {
		r.faults.Undefined(f.Restart.Pos, "way to restart", f.Restart.Value, restarts)
	}
	for _, name := range f.Of {
		if _, ok := find(r, r.services, name, "service"); ok {
			out.Services = append(out.Services, r.out.Members(name.Value)...)
			if r.out.Members(name.Value) == nil {
				out.Services = append(out.Services, name.Value)
			}
		}
	}
	for _, c := range f.Columns {
		if slices.Contains(out.Columns, c.Value) {
			r.faults.Add(c.Pos, "duplicate column %q", c.Value)
		}
		out.Columns = append(out.Columns, c.Value)
	}
	if f.Colour.Given() && !slices.Contains(out.Columns, f.Colour.Value) {
		r.faults.Undefined(f.Colour.Pos, "column", f.Colour.Value, out.Columns)
	}
	if f.Initial.Given() && (out.Kept || out.Columns != nil) {
		r.faults.Add(f.Initial.Pos, "only one value that a restart resets has an initial one: a table is empty")
	}
	r.upTo(f, f.Chosen)
	r.upTo(f, f.Applied)
	for i := range f.Told {
		out.Told = append(out.Told, r.telling(out, &f.Told[i]))
	}
	return out
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

// telling resolves one way in which a field is told.
func (r *resolver) telling(f *model.Shown, t *load.Telling) *model.Telling {
	out := &model.Telling{
		Form: t.Form.Value, Ends: t.Ends.Value, Open: t.Open.Value, Keep: t.Keep.Value, Sender: t.Sender.Value,
	}
	out.Span, _ = find(r, r.spans, t.Span, "span")
	out.Event, _ = find(r, r.events, t.Event, "event")
	if t.When != nil && out.Span == nil {
		r.faults.Add(t.At, "conditions are on the attributes of a span: say which")
	} else {
		out.When = r.conditions(out.Span, t.When)
	}
	if out.Span != nil && out.Event != nil && !slices.Contains(out.Span.Events, out.Event) {
		r.faults.Undefined(t.Event.Pos, "event of the span "+out.Span.ID, t.Event.Value, eventsOf(out.Span))
	}
	attribute := func(name load.Text) *model.Attribute { return r.toldBy(out, name) }
	out.Value, out.Later, out.Position = attribute(t.Value), attribute(t.Later), attribute(t.Position)
	out.List, out.Last = attribute(t.List), attribute(t.Last)
	r.cells(f, out, t)
	r.fits(f, t)
	return out
}

func eventsOf(s *model.Span) (names []string) {
	for _, e := range s.Events {
		names = append(names, e.Name)
	}
	return names
}

// toldBy is an attribute of an event, or of a span.
func (r *resolver) toldBy(t *model.Telling, name load.Text) *model.Attribute {
	a, ok := r.attributes[name.Value]
	switch {
	case !name.Given():
		return nil
	case t.Event != nil && ok && (slices.Contains(t.Event.Attributes, a) || slices.Contains(t.Event.Optional, a)):
		return a
	case t.Event != nil && ok && t.Span == nil && r.hadWith(t.Event, a):
		return a
	case t.Event != nil && t.Span == nil:
		r.faults.Undefined(name.Pos, "attribute of the event "+t.Event.Name, name.Value, keysOf(t.Event))
		return nil
	case t.Span != nil:
		return r.attributeOf(t.Span, name)
	}
	return r.somewhere(name)
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

// cells resolves where the columns of a row are from: an attribute, which has a dot in its name, or a literal text.
func (r *resolver) cells(f *model.Shown, out *model.Telling, t *load.Telling) {
	if t.Cells == nil {
		return
	}
	out.Cells = make([]model.Cell, len(f.Columns))
	for _, p := range t.Cells {
		at := slices.Index(f.Columns, p.Key.Value)
		switch {
		case at < 0:
			r.faults.Undefined(p.Key.Pos, "column", p.Key.Value, f.Columns)
		case strings.Contains(p.Text.Value, "."):
			out.Cells[at].Attribute = r.toldBy(out, p.Text)
		default:
			out.Cells[at].Literal = p.Text.Value
		}
	}
}

// fits notes what does not go together: one value is told by an attribute, and a table by rows.
func (r *resolver) fits(f *model.Shown, t *load.Telling) {
	isTable := f.Columns != nil
	rows := []load.Text{t.Position, t.List, t.Form, t.Last}
	for _, row := range rows {
		if row.Given() && !isTable {
			r.faults.Add(row.Pos, "%q has no columns, and so no rows: it is told by `value`", f.Name)
			return
		}
	}
	switch {
	case isTable && (t.Value.Given() || t.Later.Given()):
		r.faults.Add(t.At, "%q has columns: it is told by `position` and `cells`, by `list` and `form`, or by `last`", f.Name)
	case !isTable && !t.Value.Given():
		r.faults.Add(t.At, "nothing is told: missing key %q", "value")
	case isTable && !t.Position.Given() && !t.List.Given() && !t.Last.Given():
		r.faults.Add(t.At, "nothing is told: want `position` and `cells`, `list` and `form`, or `last`")
	case t.List.Given() != t.Form.Given():
		r.faults.Add(t.At, "a list is told by `list` and `form` together")
	case t.Form.Given():
		r.form(f, t.Form)
	}
}

// form checks how a row is written: {position}, and columns, with something between them.
func (r *resolver) form(f *model.Shown, form load.Text) {
	names := append([]string{"position"}, f.Columns...)
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
