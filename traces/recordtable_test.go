package traces

import (
	"reflect"
	"testing"
)

// A record fills what a processor fetches at once: with one number more, most of them would be fetched in two parts.
func TestRecordFitsACacheLine(t *testing.T) {
	const line = 64
	if size := reflect.TypeFor[record]().Size(); size != line {
		t.Errorf("a record has %d bytes, want %d", size, line)
	}
}

// Records are found by their ids, also where those were chosen so that one passes for another by its hash, and while the table grows.
func TestRecordTable(t *testing.T) {
	inverse := uint64(hashFirst) // the number that undoes hashFirst: each step of Newton's doubles the digits that are right
	for range 6 {
		inverse *= 2 - hashFirst*inverse
	}
	const many = 1000
	id := func(i int) uint64 { return inverse * (uint64(i)%4<<40 | uint64(i) + 1) } // of four hashes, but for the last 16 binary digits
	table, all := newRecordTable(1), []record(nil)
	for i := range many {
		if _, there := table.put(all, id(i)); there {
			t.Fatalf("id %d of %d is said to be there already", i, many)
		}
		all = append(all, record{id: id(i)})
	}
	for i := range many {
		if got := table.get(all, id(i)); got != int32(i) {
			t.Errorf("id %d is that of record %d", i, got)
		}
		if other, there := table.put(all, id(i)); !there || other != int32(i) {
			t.Errorf("id %d is put there a second time: %d, %t", i, other, there)
		}
	}
	table.put(all, 0) // who has no id is nobody's parent
	all = append(all, record{})
	for _, unknown := range []uint64{0, id(many), id(many + 1)} {
		if got := table.get(all, unknown); got != none {
			t.Errorf("id %x, which is of no record, is that of record %d", unknown, got)
		}
	}
}
