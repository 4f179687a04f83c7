package multipaxos

import "github.com/raftkv/raftkv/raftkv/multipaxos/protocol"

// Acceptor is one acceptor: the memory of the cluster, which promises and accepts (PMS §2.2; PMMC §2).
type Acceptor struct {
	process

	durable protocol.Ballot     // the promise that the disk holds
	unsaved []protocol.Proposal // what this step accepted
}

var (
	_ Process                  = (*Acceptor)(nil)
	_ protocol.AcceptorHandler = (*Acceptor)(nil)
)

// NewAcceptor makes an acceptor that has promised and accepted nothing.
func NewAcceptor(id protocol.AcceptorID, config Config) *Acceptor {
	return &Acceptor{process: process{config: config.withDefaults(), self: acceptor(id)}}
}

// Step implements Process.
func (a *Acceptor) Step(input protocol.Input) []protocol.Effect {
	a.begin()
	a.unsaved = nil
	if in, is := input.(protocol.Receive); is {
		a.receive(in)
	}
	if in, is := input.(protocol.RestartAcceptor); is {
		a.restart(in)
	}
	if a.savesPromise() || a.unsaved != nil {
		a.persist(protocol.PersistPromise{Promised: a.state.Promised, Accepted: a.unsaved})
		a.durable = a.state.Promised
	}
	return a.effects
}

// Writes implements Process.
func (a *Acceptor) Writes(input protocol.Input) bool {
	trial := Acceptor{process: a.copied(), durable: a.durable}
	return writes(trial.Step(input))
}

func (a *Acceptor) receive(in protocol.Receive) {
	if in.From.Kind != protocol.KindLeader || !a.isOther(in.From) {
		return
	}
	if m, is := in.Message.(protocol.Prepare); is {
		a.HandlePrepare(protocol.LeaderID(in.From.Number), m)
	}
	if m, is := in.Message.(protocol.Accept); is {
		a.HandleAccept(protocol.LeaderID(in.From.Number), m)
	}
}

// HandlePrepare promises to accept nothing below a ballot, unless a higher one was promised, and tells what was
// accepted: for each slot that the leader asks for, the proposal accepted last, which has the highest ballot (PMS §2.2,
// phase 1b; PMMC §4.1). A rejection is no part of the algorithm: it spares the leader the waiting (PMS §2.5).
func (a *Acceptor) HandlePrepare(_ protocol.LeaderID, m protocol.Prepare) {
	if Below(m.Ballot, a.state.Promised) {
		a.reply(protocol.PrepareRejected{Ballot: m.Ballot, Promised: a.state.Promised})
		return
	}
	a.promise(m.Ballot)
	a.reply(protocol.Promise{Ballot: m.Ballot, Accepted: a.acceptedFrom(m.FirstSlot)})
}

// HandleAccept accepts a proposal, unless a higher ballot than its own was promised (PMS P1a, §2.2, phase 2b). It is a
// promise, too: an acceptor that was not in the majority of phase 1 hears of the ballot now (PMMC A2).
func (a *Acceptor) HandleAccept(_ protocol.LeaderID, m protocol.Accept) {
	if a.refuses(m.Ballot) {
		a.reply(protocol.AcceptRejected{Ballot: m.Ballot, Slot: m.Slot, Promised: a.state.Promised})
		return
	}
	a.promise(m.Ballot)
	a.accept(protocol.Proposal{Slot: m.Slot, Ballot: m.Ballot, Value: m.Value})
	a.reply(protocol.Accepted{Ballot: m.Ballot, Slot: m.Slot})
}

// promise moves the promise up. It never falls (PMMC A1).
func (a *Acceptor) promise(ballot protocol.Ballot) {
	if Below(a.state.Promised, ballot) {
		a.state.Promised = ballot
	}
}

// accept remembers a proposal in place of the one that was accepted before in its slot (PMMC §4.1).
func (a *Acceptor) accept(p protocol.Proposal) {
	a.state.Accepted = grown(a.state.Accepted, p.Slot)
	if a.state.Accepted[p.Slot] != p {
		a.state.Accepted[p.Slot] = p
		a.unsaved = append(a.unsaved, p)
	}
}

// acceptedFrom is what was accepted from a slot on.
func (a *Acceptor) acceptedFrom(slot protocol.Slot) []protocol.Proposal {
	var all []protocol.Proposal
	for i := int(slot); i < len(a.state.Accepted); i++ {
		if p := a.state.Accepted[i]; p.Slot != 0 {
			all = append(all, p)
		}
	}
	return all
}

// restart begins again with what the disk kept (PMS §2.5).
func (a *Acceptor) restart(in protocol.RestartAcceptor) {
	a.state.AcceptorState = protocol.AcceptorState{Promised: in.Promised}
	for _, p := range in.Accepted {
		a.state.Accepted = grown(a.state.Accepted, p.Slot)
		a.state.Accepted[p.Slot] = p
	}
	a.durable = in.Promised
}
