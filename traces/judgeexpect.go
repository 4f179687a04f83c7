package traces

import "slices"

// Expect makes room for about so many spans. What grows bit by bit takes twice the memory, and leaves gaps.
func (j *Judge) Expect(spans int) {
	j.records = slices.Grow(j.records, spans)
	if len(j.records) == 0 {
		j.places = newIDTable(spans)
	}
}
