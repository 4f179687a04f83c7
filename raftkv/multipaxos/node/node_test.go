package node_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/history"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/node"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

const ms = time.Millisecond

func leaderID(number int) world.ProcessID {
	return world.NewProcessID(node.LeaderGroup, uint32(number))
}

// testbed is a cluster under test, with its trace, and clients whose history is checked.
type testbed struct {
	t         *testing.T
	sim       *sim.Sim
	acceptors []*node.Acceptor
	leaders   []*node.Leader
	replicas  []*node.Replica
	clients   []*client.Client
	history   *history.History
	trace     tracetest.Memory

	tolerant bool // says nothing of learners that differ
	differs  bool // they do
	chosen   map[protocol.Slot]protocol.Value
	values   map[protocol.Slot]protocol.Value // that were applied
	applied  map[protocol.Slot]string         // with the result
}

// Chosen implements node.Observer.
func (b *testbed) Chosen(by protocol.LeaderID, e protocol.Choose) {
	if before, is := b.chosen[e.Slot]; is && before != e.Value {
		b.t.Errorf("%v takes %v for chosen, and %v was", by, e, before)
	}
	b.chosen[e.Slot] = e.Value
}

// Applied implements node.Observer.
func (b *testbed) Applied(by protocol.Process, e protocol.Apply, result kv.Result) {
	told := fmt.Sprintf("%v -> %v", e.Value, result)
	before, is := b.applied[e.Slot]
	if !is {
		b.values[e.Slot], b.applied[e.Slot] = e.Value, told
		return
	}
	if before != told && !b.tolerant {
		b.t.Errorf("%v applied in slot %d %s, and another %s", by, e.Slot, told, before)
	}
	b.differs = b.differs || before != told
}

// usual is how the processes of most tests behave.
func usual() node.Config {
	return node.Config{
		Acceptors: 3, Leaders: 2, Replicas: 2,
		SuspicionTimeout: world.Range{Min: 150 * ms, Max: 300 * ms}, Backoff: world.Range{Min: 20 * ms, Max: 60 * ms},
		HeartbeatInterval: 50 * ms, CatchUpDelay: 10 * ms, RPCTimeout: 30 * ms, RequestTimeout: 200 * ms,
		Window: 4, MaxValues: 8,
	}
}

// Asked implements history.Notes.
func (b *testbed) Asked(request kv.RequestID, command kv.Command) {
	b.history.Asked(request, command, b.sim.Now())
}

// Answered implements history.Notes.
func (b *testbed) Answered(request kv.RequestID, result kv.Result) {
	if op := b.history.Answered(request, result, b.sim.Now()); op != nil && !b.tolerant {
		if err := b.history.CheckAnswer(op); err != nil {
			b.t.Errorf("not linearizable: %v", err)
		}
	}
}

// newTestbed has leader-1 begin a ballot, and clients ask for so many operations each.
func newTestbed(t *testing.T, in sim.Config, config node.Config, clients, operations int, traced bool) *testbed {
	t.Helper()
	b := &testbed{
		t: t, history: history.New(nil), applied: map[protocol.Slot]string{},
		chosen: map[protocol.Slot]protocol.Value{}, values: map[protocol.Slot]protocol.Value{},
	}
	if in.Latency == (world.Range{}) {
		in.Latency = world.Range{Min: ms, Max: 5 * ms}
	}
	in.StepTime = world.Range{Min: 50 * time.Microsecond, Max: 150 * time.Microsecond}
	in.MaxDuration = max(in.MaxDuration, 3*time.Second)
	b.sim = sim.New(in)
	config.Observer = b
	recorder := record.NewRecorder(record.RecorderOptions{}, &b.trace)
	tracer := func(p protocol.Process) spans.Tracer {
		if !traced {
			return spans.Tracer{}
		}
		return spans.NewTracer(recorder, p.String(), 1, time.Unix(0, 0))
	}
	for i := range config.Acceptors {
		of := protocol.Process{Kind: protocol.KindAcceptor, Number: uint32(i + 1)}
		b.acceptors = append(b.acceptors, node.NewAcceptor(protocol.AcceptorID(i+1), config, tracer(of)))
		b.sim.Add(b.acceptors[i])
	}
	for i := range config.Leaders {
		of := protocol.Process{Kind: protocol.KindLeader, Number: uint32(i + 1)}
		b.leaders = append(b.leaders, node.NewLeader(protocol.LeaderID(i+1), config, tracer(of)))
		b.sim.Add(b.leaders[i])
	}
	for i := range config.Replicas {
		of := protocol.Process{Kind: protocol.KindReplica, Number: uint32(i + 1)}
		b.replicas = append(b.replicas, node.NewReplica(protocol.ReplicaID(i+1), config, tracer(of)))
		b.sim.Add(b.replicas[i])
	}
	for i := range clients {
		var off kvspans.Tracer
		if traced {
			name := world.NewProcessID(world.ClientGroup, uint32(i+1)).String()
			off = kvspans.NewTracer(recorder, name, 1, time.Unix(0, 0))
		}
		b.clients = append(b.clients, client.New(client.Config{
			ID: kv.ClientID(i + 1), Asks: node.LeaderGroup, Servers: config.Leaders, First: 1, Requests: operations,
			Keys: []string{"a", "b", "c"}, Unique: true, Start: 50 * ms, Clients: clients, Timeout: 300 * ms,
		}, off))
		b.sim.Add(history.Watch(b.clients[i], b))
	}
	b.sim.Tell(ms, leaderID(1), 2, protocol.Lead{})
	return b
}

// at has something happen to a process.
func (b *testbed) at(at time.Duration, happen func(world.ProcessID), id world.ProcessID) {
	b.sim.At(at, world.CausalID(id), func() { happen(id) })
}

func (b *testbed) run() {
	b.t.Helper()
	if _, err := b.sim.Run(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// learners are the stores of all learners, and how far they applied.
func (b *testbed) learners() (stores []*kv.Store, states []*protocol.State) {
	for _, l := range b.leaders {
		stores, states = append(stores, l.Store()), append(states, l.State())
	}
	for _, r := range b.replicas {
		stores, states = append(stores, r.Store()), append(states, r.State())
	}
	return stores, states
}

// healthy wants every operation answered, and everything applied by everybody.
func (b *testbed) healthy() {
	b.t.Helper()
	for _, c := range b.clients {
		if !c.Done() {
			b.t.Errorf("%v has %d answers", c.ID(), c.Answered())
		}
	}
	if err := b.history.CheckEnd(); err != nil {
		b.t.Errorf("not linearizable: %v", err)
	}
	stores, states := b.learners()
	for i := range stores {
		if int(states[i].Applied) != len(b.applied) || !reflect.DeepEqual(stores[i], stores[0]) {
			b.t.Errorf("learner %d applied %d of %d, and has the store %v; the first %v", i, states[i].Applied,
				len(b.applied), stores[i], stores[0])
		}
	}
}

// find is the spans of a process with a name and kind, in the order in which they ended.
func (b *testbed) find(service, name string, kind trace.SpanKind) []span.Span {
	var found []span.Span
	for _, s := range b.trace.Spans {
		if s.Service == service && s.Name == name && s.Kind == kind {
			found = append(found, s)
		}
	}
	return found
}

// Without failures: everything is answered and applied, in the fewest messages.
func TestNoFailures(t *testing.T) {
	b := newTestbed(t, sim.Config{Seed: 1}, usual(), 3, 5, true)
	b.run()
	b.healthy()
	conforms(t, b.trace.Spans)
	if len(b.applied) != 15 {
		t.Errorf("%d slots are applied, want 15", len(b.applied))
	}
	for _, of := range []struct {
		service, name string
		kind          trace.SpanKind
		want          int
	}{
		{"leader-1", spans.Phase1Name, trace.SpanKindInternal, 1},
		{"leader-2", spans.Phase1Name, trace.SpanKindInternal, 0},
		{"leader-1", spans.PrepareClientName, trace.SpanKindClient, 3},
		{"leader-1", spans.AcceptClientName, trace.SpanKindClient, 45},
		{"acceptor-3", spans.AcceptServerName, trace.SpanKindServer, 15},
		{"leader-1", spans.CommitProducerName, trace.SpanKindProducer, 45},
		{"replica-2", spans.CommitConsumerName, trace.SpanKindConsumer, 15},
		{"replica-2", spans.ApplyName, trace.SpanKindInternal, 15},
		{"leader-2", spans.ApplyName, trace.SpanKindInternal, 15},
	} {
		if got := len(b.find(of.service, of.name, of.kind)); got != of.want {
			t.Errorf("%s has %d spans %s, want %d", of.service, got, of.name, of.want)
		}
	}
}

// A leader crashes with commands on their way. The other takes over, and what it adopts is below its phase 1.
func TestTakeover(t *testing.T) {
	b := newTestbed(t, sim.Config{Seed: 5}, usual(), 3, 40, true)
	b.at(150*ms, b.sim.Crash, leaderID(1))
	b.at(900*ms, b.sim.Restart, leaderID(1))
	b.run()
	b.healthy()
	conforms(t, b.trace.Spans)
	phases := b.find("leader-2", spans.Phase1Name, trace.SpanKindInternal)
	if len(phases) == 0 {
		t.Fatal("leader-2 never began a ballot")
	}
	adopted := 0
	for _, s := range b.find("leader-2", spans.AcceptClientName, trace.SpanKindClient) {
		if s.Parent == phases[0].ID {
			adopted++
		}
	}
	if adopted == 0 || adopted%3 != 0 {
		t.Errorf("%d Accepts are below phase 1, want three for each value that was adopted", adopted)
	}
	starts := b.find("leader-1", spans.StartName, trace.SpanKindInternal)
	if len(starts) != 2 || starts[1].Attribute(spans.PaxosRoleBeforeKey).AsString() != "leading" {
		t.Errorf("leader-1 started %d times: %v", len(starts), starts)
	}
}

// Everything goes wrong for a second, and is mended then: what is chosen stays, and all catch up.
func TestFaults(t *testing.T) {
	seen := map[string]int{}
	for seed := uint64(1); seed <= 25; seed++ {
		config := usual()
		config.Leaders, config.Window = 2+int(seed%2), 1+int(seed%4)
		b := newTestbed(t, sim.Config{
			Seed: seed, Loss: 0.08, Duplicate: 0.05, Late: 0.05, LateBy: world.Range{Min: 10 * ms, Max: 60 * ms},
			MaxDuration: 6 * time.Second,
		}, config, 3, 15, true)
		ids := []world.ProcessID{
			leaderID(1), leaderID(2), world.NewProcessID(node.AcceptorGroup, 1), world.NewProcessID(node.ReplicaGroup, 1),
			world.NewProcessID(node.AcceptorGroup, 3),
		}
		for i := range 12 {
			draw := world.Draw(seed, 1, world.CausalID(i))
			at := time.Duration(60+draw%900) * ms
			b.at(at, b.sim.Crash, ids[draw/7%uint64(len(ids))])
			b.at(at+time.Duration(20+draw/1000%150)*ms, b.sim.Restart, ids[draw/7%uint64(len(ids))])
		}
		b.at(70*ms, func(p world.ProcessID) { b.sim.LoseUnsynced(p, seed%2 == 0, nil) }, ids[seed%5])
		b.at(500*ms, func(p world.ProcessID) { b.sim.Stall(p, 20*ms) }, ids[seed%4])
		b.at(700*ms, func(p world.ProcessID) {
			b.sim.Cut([]world.ProcessID{p}, ids)
			b.sim.Cut(ids, []world.ProcessID{p})
		}, ids[seed%3])
		b.sim.At(1100*ms, 1, func() { b.sim.Heal(0) })
		for _, id := range ids { // who crashed while it was down already
			b.at(1200*ms, b.sim.Restart, id)
		}
		b.run()
		b.healthy()
		conforms(t, b.trace.Spans)
		for _, s := range b.trace.Spans {
			seen[s.Name]++
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, name := range []string{
		spans.LateReplyName, spans.CatchUpClientName, spans.RoleChangeName, spans.Phase1Name, spans.HeartbeatName,
	} {
		if seen[name] < 25 {
			t.Errorf("only %d spans %s", seen[name], name)
		}
	}
}

// The same input gives the same spans; without a tracer, all else is the same.
func TestSameInputSameSpans(t *testing.T) {
	run := func(traced bool) *testbed {
		b := newTestbed(t, sim.Config{Seed: 9, Loss: 0.1, Duplicate: 0.1}, usual(), 3, 10, traced)
		b.at(200*ms, b.sim.Crash, leaderID(1))
		b.at(500*ms, b.sim.Restart, leaderID(1))
		b.run()
		return b
	}
	once, again, off := run(true), run(true), run(false)
	if !reflect.DeepEqual(once.trace.Spans, again.trace.Spans) || len(once.trace.Spans) < 500 {
		t.Errorf("two runs have %d and %d spans, and they differ", len(once.trace.Spans), len(again.trace.Spans))
	}
	if !maps.Equal(once.applied, off.applied) || len(off.trace.Spans) != 0 {
		t.Errorf("without a tracer %d slots are applied, and with one %d", len(off.applied), len(once.applied))
	}
}

// Two leaders that suspect each other sooner than a value can be chosen preempt each other, and nothing is chosen. Each
// time in a row that they wait longer, one comes nearer to have its way.
func TestDuel(t *testing.T) {
	duel := func(backoff world.Range) (preempted, answers int) {
		config := usual()
		config.SuspicionTimeout, config.Backoff = world.Range{Min: 5 * ms, Max: 6 * ms}, backoff
		config.HeartbeatInterval, config.RPCTimeout = 30*ms, 50*ms
		b := newTestbed(t, sim.Config{Seed: 3, Latency: world.Range{Min: 8 * ms, Max: 9 * ms}}, config, 2, 10, true)
		b.run()
		conforms(t, b.trace.Spans)
		for _, l := range []string{"leader-1", "leader-2"} {
			for _, s := range b.find(l, spans.RoleChangeName, trace.SpanKindInternal) {
				if s.Attribute(spans.PaxosRoleEventKey).AsString() == protocol.RoleEventPreempted.String() {
					preempted++
				}
			}
		}
		return preempted, b.clients[0].Answered() + b.clients[1].Answered()
	}
	without, few := duel(world.Range{})
	with, all := duel(world.Range{Min: 50 * ms, Max: 100 * ms})
	if without < 3*with || few >= all || all != 20 {
		t.Errorf("leaders were preempted %d times without a backoff and %d times with one; %d and %d operations answered",
			without, with, few, all)
	}
}

// The bugs that the store has, and not the algorithm: a replica that overwrites gets other results, and a store that
// does not know retries carries one out again.
func TestBugsOfTheStore(t *testing.T) {
	for _, bug := range []multipaxos.Bug{multipaxos.BugNone, multipaxos.BugOverwriteAtReplica, multipaxos.BugNoDedup} {
		config := usual()
		config.Bug = bug
		b := newTestbed(t, sim.Config{Seed: 1, Loss: 0.1}, config, 3, 20, false)
		b.tolerant = true
		b.run()
		if b.differs != (bug == multipaxos.BugOverwriteAtReplica) {
			t.Errorf("%v: that a learner got another result than the others is %t", bug, b.differs)
		}
		results := map[kv.RequestID]string{}
		again := false
		for _, slot := range slices.Sorted(maps.Keys(b.values)) {
			request := b.values[slot].Request
			_, result, _ := strings.Cut(b.applied[slot], " -> ")
			if first, is := results[request]; is && request.Client != 0 && result != first && result != "nothing" {
				again = true
			}
			results[request] = result
		}
		if again != (bug == multipaxos.BugNoDedup) {
			t.Errorf("%v: that a retry has another result is %t", bug, again)
		}
	}
}
