package kept

import (
	"fmt"
	"strconv"
	"strings"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// Entry is an entry of a log; of term 0 when it is not known.
type Entry struct {
	Term             uint64
	Command, Request string // no request for a no-op, and where no span tells
}

// At is the entry at an index, as spans tell it.
func (e Entry) At(index uint64) string {
	if e.Request != "" {
		return fmt.Sprintf("%d@%d %s %s", index, e.Term, words.Printable(e.Request), words.Printable(e.Command))
	}
	return fmt.Sprintf("%d@%d %s", index, e.Term, words.Printable(e.Command))
}

// FirstEntries are the first few entries as spans tell them.
func (r *Replication) FirstEntries() []string {
	var texts []string
	for i, e := range r.Entries {
		if i == 3 {
			return append(texts, "…")
		}
		texts = append(texts, e.At(r.PrevIndex+uint64(i)+1))
	}
	return texts
}

// readEntry is what an entry's text says.
type readEntry struct {
	Entry
	index uint64
	ok    bool // it reads as an entry does
}

// mostEntries is how many entries are remembered.
const mostEntries = 1 << 10

// entry reads an entry.
func (w *worker) entry(text string) readEntry {
	e, known := w.entries[text]
	if !known {
		e = parseEntry(text)
		if len(w.entries) == mostEntries {
			clear(w.entries)
		}
		w.entries[text] = e
	}
	return e
}

// parseEntry reads `index@term request command`. A no-op has no request, and traces of earlier builds tell of none.
func parseEntry(s string) (e readEntry) {
	head, command, hasCommand := strings.Cut(s, " ")
	i, t, hasTerm := strings.Cut(head, "@")
	var err, err2 error
	e.index, err = strconv.ParseUint(i, 10, 64)
	e.Term, err2 = strconv.ParseUint(t, 10, 64)
	if request, rest, more := strings.Cut(command, " "); more && clients.IsRequest(request) {
		e.Request, command = request, rest
	}
	e.Command = command
	e.ok = hasCommand && hasTerm && err == nil && err2 == nil && e.index > 0 && e.Term > 0 && clients.IsCommand(command)
	return e
}
