package node_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/node"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

const ms = time.Millisecond

// asker is a client that asks one server one thing at a time that the test names, and keeps the answers.
type asker struct {
	world   world.World
	answers []string
}

var askerID = world.NewProcessID(world.ClientGroup, 1)

func (*asker) ID() world.ProcessID   { return askerID }
func (a *asker) Start(w world.World) { a.world = w }
func (*asker) Timeout(world.Timer)   {}
func (*asker) Crash()                {}
func (*asker) Restart()              {}
func (*asker) Finish()               {}
func (a *asker) Receive(e world.Envelope) {
	if ask, is := e.Payload.(question); is {
		a.world.Send(world.Envelope{ID: e.ID, Root: e.ID, To: nodeID(ask.server), Payload: ask.message})
		return
	}
	a.answers = append(a.answers, e.Payload.(kv.Message).String())
}

// question is what the test has the asker ask.
type question struct {
	server  kv.NodeID
	message kv.Message
}

func nodeID(id kv.NodeID) world.ProcessID {
	return world.NewProcessID(world.NodeGroup, uint32(id))
}

// testbed is a cluster of three under test, with its trace.
type testbed struct {
	t     *testing.T
	sim   *sim.Sim
	nodes []*node.Node
	asker asker
	trace tracetest.Memory
}

func newTestbed(t *testing.T, c sim.Config) *testbed {
	t.Helper()
	return newTestbedAround(t, c, nil, func(n *node.Node) world.Process { return n })
}

// newTestbedAround has something stand between each server and its world, and somebody observe what they apply.
func newTestbedAround(
	t *testing.T, c sim.Config, observer func(kv.NodeID) node.Observer, around func(*node.Node) world.Process,
) *testbed {
	t.Helper()
	b := &testbed{t: t}
	c.Seed, c.Latency = 1, world.Range{Min: ms, Max: 2 * ms}
	if c.MaxDuration == 0 {
		c.MaxDuration = 2 * time.Second
	}
	b.sim = sim.New(c)
	recorder := record.NewRecorder(record.RecorderOptions{}, &b.trace)
	peers := []kv.NodeID{1, 2, 3}
	for _, id := range peers {
		var watch node.Observer
		if observer != nil {
			watch = observer(id)
		}
		n := node.New(node.Config{
			ID: id, Observer: watch, ElectionTimeout: world.Range{Min: 150 * ms, Max: 300 * ms}, HeartbeatInterval: 50 * ms,
			RPCTimeout: 20 * ms, RequestTimeout: 100 * ms, MaxEntries: 8, MaxInFlight: 1, NoopOnElection: true,
		}, spans.NewTracer(recorder, id.String(), 1, time.Unix(0, 0)))
		b.nodes = append(b.nodes, n)
		b.sim.Add(around(n))
		b.sim.Tell(0, n.ID(), 1, protocol.SetPeers{Peers: peers})
	}
	b.sim.Tell(1, nodeID(1), 2, protocol.StartElection{})
	b.sim.Add(&b.asker)
	return b
}

// ask has a put sent to a server.
func (b *testbed) ask(at time.Duration, server kv.NodeID, sequence kv.Sequence, value string) {
	message := kv.ClientPut{Request: kv.RequestID{Client: 1, Sequence: sequence}, Key: "k" + value, Value: value}
	b.sim.Tell(at, askerID, world.RootID(askerID, 1, uint64(sequence), 0), question{server, message})
}

// at has something happen to a server.
func (b *testbed) at(at time.Duration, happen func(world.ProcessID), id kv.NodeID) {
	b.sim.At(at, world.CausalID(id), func() { happen(nodeID(id)) })
}

func (b *testbed) run() {
	b.t.Helper()
	if _, err := b.sim.Run(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// find is the spans of a process with a name, in the order in which they ended.
func (b *testbed) find(service, name string) []traces.Span {
	var found []traces.Span
	for _, s := range b.trace.Spans {
		if s.Service == service && s.Name == name {
			found = append(found, s)
		}
	}
	return found
}

func TestRestartGoesOnWithWhatTheDiskKept(t *testing.T) {
	b := newTestbed(t, sim.Config{})
	b.ask(20*ms, 1, 1, "x")
	b.at(100*ms, b.sim.Crash, 1)
	b.ask(700*ms, 2, 2, "y")
	b.ask(700*ms, 3, 2, "y")
	b.at(900*ms, b.sim.Restart, 1)
	b.run()
	want := b.nodes[1].State().Log
	if want.Len() != 4 {
		t.Fatalf("node-2 has %d entries, want 4: a no-op and a put of each leader: %v", want.Len(), want)
	}
	for i, n := range b.nodes {
		if got := n.State().Log; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("node-%d holds %v, want %v", i+1, got, want)
		}
		if applied := n.State().LastApplied; applied != 4 {
			t.Errorf("node-%d applied up to %d, want 4", i+1, applied)
		}
	}
	if starts := b.find("node-1", "raft.start"); len(starts) != 2 || starts[0].ID == starts[1].ID {
		t.Errorf("node-1 has the starts %v, want two of different ids", starts)
	}
	changes := b.find("node-1", "raft.role_change")
	last := changes[len(changes)-1].Attribute("raft.role.event").String()
	if !slices.ContainsFunc(changes,
		func(s traces.Span) bool { return s.Attribute("raft.role.event").String() == "restart" }) {
		t.Errorf("node-1 has no role change by restart; its last is by %s", last)
	}
}

func TestCrashEndsWhatIsOpen(t *testing.T) {
	b := newTestbed(t, sim.Config{})
	b.at(2*ms, b.sim.Crash, 1) // it has just asked for votes
	b.run()
	crashed := 0
	for _, s := range b.trace.Spans {
		if s.Service == "node-1" && s.Attribute("error.type").String() == "crash" {
			crashed++
		}
	}
	if crashed != 3 {
		t.Errorf("%d spans of node-1 ended with a crash, want 3: the election and two requests for votes", crashed)
	}
}

// Node-3 dies as it writes the entry of the first put, and has no part in its commit. It is restarted, takes what it
// missed, and is restarted once more: what was torn lies in the midst of its journal by then.
func TestAServerLivesThroughALostWrite(t *testing.T) {
	for _, torn := range []bool{false, true} {
		t.Run(fmt.Sprintf("torn=%t", torn), func(t *testing.T) {
			b := newTestbed(t, sim.Config{})
			three, lost, handled := b.nodes[2], time.Duration(0), 0
			b.at(15*ms, func(p world.ProcessID) {
				b.sim.LoseUnsynced(p, torn, func() {
					lost, handled = b.sim.Now(), len(b.find("node-3", "raft.Raft/AppendEntries"))
				})
			}, 3)
			b.ask(20*ms, 1, 1, "x")
			b.at(200*ms, func(p world.ProcessID) {
				if lost == 0 || lost > 30*ms {
					t.Errorf("the write was lost at %s, want soon after 20ms", lost)
				}
				if now := len(b.find("node-3", "raft.Raft/AppendEntries")); now != handled {
					t.Errorf("node-3 handled %d AppendEntries after its disk failed", now-handled)
				}
				b.sim.Restart(p)
				if got := three.State().Log.Len(); got != 1 {
					t.Errorf("node-3 has %d entries after the restart, want 1: the no-op", got)
				}
			}, 3)
			b.ask(250*ms, 1, 2, "y")
			for _, at := range []time.Duration{400 * ms, 600 * ms} {
				b.at(at, b.sim.Crash, 3)
				b.at(at+50*ms, b.sim.Restart, 3)
			}
			b.ask(700*ms, 1, 3, "z")
			b.run()
			want := b.nodes[0].State().Log
			if got := three.State().Log; want.Len() != 4 || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("node-3 holds %v, want what node-1 does, a no-op and three puts: %v", got, want)
			}
			if applied := three.State().LastApplied; applied != 4 {
				t.Errorf("node-3 applied up to %d, want 4", applied)
			}
		})
	}
}

func TestOutcomeIsUnknownWithoutMajority(t *testing.T) {
	b := newTestbed(t, sim.Config{})
	b.at(50*ms, b.sim.Crash, 2)
	b.at(50*ms, b.sim.Crash, 3)
	b.ask(60*ms, 1, 1, "x")
	b.run()
	if want := "OutcomeUnknown"; len(b.asker.answers) != 1 || !strings.Contains(b.asker.answers[0], want) {
		t.Errorf("the client was told %q, want one answer: %s", b.asker.answers, want)
	}
}

func TestFollowerRedirects(t *testing.T) {
	b := newTestbed(t, sim.Config{})
	b.ask(60*ms, 2, 1, "x")
	b.run()
	if len(b.asker.answers) != 1 || !strings.Contains(b.asker.answers[0], "node-1") {
		t.Errorf("the client was told %q, want where the leader is: node-1", b.asker.answers)
	}
}

func TestResendIsLinkedToTheAttemptBefore(t *testing.T) {
	first := newTestbed(t, sim.Config{})
	first.ask(60*ms, 1, 1, "x")
	first.run()
	var lost traces.Span
	for _, s := range first.find("node-1", "raft.Raft/AppendEntries") {
		if s.Attribute("raft.peer.id").String() == "node-3" && s.Attribute("raft.prev_log.index").AsInt64() == 1 &&
			s.Attribute("raft.entries.count").AsInt64() == 1 {
			lost = s
		}
	}
	if lost.ID == 0 {
		t.Fatal("there is no AppendEntries of entry 2 to node-3 to be lost")
	}
	b := newTestbed(t, sim.Config{Drop: []world.CausalID{lost.ID}})
	b.ask(60*ms, 1, 1, "x")
	b.run()
	for _, s := range b.find("node-1", "raft.Raft/AppendEntries") {
		if s.Parent == lost.Parent && s.Attribute("raft.attempt").AsInt64() == 2 {
			if !slices.ContainsFunc(s.Links, func(l traces.Link) bool { return l.ID == lost.ID }) {
				t.Errorf("attempt 2 links to %v, want the attempt before: %s", s.Links, lost.ID)
			}
			return
		}
	}
	t.Errorf("the AppendEntries %s was lost, and there is no second attempt under the same request", lost.ID)
}

func TestLateReplyHasASpan(t *testing.T) {
	first := newTestbed(t, sim.Config{})
	first.run()
	vote := first.find("node-3", "raft.Raft/RequestVote")[0]
	b := newTestbed(t, sim.Config{Delay: map[world.CausalID]time.Duration{vote.ID: 30 * ms}})
	b.run()
	late := b.find("node-1", "raft.late_reply")
	if len(late) != 1 || late[0].Parent != vote.ID || late[0].Attribute("raft.reply").String() != "VoteGranted" {
		t.Errorf("the vote of node-3 came after its call was given up; node-1 has the late replies %v, want one below %s",
			late, vote.ID)
	}
}
