package state

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
)

// LeaderTerm is the time in which a server led a term.
type LeaderTerm struct {
	Election *span.Span
	Node     string
	Term     int64
	Until    time.Time  // of what ended it, or of the run's end
	Ended    *span.Span // what ended it: a change of its role, or a crash; nil if it led until the run ended
}

// LeaderTerms are all there were, in the order in which they began.
func (e *Cluster) LeaderTerms() (list []LeaderTerm) {
	for _, s := range e.Elections {
		if Won(s) {
			list = append(list, e.leaderTermFrom(s))
		}
	}
	slices.SortStableFunc(list, func(a, b LeaderTerm) int { return a.Election.End.Compare(b.Election.End) })
	return list
}

// LeaderTermAt is the term in which a server did something; nil if the trace has none.
func (e *Cluster) LeaderTermAt(node string, term int64) *LeaderTerm {
	for _, l := range e.LeaderTerms() {
		if l.Node == node && l.Term == term {
			return &l
		}
	}
	return nil
}

// Won says whether an election was won.
func Won(election *span.Span) bool {
	return explain.Shown(election, spans.RaftOutcomeKey) == spans.OutcomeWon
}

func (e *Cluster) leaderTermFrom(election *span.Span) LeaderTerm {
	l := LeaderTerm{Election: election, Node: election.Service, Term: Term(election), Until: MaxTime}
	for s := range e.Of(election.Service, spans.RoleChangeID) {
		if Is(s, spans.RaftRoleFromKey, protocol.RoleLeader) && !s.End.Before(election.End) {
			l.Until, l.Ended = s.End, s
			break
		}
	}
	for _, f := range e.Faults() {
		if traces.IsCrash(f) && explain.Touches(f, l.Node) && !f.Start.Before(election.End) && f.Start.Before(l.Until) {
			l.Until, l.Ended = f.Start, f
			break
		}
	}
	return l
}

// EndOf is when the time in which a server led ended.
func (e *Cluster) EndOf(l *LeaderTerm) explain.Moment {
	switch {
	case l.Ended == nil:
		return e.RunEnd()
	case e.Is(l.Ended, worldspans.FaultID):
		return e.Begin(l.Ended)
	}
	return e.End(l.Ended)
}

// Acknowledged is what a leader was told of a follower: that it holds the leader's log up to an index or further.
type Acknowledged struct {
	Peer string
	At   explain.Moment
}

// Acks are the first acknowledgements of each follower, in their order, of what a leader has at an index.
func (e *Cluster) Acks(l *LeaderTerm, index int64) (list []Acknowledged) {
	for s := range e.Of(l.Node, spans.AppendEntriesClientID, spans.LateReplyID) {
		told := s
		if e.Is(s, spans.LateReplyID) {
			told = e.Span(s.Parent)
		}
		if Term(s) == l.Term && Replied(s, protocol.AppendEntriesOk{}) && told != nil && Term(told) == l.Term &&
			explain.Integer(told, spans.RaftMatchIndexKey) >= index && !s.End.After(l.Until) &&
			!s.End.Before(l.Election.End) {
			list = append(list, Acknowledged{explain.Peer(s), e.End(s)})
		}
	}
	slices.SortStableFunc(list, func(a, b Acknowledged) int { return cmp.Compare(a.At.At, b.At.At) })
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(a Acknowledged) bool {
		again := seen[a.Peer]
		seen[a.Peer] = true
		return again
	})
}

// Appends are the AppendEntries that a leader of a term sent to a follower, by end.
func (e *Cluster) Appends(leader, peer string, term int64) iter.Seq[*span.Span] {
	return func(yield func(*span.Span) bool) {
		for s := range e.Of(leader, spans.AppendEntriesClientID) {
			if Term(s) == term && (explain.Peer(s) == peer || peer == "") && !yield(s) {
				return
			}
		}
	}
}

// Quorum is how many servers make a majority of those that an election was held among.
func Quorum(election *span.Span) int { return int(explain.Integer(election, spans.RaftQuorumKey)) }

// Winner is the first election of a term that was won; nil if none was.
func (e *Cluster) Winner(term int64) *span.Span {
	for _, s := range e.Elections {
		if Term(s) == term && Won(s) {
			return s
		}
	}
	return nil
}
