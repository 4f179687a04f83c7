package multipaxos

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// handleCommand gives a client's command a slot; a leader that does not lead says who does, as far as it knows. A
// command that has a slot already gets another: the state machine knows a retry by its request, and answers it as it
// did at first (PMMC §2).
func (l *Leader) handleCommand(request kv.RequestID, command kv.Command) {
	if l.state.Role != protocol.RoleLeading {
		known := kv.NodeID(l.state.LeaderID)
		l.emit(protocol.Answer{Message: kv.NotLeader{Request: request, LeaderID: known}})
		return
	}
	l.propose(protocol.Value{Request: request, Command: command}, protocol.SourceClient)
	l.sendAccepts()
}

// propose gives a value the next slot. In a ballot no slot is given twice (PMMC C1).
func (l *Leader) propose(value protocol.Value, source protocol.Source) {
	slot := l.state.NextSlot
	l.state.NextSlot++
	l.state.Pending = append(l.state.Pending, protocol.Pending{
		Slot: slot, Value: value, AcceptedBy: make([]bool, l.config.Acceptors+1),
	})
	l.emit(protocol.Propose{Slot: slot, Value: value, Source: source})
}

// sendAccepts asks all acceptors to accept what is proposed, as far as the window goes: with more than one slot in it,
// a command need not wait until the one before it is chosen; and no more slots than that can be left without a value
// behind one that has one (PMS §2.2, phase 2a; §3).
func (l *Leader) sendAccepts() {
	for i := range l.state.Pending {
		p := &l.state.Pending[i]
		if uint64(p.Slot) > uint64(l.state.Applied)+uint64(l.config.Window) {
			return
		}
		if !p.Sent {
			p.Sent = true
			l.sendToAcceptors(l.acceptMessage(p))
		}
	}
}

func (l *Leader) acceptMessage(p *protocol.Pending) protocol.Accept {
	return protocol.Accept{Ballot: l.state.Ballot, Slot: p.Slot, Value: p.Value}
}

// pending is the place of what is proposed in a slot and not chosen yet; -1 when nothing is.
func (l *Leader) pending(slot protocol.Slot) int {
	return slices.IndexFunc(l.state.Pending, func(p protocol.Pending) bool { return p.Slot == slot })
}

func (l *Leader) retryAccept(to protocol.AcceptorID, m protocol.Accept) {
	i := l.pending(m.Slot)
	if i < 0 || m.Ballot != l.state.Ballot || l.state.Pending[i].AcceptedBy[to] {
		return
	}
	l.send(acceptor(to), l.acceptMessage(&l.state.Pending[i]))
	l.giveAgain(m.Slot)
}

// HandleAcceptReply counts who accepted a proposal of this ballot: with a majority, its value is chosen (PMS §2.2; a
// commander of PMMC §2).
func (l *Leader) HandleAcceptReply(from protocol.AcceptorID, reply protocol.AcceptReply) {
	switch m := reply.(type) {
	case protocol.Accepted:
		i := l.pending(m.Slot)
		if i < 0 || m.Ballot != l.state.Ballot {
			return
		}
		p := l.state.Pending[i]
		p.AcceptedBy[from] = true
		if l.isQuorum(p.AcceptedBy) {
			l.choose(i)
		}
	case protocol.AcceptRejected:
		l.meet(m.Promised)
	}
}

// choose takes a value for chosen, and tells every learner so (PMS §2.3).
func (l *Leader) choose(i int) {
	p := l.state.Pending[i]
	l.state.Pending = slices.Delete(l.state.Pending, i, i+1)
	l.state.Preemptions = 0
	l.emit(protocol.Choose{Slot: p.Slot, Value: p.Value, AcceptedBy: acceptors(p.AcceptedBy)})
	l.learn(p.Slot, p.Value)
	l.applyReady()
	l.sendToLearners(protocol.Commit{Ballot: l.state.Ballot, Slot: p.Slot, Value: p.Value})
	l.sendAccepts()
}

// forgetChosen drops what is proposed in slots that another leader got chosen. It is the same value: Agreement.
func (l *Leader) forgetChosen() {
	if l.state.Role != protocol.RoleLeading {
		return
	}
	isKnown := func(p protocol.Pending) bool { return l.knows(p.Slot) }
	l.state.Pending = slices.DeleteFunc(l.state.Pending, isKnown)
	l.sendAccepts()
}

// acceptors are those that are counted.
func acceptors(counted []bool) []protocol.AcceptorID {
	var all []protocol.AcceptorID
	for i, in := range counted {
		if in {
			all = append(all, protocol.AcceptorID(i))
		}
	}
	return all
}
