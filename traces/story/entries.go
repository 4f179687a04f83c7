package story

import (
	"strconv"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
)

// Entries names the entries of an AppendEntries.
func Entries(s *traces.Span) string {
	first, count := s.Attribute(spans.RaftPrevLogIndexKey).AsInt64()+1, s.Attribute(spans.RaftEntriesCountKey).AsInt64()
	if count == 1 {
		return "entry " + strconv.FormatInt(first, 10)
	}
	return "entries " + strconv.FormatInt(first, 10) + " to " + strconv.FormatInt(first+count-1, 10)
}

// EntriesText names the entries that a message carries.
func EntriesText(s *traces.Span) string {
	if s.Attribute(spans.RaftEntriesCountKey).AsInt64() <= 0 {
		return ""
	}
	return " with " + Entries(s)
}
