package traces

// recordTable finds records by the ids of their spans: open addressing, linear probing. The ids are not in it, since the records have them: so it is half as large, and more of it is
// in the processor's cache.
type recordTable struct {
	slots []recordSlot
	used  int
}

type recordSlot struct {
	part   uint32 // of the hash of the id, by which few others pass for it
	record int32  // its place, plus one; 0 where there is none
}

// newRecordTable makes a table for so many records; it grows if there are more.
func newRecordTable(n int) recordTable {
	return recordTable{slots: emptySlots[recordSlot](n)}
}

// slot is where an id is, or where it is to be put.
func (t *recordTable) slot(all []record, id uint64) *recordSlot {
	mask, hash := uint64(len(t.slots)-1), id*hashFirst
	for i := hash >> 16 & mask; ; i = (i + 1) & mask {
		if at := &t.slots[i]; at.record == 0 || at.part == uint32(hash>>32) && all[at.record-1].id == id {
			return at
		}
	}
}

// fetch has the processor fetch the places of so many ids at once. A place is seldom in its cache, and whoever asks for one after the other waits for each. The sum is of no use, but
// without it nothing would be fetched.
func (t *recordTable) fetch(n int, id func(i int) uint64) (sum uint32) {
	mask := uint64(len(t.slots) - 1)
	for i := range n {
		sum ^= t.slots[(id(i)*hashFirst)>>16&mask].part
	}
	return sum
}

// fewToFetch is how many places are fetched at once: so many that it pays, and so few that the first is still there after the last.
const fewToFetch = 256

// put adds the record that comes next, unless its id is there: then it says which record has it.
func (t *recordTable) put(all []record, id uint64) (other int32, there bool) {
	at := t.slot(all, id)
	if at.record > 0 {
		return at.record - 1, true
	}
	if 2*t.used >= len(t.slots) {
		t.grow(all)
		at = t.slot(all, id)
	}
	*at = recordSlot{uint32(id * hashFirst >> 32), int32(len(all)) + 1}
	t.used++
	return 0, false
}

func (t *recordTable) grow(all []record) {
	old := t.slots
	t.slots = make([]recordSlot, 2*len(old))
	for _, s := range old {
		if s.record > 0 {
			*t.slot(all, all[s.record-1].id) = s
		}
	}
}

// get is the record with an id; -1 if there is none.
func (t *recordTable) get(all []record, id uint64) int32 {
	if id == 0 {
		return none
	}
	return t.slot(all, id).record - 1
}
