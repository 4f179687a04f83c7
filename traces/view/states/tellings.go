package states

import (
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// telling is how spans of a shape tell a field.
type telling struct {
	*span.Telling

	field int32
	form  form
}

// told is what a span tells of a field.
type told struct {
	field  int32
	key    string
	values []string
	what   what
	keep   bool
	sender int32  // the process whose row says what this does not; none if negative
	last   uint64 // of isLast
}

type what uint8

const (
	isValue what = iota // values has it
	isRow               // values are the columns
	isGone              // the row is there no longer
	isLast              // no row is behind last
)

// tellings are those of the spans of a span's shape.
func (e *engine) tellings(i int32) []telling {
	number := e.x.Entry(i).Shape
	if e.known[number] {
		return e.ofShape[number]
	}
	e.known[number] = true
	shape := e.x.Shape(i)
	group, _ := index.ProcessNumber(shape.Service)
	var all []telling
	for f := range e.shown {
		if !slices.Contains(e.shown[f].Groups, group) {
			continue
		}
		for t := range e.shown[f].Told {
			by := &e.shown[f].Told[t]
			if by.Name == "" || by.Name == shape.Name && by.Kind == shape.Kind {
				all = append(all, telling{by, int32(own + f), newForm(by.Form, e.shown[f].Columns)})
			}
		}
	}
	e.ofShape[number] = all
	return all
}

// read returns what a span tells as it begins, and as it ends. A process acts at the end of its step: what took in a
// message, and was answered in the same step, tells what came of it as it ends.
func (e *engine) read(i int32, s *read.Span, tellings []telling) (now, later []told) {
	begin, end := index.StepsOf(s)
	isOld := s.Start.UnixNano() < e.from
	atEnd := begin > 0 && begin == end && e.x.IsReceiver(i)
	for k := range tellings {
		t := &tellings[k]
		if !span.All(t.When, s) {
			continue
		}
		if t.Event == "" {
			all := e.says(t, i, s, nil)
			switch {
			case t.Ends || atEnd:
				later = append(later, all...)
			case t.Open || !isOld:
				now = append(now, all...)
			}
			if t.Open && len(all) > 0 && !isUnfinished(s) {
				later = append(later, told{field: t.field, key: all[0].key, what: isGone})
			}
			continue
		}
		for n := range s.Events {
			event := &s.Events[n]
			if event.Name != t.Event {
				continue
			}
			all := e.says(t, i, s, event)
			if step := index.StepNumber(event.Attribute(worldspans.RaftkvStepKey)); atEnd || step != 0 && step == end {
				later = append(later, all...)
			} else if !isOld {
				now = append(now, all...)
			}
		}
	}
	return now, later
}

// isUnfinished says whether the run ended before a span did.
func isUnfinished(s *read.Span) bool { return s.Attribute(worldspans.RaftUnfinishedKey).AsBool() }

// says returns what a span, or an event in it, tells of a field.
func (e *engine) says(t *telling, i int32, s *read.Span, event *span.Event) (all []told) {
	attributes := [][]attribute.KeyValue{s.Attributes}
	if event != nil {
		attributes = [][]attribute.KeyValue{event.Attributes, s.Attributes}
	}
	if t.Value != "" {
		if text := textOf(t.Value, attributes...); text != nil {
			all = append(all, told{field: t.field, values: e.one(*text), sender: index.None})
		}
	}
	if t.Position != "" {
		if key := textOf(t.Position, attributes...); key != nil {
			all = append(all, e.row(t, i, *key, attributes))
		}
	}
	if t.List != "" {
		for _, text := range span.Find(s.Attributes, t.List).AsStringSlice() {
			if key, values, ok := t.form.parse(text); ok {
				all = append(all, told{field: t.field, key: key, values: values, what: isRow, keep: t.Keep, sender: index.None})
			}
		}
	}
	if t.Last != "" {
		if text := textOf(t.Last, attributes...); text != nil {
			if last, err := strconv.ParseUint(*text, 10, 64); err == nil {
				all = append(all, told{field: t.field, what: isLast, last: last, sender: index.None})
			}
		}
	}
	return all
}

// row is the row that a span tells by its position.
func (e *engine) row(t *telling, i int32, key string, attributes [][]attribute.KeyValue) told {
	row := told{field: t.field, key: key, what: isRow, keep: t.Keep, sender: index.None}
	row.values = make([]string, len(e.fields[t.field].Columns))
	for c := range t.Cells {
		cell := &t.Cells[c]
		switch {
		case cell.Key != "":
			if text := textOf(cell.Key, attributes...); text != nil {
				row.values[c] = *text
			}
		case cell.Literal != "":
			row.values[c] = cell.Literal
		case t.Sender:
			row.values[c] = NotTold
			if parent := e.x.Parent(i); parent >= 0 {
				row.sender = e.x.Shape(parent).Process
			}
		}
	}
	return row
}

// textOf is the text of an attribute in the first of several lists that has it; nil if none has.
func textOf(key attribute.Key, lists ...[]attribute.KeyValue) *string {
	for _, list := range lists {
		if v := span.Find(list, key); v.Type() != attribute.EMPTY {
			text := v.String()
			return &text
		}
	}
	return nil
}

// one is a list of one value. Equal ones are shared.
func (e *engine) one(text string) []string {
	list, known := e.single[text]
	if !known {
		list = []string{text}
		e.single[text] = list
	}
	return list
}
