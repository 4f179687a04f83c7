package emit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
)

// shownField is one thing that is shown of a process's state, with what its names stand for.
type shownField struct {
	*load.Shown

	Services []string
	Tellings []telling
}

// telling is how it is told. What it has not is nil.
type telling struct {
	*load.Telling

	By                           *model.Span
	During                       *model.Event
	Conditions                   []model.Condition
	TheValue, Where, All, Behind *model.Attribute
	Row                          []model.TextPiece
}

// Called is what people call it.
func (f shownField) Called() string {
	return cmp.Or(f.Word.Value, strings.ReplaceAll(f.Name.Value, "_", " "))
}

// shown is what is shown of the processes of a protocol.
func shown(p *model.Protocol) (all []shownField) {
	for i := range p.Shown {
		f := shownField{Shown: &p.Shown[i]}
		for _, service := range f.Of {
			members := p.Members(service.Value)
			if members == nil {
				members = []string{service.Value}
			}
			f.Services = append(f.Services, members...)
		}
		for k := range f.Told {
			f.Tellings = append(f.Tellings, tellingOf(p, f.Shown, &f.Told[k]))
		}
		all = append(all, f)
	}
	return all
}

func tellingOf(p *model.Protocol, f *load.Shown, t *load.Telling) telling {
	out := telling{Telling: t}
	attributes := map[string]*model.Attribute{}
	for _, q := range p.All() {
		for _, s := range q.Spans {
			if s.ID == t.Span.Value {
				out.By = s
			}
		}
		for _, e := range q.Events {
			if e.Name == t.Event.Value {
				out.During = e
			}
		}
		for _, a := range q.Attributes {
			attributes[a.Key] = a
		}
	}
	for _, c := range t.When {
		out.Conditions = append(out.Conditions, model.Condition{Attribute: attributes[c.Key.Value], Value: c.Text.Value})
	}
	out.TheValue, out.Where = attributes[t.Value.Value], attributes[t.Position.Value]
	out.All, out.Behind = attributes[t.List.Value], attributes[t.Last.Value]
	if t.Cells != nil {
		out.Row = make([]model.TextPiece, len(f.Columns))
	}
	for _, c := range t.Cells {
		at := slices.IndexFunc(f.Columns, func(name load.Text) bool { return name.Value == c.Key.Value })
		if out.Row[at].Attribute = attributes[c.Text.Value]; out.Row[at].Attribute == nil {
			out.Row[at].Literal = c.Text.Value
		}
	}
	return out
}

// includedShown are the functions that give what is shown of included files' processes.
func includedShown(view page) (all []string) {
	for _, p := range view.Includes {
		if len(p.Shown) > 0 {
			all = append(all, spansOf(p).alias+".Shown")
		}
	}
	return all
}

// cells are where the columns of a row are from, in Go.
func (w writer) cells(all []model.TextPiece) string {
	var parts []string
	for _, c := range all {
		switch {
		case c.Attribute != nil:
			parts = append(parts, "{Key: "+w.named(c.Attribute, c.Attribute.Const)+"}")
		case c.Literal != "":
			parts = append(parts, fmt.Sprintf("{Literal: %q}", c.Literal))
		default:
			parts = append(parts, "{}")
		}
	}
	return "[]span.Cell{" + strings.Join(parts, ", ") + "}"
}

// shownRow is a row of a document's table: what is shown of whom, and what tells it.
type shownRow struct{ Name, Of, Doc, Restart, Told string }

// shownRows are the rows of a protocol.
func shownRows(p *model.Protocol) (rows []shownRow) {
	for _, f := range shown(p) {
		row := shownRow{
			Name: f.Name.Value, Of: strings.Join(f.Services, ", "), Doc: sentence(f.Doc.Value), Restart: f.Restart.Value,
		}
		var columns, told []string
		for _, c := range f.Columns {
			columns = append(columns, c.Value)
		}
		if columns != nil {
			row.Doc += " Columns: " + strings.Join(columns, ", ") + "."
		}
		for _, t := range f.Tellings {
			told = append(told, toldBy(&t))
		}
		row.Told = strings.Join(told, "; ")
		rows = append(rows, row)
	}
	return rows
}

// toldBy says what tells something, in a phrase.
func toldBy(t *telling) string {
	var says []string
	add := func(format string, a *model.Attribute) {
		if a != nil {
			says = append(says, fmt.Sprintf(format, code(a.Key)))
		}
	}
	add("%s", t.TheValue)
	add("a row at %s", t.Where)
	add("the rows in %s", t.All)
	add("no row behind %s", t.Behind)
	who := "any span that has it"
	switch {
	case t.By != nil && t.During != nil:
		who = "the event " + code(t.During.Name) + " of " + code(t.By.ID)
	case t.During != nil:
		who = "the event " + code(t.During.Name)
	case t.By != nil:
		who = "the span " + code(t.By.ID)
	}
	if t.Open.Value {
		who += " as long as it is open"
	}
	if t.Ends.Value {
		who += " as it ends"
	}
	return who + when(t.Conditions) + ": " + strings.Join(says, ", ")
}
