package traces

import (
	"strconv"
	"strings"
)

// entriesRead are entries as spans list them, read of late: a leader sends each to all the others, and both ends tell it.
type entriesRead [256]readEntry

// readEntry is what an entry's text says.
type readEntry struct {
	text        string
	index, term uint64
	command     string
	ok          bool   // it reads as an entry does
	number      uint32 // of the command among the texts of the clerk who asked, plus one; 0 while nobody did
}

// mostEntry is how long an entry may be, in bytes, that is remembered.
const mostEntry = 128

// entry reads an entry.
func (r *entriesRead) entry(text string) *readEntry {
	h := uint32(len(text))
	for i := range min(len(text), 8) { // where the index stands
		h = h*31 + uint32(text[i])
	}
	e := &r[h%uint32(len(r))]
	if len(text) > mostEntry {
		e = &readEntry{}
	}
	if e.text != text {
		*e = readEntry{text: text}
		e.index, e.term, e.command, e.ok = parseEntry(e.text)
		e.ok = e.ok && isCommand(e.command)
	}
	return e
}

// parseEntry reads `index@term command`.
func parseEntry(s string) (index, term uint64, command string, ok bool) {
	head, command, hasCommand := strings.Cut(s, " ")
	i, t, hasTerm := strings.Cut(head, "@")
	index, err := strconv.ParseUint(i, 10, 64)
	term, err2 := strconv.ParseUint(t, 10, 64)
	return index, term, command, hasCommand && hasTerm && err == nil && err2 == nil && index > 0 && term > 0
}
