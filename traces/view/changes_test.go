package view

import (
	"encoding/binary"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/view/states"
)

// What is packed is unpacked to the same changes, by the rules that the page goes by.
func TestChangesAreKept(t *testing.T) {
	fields := []states.Field{
		{Name: "status", Kind: states.Status},
		{Name: "term", Kind: states.Scalar},
		{Name: "log", Kind: states.Table, Columns: []string{"term", "command"}},
		{Name: "store", Kind: states.Store, Columns: []string{"value"}},
	}
	at := func(n int32) index.Moment { return index.MomentOf(n) }
	list := []states.Change{
		{At: at(0), Process: 1, Field: 0, Values: []string{"up"}},
		{At: at(0), Process: 1, Field: 1, Values: []string{"7"}},
		{At: at(3), Process: 2, Field: 1, Values: []string{"9007199254740991"}},
		{At: at(4), Process: 1, Field: 2, Key: "12", Values: []string{"7", "put a 1"}},
		{At: at(4), Process: 2, Field: 2, Key: "12", Values: []string{"7", "put a 1"}},
		{At: at(700), Process: 1, Field: 2, Key: "11", Values: []string{"6", "put <b> 2"}},
		{At: at(701), Process: 1, Field: 2, Key: "12"},
		{At: at(702), Process: 1, Field: 3, Key: "01", Values: []string{"\xff"}},
		{At: at(703), Process: 1, Field: 1},
		{At: at(704), Process: 1, Field: 1, Values: []string{"0"}},
	}
	all := newTexts()
	all.number("a text of a span")
	c := newChanges(all, fields, list)
	for i := range list {
		c.add(&list[i], list[i].At.Index())
	}
	if want := []string{typeText, typeNumber, typeNumber, typeText}; c.fields[0].Types[0] != want[0] ||
		c.fields[1].Types[0] != want[1] || !slices.Equal(c.fields[2].Types, []string{typeNumber, typeText}) {
		t.Errorf("the columns are taken for %v", c.fields)
	}
	if !c.fields[2].Numbered || c.fields[3].Numbered {
		t.Error("what is numbered is not told from what is not")
	}
	list[7].Values = []string{"\uFFFD"} // what is no text is written so
	got := unpackChanges(t, c)
	for i := range list {
		if i < len(got) && !reflect.DeepEqual(got[i], list[i]) {
			t.Errorf("change %d is %v, want %v", i, got[i], list[i])
		}
	}
	if len(got) != len(list) {
		t.Errorf("%d changes came of %d", len(got), len(list))
	}
}

// unpacking reads what was packed, as the page does.
type unpacking struct {
	*changes

	t     *testing.T
	known int // texts
	last  map[lastOfField]int64
	ages  map[*textColumn][]int
	at    map[*column]int
}

func unpackChanges(t *testing.T, c *changes) (list []states.Change) {
	t.Helper()
	u := unpacking{c, t, 1, map[lastOfField]int64{}, map[*textColumn][]int{}, map[*column]int{}}
	at := int32(0)
	for range c.count {
		at += int32(u.next(&c.at))
		kind := c.kinds[u.next(&c.kind)]
		f := &c.fields[kind.Field]
		change := states.Change{At: index.MomentOf(at), Process: kind.Process, Field: kind.Field}
		if f.Kind == "table" || f.Kind == "store" {
			change.Key = u.read(c.keys[kind.Field], f.Numbered, lastOfField{kind.Process, kind.Field, -1})
		}
		for k := range f.Columns {
			if !kind.Gone {
				text := u.read(c.values[kind.Field][k], f.Types[k] == typeNumber, lastOfField{kind.Process, kind.Field, k})
				change.Values = append(change.Values, text)
			}
		}
		list = append(list, change)
	}
	return list
}

func (u *unpacking) next(c *column) uint64 {
	n, length := binary.Uvarint(c.bytes[u.at[c]:])
	if length <= 0 {
		u.t.Fatal("a column ends too early")
	}
	u.at[c] += length
	return n
}

func (u *unpacking) read(c *textColumn, isNumber bool, of lastOfField) string {
	code := u.next(&c.column)
	if isNumber {
		u.last[of] += int64(code>>1) ^ -int64(code&1)
		return strconv.FormatInt(u.last[of], 10)
	}
	recent := u.ages[c]
	var n int
	switch {
	case code == 0:
		n = u.known
		u.known++
	case code <= mostRecent:
		n = recent[code-1]
		recent = slices.Delete(recent, int(code-1), int(code))
	default:
		n = int(code) - mostRecent - 1
	}
	u.ages[c] = slices.Insert(recent, 0, n)
	return u.all.list[n]
}
