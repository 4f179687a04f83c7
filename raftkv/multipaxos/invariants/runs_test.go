package invariants_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/client"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/invariants"
	"github.com/raftkv/raftkv/raftkv/multipaxos/node"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

const ms = time.Millisecond

// observer hears what one process announces.
type observer struct{ watcher *invariants.Watcher }

func (o observer) Chosen(_ protocol.LeaderID, e protocol.Choose) { o.watcher.Chosen(e) }

func (o observer) Applied(_ protocol.Process, e protocol.Apply, result kv.Result) {
	o.watcher.Applied(e, result)
}

// cluster is a run whose every event is checked.
type cluster struct {
	sim     *sim.Sim
	checker *invariants.Checker
	ids     []world.ProcessID
	clients []*client.Client
	states  []func() *protocol.State // of the learners
	down    map[world.ProcessID]bool
}

// newCluster draws a cluster and what goes wrong in it from a seed; calm is one in which nothing does.
func newCluster(seed uint64, bug multipaxos.Bug, calm bool) *cluster {
	draw := func(purpose world.Name, below uint64) uint64 { return world.Draw(seed, purpose, 1) % below }
	config := node.Config{
		Acceptors: []int{3, 3, 3, 5}[draw(1, 4)], Leaders: 2 + int(draw(2, 2)), Replicas: 1 + int(draw(3, 2)),
		SuspicionTimeout: world.Range{Min: 150 * ms, Max: 300 * ms}, Backoff: world.Range{Min: 20 * ms, Max: 60 * ms},
		HeartbeatInterval: 40 * ms, CatchUpDelay: 10 * ms, RPCTimeout: 40 * ms, RequestTimeout: 150 * ms,
		Window: 1 + int(draw(4, 6)), MaxValues: 1 + int(draw(5, 8)), Bug: bug,
	}
	in := sim.Config{
		Seed: seed, Latency: world.Range{Min: ms, Max: 5 * ms}, MaxDuration: 100 * time.Second,
		StepTime: world.Range{Min: 50 * time.Microsecond, Max: 150 * time.Microsecond},
	}
	if !calm && draw(8, 2) == 0 { // leaders suspect each other soon, and much is late
		config.SuspicionTimeout, config.Backoff = world.Range{Min: 15 * ms, Max: 50 * ms}, world.Range{Max: 20 * ms}
		config.HeartbeatInterval = 10 * ms
	}
	if !calm {
		in.Loss, in.Duplicate = float64(draw(6, 36))/100, 0.05
		in.Late, in.LateBy = float64(draw(9, 25))/100, world.Range{Min: 10 * ms, Max: 300 * ms}
	}
	lost := in.Loss + in.Late
	if !calm && draw(10, 3) == 0 { // half of what leader-1 asks is lost, and asked again late: this leaves holes
		lost, config.RPCTimeout, config.Window = 0.5, 150*ms, 4
		for i := range config.Acceptors {
			from, to := world.NewProcessID(node.LeaderGroup, 1), world.NewProcessID(node.AcceptorGroup, uint32(i+1))
			in.Links = append(in.Links, sim.Link{From: from, To: to, Loss: 0.5})
		}
	}
	c := &cluster{down: map[world.ProcessID]bool{}}
	in.Finished = c.finished
	c.sim = sim.New(in)
	c.checker = invariants.New(invariants.Options{
		Acceptors: config.Acceptors, Leaders: config.Leaders, Replicas: config.Replicas, Window: config.Window,
		Now: c.sim.Now, Violated: func(*check.Violation) { c.sim.Stop() },
		Timing: invariants.Timing{
			Suspicion: config.SuspicionTimeout, Backoff: config.Backoff, Doublings: node.MostDoublings,
			Heartbeat: config.HeartbeatInterval,
			CatchUp:   config.CatchUpDelay, RPCTimeout: config.RPCTimeout, Latency: 5 * ms, Step: 150 * time.Microsecond,
			Lost: lost, MaxValues: config.MaxValues, Clients: 3, LeaderCount: config.Leaders,
		},
	})
	c.add(config)
	for i := range 3 {
		c.clients = append(c.clients, client.New(client.Config{
			ID: kv.ClientID(i + 1), Asks: node.LeaderGroup, Servers: config.Leaders, First: 1, Requests: 12,
			Keys: []string{"a", "b", "c"}, Unique: true, Start: 50 * ms, Clients: 3, Timeout: 300 * ms,
		}, kvspans.Tracer{}))
		c.sim.Add(c.checker.Client(c.clients[i]))
	}
	c.sim.Tell(ms, world.NewProcessID(node.LeaderGroup, 1), 2, protocol.Lead{})
	if !calm {
		c.faults(seed)
	}
	return c
}

// add adds the processes, each watched.
func (c *cluster) add(config node.Config) {
	watched := func(kind protocol.Kind, number int, made func(node.Config) invariants.Watched) {
		id := protocol.Process{Kind: kind, Number: uint32(number + 1)}
		w := c.checker.Watcher(id)
		own := config
		own.Observer = observer{w}
		p := made(own)
		c.sim.Add(w.Watch(p))
		c.ids = append(c.ids, p.ID())
		if kind != protocol.KindAcceptor {
			c.states = append(c.states, p.State)
		}
	}
	for i := range config.Acceptors {
		watched(protocol.KindAcceptor, i, func(own node.Config) invariants.Watched {
			return node.NewAcceptor(protocol.AcceptorID(i+1), own, spans.Tracer{})
		})
	}
	for i := range config.Leaders {
		watched(protocol.KindLeader, i, func(own node.Config) invariants.Watched {
			return node.NewLeader(protocol.LeaderID(i+1), own, spans.Tracer{})
		})
	}
	for i := range config.Replicas {
		watched(protocol.KindReplica, i, func(own node.Config) invariants.Watched {
			return node.NewReplica(protocol.ReplicaID(i+1), own, spans.Tracer{})
		})
	}
}

// faults has processes crash, disks fail and links be cut for a while.
func (c *cluster) faults(seed uint64) {
	for i := range uint64(14) {
		draw := world.Draw(seed, 7, world.CausalID(i))
		at, id := time.Duration(55+draw%700)*ms, c.ids[draw>>20%uint64(len(c.ids))]
		if i%2 == 0 { // leaders above all
			id = world.NewProcessID(node.LeaderGroup, uint32(1+draw>>30%2))
		}
		lasts := time.Duration(10+draw>>40%200) * ms
		switch i % 7 {
		case 5:
			c.sim.At(at, world.CausalID(i), func() { c.sim.LoseUnsynced(id, draw%2 == 0, func() { c.disturb(lasts) }) })
			c.sim.At(at+lasts, world.CausalID(i), func() { c.sim.Restart(id) })
		case 6:
			c.sim.At(at, world.CausalID(i), func() {
				c.checker.Troubled(true)
				c.sim.Cut([]world.ProcessID{id}, c.ids)
				c.sim.Cut(c.ids, []world.ProcessID{id})
			})
		default:
			c.sim.At(at, world.CausalID(i), func() { c.sim.Crash(id) })
			c.sim.At(at+lasts, world.CausalID(i), func() { c.sim.Restart(id) })
		}
	}
	c.sim.At(time.Second, 1, func() {
		c.sim.Heal(0)
		c.checker.Troubled(false)
		for _, id := range c.ids {
			c.sim.Restart(id)
		}
		c.disturb(0)
	})
}

func (c *cluster) disturb(lasts time.Duration) { c.checker.Disturbed(c.sim.Now() + lasts) }

// finished says whether all is done.
func (c *cluster) finished() bool {
	for _, one := range c.clients {
		if !one.Done() {
			return false
		}
	}
	last := protocol.Slot(0)
	for _, state := range c.states {
		last = max(last, state().Told)
	}
	for _, state := range c.states {
		if state().Applied < last {
			return false
		}
	}
	if c.sim.Now() < 1100*ms {
		return false
	}
	c.checker.Settled()
	return true
}

// run returns what did not hold; nil if everything did.
func (c *cluster) run(t *testing.T) (v *check.Violation, finished bool) {
	t.Helper()
	outcome, err := c.sim.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.checker.Violation() == nil {
		c.checker.End(outcome.Finished)
	}
	return c.checker.Violation(), outcome.Finished
}

// Nothing is violated, whatever goes wrong, and everything happens that there is to count.
func TestNothingIsViolated(t *testing.T) {
	total, unfinished := map[string]uint64{}, 0
	for seed := uint64(1); seed <= 60; seed++ {
		for _, calm := range []bool{false, seed%10 == 0} {
			c := newCluster(seed, multipaxos.BugNone, calm)
			v, finished := c.run(t)
			if v != nil {
				t.Fatalf("seed %d, calm %t: %v", seed, calm, v)
			}
			if !finished { // leaders that go on suspecting each other need not come to an end
				unfinished++
				continue
			}
			for _, one := range c.checker.Counts() {
				total[one.What] += one.Times
			}
			f := c.checker.Figures()
			if !f.Led || f.Elections == 0 || len(f.Answers) != 36 || c.checker.Events() < 400 {
				t.Errorf("seed %d: the figures are %+v, of %d events", seed, f, c.checker.Events())
			}
		}
	}
	if unfinished > 6 {
		t.Errorf("%d runs do not finish", unfinished)
	}
	for _, one := range invariants.AllSometimes() {
		if total[one.What] == 0 {
			t.Errorf("it never happened: %s", one.What)
		}
	}
}

// Each bug is found within a few runs, and what is said to catch it is the first not to hold.
func TestEveryBugIsFound(t *testing.T) {
	const most = 400
	for _, bug := range multipaxos.Bugs() {
		t.Run(bug.Name, func(t *testing.T) {
			for seed := uint64(1); seed <= most; seed++ {
				v, _ := newCluster(seed, bug.Bug, false).run(t)
				if v == nil {
					continue
				}
				if !slices.Contains(bug.CaughtBy, protocol.InvariantName(v.Invariant.Name)) {
					t.Errorf("seed %d: it is found by %s, and not by one of %v: %v", seed, v.Invariant.Name, bug.CaughtBy, v)
				}
				if v.Facts[1] == "" || strings.Contains(v.Error(), "%!") {
					t.Errorf("seed %d: the violation does not say what clashes: %v", seed, v)
				}
				return
			}
			t.Errorf("%d runs do not find it", most)
		})
	}
}
