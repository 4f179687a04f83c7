package emit

import (
	"fmt"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/model"
)

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
func (w writer) cells(all []model.Cell) string {
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
	for _, f := range p.Shown {
		row := shownRow{Name: f.Name, Of: strings.Join(f.Services, ", "), Doc: sentence(f.Doc), Restart: "reset"}
		if f.Kept {
			row.Restart = "kept"
		}
		if f.Columns != nil {
			row.Doc += " Columns: " + strings.Join(f.Columns, ", ") + "."
		}
		var told []string
		for _, t := range f.Told {
			told = append(told, toldBy(t))
		}
		row.Told = strings.Join(told, "; ")
		rows = append(rows, row)
	}
	return rows
}

// toldBy says what tells something, in a phrase.
func toldBy(t *model.Telling) string {
	var says []string
	add := func(format string, a *model.Attribute) {
		if a != nil {
			says = append(says, fmt.Sprintf(format, code(a.Key)))
		}
	}
	add("%s", t.Value)
	add("%s as a call ends", t.Later)
	add("a row at %s", t.Position)
	add("the rows in %s", t.List)
	add("no row behind %s", t.Last)
	who := "any span that has it"
	switch {
	case t.Span != nil && t.Event != nil:
		who = "the event " + code(t.Event.Name) + " of " + code(t.Span.ID)
	case t.Event != nil:
		who = "the event " + code(t.Event.Name)
	case t.Span != nil:
		who = "the span " + code(t.Span.ID)
	}
	if t.Open {
		who += " as long as it is open"
	}
	if t.Ends {
		who += " as it ends"
	}
	return who + when(t.When) + ": " + strings.Join(says, ", ")
}
