package conform

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/kv"
	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/rules"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// Protocol is MultiPaxos, as the checker has to be told of it.
type Protocol struct{ history []clients.Operation }

// Spec returns MultiPaxos's tables, and what they do not say. A ballot is no number, so that there is no term.
func (Protocol) Spec() check.Spec {
	return check.Spec{
		Spans: spans.AllSpecs(), Hash: protocol.SpecHash, System: worldspans.System, Replies: replies(),
		Self:      spans.PaxosProcessIDKey,
		Peers:     []attribute.Key{spans.PaxosPeerIDKey, kvspans.RaftPeerIDKey, kvspans.KVClientIDKey},
		ReplyKeys: []attribute.Key{spans.PaxosReplyKey, kvspans.RaftReplyKey}, Role: spans.PaxosRoleKey,
		Persists: []string{spans.EventPersistPromise, spans.EventPersistRound, spans.EventPersistChosen},
		Repeated: map[string]attribute.Key{spans.EventPropose: spans.PaxosSlotKey},
		Members: map[string][]string{
			spans.ServiceProcess: {spans.ServiceAcceptor, spans.ServiceLeader, spans.ServiceReplica},
			spans.ServiceLearner: {spans.ServiceLeader, spans.ServiceReplica},
		},
		Starts: spans.StartID, LateReply: spans.LateReplyID, Calls: kept.Calls,
		Waits: slices.Concat(kept.Calls, clients.Operations, clients.Tries),
	}
}

// Malformed says how the text of an attribute of a span should read.
func (Protocol) Malformed(kind string, key attribute.Key, text string) (want string) {
	return kept.Malformed(kind, key, text)
}

// Worker returns what looks at spans one by one.
func (Protocol) Worker() check.Worker { return kept.NewWorker() }

// Check checks the rules of MultiPaxos.
func (p Protocol) Check(f *check.Facts, found *check.Findings) { rules.Check(f, p.history, found) }

// Tells says whether the trace tells what is durable, and of each lost message that it was: all of them do.
func (Protocol) Tells(*check.Facts) bool { return true }

// replies returns the names of the replies to the request of a span, by its id.
func replies() map[string][]string {
	replies := map[string][]string{}
	add := func(reply string, to ...string) {
		for _, id := range to {
			replies[id] = append(replies[id], reply)
		}
	}
	for _, m := range []interface{ Name() string }{
		protocol.Promise{},
		protocol.PrepareRejected{},
		protocol.Accepted{},
		protocol.AcceptRejected{},
		protocol.CaughtUp{},
		kv.Answered{},
		kv.NotLeader{},
		kv.OutcomeUnknown{},
	} {
		if _, is := m.(protocol.PrepareReply); is {
			add(m.Name(), spans.PrepareClientID, spans.PrepareServerID, spans.LateReplyID)
		}
		if _, is := m.(protocol.AcceptReply); is {
			add(m.Name(), spans.AcceptClientID, spans.AcceptServerID, spans.LateReplyID)
		}
		if _, is := m.(protocol.CatchUpReply); is {
			add(m.Name(), spans.CatchUpClientID, spans.CatchUpServerID, spans.LateReplyID)
		}
		if _, is := m.(kv.ClientPutReply); is {
			add(m.Name(), kvspans.PutClientID, spans.PutServerID)
		}
		if _, is := m.(kv.ClientGetReply); is {
			add(m.Name(), kvspans.GetClientID, spans.GetServerID)
		}
		if _, is := m.(kv.ClientDeleteReply); is {
			add(m.Name(), kvspans.DeleteClientID, spans.DeleteServerID)
		}
	}
	return replies
}

// Checker checks traces of MultiPaxos.
type Checker struct {
	*check.Checker

	protocol *Protocol
	clients  *check.Findings // of the clients' operations
	asked    sync.Once
}

// New makes a checker of traces of MultiPaxos.
func New() *Checker {
	p := &Protocol{}
	return &Checker{Checker: check.New(p), protocol: p, clients: check.NewFindings()}
}

// History ends the gathering, and returns what the clients asked for and were answered, in the order of time, and
// when the run began. It may be looked at while Report looks at the rest.
func (c *Checker) History() ([]clients.Operation, time.Time) {
	f := c.Facts()
	c.asked.Do(func() { c.protocol.history = clients.History(f, c.clients) })
	return c.protocol.history, time.Unix(0, f.Epoch).UTC()
}

// Report ends the gathering, and says all that is wrong. There are no terms.
func (c *Checker) Report() clients.Report {
	history, _ := c.History()
	return clients.Report{Report: c.Checker.Report(c.clients), History: history}
}

// Rules returns the rules that a trace of MultiPaxos has to conform to, beside the invariants of the spec.
func Rules() []check.Rule { return kept.Rules() }
