package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// execute hands a value to the state machine, which knows a retry by its request (PMMC §2). It has the bugs of package
// multipaxos that are not the algorithm's.
func (l *learner) execute(v protocol.Value) kv.Result {
	client := v.Request.Client
	isRetry := client != 0 && v.Request.Sequence <= l.store.Latest(client)
	if l.config.Bug == multipaxos.BugNoDedup && isRetry {
		return l.store.Apply(kv.RequestID{}, v.Command) // like one that nobody asked for before
	}
	put, isPut := v.Command.(kv.Put)
	isReplica := l.self.Kind == protocol.KindReplica
	if l.config.Bug == multipaxos.BugOverwriteAtReplica && isReplica && isPut && !isRetry {
		l.store.Apply(kv.RequestID{}, kv.Delete{Key: put.Key})
	}
	return l.store.Apply(v.Request, v.Command)
}
