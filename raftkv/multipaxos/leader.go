package multipaxos

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// Leader is one leader: a proposer, and a learner (PMS §2.4, §3; PMMC §2).
type Leader struct {
	learner

	id      protocol.LeaderID
	durable protocol.Round // the round that the disk holds
}

var (
	_ Process                = (*Leader)(nil)
	_ protocol.LeaderHandler = (*Leader)(nil)
)

// NewLeader makes a leader on standby. The first input should be Start, which has it watch who leads.
func NewLeader(id protocol.LeaderID, config Config) *Leader {
	return &Leader{learner: newLearner(leader(id), config), id: id}
}

// Step implements Process.
func (l *Leader) Step(input protocol.Input) []protocol.Effect {
	l.begin()
	switch in := input.(type) {
	case protocol.Start:
		l.suspectLater()
	case protocol.Lead:
		l.prepare(protocol.RoleEventToldToLead)
	case protocol.SuspicionTimeout:
		l.prepare(protocol.RoleEventSuspicion)
	case protocol.HeartbeatTimeout:
		l.sendHeartbeats()
	case protocol.CatchUpTimeout:
		l.catchUpTimeout()
	case protocol.RPCTimeout:
		l.givenUp(in.To, in.Request)
	case protocol.Receive:
		l.receive(in.From, in.Message)
	case protocol.Request:
		l.receiveRequest(in.Message)
	case protocol.RestartLeader:
		l.restart(in)
	case protocol.RestartAcceptor, protocol.RestartReplica:
		// These are for others.
	}
	l.save()
	if l.durable != l.state.Round {
		l.persist(protocol.PersistRound{Round: l.state.Round})
		l.durable = l.state.Round
	}
	return l.effects
}

// Writes implements Process.
func (l *Leader) Writes(input protocol.Input) bool {
	trial := Leader{learner: learner{process: l.copied()}, id: l.id, durable: l.durable}
	return writes(trial.Step(input))
}

// receive has a message of another process handled.
func (l *Leader) receive(from protocol.Process, message protocol.Message) {
	if !l.isOther(from) {
		return
	}
	switch m := message.(type) {
	case protocol.Promise:
		l.HandlePrepareReply(protocol.AcceptorID(from.Number), m)
	case protocol.PrepareRejected:
		l.HandlePrepareReply(protocol.AcceptorID(from.Number), m)
	case protocol.Accepted:
		l.HandleAcceptReply(protocol.AcceptorID(from.Number), m)
	case protocol.AcceptRejected:
		l.HandleAcceptReply(protocol.AcceptorID(from.Number), m)
	case protocol.Commit:
		l.HandleCommit(protocol.LeaderID(from.Number), m)
	case protocol.Heartbeat:
		l.HandleHeartbeat(protocol.LeaderID(from.Number), m)
	case protocol.CatchUp:
		l.HandleCatchUp(from, m)
	case protocol.CaughtUp:
		l.HandleCatchUpReply(protocol.LeaderID(from.Number), m)
	case protocol.Prepare, protocol.Accept:
		// These are for acceptors.
	}
}

// givenUp sends a request again that got no reply in time, as long as its answer still matters. It may have been
// handled: Prepare and Accept do no harm a second time.
func (l *Leader) givenUp(to protocol.Process, request protocol.Message) {
	if !l.isOther(to) {
		return
	}
	if m, is := request.(protocol.Prepare); is {
		l.retryPrepare(protocol.AcceptorID(to.Number), m)
	}
	if m, is := request.(protocol.Accept); is {
		l.retryAccept(protocol.AcceptorID(to.Number), m)
	}
	if _, is := request.(protocol.CatchUp); is {
		l.catchUpGivenUp(protocol.LeaderID(to.Number))
	}
}

// HandleCommit learns what another leader got chosen, and that it leads.
func (l *Leader) HandleCommit(from protocol.LeaderID, m protocol.Commit) {
	l.state.Preemptions = 0 // something was chosen: leaders do not only preempt each other
	l.hear(m.Ballot)
	l.learner.HandleCommit(from, m)
	l.forgetChosen()
}

// HandleHeartbeat learns how far all is chosen, and that another leads.
func (l *Leader) HandleHeartbeat(from protocol.LeaderID, m protocol.Heartbeat) {
	l.hear(m.Ballot)
	l.learner.HandleHeartbeat(from, m)
}

// HandleCatchUp tells another learner what is chosen.
func (l *Leader) HandleCatchUp(_ protocol.Process, m protocol.CatchUp) { l.reply(l.tell(m.FirstSlot)) }

// HandleCatchUpReply learns what another leader knows.
func (l *Leader) HandleCatchUpReply(from protocol.LeaderID, reply protocol.CatchUpReply) {
	l.learner.HandleCatchUpReply(from, reply)
	l.forgetChosen()
}

// receiveRequest has a message of a client handled.
func (l *Leader) receiveRequest(message kv.Message) {
	switch m := message.(type) {
	case kv.ClientPut:
		l.HandleClientPut(m.Request.Client, m)
	case kv.ClientGet:
		l.HandleClientGet(m.Request.Client, m)
	case kv.ClientDelete:
		l.HandleClientDelete(m.Request.Client, m)
	case kv.Answered, kv.NotLeader, kv.OutcomeUnknown:
		// These go to clients.
	}
}

// HandleClientPut has a value stored.
func (l *Leader) HandleClientPut(_ kv.ClientID, m kv.ClientPut) {
	l.handleCommand(m.Request, kv.Put{Key: m.Key, Value: m.Value})
}

// HandleClientGet has a value read. It takes a slot like any other command, so that it never reads stale data (PMMC
// §4.4).
func (l *Leader) HandleClientGet(_ kv.ClientID, m kv.ClientGet) {
	l.handleCommand(m.Request, kv.Get{Key: m.Key})
}

// HandleClientDelete has a key removed.
func (l *Leader) HandleClientDelete(_ kv.ClientID, m kv.ClientDelete) {
	l.handleCommand(m.Request, kv.Delete{Key: m.Key})
}

// restart begins again on standby, with nothing but what the disk kept (PMS §2.5).
func (l *Leader) restart(in protocol.RestartLeader) {
	was := l.state.Role
	l.restartLearner(in.Chosen)
	l.state.Round = l.roundAfterRestart(in.Round)
	l.durable = l.state.Round
	l.emit(protocol.RoleChange{From: was, To: protocol.RoleStandby, Event: protocol.RoleEventRestart})
	l.suspectLater()
	l.watchForMissing()
}

// isQuorum says whether those that are counted are a majority of all acceptors (PMS §2.2).
func (l *Leader) isQuorum(counted []bool) bool { return count(counted) >= l.quorum(counted) }

func count(these []bool) int {
	counted := 0
	for _, in := range these {
		if in {
			counted++
		}
	}
	return counted
}

// sendToAcceptors sends a message to every acceptor.
func (l *Leader) sendToAcceptors(message protocol.Message) {
	for i := range l.config.Acceptors {
		l.send(acceptor(protocol.AcceptorID(i+1)), message)
	}
}

// sendToLearners sends a message to every replica and to every other leader.
func (l *Leader) sendToLearners(message protocol.Message) {
	for i := range l.config.Replicas {
		l.send(replica(protocol.ReplicaID(i+1)), message)
	}
	for i := range l.config.Leaders {
		if other := leader(protocol.LeaderID(i + 1)); other != l.self {
			l.send(other, message)
		}
	}
}
