package explain_test

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/node"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

const ms = time.Millisecond

// fault is what is done to a process of a run, or to two, which are cut off from each other.
type fault struct {
	at     time.Duration
	kind   string
	target string
	of, to []world.ProcessID
}

func acceptor(n uint32) world.ProcessID { return world.NewProcessID(node.AcceptorGroup, n) }

func leader(n uint32) world.ProcessID { return world.NewProcessID(node.LeaderGroup, n) }

func replica(n uint32) world.ProcessID { return world.NewProcessID(node.ReplicaGroup, n) }

func these(ids ...world.ProcessID) []world.ProcessID { return ids }

// scene is a run of real processes: 3 acceptors, 2 leaders, 2 replicas, and some clients.
type scene struct {
	seed                uint64
	clients, operations int
	network             sim.Config
	config              func(*node.Config)
	bug                 multipaxos.Bug
	faults              []fault
}

// play is the trace of a scene.
func play(t *testing.T, s scene) []span.Span {
	t.Helper()
	config := node.Config{
		Acceptors: 3, Leaders: 2, Replicas: 2,
		SuspicionTimeout: world.Range{Min: 150 * ms, Max: 300 * ms}, Backoff: world.Range{Min: 20 * ms, Max: 60 * ms},
		HeartbeatInterval: 50 * ms, CatchUpDelay: 10 * ms, RPCTimeout: 30 * ms, RequestTimeout: 200 * ms,
		Window: 4, MaxValues: 8, Bug: s.bug,
	}
	if s.config != nil {
		s.config(&config)
	}
	in := s.network
	in.Seed, in.StepTime = s.seed, world.Range{Min: 50 * time.Microsecond, Max: 150 * time.Microsecond}
	if in.MaxDuration == 0 {
		in.MaxDuration = 2 * time.Second
	}
	if in.Latency == (world.Range{}) {
		in.Latency = world.Range{Min: ms, Max: 5 * ms}
	}
	w := sim.New(in)
	var trace tracetest.Memory
	recorder, epoch := record.NewRecorder(record.RecorderOptions{}, &trace), time.Unix(0, 0)
	tracer := func(id world.ProcessID) spans.Tracer { return spans.NewTracer(recorder, id.String(), 1, epoch) }
	for i := range uint32(config.Acceptors) {
		w.Add(node.NewAcceptor(protocol.AcceptorID(i+1), config, tracer(acceptor(i+1))))
	}
	for i := range uint32(config.Leaders) {
		w.Add(node.NewLeader(protocol.LeaderID(i+1), config, tracer(leader(i+1))))
	}
	for i := range uint32(config.Replicas) {
		w.Add(node.NewReplica(protocol.ReplicaID(i+1), config, tracer(replica(i+1))))
	}
	for i := range s.clients {
		name := world.NewProcessID(world.ClientGroup, uint32(i+1)).String()
		w.Add(client.New(client.Config{
			ID: kv.ClientID(i + 1), Asks: node.LeaderGroup, Servers: config.Leaders, First: 1, Requests: s.operations,
			Keys: []string{"a", "b", "c"}, Unique: true, Start: 50 * ms, Clients: s.clients, Timeout: 300 * ms,
		}, kvspans.NewTracer(recorder, name, 1, epoch)))
	}
	w.Tell(ms, leader(1), 2, protocol.Lead{})
	told := worldspans.NewTracer(recorder, worldspans.ServiceWorld, 1, epoch)
	told.Follow(w)
	told.StartRun(span.Begin{Self: span.Ref{Root: 1, ID: 1}}, "", "", "a scene", int64(s.seed)).End()
	for i, f := range s.faults {
		w.At(f.at, world.CausalID(i), func() { f.strike(w, told, uint64(i)) })
	}
	if _, err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return trace.Spans
}

// strike does a fault, and tells it.
func (f *fault) strike(w *sim.Sim, told worldspans.Tracer, i uint64) {
	ref := span.Ref{Root: 100 + i, ID: 100 + i}
	told.StartFault(span.Begin{Self: ref}, f.kind, f.target, f.at.String()).End()
	for _, id := range f.of {
		switch f.kind {
		case worldspans.FaultCrash:
			w.Crash(id)
		case worldspans.FaultRestart:
			w.Restart(id)
		case worldspans.FaultPartition:
			w.Cut(these(id), f.to)
			w.Cut(f.to, these(id))
		}
	}
	if f.kind == worldspans.FaultHeal {
		w.Heal(0)
	}
}

func crash(at time.Duration, ids ...world.ProcessID) (list []fault) {
	for _, id := range ids {
		list = append(list, fault{at, worldspans.FaultCrash, id.String(), these(id), nil})
	}
	return list
}

func restart(at time.Duration, id world.ProcessID) fault {
	return fault{at, worldspans.FaultRestart, id.String(), these(id), nil}
}

func heal(at time.Duration) fault { return fault{at, worldspans.FaultHeal, "all", nil, nil} }

func cut(at time.Duration, of []world.ProcessID, to ...world.ProcessID) fault {
	side := func(ids []world.ProcessID) (names string) {
		for i, id := range ids {
			if i > 0 {
				names += " "
			}
			names += id.String()
		}
		return names
	}
	return fault{at, worldspans.FaultPartition, side(of) + " | " + side(to), of, to}
}
