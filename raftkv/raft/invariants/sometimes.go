package invariants

import (
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// Sometime is something that should happen in some runs at least, so that a scenario cannot pass by doing nothing.
type Sometime uint8

// What there is.
const (
	ElectionWon Sometime = iota
	ElectionLost
	VoteSplit
	VoteDenied
	LeaderSteppedDown
	TwoLeaders
	EntriesRejected
	ConflictRepaired
	Resend
	CommitByNotification
	InheritedCommit
	RetryAnswered
	Redirect
	OutcomeUnknown
	LateReply
	Crash
	Restart
	CaughtUp
	sometimes
)

var sometimeTexts = [...]string{
	ElectionWon: "election won", ElectionLost: "election lost", VoteSplit: "election without a winner",
	VoteDenied: "vote denied", LeaderSteppedDown: "leader stepped down", TwoLeaders: "two leaders in two terms",
	EntriesRejected: "entries rejected", ConflictRepaired: "conflict repaired", Resend: "entries sent again",
	CommitByNotification: "commit by notification", InheritedCommit: "inherited entry committed",
	RetryAnswered: "retry answered from the session", Redirect: "client redirected", OutcomeUnknown: "outcome unknown",
	LateReply: "reply to an earlier leadership", Crash: "crash", Restart: "restart",
	CaughtUp: "caught up after a rollback",
}

// String is how a person reads it.
func (s Sometime) String() string { return sometimeTexts[s] }

// AllSometimes are all there are, in a fixed order.
func AllSometimes() []check.Sometime {
	all := make([]check.Sometime, sometimes)
	for i := range all {
		all[i] = describe(Sometime(i))
	}
	return all
}

// describe is what there is to say of one. A server catches up only after its disk lost what it said that it keeps.
func describe(s Sometime) check.Sometime {
	return check.Sometime{What: s.String(), NeedsLyingDisk: s == CaughtUp}
}

// Sometimes counts how often each happened.
type Sometimes [sometimes]uint64

// Counts are all of them, each with what it is called.
func (s *Sometimes) Counts() check.Counts {
	counts := make(check.Counts, 0, sometimes)
	for one, times := range s {
		counts = append(counts, check.Count{Sometime: describe(Sometime(one)), Times: times})
	}
	return counts
}

// String names those that happened, with how often they did.
func (s *Sometimes) String() string { return s.Counts().String() }

// note counts what an event shows before it is compared with the one before.
func (c *Checker) note(v *View) {
	if v.Event == Answered {
		c.figures.Answers = append(c.figures.Answers, v.Operation.Ended-v.Operation.Asked)
	}
	if v.Server == 0 {
		return
	}
	switch v.Event {
	case Crashed:
		c.sometimes[Crash]++
		return
	case Restarted:
		c.sometimes[Restart]++
		c.servers[v.Server].noteRollback(v)
		return
	case Handled, Answered, Ended:
	}
	if v.State == nil {
		return
	}
	s := c.servers[v.Server]
	c.noteRole(s, v)
	c.noteReply(s, v)
	if s.lacks > 0 && v.State.LastApplied >= s.lacks {
		s.lacks = 0
		c.sometimes[CaughtUp]++
	}
	if _, ok := v.Received.(protocol.CommitNotification); ok && len(v.Commits) > 0 {
		c.sometimes[CommitByNotification]++
	}
	if m, ok := v.Received.(protocol.AppendEntries); ok && len(v.Wrote) > 0 {
		for i := range v.Wrote {
			if first := v.Wrote[i].FirstIndex; first > 0 && first <= s.log.last() && len(m.Entries) > 0 {
				c.sometimes[ConflictRepaired]++
			}
		}
	}
	for i := range v.Sent {
		c.noteSent(s, &v.Sent[i])
	}
	for _, answer := range v.Answers {
		c.noteAnswer(answer)
	}
}

func (c *Checker) noteRole(s *server, v *View) {
	from, to, newTerm := s.now.role, v.State.Role, v.State.CurrentTerm != s.now.term
	countRole(&c.figures, v.At, from, to, newTerm)
	switch {
	case to == protocol.RoleLeader && from != protocol.RoleLeader:
		c.sometimes[ElectionWon]++
		for _, other := range c.servers {
			if other != s && !other.down && other.now.role == protocol.RoleLeader {
				c.sometimes[TwoLeaders]++
			}
		}
	case to == protocol.RoleFollower && from == protocol.RoleLeader:
		c.sometimes[LeaderSteppedDown]++
	case to == protocol.RoleFollower && from == protocol.RoleCandidate:
		c.sometimes[ElectionLost]++
	case to == protocol.RoleCandidate && from == protocol.RoleCandidate && newTerm:
		c.sometimes[VoteSplit]++
	}
}

// noteReply counts what comes to a leader in reply to what it sent when it led before.
func (c *Checker) noteReply(s *server, v *View) {
	if s.now.role != protocol.RoleLeader || v.State.Role != protocol.RoleLeader {
		return
	}
	var term protocol.Term
	if m, is := v.Received.(protocol.AppendEntriesOk); is {
		term = m.Term
	}
	if m, is := v.Received.(protocol.AppendEntriesRejected); is {
		term = m.Term
	}
	if term > 0 && term < s.now.term && c.leaders[term].Server == process(s.id) {
		c.sometimes[LateReply]++
	}
}

// noteRollback notes up to where a server has to catch up whose disk lost entries. If it knew them to be committed, an
// invariant is violated, and the run stops.
func (s *server) noteRollback(v *View) {
	if v.Durable != nil && v.Durable.LastIndex() < s.log.last() {
		s.lacks = s.log.last()
	}
}

func (c *Checker) noteSent(s *server, sent *Sent) {
	switch m := sent.Message.(type) {
	case protocol.VoteDenied:
		c.sometimes[VoteDenied]++
	case protocol.AppendEntriesRejected:
		c.sometimes[EntriesRejected]++
	case protocol.AppendEntries:
		if s.sentIn != m.Term {
			s.sentIn = m.Term
			clear(s.sentUpTo)
		}
		if len(m.Entries) > 0 && uint64(sent.To) < uint64(len(s.sentUpTo)) {
			if m.PrevLogIndex < s.sentUpTo[sent.To] {
				c.sometimes[Resend]++
			}
			s.sentUpTo[sent.To] = max(s.sentUpTo[sent.To], m.PrevLogIndex+protocol.LogIndex(len(m.Entries)))
		}
	case protocol.RequestVote, protocol.VoteGranted, protocol.AppendEntriesOk, protocol.CommitNotification:
	}
}

func (c *Checker) noteAnswer(answer kv.Message) {
	switch answer.(type) {
	case kv.NotLeader:
		c.sometimes[Redirect]++
	case kv.OutcomeUnknown:
		c.sometimes[OutcomeUnknown]++
	case kv.ClientPut, kv.ClientGet, kv.ClientDelete, kv.Answered:
	}
}

// noteCommitted counts what is committed in a later term than its own.
func (c *Checker) noteCommitted(s *server, e *protocol.LogEntry) {
	if e.Term < s.now.term && s.now.role == protocol.RoleLeader {
		c.sometimes[InheritedCommit]++
	}
}
