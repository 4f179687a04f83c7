// Package logs is what a server's log had at any time, made of the changes that spans tell of.
package logs

import (
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// Entry is an entry of a server's log, and the span with which it came there.
type Entry struct {
	Index, Term int64
	Command     string
	At          explain.Moment
	By          *span.Span // the leader's own request or election, or the follower's AppendEntries
}

// Text is the command as a person reads it.
func (n Entry) Text() string { return words.ParseCommand(n.Command).Text }

// Same says whether two are one entry: a leader makes at most one of its term at an index.
func (n Entry) Same(other Entry) bool {
	return n.Index == other.Index && n.Term == other.Term && n.Command == other.Command
}

// Parse reads an entry as an AppendEntries has it: index@term request command. A no-op, and what an older trace has, is
// without a request.
func Parse(text string) (n Entry, ok bool) {
	place, command, _ := strings.Cut(text, " ")
	index, term, _ := strings.Cut(place, "@")
	i, wrong := strconv.ParseInt(index, 10, 64)
	t, wrongTerm := strconv.ParseInt(term, 10, 64)
	if request, rest, _ := strings.Cut(command, " "); strings.Contains(request, "/") {
		command = rest
	}
	return Entry{Index: i, Term: t, Command: command}, wrong == nil && wrongTerm == nil
}

// Change is one step in which a log changed, or was seen to end.
type Change struct {
	At      time.Time
	Span    *span.Span
	Prev    int64 // the entries are those after it
	Entries []Entry
	Ends    bool // the log was said to end with Prev
}

// Log is a server's log as its spans tell it: its entries from index 1 on. One that no span tells of has no span.
type Log []Entry

// Last is the index and the term of the last entry.
func (l Log) Last() (index, term int64) {
	if len(l) == 0 {
		return 0, 0
	}
	return int64(len(l)), l[len(l)-1].Term
}

// At is the entry at an index.
func (l Log) At(index int64) (Entry, bool) {
	if index < 1 || index > int64(len(l)) || l[index-1].By == nil {
		return Entry{}, false
	}
	return l[index-1], true
}

// Has is an entry as this log has it; not ok if it has none or another there.
func (l Log) Has(n Entry) (own Entry, ok bool) {
	own, ok = l.At(n.Index)
	return own, ok && own.Same(n)
}

// mostGap is how many entries a log may have that no span tells of: a trace that skips more is not one of a log.
const mostGap = 1 << 20

// change has the log take a step. It returns the length that the log was cut to before entries were added.
func (l *Log) change(c *Change) (kept int64) {
	kept = int64(len(*l))
	if c.Ends {
		kept = min(c.Prev, kept)
		*l = (*l)[:kept]
		return kept
	}
	for _, n := range c.Entries {
		length := int64(len(*l))
		if n.Index < 1 || n.Index > length+mostGap {
			return kept
		}
		if n.Index <= length && (*l)[n.Index-1].Term == n.Term {
			continue
		}
		kept = min(kept, n.Index-1)
		if gap := n.Index - 1 - length; gap > 0 {
			*l = append(*l, make([]Entry, gap)...)
		}
		*l = append((*l)[:n.Index-1], n)
	}
	return kept
}

// After is the log that changes make, one after the other.
func After(changes []Change) (l Log) {
	for i := range changes {
		l.change(&changes[i])
	}
	return l
}

// Stay is how long an entry stood at an index of a server's log.
type Stay struct {
	Entry

	Removed *span.Span // the AppendEntries in whose favour it was removed; nil if it stayed
}

// Stays are what a log had at an index, one after the other, as it changed.
func Stays(changes []Change, index int64) (list []Stay) {
	var l Log
	for i := range changes {
		c, last := &changes[i], len(list)-1
		if kept := l.change(c); kept < index && last >= 0 && list[last].Removed == nil {
			list[last].Removed = c.Span
		}
		if n, ok := l.At(index); ok && n.By == c.Span && (last < 0 || list[last].At != n.At) {
			list = append(list, Stay{Entry: n})
		}
	}
	return list
}
