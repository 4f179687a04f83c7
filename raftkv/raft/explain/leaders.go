package explain

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
)

// leaderTerm is the time in which a server led a term.
type leaderTerm struct {
	election *explain.Span
	node     string
	term     int64
	until    time.Time     // of what ended it, or of the run's end
	ended    *explain.Span // what ended it: a change of its role, or a crash; nil if it led until the run ended
}

// leaderTerms are all there were, in the order in which they began.
func (e *raft) leaderTerms() (list []leaderTerm) {
	for _, s := range e.elections {
		if isWon(s) {
			list = append(list, e.leaderTermFrom(s))
		}
	}
	slices.SortStableFunc(list, func(a, b leaderTerm) int { return a.election.End.Compare(b.election.End) })
	return list
}

// leaderTermAt is the term in which a server did something; nil if the trace has none.
func (e *raft) leaderTermAt(node string, term int64) *leaderTerm {
	for _, l := range e.leaderTerms() {
		if l.node == node && l.term == term {
			return &l
		}
	}
	return nil
}

func isWon(election *explain.Span) bool {
	return shown(election, spans.RaftOutcomeKey) == spans.OutcomeWon
}

func (e *raft) leaderTermFrom(election *explain.Span) leaderTerm {
	l := leaderTerm{election: election, node: election.Service, term: termOf(election), until: maxTime}
	for s := range e.Of(election.Service, spans.RoleChangeID) {
		if is(s, spans.RaftRoleFromKey, protocol.RoleLeader) && !s.End.Before(election.End) {
			l.until, l.ended = s.End, s
			break
		}
	}
	for _, f := range e.Faults() {
		if traces.IsCrash(f) && explain.Touches(f, l.node) && !f.Start.Before(election.End) && f.Start.Before(l.until) {
			l.until, l.ended = f.Start, f
			break
		}
	}
	return l
}

// endMoment is when the time in which a server led ended.
func (e *raft) endMoment(l *leaderTerm) explain.Moment {
	switch {
	case l.ended == nil:
		return e.RunEnd()
	case e.Is(l.ended, worldspans.FaultID):
		return e.Begin(l.ended)
	}
	return e.End(l.ended)
}

// endSaid says how the time in which a server led ended.
func (e *raft) endSaid(l *leaderTerm) explain.Sentence {
	ended := "it ended the request"
	switch {
	case l.ended == nil:
		ended = "the run ended"
	case e.Is(l.ended, worldspans.FaultID):
		ended = "it crashed"
	case e.Is(l.ended, spans.RoleChangeID):
		ended = "it stepped down"
	}
	return say("until %s at %s", ended, e.endMoment(l))
}

// acknowledged is what a leader was told of a follower: that it holds the leader's log up to an index or further.
type acknowledged struct {
	peer string
	at   explain.Moment
}

// acks are the first acknowledgements of each follower, in their order, of what a leader has at an index.
func (e *raft) acks(l *leaderTerm, index int64) (list []acknowledged) {
	for s := range e.Of(l.node, spans.AppendEntriesClientID, spans.LateReplyID) {
		told := s
		if e.Is(s, spans.LateReplyID) {
			told = e.Span(s.Parent)
		}
		if termOf(s) == l.term && hasReplied(s, protocol.AppendEntriesOk{}) && told != nil && termOf(told) == l.term &&
			integer(told, spans.RaftMatchIndexKey) >= index && !s.End.After(l.until) &&
			!s.End.Before(l.election.End) {
			list = append(list, acknowledged{peerOf(s), e.End(s)})
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

// appends are the AppendEntries that a leader of a term sent to a follower, by end.
func (e *raft) appends(leader, peer string, term int64) iter.Seq[*explain.Span] {
	return func(yield func(*explain.Span) bool) {
		for s := range e.Of(leader, spans.AppendEntriesClientID) {
			if termOf(s) == term && (peerOf(s) == peer || peer == "") && !yield(s) {
				return
			}
		}
	}
}

// quorum is how many servers make a majority of those that an election was held among.
func quorum(election *explain.Span) int { return int(integer(election, spans.RaftQuorumKey)) }

// logEnd says what a log was like.
func logEnd(index, term int64) string {
	if index == 0 {
		return "which was empty"
	}
	return fmt.Sprintf("which ended with index %d of term %d", index, term)
}
