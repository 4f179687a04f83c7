package traces

import (
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// entriesRead are entries as spans list them, read of late: a leader sends each to all the others, and both ends tell it.
type entriesRead [256]readEntry

// readEntry is what an entry's text says.
type readEntry struct {
	text        string
	index, term uint64
	request     string // empty in a no-op, and where the entry does not say
	command     string
	ok          bool   // it reads as an entry does
	asks        uint32 // the number of the request among the texts of the clerk who asked
	number      uint32 // of the command, plus one; 0 while nobody asked
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
		*e = parseEntry(e.text)
	}
	return e
}

// parseEntry reads `index@term request command`. A no-op has no request, and traces of earlier builds tell of none.
func parseEntry(s string) (e readEntry) {
	e.text = s
	head, command, hasCommand := strings.Cut(s, " ")
	i, t, hasTerm := strings.Cut(head, "@")
	var err, err2 error
	e.index, err = strconv.ParseUint(i, 10, 64)
	e.term, err2 = strconv.ParseUint(t, 10, 64)
	if request, rest, more := strings.Cut(command, " "); more && isRequest(request) {
		e.request, command = request, rest
	}
	e.command = command
	e.ok = hasCommand && hasTerm && err == nil && err2 == nil && e.index > 0 && e.term > 0 && isCommand(command)
	return e
}

// isRequest says whether a text names a client's operation.
func isRequest(s string) bool {
	client, sequence, _ := strings.Cut(s, "/")
	n, err := protocol.ParseClientID(client)
	return err == nil && n > 0 && isNumber(sequence)
}
