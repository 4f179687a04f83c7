package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// The functions of this file are what a bug of package raft gets wrong that is not the algorithm's.

// newStore is the state machine of a server that starts.
func newStore(bug raft.Bug) *kv.Store {
	if bug == raft.BugNoDedup {
		return kv.NewForgetful()
	}
	return kv.New()
}

// notKnown is the answer to a request whose entry may be committed yet, or may not.
func (n *Node) notKnown(request protocol.RequestID) protocol.Message {
	if n.config.Bug == raft.BugFalseFailure {
		return protocol.Answered{Request: request, Result: protocol.ReplicationFailed{}}
	}
	return protocol.OutcomeUnknown{Request: request}
}

// readNow puts into an answer to a get what this server's own store holds. Raft as it should be has no such answer: a
// get is answered when its entry is applied.
func (n *Node) readNow(request any, reply protocol.Message) protocol.Message {
	get, isGet := request.(protocol.ClientGet)
	if answered, ok := reply.(protocol.Answered); ok && isGet {
		answered.Result = n.store.Apply(protocol.LogEntry{Command: protocol.Get{Key: get.Key}})
		return answered
	}
	return reply
}
