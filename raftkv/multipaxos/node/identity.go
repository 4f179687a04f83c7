package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// The groups of the processes: acceptor-1, leader-1, replica-1.
var (
	AcceptorGroup = world.NewGroup(protocol.KindAcceptor.String())
	LeaderGroup   = world.NewGroup(protocol.KindLeader.String())
	ReplicaGroup  = world.NewGroup(protocol.KindReplica.String())
)

// The names that causal ids are made of: those of the spans, and of the draws.
var (
	nameStart      = world.NameOf(spans.StartName)
	namePhase1     = world.NameOf(spans.Phase1Name)
	nameRoleChange = world.NameOf(spans.RoleChangeName)
	namePrepare    = world.NameOf(spans.PrepareClientName)
	nameAccept     = world.NameOf(spans.AcceptClientName)
	nameLateReply  = world.NameOf(spans.LateReplyName)
	nameChosen     = world.NameOf(spans.ChosenName)
	nameCommit     = world.NameOf(spans.CommitProducerName)
	nameApply      = world.NameOf(spans.ApplyName)
	nameHeartbeat  = world.NameOf(spans.HeartbeatName)
	nameCatchUp    = world.NameOf(spans.CatchUpClientName)
	namePut        = world.NameOf(spans.PutServerName)
	nameGet        = world.NameOf(spans.GetServerName)
	nameDelete     = world.NameOf(spans.DeleteServerName)

	drawSuspicion = world.NameOf("suspicion timeout")
)

// ProcessID names a process of the protocol in a world.
func ProcessID(p protocol.Process) world.ProcessID {
	switch p.Kind {
	case protocol.KindAcceptor:
		return world.NewProcessID(AcceptorGroup, p.Number)
	case protocol.KindLeader:
		return world.NewProcessID(LeaderGroup, p.Number)
	case protocol.KindReplica:
		return world.NewProcessID(ReplicaGroup, p.Number)
	}
	return 0
}

// processOf is the process of the protocol that a process of a world is; one that there is not for a client.
func processOf(id world.ProcessID) protocol.Process {
	for _, kind := range protocol.KindValues() {
		if p := (protocol.Process{Kind: kind, Number: id.Number()}); ProcessID(p) == id {
			return p
		}
	}
	return protocol.Process{}
}

func (p *process) root(what world.Name, number, ordinal uint64) span.Ref {
	id := uint64(world.RootID(p.id, what, number, ordinal))
	return span.Ref{Root: id, ID: id}
}

func (p *process) child(
	parent span.Ref, name world.Name, peer world.ProcessID, ordinal uint64, copyNumber uint32,
) span.Ref {
	id := world.CausalID(parent.ID).Child(name, p.id, peer, ordinal, copyNumber)
	return span.Ref{Root: parent.Root, ID: uint64(id)}
}

// nameOfRequest is the span of the receiver of a client's request.
func nameOfRequest(m kv.Message) world.Name {
	switch m.(type) {
	case kv.ClientPut:
		return namePut
	case kv.ClientGet:
		return nameGet
	case kv.ClientDelete:
		return nameDelete
	case kv.Answered, kv.NotLeader, kv.OutcomeUnknown:
	}
	return 0
}

// nameOfMessage is the span of a request's or a one-way message's receiver. Replies have none of their own.
func nameOfMessage(m protocol.Message) world.Name {
	switch m.(type) {
	case protocol.Prepare:
		return namePrepare
	case protocol.Accept:
		return nameAccept
	case protocol.Commit:
		return nameCommit
	case protocol.Heartbeat:
		return nameHeartbeat
	case protocol.CatchUp:
		return nameCatchUp
	case protocol.Promise, protocol.PrepareRejected, protocol.Accepted, protocol.AcceptRejected, protocol.CaughtUp:
	}
	return 0
}

// described is values as spans tell them, each after its place: `request command`, and a no-op without a request.
func described(place string, v protocol.Value) string {
	if v.Request != (kv.RequestID{}) {
		place += " " + v.Request.String()
	}
	return place + " " + v.Command.String()
}

func describeAccepted(all []protocol.Proposal) []string {
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = described(decimal(uint64(p.Slot))+"@"+p.Ballot.String(), p.Value)
	}
	return texts
}

func describeValues(first protocol.Slot, all []protocol.Value) []string {
	texts := make([]string, len(all))
	for i, v := range all {
		texts[i] = described(decimal(uint64(first)+uint64(i)), v)
	}
	return texts
}

func names(ids []protocol.AcceptorID) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return texts
}
