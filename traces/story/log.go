package story

import (
	"slices"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// A story follows what each server holds, as far as its spans tell, and so knows of what no span says by itself: that entries were removed, and that a request was a retry.

// applied is the latest request of a client that a process applied, and what the store answered.
type applied struct {
	sequence uint64
	result   string
}

// again says of an entry that the process applies what a reader would want to know if it applied that request of a client before, since it started.
func (t *Teller) again() string {
	client, number, _ := strings.Cut(t.Text(spans.KVRequestIDKey), "/")
	sequence, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return "" // nobody asked for it
	}
	latest := t.story.latest[t.Span.Service]
	if latest == nil {
		latest = map[string]applied{}
		t.story.latest[t.Span.Service] = latest
	}
	before, now := latest[client], applied{sequence, t.Text(spans.KVResultKey)}
	switch {
	case before.sequence < sequence:
		latest[client] = now
		return ""
	case before.sequence > sequence:
		return " (a late copy of an old request)"
	case before.result == now.result:
		return " (a retry: as at first)"
	}
	return " (a retry, and NOT as at first)"
}

// storing follows what a follower takes into its log, and tells what it removes for it.
func (t *Teller) storing() {
	log := t.story.logs[t.Span.Service]
	for _, entry := range t.texts(spans.RaftEntriesKey) {
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
			t.story.logs[t.Span.Service] = log
		}
		t.story.keep(t.Span.Service, index, term)
		log = t.story.logs[t.Span.Service]
	}
}

// removing tells of entries that conflict with the leader's (§5.3).
func (t *Teller) removing(first uint64, conflicting []uint64) {
	what := "entry " + strconv.FormatUint(first, 10)
	if count := len(conflicting); count > 1 {
		what = "entries " + strconv.FormatUint(first, 10) + " to " + strconv.FormatUint(first+uint64(count)-1, 10)
	}
	var terms []string
	for _, term := range slices.Compact(slices.Clone(conflicting)) {
		terms = append(terms, strconv.FormatUint(term, 10))
	}
	t.line(t.ending(), trouble, "removing ", what, " of term ", strings.Join(terms, " and "), ": in conflict with ", t.peer(), "'s log")
}

// keep notes the term of an entry that a server stored.
func (s *Story) keep(service string, index, term uint64) {
	switch log := s.logs[service]; {
	case index == uint64(len(log))+1:
		s.logs[service] = append(log, term)
	case index > 0 && index <= uint64(len(log)):
		log[index-1] = term
	}
}
