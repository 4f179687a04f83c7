package conform

import (
	"fmt"
	"slices"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// Span is what is kept of a span.
type Span = check.Span

// Cause compares a span with the parent that caused it, which is of a kind that may.
func (Protocol) Cause(_ *check.Facts, s *Span, found *check.Findings) {
	above := s.Parent
	differ := func(want string, args ...any) {
		found.Add(check.RuleWrongParent, s, above).Got("its parent is %s", above).Want(want, args...)
	}
	ballot, _ := kept.BallotOf(s)
	began, _ := kept.BallotOf(above)
	switch facts := s.Facts.(type) {
	case *kept.Prepare:
		if s.Kind.Sends && ballot != began {
			differ("the phase 1 of ballot %s, as its own", ballot)
		}
	case *kept.RoleChange:
		if above.Is(spans.Phase1ID) && ballot != began {
			differ("the phase 1 of ballot %s, as its own", ballot)
		}
		if (facts.Event == kept.Restart) != above.Is(spans.StartID) {
			differ("a start for a leader that starts again, and for no other change")
		}
		if above.Is(spans.Phase1ID) != (s.Role != kept.Standby) {
			differ("the phase 1 of its ballot for a leader that prepares or leads, and for no other")
		}
	case *kept.Accept:
		if s.Kind.Sends {
			ofSlot(s, facts.Slot, ballot, differ)
		}
	case *kept.Chosen:
		ofSlot(s, facts.Slot, ballot, differ)
	case *kept.Commit:
		if s.Kind.Sends {
			ofSlot(s, facts.Slot, ballot, differ)
		}
	case *kept.Beat:
		if round, is := above.Facts.(*kept.Beat); is && s.Kind.Sends && (ballot != began || facts.Upto != round.Upto) {
			differ("a heartbeat round of its ballot, which tells the same")
		}
	case *kept.Apply:
		appliedBelow(facts, above, differ)
	}
	if s.Is(clients.Tries...) {
		clients.SameRequest(s, found)
	}
}

// ofSlot finds that what is done about a slot is below a request that was given another one, or below the phase 1 of
// another ballot.
func ofSlot(s *Span, slot uint64, ballot protocol.Ballot, differ func(string, ...any)) {
	above := s.Parent
	if r, is := above.Facts.(*kept.Request); is && r.Slot() != slot {
		differ("the request that was given slot %d, or phase 1 where no request was", slot)
	}
	if began, _ := kept.BallotOf(above); began != ballot {
		differ("a request, or the phase 1, of ballot %s", ballot)
	}
}

// appliedBelow finds that a value is applied before the one that was told of is.
func appliedBelow(a *kept.Apply, above *Span, differ func(string, ...any)) {
	switch told := above.Facts.(type) {
	case *kept.Commit:
		if a.Slot < told.Slot {
			differ("what told of slot %d, or of one before", a.Slot)
		}
	case *kept.Start:
		if a.Slot > told.Chosen {
			differ("what told of slot %d: the disk did not hold it", a.Slot)
		}
	}
}

// Target says what a span should link to, where it links to a span of a kind that it may.
func (Protocol) Target(_ *check.Facts, s *Span, l *check.Link) (want string) {
	to := l.Target
	if s.Kind == to.Kind {
		return attemptBefore(s, to)
	}
	ballot, _ := kept.BallotOf(s)
	of, _ := kept.BallotOf(to)
	if s.Process != to.Process || ballot != of {
		return fmt.Sprintf("a link to what %s did in ballot %s", check.Name(s.Process), ballot)
	}
	r, is := s.Facts.(*kept.Request)
	c, toChosen := to.Facts.(*kept.Chosen)
	if is && toChosen && (r.Slot() != c.Slot || r.Request.Request != c.Request) {
		return fmt.Sprintf("a link to where slot %d was chosen, with the value of the request", r.Slot())
	}
	return ""
}

// attemptBefore says what a link to what was sent before should go to: the same, by the same process.
func attemptBefore(s, to *Span) (want string) {
	attempt, before, same := uint64(0), uint64(0), s.Process == to.Process
	switch a := s.Facts.(type) {
	case *kept.Prepare:
		b := to.Facts.(*kept.Prepare)
		attempt, before = a.Attempt, b.Attempt
		same = same && s.Peer == to.Peer && a.Ballot == b.Ballot && s.ParentID == to.ParentID
	case *kept.Accept:
		b := to.Facts.(*kept.Accept)
		attempt, before = a.Attempt, b.Attempt
		same = same && s.Peer == to.Peer && a.Ballot == b.Ballot && a.Slot == b.Slot
	case *kept.CatchUp:
		b := to.Facts.(*kept.CatchUp)
		attempt, before = a.Attempt, b.Attempt
		same = same && a.First == b.First
	case *clients.Request:
		attempt, before = a.Try, to.Facts.(*clients.Request).Try
		same = same && s.ParentID == to.ParentID && !check.Later(to.End, s.Start)
	}
	if !same || attempt != before+1 {
		return fmt.Sprintf("a link to number %d of the same, which this is number %d of", max(attempt, 1)-1, attempt)
	}
	return ""
}

// Links finds links that are not there and have to be, beside those that the tables ask for.
func (Protocol) Links(f *check.Facts, s *Span, found *check.Findings) {
	again := uint64(0)
	switch facts := s.Facts.(type) {
	case *kept.Prepare:
		again = facts.Attempt
	case *kept.Accept:
		again = facts.Attempt
	case *kept.CatchUp:
		again = facts.Attempt
	case *clients.Request:
		if s.Is(clients.Tries...) {
			again = facts.Try
		}
	case *kept.Beat:
		if s.Is(spans.HeartbeatID) {
			f.NeedLink(s, found, spans.Phase1ID)
		}
	case *kept.Request:
		if s.Role == kept.Leading {
			f.NeedLink(s, found, spans.Phase1ID)
		}
		if s.Reply == kept.Answered && facts.Slot() > 0 {
			f.NeedLink(s, found, spans.ChosenID)
		}
	}
	if s.Kind.Sends && again > 1 {
		f.NeedLink(s, found, s.Kind.ID)
	}
}

// Sent compares what sender and receiver say of a message.
func (Protocol) Sent(_ *check.Facts, sender, receiver *Span, found *check.Findings) {
	differ := func(what any, got, sent any) {
		if got != sent {
			found.Add(check.RuleMessageMismatch, receiver, sender).
				Got("%s is %v, and was sent as %v", what, got, sent).Want("what was sent")
		}
	}
	switch got := receiver.Facts.(type) {
	case *kept.Prepare:
		sent := sender.Facts.(*kept.Prepare)
		differ(spans.PaxosBallotKey, got.Ballot, sent.Ballot)
		differ(spans.PaxosFirstSlotKey, got.First, sent.First)
	case *kept.Accept:
		sent := sender.Facts.(*kept.Accept)
		differ(spans.PaxosBallotKey, got.Ballot, sent.Ballot)
		differ(spans.PaxosSlotKey, got.Slot, sent.Slot)
		differ("the value", got.Value, sent.Value)
	case *kept.Commit:
		sent := sender.Facts.(*kept.Commit)
		differ(spans.PaxosBallotKey, got.Ballot, sent.Ballot)
		differ(spans.PaxosSlotKey, got.Slot, sent.Slot)
		differ(spans.PaxosCommandKey, words.Printable(got.Command), words.Printable(sent.Command))
	case *kept.Beat:
		differ(spans.PaxosBallotKey, got.Ballot, sender.Facts.(*kept.Beat).Ballot)
	case *kept.CatchUp:
		differ(spans.PaxosFirstSlotKey, got.First, sender.Facts.(*kept.CatchUp).First)
	case *kept.Request:
		differ(kvspans.KVRequestIDKey, got.Request.Request, sender.Facts.(*clients.Request).Request)
	}
}

// Replied compares what both ends say of a reply.
func (Protocol) Replied(_ *check.Facts, call, answer *Span, found *check.Findings) {
	differ := func(what any, got, sent any) {
		if got != sent {
			found.Add(check.RuleMessageMismatch, call, answer).
				Got("of the reply, %s is %v, and was given as %v", what, got, sent).Want("what was given")
		}
	}
	switch got := call.Facts.(type) {
	case *kept.Prepare:
		sent := answer.Facts.(*kept.Prepare)
		if call.Reply != kept.Promise {
			differ(spans.PaxosPromisedKey, got.Promised, sent.Promised)
		} else if !slices.Equal(got.Accepted, sent.Accepted) {
			found.Add(check.RuleMessageMismatch, call, answer).
				Got("of the promise, %s is %s", spans.PaxosAcceptedKey, kept.Texts(got.Accepted)).
				Want("%s, as it was given", kept.Texts(sent.Accepted))
		}
	case *kept.Accept:
		if call.Reply != kept.Accepted {
			differ(spans.PaxosPromisedKey, got.Promised, answer.Facts.(*kept.Accept).Promised)
		}
	case *kept.CatchUp:
		differ(spans.PaxosValuesCountKey, got.Count, answer.Facts.(*kept.CatchUp).Count)
	case *clients.Request:
		sent := answer.Facts.(*kept.Request)
		differ(kvspans.KVResultKey, words.Printable(got.Result), words.Printable(sent.Result))
		differ(kvspans.KVLeaderIDKey, check.Name(got.Leader), check.Name(sent.Leader))
	}
}

// Late compares what a late reply says to be promised with what its acceptor had promised, if it is a refusal.
func (Protocol) Late(_ *check.Facts, late *Span, found *check.Findings) {
	says, promised := late.Facts.(*kept.Late).Promised, protocol.Ballot{}
	switch answer := late.Parent.Facts.(type) {
	case *kept.Prepare:
		promised = answer.Promised
	case *kept.Accept:
		promised = answer.Promised
	}
	if late.Reply == kept.Promise || late.Reply == kept.Accepted {
		promised = protocol.Ballot{}
	}
	if says != promised {
		found.Add(check.RuleMessageMismatch, late, late.Parent).
			Got("%s is %s", spans.PaxosPromisedKey, says).Want("%s, as the reply says", promised)
	}
}

// Outcome compares the status of an operation with what became of it.
func (Protocol) Outcome(_ *check.Facts, s *Span, found *check.Findings) { clients.Outcome(s, found) }
