package multipaxos

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// Config is what a process is made with. It never changes, and is the same for all processes of a cluster.
type Config struct {
	Acceptors, Leaders, Replicas int // how many there are of each, at least 1; each kind is numbered from 1

	Window    int // how many slots from the first on that is not chosen may be in phase 2 at once; at least 1
	MaxValues int // how many values one CaughtUp carries at most; at least 1

	Heartbeats bool // a leader tells that it leads, so that the others need not suspect that it crashed (PMMC §3)

	Bug Bug // built in on purpose; BugNone for MultiPaxos as it should be
}

func (c Config) withDefaults() Config {
	c.Acceptors, c.Leaders, c.Replicas = max(c.Acceptors, 1), max(c.Leaders, 1), max(c.Replicas, 1)
	c.Window, c.MaxValues = max(c.Window, 1), max(c.MaxValues, 1)
	return c
}

// Quorum is how many acceptors make a majority, so that any two majorities have an acceptor in common (PMS §2.2).
func (c Config) Quorum() int { return max(c.Acceptors, 1)/2 + 1 }

// Process is an acceptor, a leader or a replica. It is not safe for concurrent use.
type Process interface {
	// Step handles an input and returns the effects, which must be carried out in order. The slice is valid until the
	// next Step.
	Step(input protocol.Input) []protocol.Effect

	// State is the process's state, to be read and not changed. It changes with each Step.
	State() *protocol.State

	// Writes says whether a step with this input would persist anything. It takes that step on a copy of the process.
	Writes(input protocol.Input) bool
}

// Below says whether a ballot is lower than another: its round is, or else its leader (PMMC §2).
func Below(a, b protocol.Ballot) bool {
	if a.Round != b.Round {
		return a.Round < b.Round
	}
	return a.Leader < b.Leader
}

// process is what all kinds of processes have in common.
type process struct {
	config  Config
	self    protocol.Process
	state   protocol.State
	effects []protocol.Effect
}

// State implements Process.
func (p *process) State() *protocol.State { return &p.state }

// begin begins a step.
func (p *process) begin() { p.effects = p.effects[:0] }

// persist puts an effect before all others of the step: nothing leaves a process that is not durable (PMS §2.5).
func (p *process) persist(effect protocol.Effect) { p.effects = slices.Insert(p.effects, 0, effect) }

func (p *process) emit(effect protocol.Effect) { p.effects = append(p.effects, effect) }

func (p *process) send(to protocol.Process, message protocol.Message) {
	p.emit(protocol.Send{To: to, Message: message})
}

func (p *process) reply(message protocol.Message) { p.emit(protocol.Reply{Message: message}) }

// copied is a copy of the process that can be stepped without changing it.
func (p *process) copied() process {
	trial := *p
	trial.state, trial.effects = p.state.Clone(), nil
	return trial
}

// writes says whether effects begin with something to be persisted.
func writes(effects []protocol.Effect) bool {
	if len(effects) == 0 {
		return false
	}
	switch effects[0].(type) {
	case protocol.PersistPromise, protocol.PersistRound, protocol.PersistChosen:
		return true
	case protocol.Send, protocol.Reply, protocol.Answer, protocol.Propose, protocol.Choose, protocol.Apply,
		protocol.SetTimer, protocol.StopTimer, protocol.RoleChange:
	}
	return false
}

// The names of processes.
func acceptor(id protocol.AcceptorID) protocol.Process {
	return protocol.Process{Kind: protocol.KindAcceptor, Number: uint32(id)}
}

func leader(id protocol.LeaderID) protocol.Process {
	return protocol.Process{Kind: protocol.KindLeader, Number: uint32(id)}
}

func replica(id protocol.ReplicaID) protocol.Process {
	return protocol.Process{Kind: protocol.KindReplica, Number: uint32(id)}
}

// isOther says whether a process is another one of the cluster.
func (p *process) isOther(other protocol.Process) bool {
	count := 0
	switch other.Kind {
	case protocol.KindAcceptor:
		count = p.config.Acceptors
	case protocol.KindLeader:
		count = p.config.Leaders
	case protocol.KindReplica:
		count = p.config.Replicas
	}
	return other != p.self && other.Number > 0 && uint64(other.Number) <= uint64(count)
}

// grown is a list that is indexed by T, with room for one more.
func grown[I ~uint32, T any](list []T, index I) []T {
	return append(list, make([]T, max(0, int(index)+1-len(list)))...)
}
