// Package phrases is how tools name what Raft's spans tell of: what several of them say in the same words.
package phrases

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// Entries names the entries of an AppendEntries: entry 3, or entries 3 to 5.
func Entries(s words.Attributes) string {
	first, count := s.Attribute(spans.RaftPrevLogIndexKey).AsInt64()+1, s.Attribute(spans.RaftEntriesCountKey).AsInt64()
	if count == 1 {
		return fmt.Sprint("entry ", first)
	}
	return fmt.Sprintf("entries %d to %d", first, first+count-1)
}

// WithEntries names the entries that a message carries, as a sentence goes on behind its name; empty if it has none.
func WithEntries(s words.Attributes) string {
	if s.Attribute(spans.RaftEntriesCountKey).AsInt64() <= 0 {
		return ""
	}
	return " with " + Entries(s)
}
