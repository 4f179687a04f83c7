package multipaxos

import "github.com/raftkv/raftkv/raftkv/multipaxos/protocol"

// learner is what leaders and replicas have in common: they learn what is chosen, and apply it in the order of slots
// (PMS §2.3, §3).
type learner struct {
	process

	unsaved []protocol.Decision // what this step learnt
}

func newLearner(self protocol.Process, config Config) learner {
	l := learner{process: process{config: config.withDefaults(), self: self}}
	l.state.Heard = true // nothing is chosen yet
	return l
}

// save makes durable what the step learnt.
func (l *learner) save() {
	if l.unsaved != nil {
		l.persist(protocol.PersistChosen{Chosen: l.unsaved})
		l.unsaved = nil
	}
}

// HandleCommit learns what is chosen in a slot, in whatever order that is told (PMS §2.3).
func (l *learner) HandleCommit(from protocol.LeaderID, m protocol.Commit) {
	l.learn(m.Slot, m.Value)
	l.applyReady()
	l.listenTo(from)
	l.watchForMissing()
}

// HandleHeartbeat learns how far all is chosen: a learner that was not told some of it misses it.
func (l *learner) HandleHeartbeat(from protocol.LeaderID, m protocol.Heartbeat) {
	l.state.Told, l.state.Heard = max(l.state.Told, m.Chosen), true
	l.listenTo(from)
	l.watchForMissing()
}

// knows says whether the value that is chosen in a slot is known.
func (l *learner) knows(slot protocol.Slot) bool {
	return int(slot) < len(l.state.Chosen) && l.state.Chosen[slot].Command != nil
}

// learn remembers what is chosen in a slot, for good.
func (l *learner) learn(slot protocol.Slot, value protocol.Value) {
	if slot == 0 || l.knows(slot) {
		return
	}
	l.state.Chosen = grown(l.state.Chosen, slot)
	l.state.Chosen[slot] = value
	l.state.Told = max(l.state.Told, slot)
	l.unsaved = append(l.unsaved, protocol.Decision{Slot: slot, Value: value})
	l.applyAtOnce(slot)
}

// applyReady applies what follows what was applied, as long as the value of the next slot is known: a slot whose value
// is missing holds up all that come after it (PMS §3; PMMC R2).
func (l *learner) applyReady() {
	for l.knows(l.state.Applied + 1) {
		l.state.Applied++
		l.emit(protocol.Apply{Slot: l.state.Applied, Value: l.state.Chosen[l.state.Applied]})
	}
}

// restartLearner begins again with what the disk kept. The state machine is new, and is told everything again.
func (l *learner) restartLearner(chosen []protocol.Decision) {
	l.state.Restart()
	l.state.Chosen = nil
	for _, d := range chosen {
		l.state.Chosen = grown(l.state.Chosen, d.Slot)
		l.state.Chosen[d.Slot] = d.Value
		l.state.Told = max(l.state.Told, d.Slot)
	}
	l.applyReady()
}
