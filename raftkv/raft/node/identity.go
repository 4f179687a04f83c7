package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// The names that causal ids are made of: those of the spans, and of the draws.
var (
	nameStart         = world.NameOf(spans.StartName)
	nameSetPeers      = world.NameOf(spans.SetPeersName)
	nameElection      = world.NameOf(spans.ElectionName)
	nameHeartbeat     = world.NameOf(spans.HeartbeatName)
	nameRoleChange    = world.NameOf(spans.RoleChangeName)
	nameRequestVote   = world.NameOf(spans.RequestVoteClientName)
	nameAppendEntries = world.NameOf(spans.AppendEntriesClientName)
	nameNotification  = world.NameOf(spans.CommitNotificationProducerName)
	namePut           = world.NameOf(spans.PutServerName)
	nameGet           = world.NameOf(spans.GetServerName)
	nameDelete        = world.NameOf(spans.DeleteServerName)
	nameCommit        = world.NameOf(spans.CommitName)
	nameApply         = world.NameOf(spans.ApplyName)
	nameLateReply     = world.NameOf(spans.LateReplyName)

	drawElectionTimeout = world.NameOf("election timeout")
)

// identity counts the roots that would be equal otherwise. It outlives a crash: a node that forgot its vote may be
// elected twice in a term.
type identity struct {
	elections  map[protocol.Term]uint64 // begun in each term
	heartbeats map[protocol.Term]uint64 // rounds begun in each term
}

func newIdentity() identity {
	return identity{elections: map[protocol.Term]uint64{}, heartbeats: map[protocol.Term]uint64{}}
}

func (n *Node) root(what world.Name, number, ordinal uint64) span.Ref {
	id := uint64(world.RootID(n.id, what, number, ordinal))
	return span.Ref{Root: id, ID: id}
}

func (n *Node) child(
	parent span.Ref, name world.Name, peer world.ProcessID, ordinal uint64, copyNumber uint32,
) span.Ref {
	id := world.CausalID(parent.ID).Child(name, n.id, peer, ordinal, copyNumber)
	return span.Ref{Root: parent.Root, ID: uint64(id)}
}

// leaderLink says of what a leader does which election made it one.
func (n *Node) leaderLink() span.Link {
	return worldspans.LinkTo(n.election.ref, worldspans.LinkLeader)
}

// who is this server as spans tell it.
func (n *Node) who() spans.Who {
	s := n.raft.State()
	return spans.Who{Node: n.config.ID, Term: s.CurrentTerm, Role: s.Role}
}

func process(id kv.NodeID) world.ProcessID {
	return world.NewProcessID(world.NodeGroup, uint32(id))
}

// serverOf is the server that a process is; none for a client.
func serverOf(p world.ProcessID) kv.NodeID {
	if p.Group() != world.NodeGroup {
		return 0
	}
	return kv.NodeID(p.Number())
}

func names(ids []kv.NodeID) []string {
	s := make([]string, len(ids))
	for i, id := range ids {
		s[i] = id.String()
	}
	return s
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
	case protocol.RequestVote:
		return nameRequestVote
	case protocol.AppendEntries:
		return nameAppendEntries
	case protocol.CommitNotification:
		return nameNotification
	case protocol.VoteGranted, protocol.VoteDenied, protocol.AppendEntriesOk, protocol.AppendEntriesRejected:
	}
	return 0
}
