package multipaxos

import "github.com/raftkv/raftkv/raftkv/multipaxos/protocol"

// Replica is one replica: a learner, and no more.
type Replica struct{ learner }

var (
	_ Process                 = (*Replica)(nil)
	_ protocol.ReplicaHandler = (*Replica)(nil)
)

// NewReplica makes a replica that has learnt nothing.
func NewReplica(id protocol.ReplicaID, config Config) *Replica {
	return &Replica{newLearner(replica(id), config)}
}

// Step implements Process.
func (r *Replica) Step(input protocol.Input) []protocol.Effect {
	r.begin()
	switch in := input.(type) {
	case protocol.Receive:
		r.receive(in)
	case protocol.CatchUpTimeout:
		r.catchUpTimeout()
	case protocol.RPCTimeout:
		if _, is := in.Request.(protocol.CatchUp); is {
			r.catchUpGivenUp(protocol.LeaderID(in.To.Number))
		}
	case protocol.RestartReplica:
		r.restartLearner(in.Chosen)
		r.watchForMissing()
	case protocol.Start, protocol.Lead, protocol.SuspicionTimeout, protocol.HeartbeatTimeout, protocol.Request,
		protocol.RestartAcceptor, protocol.RestartLeader:
		// These are for others.
	}
	r.save()
	return r.effects
}

// Writes implements Process.
func (r *Replica) Writes(input protocol.Input) bool {
	trial := Replica{learner{process: r.copied()}}
	return writes(trial.Step(input))
}

func (r *Replica) receive(in protocol.Receive) {
	if in.From.Kind != protocol.KindLeader || !r.isOther(in.From) {
		return
	}
	from := protocol.LeaderID(in.From.Number)
	switch m := in.Message.(type) {
	case protocol.Commit:
		r.HandleCommit(from, m)
	case protocol.Heartbeat:
		r.HandleHeartbeat(from, m)
	case protocol.CaughtUp:
		r.HandleCatchUpReply(from, m)
	case protocol.Prepare, protocol.Promise, protocol.PrepareRejected, protocol.Accept, protocol.Accepted,
		protocol.AcceptRejected, protocol.CatchUp:
		// These are for others.
	}
}
