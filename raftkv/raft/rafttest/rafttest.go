// Package rafttest runs small clusters and records them, for the tests of whatever reads traces. It is for tests only.
package rafttest

import (
	"bytes"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/node"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// Scenario is a run to make spans with: what tests need of what cmd/run can do.
type Scenario struct {
	Run                      uint64 // the half of a trace id that names it
	Nodes, Clients, Requests int
	Heartbeats               bool   // and election timeouts
	Name                     string // of the run, for people
	Sim                      sim.Config
	Crash, Restart           time.Duration // of node 1, if not zero
}

// Reference returns the run of the reference: no heartbeats, no timeouts, no faults.
func Reference() Scenario {
	return Scenario{Run: 7, Nodes: 3, Clients: 2, Requests: 4, Sim: Simulation(1)}
}

// Rough returns a run in which messages are lost, late and twice, and the first leader crashes.
func Rough() Scenario {
	s := Scenario{
		Run: 8, Nodes: 3, Clients: 2, Requests: 6, Heartbeats: true, Sim: Simulation(5),
		Crash: 70 * time.Millisecond, Restart: 500 * time.Millisecond,
	}
	s.Sim.Loss, s.Sim.Duplicate = 0.08, 0.05
	return s
}

// Twice returns a run in which many messages arrive twice, so that either copy of a call may be answered first.
func Twice() Scenario {
	s := Rough()
	s.Sim.Duplicate = 0.5
	return s
}

// Simulation returns a world with this seed, in which nothing goes wrong.
func Simulation(seed uint64) sim.Config {
	return sim.Config{
		Seed:     seed,
		Latency:  world.Range{Min: time.Millisecond, Max: 5 * time.Millisecond},
		StepTime: world.Range{Min: 50 * time.Microsecond, Max: 150 * time.Microsecond}, MaxDuration: 5 * time.Second,
	}
}

// Lists are the attributes of Raft's spans that are lists.
var Lists = span.Lists(spans.AllSpecs())

// File returns the trace file of a run.
func File(t testing.TB, s Scenario) []byte {
	t.Helper()
	var b bytes.Buffer
	Record(t, s, record.NewOTLPFile(&b))
	return b.Bytes()
}

// Spans returns the spans of a run.
func Spans(t testing.TB, s Scenario) []span.Span {
	t.Helper()
	return Read(t, File(t, s))
}

// Read returns the spans of a trace file.
func Read(t testing.TB, file []byte) []span.Span {
	t.Helper()
	read, err := tracetest.Read(file, Lists)
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// Record runs a scenario and has exporters record it.
func Record(t testing.TB, s Scenario, exporters ...record.Exporter) {
	t.Helper()
	recorder := record.NewRecorder(record.RecorderOptions{Name: s.Name}, exporters...)
	c := newCluster(s, recorder)
	if _, err := c.world.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := recorder.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// cluster is servers and clients in a world.
type cluster struct {
	Scenario

	recorder *record.Recorder
	world    *sim.Sim
	nodes    []*node.Node
	clients  []*client.Client
}

func newCluster(s Scenario, recorder *record.Recorder) *cluster {
	c := &cluster{Scenario: s, recorder: recorder}
	s.Sim.Finished = c.finished
	c.world = sim.New(s.Sim)
	c.begin()
	c.addNodes()
	c.addClients()
	if s.Crash > 0 {
		c.world.At(s.Crash, 1, func() { c.world.Crash(c.nodes[0].ID()) })
		c.world.At(s.Restart, 2, func() { c.world.Restart(c.nodes[0].ID()) })
	}
	return c
}

func (c *cluster) tracer(service string) *span.Tracer {
	return worldspans.NewTracer(c.recorder, service, c.Run, tracetest.Epoch).Tracer
}

// begin records the span of the run itself.
func (c *cluster) begin() {
	root := uint64(world.RootID(0, world.NameOf(worldspans.RunName), 0, 0))
	const config = "num_nodes = 3\nnum_clients = 2\n[raft]\nnum_nodes = 99\n"
	outside := worldspans.Tracer{Tracer: c.tracer("world")}
	outside.Follow(c.world)
	begin := span.Begin{Self: span.Ref{Root: root, ID: root}}
	outside.StartRun(begin, config, "test", "test", int64(c.Sim.Seed)).End()
}

func (c *cluster) addNodes() {
	var peers []kv.NodeID
	for i := range c.Nodes {
		peers = append(peers, kv.NodeID(i+1))
	}
	const rpc, request = 100 * time.Millisecond, 300 * time.Millisecond
	for _, id := range peers {
		config := node.Config{ID: id, RPCTimeout: rpc, RequestTimeout: request, MaxEntries: 1, MaxInFlight: 1}
		if c.Heartbeats {
			config.ElectionTimeout = world.Range{Min: 150 * time.Millisecond, Max: 300 * time.Millisecond}
			config.HeartbeatInterval, config.NoopOnElection, config.MaxEntries = 50*time.Millisecond, true, 64
		}
		n := node.New(config, spans.Tracer{Tracer: c.tracer(id.String())})
		c.nodes = append(c.nodes, n)
		c.world.Add(n)
		c.world.Tell(0, n.ID(), world.RootID(n.ID(), world.NameOf("peers"), 0, 0), protocol.SetPeers{Peers: peers})
	}
	first := c.nodes[0].ID()
	c.world.Tell(1, first, world.RootID(first, world.NameOf("elect"), 0, 0), protocol.StartElection{})
}

func (c *cluster) addClients() {
	for i := range c.Clients {
		id := kv.ClientID(i + 1)
		one := client.New(client.Config{
			ID: id, Asks: world.NodeGroup, Servers: c.Nodes, First: 1, Requests: c.Requests, Keys: []string{"a", "b", "c"},
			Start: 50 * time.Millisecond, Timeout: 400 * time.Millisecond,
		}, kvspans.Tracer{Tracer: c.tracer(id.String())})
		c.clients = append(c.clients, one)
		c.world.Add(one)
	}
}

// finished says whether all clients have their answers, and all servers have applied all that is committed.
func (c *cluster) finished() bool {
	for _, one := range c.clients {
		if !one.Done() {
			return false
		}
	}
	var committed protocol.LogIndex
	for _, n := range c.nodes {
		committed = max(committed, n.State().CommitIndex)
	}
	for _, n := range c.nodes {
		if n.State().LastApplied < committed {
			return false
		}
	}
	return true
}

// Broken returns the spans of a run in which much is wrong: parents in a ring, ids that are there twice, ends before
// beginnings, names with control characters, spans without attributes.
func Broken(t testing.TB) []span.Span {
	t.Helper()
	broken := Spans(t, Rough())
	for i := range broken {
		s := &broken[i]
		switch i % 7 {
		case 0:
			s.Parent = s.ID
		case 1:
			s.ID = broken[i-1].ID
		case 2:
			s.Start, s.End = s.End, s.Start.Add(-time.Second)
		case 3:
			s.Service, s.Name = "a \"b\"\n", "\x1b[2J"
		case 4:
			s.Attributes, s.Resource = nil, nil
		}
	}
	return broken
}
