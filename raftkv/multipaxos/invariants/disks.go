package invariants

import (
	"maps"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// PersistBeforeSend implements protocol.Invariants: what an acceptor says is on its disk, and the round of a leader's
// ballot on its own.
func (c *Checker) PersistBeforeSend(v *View) error {
	for i := range v.Sent {
		s := &v.Sent[i]
		switch m := s.Message.(type) {
		case protocol.Promise:
			if below(s.Promised, m.Ballot) {
				return check.Fact("the disk of %s holds the promise %s", v.Process, s.Promised).But("it promises %s", m.Ballot)
			}
		case protocol.Accepted:
			if below(s.Promised, m.Ballot) || s.Accepted.Ballot != m.Ballot {
				return check.Fact("the disk of %s holds the promise %s, and in slot %d the ballot %s", v.Process, s.Promised,
					m.Slot, s.Accepted.Ballot).But("it says that it accepted ballot %s there", m.Ballot)
			}
		case protocol.Prepare:
			if s.Round < m.Ballot.Round {
				return check.Fact("the disk of %s holds round %d", v.Process, s.Round).But("it begins ballot %s", m.Ballot)
			}
		case protocol.PrepareRejected, protocol.Accept, protocol.AcceptRejected, protocol.Commit, protocol.Heartbeat,
			protocol.CatchUp, protocol.CaughtUp:
			// These say nothing that a crash could have a process forget.
		}
	}
	return nil
}

// RestartFromDisk implements protocol.Invariants.
func (c *Checker) RestartFromDisk(v *View) error {
	m := c.of(v)
	if m == nil || v.Event != Restarted {
		return nil
	}
	s, d := v.State, v.Durable
	if s.Promised != d.Promised || s.Round != d.Round {
		return check.Fact("the disk of %s holds promise %s and round %d", m.id, d.Promised, d.Round).
			But("it starts again with %s and %d", s.Promised, s.Round)
	}
	accepted := map[protocol.Slot]protocol.Proposal{}
	for _, p := range s.Accepted {
		if p.Slot != 0 {
			accepted[p.Slot] = p
		}
	}
	known := map[protocol.Slot]protocol.Value{}
	for slot, value := range s.Chosen {
		if value.Command != nil {
			known[protocol.Slot(slot)] = value
		}
	}
	if !maps.Equal(accepted, d.Accepted) || !maps.Equal(known, d.Chosen) {
		return check.Fact("the disk of %s holds %d slots that it accepted and %d that it learnt", m.id, len(d.Accepted),
			len(d.Chosen)).But("it starts again with %d and %d, or with others", len(accepted), len(known))
	}
	return nil
}
