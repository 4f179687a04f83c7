package raft

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// receiveRequest has a message of a client handled (§8).
func (n *Node) receiveRequest(message kv.Message) {
	switch m := message.(type) {
	case kv.ClientPut:
		n.HandleClientPut(m.Request.Client, m)
	case kv.ClientGet:
		n.HandleClientGet(m.Request.Client, m)
	case kv.ClientDelete:
		n.HandleClientDelete(m.Request.Client, m)
	case kv.Answered, kv.NotLeader, kv.OutcomeUnknown:
		// These go to clients.
	}
}

// HandleClientPut has a value stored (§8).
func (n *Node) HandleClientPut(_ kv.ClientID, m kv.ClientPut) {
	n.handleCommand(m.Request, kv.Put{Key: m.Key, Value: m.Value})
}

// HandleClientGet has a value read. It goes through the log like any other command, so that it never reads stale data
// (§8).
func (n *Node) HandleClientGet(_ kv.ClientID, m kv.ClientGet) {
	n.read(m.Request, kv.Get{Key: m.Key})
}

// HandleClientDelete has a key removed (§8).
func (n *Node) HandleClientDelete(_ kv.ClientID, m kv.ClientDelete) {
	n.handleCommand(m.Request, kv.Delete{Key: m.Key})
}

// handleCommand takes a client's command into the leader's log; any other server says who the leader is, as far as it
// knows. A command that the log holds already is taken again: the state machine knows a retry by its request, and
// answers it as it did at first (§5.3, §8).
func (n *Node) handleCommand(request kv.RequestID, command kv.Command) {
	if n.state.Role != protocol.RoleLeader {
		n.emit(protocol.Answer{Message: kv.NotLeader{Request: request, LeaderID: n.state.LeaderID}})
		return
	}
	n.appendToLog(protocol.LogEntry{Term: n.state.CurrentTerm, Request: request, Command: command})
}
