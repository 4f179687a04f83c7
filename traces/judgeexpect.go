package traces

import "slices"

// Expect makes room for about so many spans. What grows bit by bit takes twice the memory, and leaves gaps.
func (j *Judge) Expect(spans int) {
	j.records, j.shapes = slices.Grow(j.records, spans), slices.Grow(j.shapes, spans)
	j.expected = spans
	if len(j.records) == 0 {
		j.places = newIDTable(spans)
	}
}

// makeRoom makes room, once, for what the rest of the spans that are expected will say, going by what the first of them said.
func (j *Judge) makeRoom() {
	const beginning = 16 // one part of so many
	if len(j.records) == 0 || len(j.records) < j.expected/beginning {
		return
	}
	times := 1.05 * float64(j.expected) / float64(len(j.records))
	j.expected = 0
	f := &j.facts
	j.links = grown(j.links, times)
	f.votes, f.entries, f.roles, f.commits = grown(f.votes, times), grown(f.entries, times), grown(f.roles, times), grown(f.commits, times)
	f.applies, f.requests, f.told = grown(f.applies, times), grown(f.requests, times), grown(f.told, times)
	j.history = grown(j.history, times)
	f.slots, f.acks = grown(f.slots, times), grown(f.acks, times)
}

// grown is a list with room for so many times as much.
func grown[T any](list []T, times float64) []T {
	return slices.Grow(list, int(float64(len(list))*max(0, times-1)))
}
