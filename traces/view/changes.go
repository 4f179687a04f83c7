package view

import (
	"slices"
	"strconv"

	"github.com/raftkv/raftkv/traces/view/states"
)

// fieldHead is something that is shown of a process's state. page/src/model/states.ts is the same in TypeScript.
type fieldHead struct {
	Name     string   `json:"name"`
	Word     string   `json:"word"`
	Doc      string   `json:"doc"`
	Groups   []string `json:"groups"`
	Kind     string   `json:"kind"`     // status, scalar, table or store
	Columns  []string `json:"columns"`  // of a table or a store; one without a name for a single value
	Types    []string `json:"types"`    // of the columns' values: number or text
	Numbered bool     `json:"numbered"` // the rows' keys are numbers
	Chosen   string   `json:"chosen"`   // the field up to whose value rows are chosen; or empty
	Applied  string   `json:"applied"`
	Colour   string   `json:"colour"` // the column that colours a row; or empty
}

// changeHead is a kind of change: of which process and field, and whether it is that something is gone.
type changeHead struct {
	Process int32 `json:"process"`
	Field   int32 `json:"field"`
	Gone    bool  `json:"gone"`
}

// changes writes the changes of what processes hold, in their order. Their texts come after those of all spans.
type changes struct {
	all    *texts
	fields []fieldHead
	kinds  []changeHead
	kindOf map[changeHead]int
	// at is how many moments after that of the change before; a moment is told by its place in the one order.
	at, kind column
	keys     []*textColumn   // by field: the key of a row
	values   [][]*textColumn // by field and column
	last     map[lastOfField]int64
	lastAt   int32
	count    int
}

// lastOfField names the last number in a column of a field that a process had; column -1 is the key.
type lastOfField struct {
	process, field int32
	column         int
}

func newChanges(all *texts, fields []states.Field, list []states.Change) *changes {
	c := &changes{all: all, kindOf: map[changeHead]int{}, last: map[lastOfField]int64{}, fields: fieldHeads(fields, list)}
	for i := range c.fields {
		c.keys = append(c.keys, &textColumn{})
		var columns []*textColumn
		for range c.fields[i].Columns {
			columns = append(columns, &textColumn{})
		}
		c.values = append(c.values, columns)
	}
	return c
}

// fieldHeads say what the fields are, and how the changes of each are written: as numbers where all are numbers.
func fieldHeads(fields []states.Field, list []states.Change) []fieldHead {
	heads := make([]fieldHead, len(fields))
	for i := range fields {
		f := &fields[i]
		columns := []string{""}
		if f.Columns != nil {
			columns = validAll(f.Columns)
		}
		heads[i] = fieldHead{
			Name: valid(f.Name), Word: valid(f.Word), Doc: valid(f.Doc), Groups: validAll(f.Groups), Kind: string(f.Kind),
			Columns: columns, Types: slices.Repeat([]string{typeNumber}, len(columns)), Numbered: true,
			Chosen: f.Chosen, Applied: f.Applied, Colour: f.Colour,
		}
	}
	for i := range list {
		change := &list[i]
		f := &heads[change.Field]
		if _, is := exactly(change.Key); !is {
			f.Numbered = false
		}
		for k, text := range change.Values {
			if _, is := exactly(text); !is {
				f.Types[k] = typeText
			}
		}
	}
	return heads
}

// exactly reads a number that is written as JavaScript writes it, and that it has exactly.
func exactly(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= 0 && n < 1<<53 && strconv.FormatInt(n, 10) == text
}

// add adds the next change, which is told at a place in the one order of moments.
func (c *changes) add(change *states.Change, at int32) {
	kind := changeHead{change.Process, change.Field, change.Values == nil}
	n, known := c.kindOf[kind]
	if !known {
		n = len(c.kinds)
		c.kinds, c.kindOf[kind] = append(c.kinds, kind), n
	}
	c.at.add(uint64(at - c.lastAt))
	c.lastAt = at
	c.kind.add(uint64(n))
	c.count++
	f := &c.fields[change.Field]
	if f.Kind == string(states.Table) || f.Kind == string(states.Store) {
		c.text(c.keys[change.Field], f.Numbered, change.Key, lastOfField{change.Process, change.Field, -1})
	}
	for k, text := range change.Values {
		c.text(c.values[change.Field][k], f.Types[k] == typeNumber, text, lastOfField{change.Process, change.Field, k})
	}
}

// text adds a text, or the number that it is: by how much it differs from the one before.
func (c *changes) text(to *textColumn, isNumber bool, text string, of lastOfField) {
	if !isNumber {
		to.addText(c.all, valid(text))
		return
	}
	n, _ := exactly(text)
	to.addSigned(n - c.last[of])
	c.last[of] = n
}

// columns adds the columns to what a page holds.
func (c *changes) columns(d *data) {
	d.add("change_at", c.at.bytes)
	d.add("change_kind", c.kind.bytes)
	for i := range c.fields {
		d.add("change_key", c.keys[i].bytes)
		for _, column := range c.values[i] {
			d.add("change_value", column.bytes)
		}
	}
}

func validAll(list []string) []string {
	all := []string{}
	for _, text := range list {
		all = append(all, valid(text))
	}
	return all
}
