package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// The functions of this file are what a bug of package raft gets wrong that is not the algorithm's.

// execute hands an entry to the state machine, which knows a retry by its request (§8).
func (n *Node) execute(e protocol.LogEntry) kv.Result {
	if n.config.Bug == raft.BugNoDedup && e.Request.Sequence == n.store.Latest(e.Request.Client) {
		return n.store.Apply(kv.RequestID{}, e.Command) // like one that nobody asked for before
	}
	return n.store.Apply(e.Request, e.Command)
}

// notKnown is the answer to a request whose entry may be committed yet, or may not.
func (n *Node) notKnown(request kv.RequestID) kv.Message {
	if n.config.Bug == raft.BugFalseFailure {
		return kv.Answered{Request: request, Result: kv.ReplicationFailed{}}
	}
	return kv.OutcomeUnknown{Request: request}
}

// readNow puts into an answer to a get what this server's own store holds. Raft as it should be has no such answer: a
// get is answered when its entry is applied.
func (n *Node) readNow(request any, reply kv.Message) kv.Message {
	get, isGet := request.(kv.ClientGet)
	if answered, ok := reply.(kv.Answered); ok && isGet {
		answered.Result = n.store.Apply(kv.RequestID{}, kv.Get{Key: get.Key})
		return answered
	}
	return reply
}
