package raft

import "github.com/raftkv/raftkv/raftkv/raft/protocol"

// HandleClientPut has a value stored (§8).
func (n *Node) HandleClientPut(_ protocol.NodeID, m protocol.ClientPut) {
	n.handleCommand(m.Request, protocol.Put{Key: m.Key, Value: m.Value})
}

// HandleClientGet has a value read. It goes through the log like any other command, so that it never reads stale data (§8).
func (n *Node) HandleClientGet(_ protocol.NodeID, m protocol.ClientGet) {
	n.read(m.Request, protocol.Get{Key: m.Key})
}

// HandleClientDelete has a key removed (§8).
func (n *Node) HandleClientDelete(_ protocol.NodeID, m protocol.ClientDelete) {
	n.handleCommand(m.Request, protocol.Delete{Key: m.Key})
}

// handleCommand takes a client's command into the leader's log; any other server says who the leader is, as far as it knows. A command that the log holds already is taken again:
// the state machine knows a retry by its request, and answers it as it did at first (§5.3, §8).
func (n *Node) handleCommand(request protocol.RequestID, command protocol.Command) {
	if n.state.Role != protocol.RoleLeader {
		n.reply(protocol.NotLeader{Request: request, LeaderID: n.state.LeaderID}, protocol.ReasonNone)
		return
	}
	n.appendToLog(protocol.LogEntry{Term: n.state.CurrentTerm, Request: request, Command: command})
}
