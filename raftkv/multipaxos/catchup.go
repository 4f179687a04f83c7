package multipaxos

import "github.com/raftkv/raftkv/raftkv/multipaxos/protocol"

// misses says whether a learner misses something: a slot that has a value, which it does not know, comes before one
// that it was told of; or it has not been told how far all is chosen since it started again.
func (l *learner) misses() bool { return !l.state.Heard || l.state.Applied < l.state.Told }

// watchForMissing starts the catch-up timer when something is missing, and stops it when that came by itself, as it
// does when one Commit overtakes another. A leader that prepares or leads asks nobody: phase 1 tells it (PMS §3).
func (l *learner) watchForMissing() {
	isMissing := l.misses() && l.state.Role == protocol.RoleStandby && l.tellerAfter(0) != 0
	switch {
	case isMissing && !l.state.Waiting && !l.state.Asking:
		l.state.Waiting = true
		l.emit(protocol.SetTimer{Timer: protocol.TimerCatchUp})
	case !isMissing && l.state.Waiting:
		l.state.Waiting = false
		l.emit(protocol.StopTimer{Timer: protocol.TimerCatchUp})
	}
}

// catchUpTimeout asks for what did not come by itself.
func (l *learner) catchUpTimeout() {
	l.state.Waiting = false
	if l.misses() && l.state.Role == protocol.RoleStandby && !l.state.Asking && !l.passesOver() {
		l.ask()
	}
	l.watchForMissing()
}

// ask asks a leader for what is chosen from the first slot on that is missing. Any leader will do, since all of them
// learn.
func (l *learner) ask() {
	if l.state.Teller == 0 {
		l.state.Teller = l.tellerAfter(0)
	}
	if l.state.Teller != 0 {
		l.state.Asking = true
		l.send(leader(l.state.Teller), protocol.CatchUp{FirstSlot: l.state.Applied + 1})
	}
}

// HandleCatchUpReply learns what a leader knows, and asks on as long as that leads further.
func (l *learner) HandleCatchUpReply(from protocol.LeaderID, reply protocol.CatchUpReply) {
	m, is := reply.(protocol.CaughtUp)
	if !is {
		return
	}
	before := l.state.Applied
	for i, value := range m.Values {
		l.learn(m.FirstSlot+protocol.Slot(i), value)
	}
	l.state.Told, l.state.Heard, l.state.Asking = max(l.state.Told, m.Chosen), true, false
	l.applyReady()
	switch {
	case !l.misses() || l.state.Role != protocol.RoleStandby:
	case l.state.Applied > before:
		l.ask()
	default:
		l.state.Teller = l.tellerAfter(from)
	}
	l.watchForMissing()
}

// catchUpGivenUp has another leader be asked, after a while.
func (l *learner) catchUpGivenUp(asked protocol.LeaderID) {
	l.state.Asking = false
	l.state.Teller = l.tellerAfter(asked)
	l.watchForMissing()
}

// tell answers a learner with what is chosen from a slot on, as far as everything is known and goes into a message.
func (l *learner) tell(first protocol.Slot) protocol.CaughtUp {
	m := protocol.CaughtUp{FirstSlot: first, Chosen: l.state.Applied}
	for slot := first; slot <= l.state.Applied && l.knows(slot) && len(m.Values) < l.config.MaxValues; slot++ {
		m.Values = append(m.Values, l.state.Chosen[slot])
	}
	return m
}

// listenTo has the leader that told something last be the one that is asked next.
func (l *learner) listenTo(from protocol.LeaderID) {
	if !l.state.Asking {
		l.state.Teller = from
	}
}

// tellerAfter is the leader that follows another in the order of their numbers, around, and is not the learner itself;
// none when there is no other.
func (l *learner) tellerAfter(id protocol.LeaderID) protocol.LeaderID {
	for range l.config.Leaders {
		id = protocol.LeaderID(uint64(id)%uint64(l.config.Leaders) + 1)
		if leader(id) != l.self {
			return id
		}
	}
	return 0
}
