package view

import (
	"fmt"

	"go.opentelemetry.io/otel/attribute"
)

// The types of a value. A number that JavaScript does not have exactly is a text.
const (
	typeNumber = "number"
	typeBool   = "bool"
	typeText   = "text"
	typeList   = "list"
)

// mostExact bounds numbers whose differences JavaScript reads exactly as they are written.
const mostExact = 1 << 51

// keyHead is a key and the type of its values: the values of each are a column.
type keyHead struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// attributes writes lists of attributes: which keys a list has is one number, its layout, and the values of each key
// are a column.
type attributes struct {
	all        *texts
	layout     column
	layouts    [][]int // of each layout its keys
	layoutOf   map[string]int
	keys       []keyHead
	keyOf      map[keyHead]int
	columns    []*textColumn
	last       map[lastOf]int64
	keysOfList []int
}

// lastOf names the last number of a key that a process wrote: the next one differs by little.
type lastOf struct {
	key     int
	process int32
}

func newAttributes(all *texts) *attributes {
	return &attributes{
		all: all, keys: []keyHead{}, layoutOf: map[string]int{}, keyOf: map[keyHead]int{}, last: map[lastOf]int64{},
	}
}

// add adds a list of attributes that a process has set.
func (a *attributes) add(list []attribute.KeyValue, process int32) {
	a.keysOfList = a.keysOfList[:0]
	for i := range list {
		a.keysOfList = append(a.keysOfList, a.value(&list[i], process))
	}
	name := fmt.Sprint(a.keysOfList)
	n, known := a.layoutOf[name]
	if !known {
		n = len(a.layouts)
		a.layouts, a.layoutOf[name] = append(a.layouts, append([]int{}, a.keysOfList...)), n
	}
	a.layout.add(uint64(n))
}

// value adds a value to the column of its key, and returns the number of that.
func (a *attributes) value(kv *attribute.KeyValue, process int32) int {
	v := kv.Value
	if n := v.AsInt64(); v.Type() == attribute.INT64 && n < mostExact && n > -mostExact {
		key, c := a.key(kv.Key, typeNumber)
		of := lastOf{key, process}
		c.addSigned(n - a.last[of])
		a.last[of] = n
		return key
	}
	if v.Type() == attribute.BOOL {
		key, c := a.key(kv.Key, typeBool)
		if v.AsBool() {
			c.add(1)
		} else {
			c.add(0)
		}
		return key
	}
	if v.Type() == attribute.STRINGSLICE {
		key, c := a.key(kv.Key, typeList)
		list := v.AsStringSlice()
		c.add(uint64(len(list)))
		for _, text := range list {
			c.addText(a.all, valid(text))
		}
		return key
	}
	key, c := a.key(kv.Key, typeText)
	c.addText(a.all, valid(v.String()))
	return key
}

// key returns the number and the column of a key.
func (a *attributes) key(name attribute.Key, kind string) (int, *textColumn) {
	head := keyHead{valid(string(name)), kind}
	n, known := a.keyOf[head]
	if !known {
		n = len(a.keys)
		a.keys, a.keyOf[head] = append(a.keys, head), n
		a.columns = append(a.columns, &textColumn{})
	}
	return n, a.columns[n]
}
