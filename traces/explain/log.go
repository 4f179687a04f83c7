package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// entry is an entry of a server's log, and the span with which it came there.
type entry struct {
	term    int64
	command string
	at      Moment
	by      *traces.Span // the leader's own request or election, or the follower's AppendEntries
}

func (n entry) text() string { return words.ParseCommand(n.command).Text }

// same says whether two are one entry: a leader makes at most one of its term at an index.
func (n entry) same(other entry) bool { return n.term == other.term && n.command == other.command }

// stay is how long an entry stood at an index of a server's log.
type stay struct {
	entry

	removed *traces.Span // the AppendEntries in whose favour it was removed; nil if it stayed
}

// logChange is one step in which a log changed, or was seen to end.
type logChange struct {
	at    time.Time
	event Moment
	span  *traces.Span
	prev  int64 // the entries are those after it
	list  []entry
	ends  int64 // the log was said to end there; -1 if not
}

// logChanges are the changes of a server's log until a time, in their order.
func (e *Explainer) logChanges(node string, until time.Time) []logChange {
	var list []logChange
	for s := range e.where(node, func(i int32) bool {
		return e.ShapeOf(i).Name == spans.AppendEntriesServerName ||
			e.Has(i, traces.HasEvents)
	}) {
		switch {
		case !isA(s, spans.AppendEntriesServerName, trace.SpanKindServer):
		case hasReplied(s, protocol.AppendEntriesOk{}):
			c := logChange{at: s.End, event: e.end(s), span: s, prev: integer(s, spans.RaftPrevLogIndexKey), ends: -1}
			for k := range integer(s, spans.RaftEntriesCountKey) {
				term, command, ok := entryAt(s, c.prev+1+k)
				if !ok {
					break
				}
				c.list = append(c.list, entry{term, command, c.event, s})
			}
			list = append(list, c)
		case hasReplied(s, protocol.AppendEntriesRejected{}) &&
			shown(s, spans.RaftReasonKey) == protocol.ReasonEntryMissing.String():
			list = append(list, logChange{
				at: s.End, event: e.end(s), span: s,
				ends: max(0, integer(s, spans.RaftConflictIndexKey)-1),
			})
		}
		for i := range s.Events {
			if v := &s.Events[i]; v.Name == spans.EventAppend {
				at := e.when(s, v)
				made := entry{v.Attribute(spans.RaftTermKey).AsInt64(), v.Attribute(spans.RaftCommandKey).AsString(), at, s}
				list = append(list, logChange{
					at: v.At, event: at, span: s, prev: v.Attribute(spans.RaftIndexKey).AsInt64() - 1,
					list: []entry{made}, ends: -1,
				})
			}
		}
	}
	list = slices.DeleteFunc(list, func(c logChange) bool { return c.at.After(until) })
	slices.SortStableFunc(list, func(a, b logChange) int { return a.at.Compare(b.at) })
	return list
}

// nodeLog is a server's log as its spans tell it.
type nodeLog struct {
	entries []entry // from index 1 on; one that no span tells of has no span
}

// last is the index and the term of the last entry.
func (l *nodeLog) last() (index, term int64) {
	if len(l.entries) == 0 {
		return 0, 0
	}
	return int64(len(l.entries)), l.entries[len(l.entries)-1].term
}

// at is the entry at an index.
func (l *nodeLog) at(index int64) (entry, bool) {
	if index < 1 || index > int64(len(l.entries)) || l.entries[index-1].by == nil {
		return entry{}, false
	}
	return l.entries[index-1], true
}

// mostGap is how many entries a log may have that no span tells of: a trace that skips more is not one of a log.
const mostGap = 1 << 20

// change has the log take a step. removed is told of each index that is removed, and of what is there instead, if
// anything.
func (l *nodeLog) change(c *logChange, removed func(index int64)) {
	if c.ends >= 0 {
		for index := int64(len(l.entries)); index > c.ends; index-- {
			removed(index)
		}
		l.entries = l.entries[:min(c.ends, int64(len(l.entries)))]
		return
	}
	for k, n := range c.list {
		index := c.prev + 1 + int64(k)
		if index < 1 || index > int64(len(l.entries))+mostGap {
			return
		}
		if index <= int64(len(l.entries)) && l.entries[index-1].term == n.term {
			continue
		}
		for old := int64(len(l.entries)); old >= index; old-- {
			removed(old)
		}
		for int64(len(l.entries)) < index-1 {
			l.entries = append(l.entries, entry{})
		}
		l.entries = append(l.entries[:index-1], n)
	}
}

// logOf is a server's log at a time.
func (e *Explainer) logOf(node string, until time.Time) *nodeLog {
	l := &nodeLog{}
	for _, c := range e.logChanges(node, until) {
		l.change(&c, func(int64) {})
	}
	return l
}

// stays are what a server's log had at an index, one after the other.
func (e *Explainer) stays(node string, index int64) []stay {
	l := &nodeLog{}
	var list []stay
	for _, c := range e.logChanges(node, maxTime) {
		gone := false
		l.change(&c, func(i int64) { gone = gone || i == index })
		if gone && len(list) > 0 && list[len(list)-1].removed == nil {
			list[len(list)-1].removed = c.span
		}
		if n, ok := l.at(index); ok && n.by == c.span && (len(list) == 0 || list[len(list)-1].at != n.at) {
			list = append(list, stay{entry: n})
		}
	}
	return list
}

// maxTime is after all times that a trace has.
var maxTime = time.Unix(1<<40, 0)

// lastIndex is the highest index that a server's log ever had, as far as its spans tell.
func (e *Explainer) lastIndex(node string) int64 {
	last := int64(0)
	for _, c := range e.logChanges(node, maxTime) {
		last = max(last, c.prev+int64(len(c.list)))
	}
	return last
}

// entryAt finds an entry among those that an AppendEntries carries, each as index@term request command. A no-op, and
// what an older trace has, is without a request.
func entryAt(s *traces.Span, index int64) (term int64, command string, ok bool) {
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

// leaderTerm is the time in which a server led a term.
type leaderTerm struct {
	election *traces.Span
	node     string
	term     int64
	until    time.Time    // of what ended it, or of the run's end
	ended    *traces.Span // what ended it: a change of its role, or a crash; nil if it led until the run ended
}

// leaderTerms are all there were, in the order in which they began.
func (e *Explainer) leaderTerms() []leaderTerm {
	var list []leaderTerm
	for _, s := range e.elections {
		if shown(s, spans.RaftOutcomeKey) == spans.OutcomeWon {
			list = append(list, e.leaderTermFrom(s))
		}
	}
	slices.SortStableFunc(list, func(a, b leaderTerm) int { return a.election.End.Compare(b.election.End) })
	return list
}

func (e *Explainer) leaderTermFrom(election *traces.Span) leaderTerm {
	l := leaderTerm{election: election, node: election.Service, term: termOf(election), until: maxTime}
	for s := range e.of(election.Service, spans.RoleChangeName) {
		if shown(s, spans.RaftRoleFromKey) == protocol.RoleLeader.String() && !s.End.Before(election.End) {
			l.until, l.ended = s.End, s
			break
		}
	}
	for _, f := range e.faults {
		if traces.IsCrash(f) && touches(f, l.node) && !f.Start.Before(election.End) && f.Start.Before(l.until) {
			l.until, l.ended = f.Start, f
			break
		}
	}
	return l
}

// endSaid says how the time in which a server led ended.
func (e *Explainer) endSaid(l *leaderTerm) Sentence {
	switch {
	case l.ended == nil:
		return say("until the run ended at %s", e.runEnd())
	case traces.IsFault(l.ended.Name):
		return say("until it crashed at %s", e.begin(l.ended))
	case l.ended.Name != spans.RoleChangeName:
		return say("until it ended the request at %s", e.end(l.ended))
	}
	return say("until it stepped down at %s", e.end(l.ended))
}

// acknowledged is what a leader was told of a follower: that it holds the leader's log up to an index or further.
type acknowledged struct {
	peer string
	at   Moment
}

// acks are the first acknowledgements of each follower, in their order, of what a leader has at an index.
func (e *Explainer) acks(l *leaderTerm, index int64) []acknowledged {
	var list []acknowledged
	add := func(peer string, s *traces.Span, match int64) {
		if match >= index && !s.End.After(l.until) && !s.End.Before(l.election.End) {
			list = append(list, acknowledged{peer, e.end(s)})
		}
	}
	for s := range e.of(l.node, spans.AppendEntriesClientName, spans.LateReplyName) {
		switch {
		case termOf(s) != l.term || !hasReplied(s, protocol.AppendEntriesOk{}):
		case isA(s, spans.AppendEntriesClientName, trace.SpanKindClient):
			add(peerOf(s), s, integer(s, spans.RaftMatchIndexKey))
		case s.Name == spans.LateReplyName:
			if answer := e.spanOf(s.Parent); answer != nil && termOf(answer) == l.term {
				add(peerOf(s), s, integer(answer, spans.RaftMatchIndexKey))
			}
		}
	}
	slices.SortStableFunc(list, func(a, b acknowledged) int { return cmp.Compare(a.at.At, b.at.At) })
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(a acknowledged) bool {
		again := seen[a.peer]
		seen[a.peer] = true
		return again
	})
}

// quorum is how many servers make a majority of those that an election was held among.
func quorum(election *traces.Span) int { return int(integer(election, spans.RaftQuorumKey)) }

// upToDate says whether a log that ends with an entry is at least as up to date as another (§5.4.1).
func upToDate(index, term, otherIndex, otherTerm int64) bool {
	return term > otherTerm || term == otherTerm && index >= otherIndex
}

// logEnd says what a log was like.
func logEnd(index, term int64) string {
	if index == 0 {
		return "which was empty"
	}
	return fmt.Sprintf("which ended with index %d of term %d", index, term)
}
