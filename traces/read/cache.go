package read

import (
	"bytes"
	"hash/maphash"
)

// cache remembers what was made of texts that come again and again. Its size is fixed: each text has one slot, by its
// hash, and the text that came last keeps it.
type cache[T any] struct {
	seed  maphash.Seed
	slots []remembered[T]
}

type remembered[T any] struct {
	text  []byte
	value T
}

const (
	cacheSlots  = 1 << 12
	longestText = 256 // bytes of a text that is remembered
)

// slot returns the slot of a text, and whether it is this text that is remembered there.
func (c *cache[T]) slot(text []byte) (*remembered[T], bool) {
	if c.slots == nil {
		c.seed, c.slots = maphash.MakeSeed(), make([]remembered[T], cacheSlots)
	}
	slot := &c.slots[maphash.Bytes(c.seed, text)%cacheSlots]
	return slot, bytes.Equal(slot.text, text)
}

// remember puts another text into a slot.
func (slot *remembered[T]) remember(text []byte, value T) {
	slot.text, slot.value = append(slot.text[:0], text...), value
}

// lists keeps many short lists in few larger slices.
type lists[T any] struct {
	kept  []T
	begin int // of the list that is being made
	count int // of all items, since the last reuse
}

func (l *lists[T]) add(item T) {
	if len(l.kept) == cap(l.kept) { // go on in another slice: the lists before stay where they are
		const few = 256 // since all of a slice stays in memory as long as one list in it
		list := l.kept[l.begin:]
		l.kept, l.begin = append(make([]T, 0, max(few, 2*len(list))), list...), 0
	}
	l.kept = append(l.kept, item)
	l.count++
}

// list returns the list that was made, and begins another one.
func (l *lists[T]) list() (list []T) {
	if end := len(l.kept); end > l.begin {
		list = l.kept[l.begin:end:end]
	}
	l.begin = len(l.kept)
	return list
}

// reuse has the memory be used again that the lists before took.
func (l *lists[T]) reuse() {
	if l.count > cap(l.kept) {
		l.kept = make([]T, 0, l.count)
	}
	l.kept, l.begin, l.count = l.kept[:0], 0, 0
}
