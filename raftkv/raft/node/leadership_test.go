package node_test

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/node"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// requestTimeout is that of the testbed's servers, which have no other timer of this length.
const requestTimeout = 100 * ms

// timed is a server whose timers for requests are counted.
type timed struct {
	*node.Node

	running         map[world.TimerHandle]world.Timer
	set             int
	stopped, ranOut int
}

func (n *timed) Start(w world.World) {
	n.running = map[world.TimerHandle]world.Timer{}
	n.Node.Start(timedWorld{w, n})
}

func (n *timed) Timeout(t world.Timer) {
	for handle, running := range n.running {
		if running == t {
			delete(n.running, handle)
			n.ranOut++
		}
	}
	n.Node.Timeout(t)
}

// timedWorld is the world of a timed server.
type timedWorld struct {
	world.World

	node *timed
}

func (w timedWorld) SetTimer(running world.TimerHandle, timer world.Timer, after time.Duration) world.TimerHandle {
	handle := w.World.SetTimer(running, timer, after)
	if after == requestTimeout {
		w.node.running[handle] = timer
		w.node.set++
	}
	return handle
}

func (w timedWorld) StopTimer(handle world.TimerHandle) {
	if _, is := w.node.running[handle]; is {
		delete(w.node.running, handle)
		w.node.stopped++
	}
	w.World.StopTimer(handle)
}

// newTimedTestbed is one whose servers are timed.
func newTimedTestbed(t *testing.T) (b *testbed, nodes []*timed) {
	t.Helper()
	b = newTestbedAround(t, sim.Config{}, nil, func(n *node.Node) world.Process {
		nodes = append(nodes, &timed{Node: n})
		return nodes[len(nodes)-1]
	})
	return b, nodes
}

// timers says how many timers for requests a server set, and what became of them.
func (n *timed) timers(t *testing.T, set, stopped, ranOut int) {
	t.Helper()
	if n.set != set || n.stopped != stopped || n.ranOut != ranOut || len(n.running) > 0 {
		t.Errorf("%s set %d timers for requests, stopped %d of them, %d ran out and %d run yet; want %d set, %d stopped and %d run out",
			n.ID(), n.set, n.stopped, n.ranOut, len(n.running), set, stopped, ranOut)
	}
}

// cutOff has a server's messages to the others be lost, and theirs to it, for a while.
func (b *testbed) cutOff(id kv.NodeID, from, until time.Duration) {
	var others []world.ProcessID
	for _, n := range b.nodes {
		if n.ID() != nodeID(id) {
			others = append(others, n.ID())
		}
	}
	b.at(from, func(p world.ProcessID) {
		b.sim.Cut([]world.ProcessID{p}, others)
		b.sim.Cut(others, []world.ProcessID{p})
	}, id)
	b.at(until, b.sim.Heal, id)
}

// Timers for requests are stopped when the answer leaves, and run out when there is none.
func TestRequestTimers(t *testing.T) {
	b, nodes := newTimedTestbed(t)
	c := b.customers(1)[0]
	b.tries(try{20 * ms, c, 1, 1, c.put(1, "a", "1")}, try{30 * ms, c, 2, 2, c.get(2, "a")})
	b.cutOff(1, 40*ms, 190*ms)
	b.tries(try{50 * ms, c, 1, 3, c.get(3, "a")})
	b.run()
	nodes[0].timers(t, 2, 1, 1)
	nodes[1].timers(t, 0, 0, 0)
}

// Node-1 leads, and is cut off while three tries come to it. Another is elected before their time is over. Each is told
// once that the outcome is unknown, when node-1 hears of the other, and its timer is stopped. The entries are gone
// then; what comes to be at their places is others', whose answers go to those who asked for them.
func TestLostLeadershipIsToldOnce(t *testing.T) {
	b, nodes := newTimedTestbed(t)
	all := b.customers(2)
	one, two := all[0], all[1]
	before := try{20 * ms, one, 1, 1, one.put(1, "a", "1")}
	b.cutOff(1, 40*ms, 70*ms)
	waiting := []try{
		{50 * ms, one, 1, 2, one.put(2, "b", "1")},
		{55 * ms, two, 1, 1, two.put(1, "b", "2")},
		{60 * ms, two, 1, 2, two.put(1, "b", "2")},
	}
	b.sim.Tell(60*ms, nodeID(2), 3, protocol.StartElection{})
	elsewhere := try{120 * ms, one, 2, 3, one.get(3, "b")}
	b.sim.Tell(300*ms, nodeID(1), 4, protocol.StartElection{})
	regained := try{400 * ms, two, 1, 3, two.put(2, "b", "3")}
	b.tries(before, waiting[0], waiting[1], waiting[2], elsewhere, regained)
	b.run()

	b.answers(before, one.answered(1, kv.Stored{}))
	for _, w := range waiting {
		c, m := w.customer, w.message.(kv.ClientPut)
		b.answers(w, kv.OutcomeUnknown{Request: m.Request})
		for _, r := range c.replies {
			if r.to == w.id() && (r.at < 70*ms || r.at > 85*ms) {
				t.Errorf("%s is told at %s that node-1 leads no more, want soon after 70ms, when others reach it again", c.id, r.at)
			}
		}
	}
	b.answers(elsewhere, one.answered(3, kv.KeyNotFound{Key: "b"}))
	b.answers(regained, two.answered(2, kv.Stored{}))
	b.nothingElse(6, all...)
	nodes[0].timers(t, 5, 5, 0)
}

// An entry that reached another server before its leader lost the lead is committed by the next one. The client is told
// that the outcome is unknown, and nothing when node-1 applies it as a follower.
func TestLostLeadershipWhoseEntryIsCommitted(t *testing.T) {
	b, nodes := newTimedTestbed(t)
	c := b.customers(1)[0]
	b.at(20*ms, func(world.ProcessID) { // what node-1 hears is lost, and not what it sends
		b.sim.Cut([]world.ProcessID{nodeID(2), nodeID(3)}, []world.ProcessID{nodeID(1)})
	}, 1)
	put := try{30 * ms, c, 1, 1, c.put(1, "a", "1")}
	b.sim.Tell(50*ms, nodeID(2), 3, protocol.StartElection{})
	b.at(60*ms, b.sim.Heal, 1)
	get := try{200 * ms, c, 2, 2, c.get(2, "a")}
	b.tries(put, get)
	b.run()
	b.answers(put, kv.OutcomeUnknown{Request: c.request(1)})
	b.answers(get, c.answered(2, kv.Found{Value: "1"}))
	b.nothingElse(2, c)
	nodes[0].timers(t, 1, 1, 0)
	if got, want := b.nodes[0].State().LastApplied, b.nodes[1].State().LastApplied; got != want {
		t.Errorf("node-1 applied up to %d, and node-2 up to %d", got, want)
	}
}

// A leader that crashes tells its clients nothing, then or later: the next one commits the entry, and node-1 applies it
// when it is up again.
func TestACrashedLeaderAnswersNobody(t *testing.T) {
	b, _ := newTimedTestbed(t)
	c := b.customers(1)[0]
	put := try{30 * ms, c, 1, 1, c.put(1, "a", "1")}
	b.at(33*ms, b.sim.Crash, 1) // its AppendEntries are on the way
	b.at(60*ms, b.sim.Restart, 1)
	b.sim.Tell(70*ms, nodeID(2), 3, protocol.StartElection{})
	get := try{200 * ms, c, 2, 2, c.get(2, "a")}
	b.tries(put, get)
	b.run()
	b.answersAll(put)
	b.answers(get, c.answered(2, kv.Found{Value: "1"}))
	if got, want := b.nodes[0].State().LastApplied, b.nodes[1].State().LastApplied; got != want || want < 4 {
		t.Errorf("node-1 applied up to %d, and node-2 up to %d, want 4: a no-op of each leader, the put and the get", got,
			want)
	}
}
