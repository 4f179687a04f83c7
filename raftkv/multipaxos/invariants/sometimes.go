package invariants

import (
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// Sometime is something that should happen in some runs at least, so that a scenario cannot pass by doing nothing.
type Sometime uint8

// What there is.
const (
	MajorityPromised Sometime = iota
	Preempted
	TwoLeaders
	PrepareRejected
	AcceptRejected
	ValueAdopted
	HoleFilled
	Resend
	AskedForMissing
	CaughtUp
	RetryAnswered
	Redirect
	OutcomeUnknown
	OldPromise
	Crash
	Restart
	sometimes
)

var sometimeTexts = [...]string{
	MajorityPromised: "majority promised", Preempted: "leader preempted", TwoLeaders: "two leaders in two ballots",
	PrepareRejected: "prepare rejected", AcceptRejected: "accept rejected", ValueAdopted: "value adopted",
	HoleFilled: "hole filled with a no-op", Resend: "proposal sent again", AskedForMissing: "asked for what is missing",
	CaughtUp: "caught up", RetryAnswered: "retry answered from the session", Redirect: "client redirected",
	OutcomeUnknown: "outcome unknown", OldPromise: "promise of an earlier ballot", Crash: "crash", Restart: "restart",
}

// String is how a person reads it.
func (s Sometime) String() string { return sometimeTexts[s] }

// AllSometimes are all there are, in a fixed order.
func AllSometimes() []check.Sometime {
	all := make([]check.Sometime, sometimes)
	for i := range all {
		all[i] = check.Sometime{What: Sometime(i).String()}
	}
	return all
}

// Sometimes counts how often each happened.
type Sometimes [sometimes]uint64

// Counts are all of them, each with what it is called.
func (s *Sometimes) Counts() check.Counts {
	counts := make(check.Counts, 0, sometimes)
	for one, times := range s {
		counts = append(counts, check.Count{Sometime: check.Sometime{What: Sometime(one).String()}, Times: times})
	}
	return counts
}

// note counts what an event shows before it is compared with the one before.
func (c *Checker) note(v *View) {
	if v.Event == Answered {
		c.figures.Answers = append(c.figures.Answers, v.Operation.Ended-v.Operation.Asked)
	}
	if v.Process.Number == 0 {
		return
	}
	switch v.Event {
	case Crashed:
		c.sometimes[Crash]++
		return
	case Restarted:
		c.sometimes[Restart]++
		return
	case Handled, Answered, Ended:
	}
	m := c.members[v.Process]
	c.noteRole(m, v)
	promise, is := v.Received.(protocol.Promise)
	if is && m.now.role == protocol.RolePreparing && below(promise.Ballot, m.now.ballot) {
		c.sometimes[OldPromise]++
	}
	if caughtUp, is := v.Received.(protocol.CaughtUp); is && len(caughtUp.Values) > 0 && len(v.Applied) > 0 {
		c.sometimes[CaughtUp]++
	}
	for i := range v.Sent {
		c.noteSent(&v.Sent[i])
	}
	for _, answer := range v.Answers {
		c.noteAnswer(answer)
	}
}

func (c *Checker) noteRole(m *member, v *View) {
	from, to := m.now.role, v.State.Role
	switch {
	case to == protocol.RolePreparing && from != protocol.RolePreparing:
		c.figures.Elections++
	case to == protocol.RoleLeading && from != protocol.RoleLeading:
		if c.sometimes[MajorityPromised]++; !c.figures.Led {
			c.figures.Led, c.figures.FirstLeader = true, v.At
		}
		for _, other := range c.order {
			if other != m && !other.down && other.now.role == protocol.RoleLeading {
				c.sometimes[TwoLeaders]++
			}
		}
	case to == protocol.RoleStandby && from != protocol.RoleStandby:
		c.sometimes[Preempted]++
	}
}

func (c *Checker) noteSent(sent *Sent) {
	switch m := sent.Message.(type) {
	case protocol.PrepareRejected:
		c.sometimes[PrepareRejected]++
	case protocol.AcceptRejected:
		c.sometimes[AcceptRejected]++
	case protocol.CatchUp:
		c.sometimes[AskedForMissing]++
	case protocol.Accept:
		_, again := c.proposed[numbered{m.Slot, m.Ballot}]
		_, demanded := c.demands(m.Ballot)[m.Slot]
		switch {
		case again:
			c.sometimes[Resend]++
		case sent.To.Number != 1: // of those that go to all acceptors, one counts
		case demanded:
			c.sometimes[ValueAdopted]++
		case m.Value.Request.Client == 0:
			c.sometimes[HoleFilled]++
		}
	case protocol.Prepare, protocol.Promise, protocol.Accepted, protocol.Commit, protocol.Heartbeat, protocol.CaughtUp:
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
