package invariants

import (
	"testing"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// seen counts what the fake's checker noted.
func (f *fake) seen(what Sometime, want uint64, when string) {
	f.t.Helper()
	if got := f.checker.Sometimes()[what]; got != want {
		f.t.Errorf("%s: %q is counted %d times, want %d", when, what, got, want)
	}
}

// TestLateReply has a server lead, lose the lead and lead again: what replies to its first leadership is counted, and
// no other reply.
func TestLateReply(t *testing.T) {
	f := newFake(t)
	f.elect(1, 1)
	f.good(1, nothing, receives(protocol.AppendEntriesOk{Term: 1}))
	f.seen(LateReply, 0, "a reply in its leadership")
	f.elect(3, 2)
	f.good(1, func(s *protocol.State) { s.CurrentTerm, s.VotedFor, s.Role = 2, 0, protocol.RoleFollower })
	f.good(1, nothing, receives(protocol.AppendEntriesOk{Term: 1}))
	f.seen(LateReply, 0, "a reply to one who does not lead")
	f.elect(1, 3)
	f.good(1, nothing, receives(protocol.AppendEntriesOk{Term: 2}))
	f.good(1, nothing, receives(protocol.VoteGranted{Term: 1}))
	f.seen(LateReply, 0, "a reply to another leader, and a vote")
	f.good(1, nothing, receives(protocol.AppendEntriesOk{Term: 1}))
	f.good(1, nothing, receives(protocol.AppendEntriesRejected{Term: 1}))
	f.seen(LateReply, 2, "two replies to an earlier leadership")
}

// TestCaughtUp takes entries away from a disk: they are back, and applied, before anybody has caught up.
func TestCaughtUp(t *testing.T) {
	f := newFake(t)
	f.elect(1, 1)
	f.hold([]protocol.LogEntry{first}, 1, 2, 3)
	f.good(3, nothing, restarts)
	f.commit(1, 1, 2, 3)
	f.seen(CaughtUp, 0, "a restart with the whole disk")
	f.hold([]protocol.LogEntry{first, first}, 1, 2, 3)
	f.durables[3] = &Durable{CurrentTerm: f.durables[3].CurrentTerm}
	f.durables[3].log.write(1, []protocol.LogEntry{first})
	f.good(3, func(s *protocol.State) {
		s.Restart()
		holds(first)(s)
	}, restarts)
	f.commit(1, 3)
	f.seen(CaughtUp, 0, "a restart with a part of the disk")
	f.hold([]protocol.LogEntry{first, first}, 3)
	f.seen(CaughtUp, 0, "all of the log is there, and not applied")
	f.commit(2, 1, 3)
	f.seen(CaughtUp, 1, "all of the log is there, and applied")
	f.commit(2, 2)
	f.seen(CaughtUp, 1, "nobody else caught up")
}
