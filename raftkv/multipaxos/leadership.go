package multipaxos

import "github.com/raftkv/raftkv/raftkv/multipaxos/protocol"

// lastRound is the highest that a Round can be. No ballot follows it.
const lastRound = ^protocol.Round(0)

// suspectLater starts the suspicion timer: a leader that hears from nobody until it runs out takes who led for crashed.
// The more often in a row another preempted it, the longer it should wait, so that leaders do not go on preempting each
// other (PMS §2.4; PMMC §3).
func (l *Leader) suspectLater() {
	l.emit(protocol.SetTimer{Timer: protocol.TimerSuspicion, Preemptions: l.state.Preemptions})
}

// hear notes that the leader of a ballot leads: it would not say so if a majority had not promised. One of a lower
// ballot than the highest known did lead, and will be preempted.
func (l *Leader) hear(ballot protocol.Ballot) {
	if Below(ballot, l.state.Highest) || protocol.LeaderID(ballot.Leader) == l.id {
		return
	}
	l.state.Highest = ballot
	l.state.LeaderID = protocol.LeaderID(ballot.Leader)
	if l.state.Role != protocol.RoleStandby {
		l.standBy()
	}
	l.suspectLater()
}

// meet notes a higher ballot that an acceptor promised. It preempts this leader's own, which nobody in a majority will
// accept any more, so that it stands by, and lets the other lead (PMS §2.5; PMMC §2, preempted).
func (l *Leader) meet(promised protocol.Ballot) {
	if !Below(l.state.Highest, promised) {
		return
	}
	l.state.Highest = promised
	l.state.LeaderID = protocol.LeaderID(promised.Leader)
	if l.state.Role != protocol.RoleStandby {
		l.standBy()
		l.suspectLater()
	}
}

// standBy ends what the leader does in its ballot. What it proposed may be chosen yet, by itself or by whoever adopts
// it: nobody can tell.
func (l *Leader) standBy() {
	if l.state.Role == protocol.RoleLeading && l.config.Heartbeats {
		l.emit(protocol.StopTimer{Timer: protocol.TimerHeartbeat})
	}
	l.state.Preemptions++
	l.changeRole(protocol.RoleStandby, protocol.RoleEventPreempted)
	l.state.Phase1State, l.state.Phase2State = protocol.Phase1State{}, protocol.Phase2State{}
	l.watchForMissing()
}

// changeRole changes the role, along an edge of the spec.
func (l *Leader) changeRole(to protocol.Role, event protocol.RoleEvent) {
	l.emit(protocol.RoleChange{From: l.state.Role, To: to, Event: event})
	l.state.Role = to
}

// sendHeartbeats tells every other leader and every replica that this one leads, and how far all is chosen, so that
// they know what they miss (PMMC §3).
func (l *Leader) sendHeartbeats() {
	if l.state.Role != protocol.RoleLeading || !l.config.Heartbeats {
		return
	}
	l.emit(protocol.SetTimer{Timer: protocol.TimerHeartbeat})
	l.sendToLearners(protocol.Heartbeat{Ballot: l.state.Ballot, Chosen: l.state.Applied})
}
