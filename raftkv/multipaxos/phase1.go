package multipaxos

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// prepare begins a ballot that is higher than all that this leader heard of, and than all that it ever began: it asks
// all acceptors for their promises, for all slots at once (PMS §2.2, phase 1a; §3; a scout of PMMC §2). In the last
// round there is, it stays on standby.
func (l *Leader) prepare(event protocol.RoleEvent) {
	if l.state.Role != protocol.RoleStandby || max(l.state.Round, l.state.Highest.Round) == lastRound {
		return
	}
	l.state.Round = max(l.state.Round, l.state.Highest.Round) + 1
	l.state.Ballot = protocol.Ballot{Round: l.state.Round, Leader: uint32(l.id)}
	l.state.Highest, l.state.LeaderID = l.state.Ballot, 0
	l.changeRole(protocol.RolePreparing, event)
	l.emit(protocol.StopTimer{Timer: protocol.TimerSuspicion})
	l.watchForMissing()
	l.state.Phase1State = protocol.Phase1State{
		FirstSlot: l.state.Applied + 1, PromisedBy: make([]bool, l.config.Acceptors+1),
	}
	l.sendToAcceptors(l.prepareMessage())
}

func (l *Leader) prepareMessage() protocol.Prepare {
	return protocol.Prepare{Ballot: l.state.Ballot, FirstSlot: l.state.FirstSlot}
}

func (l *Leader) retryPrepare(to protocol.AcceptorID, m protocol.Prepare) {
	if l.state.Role == protocol.RolePreparing && m.Ballot == l.state.Ballot && !l.state.PromisedBy[to] {
		l.send(acceptor(to), l.prepareMessage())
	}
}

// HandlePrepareReply counts the promises of this ballot; a majority of them makes the leader lead (PMS §2.2).
func (l *Leader) HandlePrepareReply(from protocol.AcceptorID, reply protocol.PrepareReply) {
	switch m := reply.(type) {
	case protocol.Promise:
		if l.state.Role == protocol.RolePreparing && l.isOfThisBallot(m) {
			l.state.PromisedBy[from] = true
			l.report(m.Accepted)
			if l.isQuorum(l.state.PromisedBy) {
				l.lead()
			}
		}
	case protocol.PrepareRejected:
		l.meet(m.Promised)
	}
}

// report keeps of each slot the proposal of the highest ballot that a promise told of: if any value was chosen below
// this ballot, it is that one's (PMS P2c; PMMC §2, pmax).
func (l *Leader) report(accepted []protocol.Proposal) {
	for _, p := range accepted {
		if p.Slot < l.state.FirstSlot {
			continue
		}
		position := p.Slot - l.state.FirstSlot
		l.state.Reported = grown(l.state.Reported, position)
		if l.supersedes(p, l.state.Reported[position]) {
			l.state.Reported[position] = p
		}
	}
}

// lead begins phase 2: with the slots that are in use already. The leader proposes what may be chosen there, and no-ops
// in the slots between that nobody uses, since the state machines wait for them (PMS §3).
func (l *Leader) lead() {
	l.changeRole(protocol.RoleLeading, protocol.RoleEventMajorityPromised)
	l.state.LeaderID = l.id
	l.state.Heard = true // phase 1 told of all that may be chosen
	l.state.Phase2State = protocol.Phase2State{NextSlot: l.state.FirstSlot}
	for int(l.state.NextSlot-l.state.FirstSlot) < len(l.state.Reported) {
		if l.knows(l.state.NextSlot) {
			l.state.NextSlot++
			continue
		}
		l.adopt(l.state.NextSlot)
	}
	if l.config.Heartbeats {
		l.sendHeartbeats()
	}
	l.sendAccepts()
}

// adopt proposes in a slot in use the value that was reported for it, or a no-op.
func (l *Leader) adopt(slot protocol.Slot) {
	if value, source := l.demanded(slot); source != protocol.SourceNoop || l.fillsHoles() {
		l.propose(value, source)
		return
	}
	l.state.NextSlot++
}

// demanded is the value that this ballot's proposal in a slot must have (PMS P2c).
func (l *Leader) demanded(slot protocol.Slot) (protocol.Value, protocol.Source) {
	position := int(slot - l.state.FirstSlot)
	if position < len(l.state.Reported) && l.state.Reported[position].Slot == slot && l.adopts(slot) {
		return l.state.Reported[position].Value, protocol.SourceAdopted
	}
	return protocol.Value{Command: kv.Noop{}}, protocol.SourceNoop
}
