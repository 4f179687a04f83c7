package explain

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/explain/logs"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
)

// What spans tell of the servers: who led when, what each acknowledged and committed. And what is read of a single span
// again and again, by short names.

type (
	entry    = logs.Entry
	moment   = explain.Moment
	part     = explain.Part
	sentence = explain.Sentence
	stay     = logs.Stay
	step     = explain.Step
)

func say(format string, arguments ...any) sentence { return explain.Say(format, arguments...) }

func tell(at moment, format string, arguments ...any) step {
	return explain.At(at, format, arguments...)
}

// because tells what a reason led to; the sentence goes on with the reason.
func because(why step, at moment, format string, arguments ...any) step {
	return tell(at, format+": %s.", append(arguments, why)...).Because(why)
}

func one(s step) []step { return []step{s} }

func shown(s *span.Span, key attribute.Key) string { return explain.Shown(s, key) }

func integer(s *span.Span, key attribute.Key) int64 { return explain.Integer(s, key) }

func peerOf(s *span.Span) string { return shown(s, kvspans.RaftPeerIDKey) }

func termOf(s *span.Span) int64 { return integer(s, spans.RaftTermKey) }

// indexOf is the index that a span applied.
func indexOf(s *span.Span) int64 { return integer(s, spans.RaftIndexKey) }

// prevOf is the index that the entries of an AppendEntries follow on.
func prevOf(s *span.Span) int64 { return integer(s, spans.RaftPrevLogIndexKey) }

// toOf is the index up to which a span commits.
func toOf(s *span.Span) int64 { return integer(s, spans.RaftCommitToKey) }

// toldOf is the commit index that a message tells a follower.
func toldOf(s *span.Span) int64 { return integer(s, spans.RaftLeaderCommitKey) }

// quorumOf is how many servers make a majority of those that an election was held among.
func quorumOf(election *span.Span) int { return int(integer(election, spans.RaftQuorumKey)) }

// is says whether an attribute has a value of an enum.
func is(s *span.Span, key attribute.Key, value fmt.Stringer) bool {
	return s.Attribute(key).AsString() == value.String()
}

// replied says whether a span got, or gave, such a reply.
func replied(s *span.Span, m interface{ Name() string }) bool {
	return s.Attribute(kvspans.RaftReplyKey).AsString() == m.Name()
}

func accepted(s *span.Span) bool { return replied(s, protocol.AppendEntriesOk{}) }

func rejected(s *span.Span) bool { return replied(s, protocol.AppendEntriesRejected{}) }

func granted(s *span.Span) bool { return replied(s, protocol.VoteGranted{}) }

func denied(s *span.Span) bool { return replied(s, protocol.VoteDenied{}) }

// leads says whether a span is one of a leader.
func leads(s *span.Span) bool { return is(s, spans.RaftRoleKey, protocol.RoleLeader) }

func won(election *span.Span) bool { return shown(election, spans.RaftOutcomeKey) == spans.OutcomeWon }

// filled says whether an AppendEntries has entries.
func filled(s *span.Span) bool { return integer(s, spans.RaftEntriesCountKey) > 0 }

// carries says whether an AppendEntries has the entry of an index.
func carries(s *span.Span, index int64) bool {
	return prevOf(s) < index && index <= prevOf(s)+integer(s, spans.RaftEntriesCountKey)
}

// commits says whether a commit is one of an index.
func commits(s *span.Span, index int64) bool {
	return integer(s, spans.RaftCommitFromKey) < index && index <= toOf(s)
}

// leaderTerm is the time in which a server led a term.
type leaderTerm struct {
	election *span.Span
	node     string
	term     int64
	until    time.Time  // of what ended it, or of the run's end
	ended    *span.Span // what ended it: a change of its role, or a crash; nil if it led until the run ended
}

// maxTime is after all times that a trace has.
var maxTime = time.Unix(1<<40, 0)

// leaderTerms are all there were, in the order in which they began.
func (e *raft) leaderTerms() (list []leaderTerm) {
	for _, s := range e.elections {
		if won(s) {
			list = append(list, e.leaderTermFrom(s))
		}
	}
	slices.SortStableFunc(list, func(a, b leaderTerm) int { return a.election.End.Compare(b.election.End) })
	return list
}

func (e *raft) leaderTermFrom(election *span.Span) leaderTerm {
	l := leaderTerm{election: election, node: election.Service, term: termOf(election), until: maxTime}
	for s := range e.Of(l.node, spans.RoleChangeID) {
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

// leaderTermAt is the term in which a server did something; nil if the trace has none.
func (e *raft) leaderTermAt(node string, term int64) *leaderTerm {
	for _, l := range e.leaderTerms() {
		if l.node == node && l.term == term {
			return &l
		}
	}
	return nil
}

// endOf is when the time in which a server led ended, and how.
func (e *raft) endOf(l *leaderTerm) (moment, sentence) {
	if l.ended == nil {
		return e.RunEnd(), say("until the run ended at %s", e.RunEnd())
	}
	at, how := e.End(l.ended), "it ended the request"
	switch e.ID(l.ended) {
	case worldspans.FaultID:
		at, how = e.Begin(l.ended), "it crashed"
	case spans.RoleChangeID:
		how = "it stepped down"
	}
	return at, say("until %s at %s", how, at)
}

// winner is the first election of a term that was won; nil if none was.
func (e *raft) winner(term int64) *span.Span {
	for _, s := range e.elections {
		if termOf(s) == term && won(s) {
			return s
		}
	}
	return nil
}

// acknowledged is what a leader was told of a follower: that it holds the leader's log up to an index or further.
type acknowledged struct {
	peer string
	at   moment
}

// acks are the first acknowledgements of each follower, in their order, of what a leader has at an index.
func (e *raft) acks(l *leaderTerm, index int64) (list []acknowledged) {
	for s := range e.Of(l.node, spans.AppendEntriesClientID, spans.LateReplyID) {
		told := s
		if e.Is(s, spans.LateReplyID) {
			told = e.Span(s.Parent)
		}
		again := slices.ContainsFunc(list, func(a acknowledged) bool { return a.peer == peerOf(s) })
		if !again && termOf(s) == l.term && accepted(s) && told != nil && termOf(told) == l.term && !s.End.After(l.until) &&
			!s.End.Before(l.election.End) && integer(told, spans.RaftMatchIndexKey) >= index {
			list = append(list, acknowledged{peerOf(s), e.End(s)})
		}
	}
	return list
}

// appends are the AppendEntries that a leader of a term sent to a follower, by end.
func (e *raft) appends(leader, peer string, term int64) iter.Seq[*span.Span] {
	return func(yield func(*span.Span) bool) {
		for s := range e.Of(leader, spans.AppendEntriesClientID) {
			if termOf(s) == term && peerOf(s) == peer && !yield(s) {
				return
			}
		}
	}
}

// matches returns how far a follower's log was known to equal that of a term's leader at a time, since it had started
// last, and the moment that shows it.
func (e *raft) matches(node, leader string, term int64) func(at time.Time) (index int64, shown []moment) {
	type match struct {
		since time.Time
		index int64
		shown []moment
	}
	list := []match{{}}
	for s := range e.Of(node, spans.AppendEntriesServerID, spans.StartID) {
		index := integer(s, spans.RaftMatchIndexKey)
		switch {
		case e.Is(s, spans.StartID):
			list = append(list, match{since: s.Start})
		case accepted(s) && termOf(s) == term && peerOf(s) == leader && index > list[len(list)-1].index:
			list = append(list, match{s.End, index, []moment{e.End(s)}})
		}
	}
	return func(at time.Time) (int64, []moment) {
		last := 0
		for last+1 < len(list) && !list[last+1].since.After(at) {
			last++
		}
		return list[last].index, list[last].shown
	}
}

// notified is the highest index that a term's leader had told a follower to be committed, by a time.
func (e *raft) notified(node, leader string, term int64, until time.Time) (index int64, at []moment) {
	started := e.started(node, time.Time{}, until)
	for s := range e.Of(node, spans.AppendEntriesServerID, spans.CommitNotificationConsumerID) {
		told := e.Is(s, spans.CommitNotificationConsumerID) || accepted(s)
		if told && termOf(s) == term && peerOf(s) == leader && !s.End.After(until) && toldOf(s) > index &&
			(started == nil || s.End.After(started.Start)) {
			index, at = toldOf(s), []moment{e.End(s)}
		}
	}
	return index, at
}

// firstCommit is the first commit of an index by a server within a time.
func (e *raft) firstCommit(node string, index int64, from, to time.Time) *span.Span {
	for s := range e.Of(node, spans.CommitID) {
		if !s.End.Before(from) && !s.End.After(to) && commits(s, index) {
			return s
		}
	}
	return nil
}

// committedUpTo is the last commit of a server by a time, since it started last; nil for none.
func (e *raft) committedUpTo(node string, until time.Time) *span.Span {
	for s := range e.Backward(node, spans.CommitID) {
		if !s.End.After(until) {
			if e.started(node, s.End, until) != nil {
				return nil
			}
			return s
		}
	}
	return nil
}

// started is when a server started last within a time; nil if it did not. It forgot then what it had committed, and
// what it knew of its leader.
func (e *raft) started(node string, from, to time.Time) (last *span.Span) {
	for s := range e.Of(node, spans.StartID) {
		if s.Start.After(from) && !s.Start.After(to) {
			last = s
		}
	}
	return last
}

// violatedBy is the violation that the step of a span ended in; nil if there is none. What the algorithm does in such a
// step, and no span shows, it may not have done.
func (e *raft) violatedBy(s *span.Span) *span.Span {
	for _, v := range e.Violations() {
		after := v.Start.Sub(s.End)
		if after >= 0 && after <= traces.NearTheEnd+traces.AtOnceWithin &&
			explain.EndTogether(s, e.LastDone(s.Service, v.Start)) {
			return v
		}
	}
	return nil
}
