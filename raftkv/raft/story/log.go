package story

import (
	"slices"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/story"
)

// The terms of what each server holds are followed, as far as its spans tell: no span says by itself that entries were
// removed.

// storing follows what a follower takes into its log, and tells what it removes for it.
func (t *teller) storing() {
	log := t.logs[t.Span.Service]
	for _, entry := range t.Texts(spans.RaftEntriesKey) {
		place, _, _ := strings.Cut(entry, " ")
		at, of, _ := strings.Cut(place, "@")
		index, wrongIndex := strconv.ParseUint(at, 10, 64)
		term, wrongTerm := strconv.ParseUint(of, 10, 64)
		if wrongIndex != nil || wrongTerm != nil || index == 0 {
			continue
		}
		if last := uint64(len(log)); index <= last && log[index-1] != term {
			t.removing(index, log[index-1:])
			log = log[:index-1]
			t.logs[t.Span.Service] = log
		}
		t.keep(t.Span.Service, index, term)
		log = t.logs[t.Span.Service]
	}
}

// removing tells of entries that conflict with the leader's (§5.3).
func (t *teller) removing(first uint64, conflicting []uint64) {
	what := "entry " + strconv.FormatUint(first, 10)
	if count := len(conflicting); count > 1 {
		what = "entries " + strconv.FormatUint(first, 10) + " to " + strconv.FormatUint(first+uint64(count)-1, 10)
	}
	var terms []string
	for _, term := range slices.Compact(slices.Clone(conflicting)) {
		terms = append(terms, strconv.FormatUint(term, 10))
	}
	t.Line(t.Ending(), story.Trouble, "removing ", what, " of term ", strings.Join(terms, " and "), ": in conflict with ",
		t.Peer(), "'s log")
}

// keep notes the term of an entry that a server stored.
func (t *teller) keep(service string, index, term uint64) {
	switch log := t.logs[service]; {
	case index == uint64(len(log))+1:
		t.logs[service] = append(log, term)
	case index > 0 && index <= uint64(len(log)):
		log[index-1] = term
	}
}
