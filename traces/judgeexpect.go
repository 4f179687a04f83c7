package traces

// Expect makes room for about so many spans. What grows bit by bit takes twice the memory, and leaves gaps.
func (j *Judge) Expect(spans int) {
	const more = 16 // one part of so many: that there are a few more must not cost a copy of all; what nobody writes to takes no memory
	room := spans + spans/more
	j.records, j.shapes, j.origins = roomFor(j.records, room), roomFor(j.shapes, room), roomFor(j.origins, room)
	j.expected = spans
	if len(j.records) == 0 {
		j.places = newRecordTable(spans)
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
	j.links, j.persists = grown(j.links, times), grown(j.persists, times)
	f.votes, f.entries, f.roles, f.commits = grown(f.votes, times), grown(f.entries, times), grown(f.roles, times), grown(f.commits, times)
	f.applies, f.requests, f.told = grown(f.applies, times), grown(f.requests, times), grown(f.told, times)
	j.history = grown(j.history, times)
	f.slots, f.acks = grown(f.slots, times), grown(f.acks, times)
}

// grown is a list with room for so many times as much.
func grown[T any](list []T, times float64) []T {
	return roomFor(list, int(float64(len(list))*max(0, times-1)))
}

// roomFor is a list with room for so many items more. slices.Grow would write zeros to all of it: the system finds memory for each page at once then, and a collection of garbage
// has to wait for it.
func roomFor[T any](list []T, more int) []T {
	return append(make([]T, 0, len(list)+max(0, more)), list...)
}
