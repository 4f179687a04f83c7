package conform_test

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
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

// plan is a run: of which processes, in which network, and what goes wrong in it.
type plan struct {
	sim        sim.Config
	node       node.Config
	clients    int
	operations int // of each client
	faults     []fault
}

// fault is what goes wrong at a time.
type fault struct {
	at   time.Duration
	kind string // as worldspans names it
	who  world.ProcessID
	by   time.Duration
}

func acceptorID(n int) world.ProcessID { return world.NewProcessID(node.AcceptorGroup, uint32(n)) }
func leaderID(n int) world.ProcessID   { return world.NewProcessID(node.LeaderGroup, uint32(n)) }
func replicaID(n int) world.ProcessID  { return world.NewProcessID(node.ReplicaGroup, uint32(n)) }

// usual is a run of three acceptors, two leaders, two replicas and three clients in which nothing goes wrong.
func usual(seed uint64) plan {
	return plan{
		sim: sim.Config{Seed: seed, Latency: world.Range{Min: ms, Max: 5 * ms}, MaxDuration: 6 * time.Second},
		node: node.Config{
			Acceptors: 3, Leaders: 2, Replicas: 2,
			SuspicionTimeout: world.Range{Min: 150 * ms, Max: 300 * ms}, Backoff: world.Range{Min: 20 * ms, Max: 60 * ms},
			HeartbeatInterval: 50 * ms, CatchUpDelay: 10 * ms, RPCTimeout: 30 * ms, RequestTimeout: 200 * ms,
			Window: 4, MaxValues: 8,
		},
		clients: 3, operations: 12,
	}
}

// lossy has a network lose, double and delay messages.
func (p plan) lossy() plan {
	p.sim.Loss, p.sim.Duplicate, p.sim.Late, p.sim.LateBy = 0.08, 0.05, 0.05, world.Range{Min: 10 * ms, Max: 60 * ms}
	return p
}

// cluster is a run that is set up, with all that a trace of it says.
type cluster struct {
	plan     plan
	sim      *sim.Sim
	recorder *record.Recorder
	trace    tracetest.Memory
	outside  worldspans.Tracer
	clients  []*client.Client
	learners []interface{ State() *protocol.State }
	down     map[world.ProcessID]span.Ref
	losing   map[world.ProcessID]fault // what waits for the next write of each
	cuts     map[[2]world.ProcessID]span.Ref
	all      []world.ProcessID
	now      span.Ref // the fault that is being done
}

var nameOutside = world.NameOf("operator")

// run makes a run and returns its trace.
func run(t *testing.T, p plan) []span.Span {
	t.Helper()
	c := &cluster{
		plan: p, down: map[world.ProcessID]span.Ref{}, losing: map[world.ProcessID]fault{},
		cuts: map[[2]world.ProcessID]span.Ref{},
	}
	c.recorder = record.NewRecorder(record.RecorderOptions{}, &c.trace)
	p.sim.StepTime = world.Range{Min: 50 * time.Microsecond, Max: 150 * time.Microsecond}
	p.sim.Sent, p.sim.Handled, p.sim.Lost, p.sim.Finished, p.sim.Rollbacks = c.sent, c.handled, c.lost, c.finished, true
	c.sim = sim.New(p.sim)
	c.outside = worldspans.NewTracer(c.recorder, "world", 1, time.Unix(0, 0))
	c.outside.Follow(c.sim)
	id := uint64(world.RootID(0, world.NameOf(worldspans.RunName), 0, 0))
	c.outside.StartRun(span.Begin{Self: span.Ref{Root: id, ID: id}}, "", "spec-"+protocol.SpecHash+"-behaviour-1", "", 1).
		End()
	c.addProcesses()
	for _, f := range p.faults {
		c.sim.At(f.at, world.CausalID(f.who), func() { c.do(f) })
	}
	if _, err := c.sim.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.recorder.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	return c.trace.Spans
}

func (c *cluster) addProcesses() {
	p := &c.plan
	add := func(process world.Process) {
		c.sim.Add(process)
		c.all = append(c.all, process.ID())
	}
	tracer := func(id world.ProcessID) spans.Tracer {
		return spans.NewTracer(c.recorder, id.String(), 1, time.Unix(0, 0))
	}
	for i := range p.node.Acceptors {
		add(node.NewAcceptor(protocol.AcceptorID(i+1), p.node, tracer(acceptorID(i+1))))
	}
	for i := range p.node.Leaders {
		leader := node.NewLeader(protocol.LeaderID(i+1), p.node, tracer(leaderID(i+1)))
		c.learners = append(c.learners, leader)
		add(leader)
	}
	for i := range p.node.Replicas {
		replica := node.NewReplica(protocol.ReplicaID(i+1), p.node, tracer(replicaID(i+1)))
		c.learners = append(c.learners, replica)
		add(replica)
	}
	for i := range p.clients {
		id := kv.ClientID(i + 1)
		c.clients = append(c.clients, client.New(client.Config{
			ID: id, Asks: node.LeaderGroup, Servers: p.node.Leaders, First: 1, Requests: p.operations,
			Keys: []string{"a", "b", "c"}, Unique: true, Start: 50 * ms, Clients: p.clients, Timeout: 300 * ms,
		}, kvspans.NewTracer(c.recorder, id.String(), 1, time.Unix(0, 0))))
		c.sim.Add(c.clients[i])
	}
	c.sim.Tell(ms, leaderID(1), world.RootID(leaderID(1), nameOutside, 0, 0), protocol.Lead{})
}

// finished says whether all is answered and applied.
func (c *cluster) finished() bool {
	for _, one := range c.clients {
		if !one.Done() {
			return false
		}
	}
	applied := c.learners[0].State().Applied
	for _, l := range c.learners {
		applied = max(applied, l.State().Applied)
	}
	for i, l := range c.learners {
		if _, down := c.down[c.all[c.plan.node.Acceptors+i]]; l.State().Applied < applied && !down {
			return false
		}
	}
	return true
}

// do has something go wrong, and tells of it.
func (c *cluster) do(f fault) {
	if _, down := c.down[f.who]; down != (f.kind == worldspans.FaultRestart) && f.kind != worldspans.FaultHeal {
		return
	}
	if f.kind == worldspans.FaultLoseUnsynced {
		c.losing[f.who] = f
		c.sim.LoseUnsynced(f.who, f.by > 0, func() {
			delete(c.losing, f.who)
			c.tell(f)
			c.crashed(f.who)
		})
		return
	}
	c.tell(f)
	switch f.kind {
	case worldspans.FaultCrash:
		c.crashed(f.who)
		c.sim.Crash(f.who)
	case worldspans.FaultRestart:
		c.sim.Restart(f.who)
		delete(c.down, f.who)
	case worldspans.FaultRollback:
		c.recorder.Crashed(f.who.String(), c.now)
		c.sim.Rollback(f.who, c.sim.Now()-f.by)
	case worldspans.FaultSkipSync:
		c.sim.SkipSync(f.who)
	case worldspans.FaultPause:
		c.sim.Pause(f.who)
	case worldspans.FaultSlow:
		c.sim.Slow(f.who, f.by)
	case worldspans.FaultStall:
		c.sim.Stall(f.who, f.by)
	case worldspans.FaultIsolate:
		c.isolate(f.who)
	case worldspans.FaultHeal:
		c.sim.Heal(0)
		clear(c.cuts)
		clear(c.losing)
	}
}

func (c *cluster) crashed(who world.ProcessID) {
	c.down[who] = c.now
	c.recorder.Crashed(who.String(), c.now)
}

func (c *cluster) isolate(who world.ProcessID) {
	for _, other := range c.all {
		if other != who {
			c.cuts[[2]world.ProcessID{who, other}], c.cuts[[2]world.ProcessID{other, who}] = c.now, c.now
		}
	}
	c.sim.Cut([]world.ProcessID{who}, c.all)
	c.sim.Cut(c.all, []world.ProcessID{who})
}

func (c *cluster) tell(f fault) {
	target := f.who.String()
	if f.kind == worldspans.FaultHeal {
		target = "all"
	}
	c.now = c.ref(f)
	c.outside.StartFault(span.Begin{Self: c.now}, f.kind, target, c.sim.Now().String()).End()
}

// ref names the span of a fault that happens now.
func (c *cluster) ref(f fault) span.Ref {
	id := uint64(world.RootID(f.who, world.NameOf("fault "+f.kind), uint64(c.sim.Now()), 0))
	return span.Ref{Root: id, ID: id}
}

func (c *cluster) sent(e *world.Envelope, fate world.Fate) {
	copies := 1
	if fate.Drop != "" {
		copies--
	}
	if fate.Duplicate != "" {
		copies++
	}
	c.recorder.Sent(uint64(e.ID), copies)
	if cut, is := c.cuts[[2]world.ProcessID{e.From, e.To}]; is && fate.Drop == world.CauseFault {
		c.recorder.Hit(uint64(e.ID), cut)
		if e.InReplyTo != 0 {
			c.recorder.Explain(uint64(e.InReplyTo), cut)
		}
	}
}

func (c *cluster) handled(e *world.Envelope) {
	if e.From != 0 {
		c.recorder.Handled(uint64(e.ID))
	}
}

func (c *cluster) lost(e *world.Envelope) {
	if e.From == 0 {
		return
	}
	by, down := c.down[e.To]
	if f, waits := c.losing[e.To]; waits && !down { // it crashes at this moment, and is told when it is down
		by = c.ref(f)
	}
	c.recorder.Lost(uint64(e.ID), e.Copy, time.Unix(0, 0).Add(c.sim.HappensAt()), by)
}
