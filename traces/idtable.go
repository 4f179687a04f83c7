package traces

import "github.com/raftkv/raftkv/raftkv/world"

// idTable finds spans by their ids: open addressing, linear probing. Ids are hashes already, but who made a file may have chosen them.
type idTable struct {
	slots []idSlot
	used  int
}

type idSlot struct {
	id   world.CausalID // 0 where there is none
	span int32
}

// newIDTable makes a table for so many spans; it grows if there are more.
func newIDTable(n int) idTable {
	return idTable{slots: emptySlots[idSlot](n)}
}

// emptySlots are those of a table for so many spans.
func emptySlots[T any](n int) []T {
	size := 16
	for size < n*2 {
		size *= 2
	}
	slots := make([]T, size)
	clear(slots) // or else each page of them is found twice: when it is first read, and when it is first written to
	return slots
}

// slot is where an id is, or where it is to be put.
func (t *idTable) slot(id world.CausalID) *idSlot {
	mask := uint64(len(t.slots) - 1)
	for i := (uint64(id) * hashFirst) >> 16 & mask; ; i = (i + 1) & mask {
		if at := &t.slots[i]; at.id == id || at.id == 0 {
			return at
		}
	}
}

// put adds a span, unless the id is there: then it says whose it is.
func (t *idTable) put(id world.CausalID, span int32) (other int32, there bool) {
	at := t.slot(id)
	if at.id == id {
		return at.span, true
	}
	if 2*t.used >= len(t.slots) {
		t.grow()
		at = t.slot(id)
	}
	*at = idSlot{id, span}
	t.used++
	return 0, false
}

func (t *idTable) grow() {
	old := t.slots
	t.slots = make([]idSlot, 2*len(old))
	for _, s := range old {
		if s.id != 0 {
			*t.slot(s.id) = s
		}
	}
}

// Get is the span with an id; -1 if there is none.
func (t *idTable) Get(id world.CausalID) int32 {
	if at := t.slot(id); at.id == id && id != 0 {
		return at.span
	}
	return none
}

// none is the number of no span.
const none = int32(-1)

func fill(n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = none
	}
	return list
}
