package states

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/raftkv/raftkv/traces/index"
)

// process is the state of one process, as far as it is told.
type process struct {
	number int32
	has    []int32    // its fields
	values [][]string // by field; nil where nothing is known
	tables []table    // by field
	status string
	disk   disk
	store  store
}

// table are the rows of a field.
type table struct {
	rows map[string][]string
	top  uint64 // no row has a higher position
}

func (e *engine) newProcess(name string, number int32) *process {
	p := &process{number: number, values: make([][]string, len(e.fields)), tables: make([]table, len(e.fields))}
	group, _ := index.ProcessNumber(name)
	for i := range e.fields {
		if f := &e.fields[i]; slices.Contains(f.Groups, group) {
			p.has = append(p.has, int32(i))
			if f.Columns != nil {
				p.tables[i].rows = map[string][]string{}
			}
		}
	}
	return p
}

// isKept says whether a field is on a process's disk.
func (e *engine) isKept(field int32) bool {
	i := int(field) - own
	return i >= 0 && i < len(e.shown) && e.shown[i].Kept
}

// tell changes a process's state by what a span tells. Of one that is down, only what is on its disk is known.
func (e *engine) tell(p *process, all []told) {
	for i := range all {
		t := &all[i]
		if p.status == Down && !e.isKept(t.field) {
			continue
		}
		switch t.what {
		case isValue:
			e.setValue(p, t.field, t.values)
		case isRow:
			e.tellRow(p, t)
		case isGone:
			e.setRow(p, t.field, t.key, nil)
		case isLast:
			e.cut(p, t.field, t.last)
		}
	}
}

// tellRow sets a row, with what its sender knows of it.
func (e *engine) tellRow(p *process, t *told) {
	if _, is := p.tables[t.field].rows[t.key]; is && t.keep {
		return
	}
	if t.sender >= 0 {
		if known := e.processes[t.sender].tables[t.field].rows[t.key]; agree(known, t.values) {
			t.values = known
		}
	}
	e.setRow(p, t.field, t.key, t.values)
}

// agree says whether a row is another one as far as that is told.
func agree(known, told []string) bool {
	for i, text := range told {
		if known == nil || text != NotTold && text != known[i] {
			return false
		}
	}
	return true
}

// setValue sets the one value of a field; nil for none that is known.
func (e *engine) setValue(p *process, field int32, values []string) {
	was := p.values[field]
	if slices.Equal(was, values) {
		return
	}
	if e.isKept(field) {
		p.disk.note(undo{field: field, was: was})
	}
	p.values[field] = values
	e.change(p, field, "", values)
}

// setRow sets a row of a field; nil for none.
func (e *engine) setRow(p *process, field int32, key string, values []string) {
	t := &p.tables[field]
	was, is := t.rows[key]
	if is == (values != nil) && slices.Equal(was, values) {
		return
	}
	if e.isKept(field) {
		p.disk.note(undo{field: field, key: key, was: was})
	}
	if values == nil {
		delete(t.rows, key)
	} else {
		t.rows[key] = values
		if position, err := strconv.ParseUint(key, 10, 64); err == nil {
			t.top = max(t.top, position)
		}
	}
	e.change(p, field, key, values)
}

// cut removes the rows of a table behind a position.
func (e *engine) cut(p *process, field int32, last uint64) {
	t := &p.tables[field]
	if t.top > last {
		if t.top-last <= uint64(len(t.rows)) {
			for position := t.top; position > last; position-- {
				e.setRow(p, field, strconv.FormatUint(position, 10), nil)
			}
		} else {
			for _, key := range sorted(t.rows) {
				if position, err := strconv.ParseUint(key, 10, 64); err == nil && position > last {
					e.setRow(p, field, key, nil)
				}
			}
		}
	}
	t.top = min(t.top, last)
}

// clear removes all rows of a table.
func (e *engine) clear(p *process, field int32) {
	for _, key := range sorted(p.tables[field].rows) {
		e.setRow(p, field, key, nil)
	}
	p.tables[field].top = 0
}

// sorted are the keys of rows, the highest position first.
func sorted(rows map[string][]string) []string {
	return slices.SortedFunc(maps.Keys(rows), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(b, a))
	})
}

func (e *engine) change(p *process, field int32, key string, values []string) {
	e.changes = append(e.changes, Change{e.at, p.number, field, key, values})
}
