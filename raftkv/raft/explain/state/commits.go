package state

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
)

// Commitment is a leader's commit of an index, and the entry that its log had there.
type Commitment struct {
	Commit *span.Span
	Entry  Entry
	OK     bool // the trace tells the entry
}

// CommitOf is the first commit of an entry, and instead that of another entry at its index; nil for none.
func (e *Cluster) CommitOf(n Entry, index int64) (its, instead *Commitment) {
	var list []Commitment
	for s := range e.Of("", spans.CommitID) {
		if Leads(s) && Commits(s, index) {
			n, ok := e.LogOf(s.Service, s.End).At(index)
			list = append(list, Commitment{s, n, ok})
		}
	}
	slices.SortStableFunc(list, func(a, b Commitment) int { return a.Commit.End.Compare(b.Commit.End) })
	for _, c := range list {
		switch same := !c.OK || c.Entry.Same(n); {
		case same && its == nil:
			its = &c
		case !same && instead == nil:
			instead = &c
		}
	}
	return its, instead
}

// FirstCommit is the first commit of an index by a server within a time.
func (e *Cluster) FirstCommit(node string, index int64, from, to time.Time) *span.Span {
	for s := range e.Of(node, spans.CommitID) {
		if !s.End.Before(from) && !s.End.After(to) && Commits(s, index) {
			return s
		}
	}
	return nil
}

// Commits says whether a commit is one of an index.
func Commits(s *span.Span, index int64) bool {
	return explain.Integer(s, spans.RaftCommitFromKey) < index && index <= explain.Integer(s, spans.RaftCommitToKey)
}

// Match is how far a follower's log was known to equal its leader's from a time on.
type Match struct {
	Since time.Time
	Index int64
	At    explain.Moment // which shows it
}

// Matches is how far a follower's log was known to equal that of a term's leader, each time that it became more; a
// start begins anew.
func (e *Cluster) Matches(node, leader string, term int64) (list []Match) {
	for s := range e.Of(node, spans.AppendEntriesServerID, spans.StartID) {
		index := explain.Integer(s, spans.RaftMatchIndexKey)
		switch {
		case e.Is(s, spans.StartID):
			list = append(list, Match{Since: s.Start})
		case Replied(s, protocol.AppendEntriesOk{}) && Term(s) == term && explain.Peer(s) == leader &&
			(len(list) == 0 || index > list[len(list)-1].Index):
			list = append(list, Match{s.End, index, e.End(s)})
		}
	}
	return list
}

// MatchBy is the last of matches by a time, and the moment that shows it; 0 if there is none.
func MatchBy(list []Match, until time.Time) (index int64, shown []explain.Moment) {
	for _, m := range list {
		if m.Since.After(until) {
			break
		}
		index, shown = m.Index, []explain.Moment{m.At}
	}
	if index == 0 {
		return 0, nil
	}
	return index, shown
}

// MatchWith is how far a follower's log was known to equal that of a term's leader at a time.
func (e *Cluster) MatchWith(node, leader string, term int64, until time.Time) (index int64, shown []explain.Moment) {
	return MatchBy(e.Matches(node, leader, term), until)
}

// Notified is the highest index that a term's leader had told a follower to be committed, by a time.
func (e *Cluster) Notified(node, leader string, term int64, until time.Time) (index int64, at []explain.Moment) {
	started := e.LastStart(node, until)
	for s := range e.Of(node, spans.AppendEntriesServerID, spans.CommitNotificationConsumerID) {
		told := e.Is(s, spans.CommitNotificationConsumerID) || Replied(s, protocol.AppendEntriesOk{})
		if told && Term(s) == term && explain.Peer(s) == leader && !s.End.After(until) && s.End.After(started) &&
			explain.Integer(s, spans.RaftLeaderCommitKey) > index {
			index, at = explain.Integer(s, spans.RaftLeaderCommitKey), []explain.Moment{e.End(s)}
		}
	}
	return index, at
}

// CommittedUpTo is the commit index of a server at a time, since it started last, and the moment from which on; 0 if
// the trace has no commit of it.
func (e *Cluster) CommittedUpTo(node string, until time.Time) (index int64, since []explain.Moment) {
	for s := range e.Backward(node, spans.CommitID) {
		if !s.End.After(until) {
			if e.StartedBetween(node, s.End, until) {
				return 0, nil
			}
			return explain.Integer(s, spans.RaftCommitToKey), []explain.Moment{e.End(s)}
		}
	}
	return 0, nil
}
