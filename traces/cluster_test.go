package traces_test

import (
	"context"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/client"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/node"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
)

// scenario is a run to make spans with: what the tests of this package need of what cmd/run can do.
type scenario struct {
	run                      uint64
	nodes, clients, requests int
	heartbeats               bool
	name                     string // of the run, for people
	sim                      sim.Config
	crash, restart           time.Duration // of node 1, if not zero
}

// reference is the run of the reference: no heartbeats, no timeouts, no faults.
func reference() scenario {
	return scenario{run: 7, nodes: 3, clients: 2, requests: 4, sim: simulation(1)}
}

// rough is a run in which messages are lost, late and twice, and the first leader crashes.
func rough() scenario {
	s := scenario{run: 8, nodes: 3, clients: 2, requests: 6, heartbeats: true, sim: simulation(5), crash: 70 * time.Millisecond, restart: 500 * time.Millisecond}
	s.sim.Loss, s.sim.Duplicate = 0.08, 0.05
	return s
}

func simulation(seed uint64) sim.Config {
	return sim.Config{
		Seed:     seed,
		Latency:  world.Range{Min: time.Millisecond, Max: 5 * time.Millisecond},
		StepTime: world.Range{Min: 50 * time.Microsecond, Max: 150 * time.Microsecond}, MaxDuration: 5 * time.Second,
	}
}

// recordRun runs a scenario and has the exporters record it.
func recordRun(t testing.TB, s scenario, exporters ...record.Exporter) {
	t.Helper()
	recorder := record.NewRecorder(record.RecorderOptions{Name: s.name}, exporters...)
	var nodes []*node.Node
	var clients []*client.Client
	s.sim.Finished = func() bool { return finished(nodes, clients) }
	w := sim.New(s.sim)
	tracer := func(service string) *span.Tracer {
		return worldspans.NewTracer(recorder, service, s.run, epoch).Tracer
	}
	root := uint64(world.RootID(0, world.NameOf(spans.RunName), 0, 0))
	config := "num_nodes = 3\nnum_clients = 2\n[raft]\nnum_nodes = 99\n"
	outside := worldspans.Tracer{Tracer: tracer("world")}
	outside.Follow(w)
	outside.StartRun(spans.Begin{Self: spans.Ref{Root: root, ID: root}}, config, "test", "test", int64(s.sim.Seed)).End()
	var peers []protocol.NodeID
	for i := range s.nodes {
		peers = append(peers, protocol.NodeID(i+1))
	}
	for _, id := range peers {
		c := node.Config{ID: id, RPCTimeout: 100 * time.Millisecond, RequestTimeout: 300 * time.Millisecond, MaxEntries: 1, MaxInFlight: 1}
		if s.heartbeats {
			c.ElectionTimeout = world.Range{Min: 150 * time.Millisecond, Max: 300 * time.Millisecond}
			c.HeartbeatInterval, c.NoopOnElection, c.MaxEntries = 50*time.Millisecond, true, 64
		}
		n := node.New(c, spans.Tracer{Tracer: tracer(id.String())})
		nodes = append(nodes, n)
		w.Add(n)
		w.Tell(0, n.ID(), world.RootID(n.ID(), world.NameOf("peers"), 0, 0), protocol.SetPeers{Peers: peers})
	}
	w.Tell(1, nodes[0].ID(), world.RootID(nodes[0].ID(), world.NameOf("elect"), 0, 0), protocol.StartElection{})
	for i := range s.clients {
		id := protocol.ClientID(i + 1)
		c := client.New(client.Config{
			ID: id, Servers: s.nodes, First: 1, Requests: s.requests, Keys: []string{"a", "b", "c"}, Start: 50 * time.Millisecond, Timeout: 400 * time.Millisecond,
		}, kvspans.Tracer{Tracer: tracer(id.String())})
		clients = append(clients, c)
		w.Add(c)
	}
	if s.crash > 0 {
		w.At(s.crash, 1, func() { w.Crash(nodes[0].ID()) })
		w.At(s.restart, 2, func() { w.Restart(nodes[0].ID()) })
	}
	if _, err := w.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := recorder.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func finished(nodes []*node.Node, clients []*client.Client) bool {
	for _, c := range clients {
		if !c.Done() {
			return false
		}
	}
	var committed protocol.LogIndex
	for _, n := range nodes {
		committed = max(committed, n.State().CommitIndex)
	}
	for _, n := range nodes {
		if n.State().LastApplied < committed {
			return false
		}
	}
	return true
}
