package state

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// Entry is an entry of a server's log, and the span with which it came there.
type Entry struct {
	Term    int64
	Command string
	At      explain.Moment
	By      *span.Span // the leader's own request or election, or the follower's AppendEntries
}

// Text is the command as a person reads it.
func (n Entry) Text() string { return words.ParseCommand(n.Command).Text }

// Same says whether two are one entry: a leader makes at most one of its term at an index.
func (n Entry) Same(other Entry) bool { return n.Term == other.Term && n.Command == other.Command }

// Made is the entry that a leader appended, as an event of a span says, and its index.
func (e *Cluster) Made(s *span.Span, appended *span.Event) (index int64, n Entry) {
	return appended.Attribute(spans.RaftIndexKey).AsInt64(), Entry{
		appended.Attribute(spans.RaftTermKey).AsInt64(), appended.Attribute(spans.RaftCommandKey).AsString(),
		e.When(s, appended), s,
	}
}

// Stay is how long an entry stood at an index of a server's log.
type Stay struct {
	Entry

	Removed *span.Span // the AppendEntries in whose favour it was removed; nil if it stayed
}

// logChange is one step in which a log changed, or was seen to end.
type logChange struct {
	at   time.Time
	span *span.Span
	prev int64 // the entries are those after it
	list []Entry
	ends bool // the log was said to end with prev
}

// logChanges are the changes of a server's log until a time, in their order.
func (e *Cluster) logChanges(node string, until time.Time) (list []logChange) {
	for s := range e.Of(node, spans.AppendEntriesServerID) {
		switch {
		case Replied(s, protocol.AppendEntriesOk{}):
			c := logChange{at: s.End, span: s, prev: explain.Integer(s, spans.RaftPrevLogIndexKey)}
			for k := range explain.Integer(s, spans.RaftEntriesCountKey) {
				term, command, ok := entryAt(s, c.prev+1+k)
				if !ok {
					break
				}
				c.list = append(c.list, Entry{term, command, e.End(s), s})
			}
			list = append(list, c)
		case Replied(s, protocol.AppendEntriesRejected{}) && Is(s, spans.RaftReasonKey, protocol.ReasonEntryMissing):
			last := max(0, explain.Integer(s, spans.RaftConflictIndexKey)-1)
			list = append(list, logChange{at: s.End, span: s, prev: last, ends: true})
		}
	}
	for s := range e.Eventful(node) {
		for i := range s.Events {
			if v := &s.Events[i]; v.Name == spans.EventAppend {
				index, made := e.Made(s, v)
				list = append(list, logChange{at: v.At, span: s, prev: index - 1, list: []Entry{made}})
			}
		}
	}
	list = slices.DeleteFunc(list, func(c logChange) bool { return c.at.After(until) })
	slices.SortStableFunc(list, func(a, b logChange) int { return a.at.Compare(b.at) })
	return list
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

// Has says whether an entry is at an index.
func (l Log) Has(n Entry, index int64) bool {
	own, ok := l.At(index)
	return ok && own.Same(n)
}

// mostGap is how many entries a log may have that no span tells of: a trace that skips more is not one of a log.
const mostGap = 1 << 20

// change has the log take a step. It returns the length that the log was cut to before entries were added.
func (l *Log) change(c *logChange) (kept int64) {
	kept = int64(len(*l))
	if c.ends {
		kept = min(c.prev, kept)
		*l = (*l)[:kept]
		return kept
	}
	for k, n := range c.list {
		index, length := c.prev+1+int64(k), int64(len(*l))
		if index < 1 || index > length+mostGap {
			return kept
		}
		if index <= length && (*l)[index-1].Term == n.Term {
			continue
		}
		kept = min(kept, index-1)
		if gap := index - 1 - length; gap > 0 {
			*l = append(*l, make([]Entry, gap)...)
		}
		*l = append((*l)[:index-1], n)
	}
	return kept
}

// LogOf is a server's log at a time.
func (e *Cluster) LogOf(node string, until time.Time) (l Log) {
	for _, c := range e.logChanges(node, until) {
		l.change(&c)
	}
	return l
}

// Stays are what a server's log had at an index, one after the other.
func (e *Cluster) Stays(node string, index int64) (list []Stay) {
	var l Log
	for _, c := range e.logChanges(node, MaxTime) {
		last := len(list) - 1
		if kept := l.change(&c); kept < index && last >= 0 && list[last].Removed == nil {
			list[last].Removed = c.span
		}
		if n, ok := l.At(index); ok && n.By == c.span && (last < 0 || list[last].At != n.At) {
			list = append(list, Stay{Entry: n})
		}
	}
	return list
}

// MaxTime is after all times that a trace has.
var MaxTime = time.Unix(1<<40, 0)

// LastIndex is the highest index that a server's log ever had, as far as its spans tell.
func (e *Cluster) LastIndex(node string) (last int64) {
	for _, c := range e.logChanges(node, MaxTime) {
		if !c.ends {
			last = max(last, c.prev+int64(len(c.list)))
		}
	}
	return last
}

// entryAt finds an entry among those that an AppendEntries carries, each as index@term request command. A no-op, and
// what an older trace has, is without a request.
func entryAt(s *span.Span, index int64) (term int64, command string, ok bool) {
	for _, text := range s.Attribute(spans.RaftEntriesKey).AsStringSlice() {
		place, command, _ := strings.Cut(text, " ")
		i, of, _ := strings.Cut(place, "@")
		term, err := strconv.ParseInt(of, 10, 64)
		if i == strconv.FormatInt(index, 10) && err == nil {
			if request, rest, _ := strings.Cut(command, " "); strings.Contains(request, "/") {
				command = rest
			}
			return term, command, true
		}
	}
	return 0, "", false
}
