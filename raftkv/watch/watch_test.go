package watch_test

import (
	"iter"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/watch"
	"github.com/raftkv/raftkv/raftkv/world"
)

var (
	node   = world.NewProcessID(world.NodeGroup, 1)
	client = world.NewProcessID(world.ClientGroup, 1)
)

// counter is a server that counts what happens to it.
type counter struct{ events int }

func (*counter) ID() world.ProcessID      { return node }
func (*counter) Start(world.World)        {}
func (c *counter) Receive(world.Envelope) { c.events++ }
func (c *counter) Timeout(world.Timer)    { c.events++ }
func (*counter) Crash()                   {}
func (c *counter) Restart()               { c.events++ }
func (*counter) Finish()                  {}

// writer is one that says when it writes.
type writer struct{ counter }

func (*writer) WritesOnReceive(world.Envelope) bool { return true }
func (*writer) WritesOnTimeout(world.Timer) bool    { return false }

// asker is a client that does nothing but hear.
type asker struct{ world.World }

func (*asker) ID() world.ProcessID    { return client }
func (a *asker) Start(w world.World)  { a.World = w }
func (*asker) Receive(world.Envelope) {}
func (*asker) Timeout(world.Timer)    {}
func (*asker) Crash()                 {}
func (*asker) Restart()               {}
func (*asker) Finish()                {}

// away is a world that loses what it is given.
type away struct{ world.World }

func (away) Send(world.Envelope) world.Fate { return world.Fate{} }

var few = check.Invariant{Name: "Few", ID: "T1", Section: "test", Doc: "Little happens."}

// checked is a checker of a server of which little is to happen, and the violations that it tells of.
func checked(server *counter, now *time.Duration) (c *watch.Checker, told *[]*check.Violation) {
	told = &[]*check.Violation{}
	cluster := &run.Cluster{
		Now: func() time.Duration { return *now }, Violated: func(v *check.Violation) { *told = append(*told, v) },
	}
	invariants := []check.Invariant{few, {Name: "Linearizable", ID: "T2"}}
	return watch.New(cluster, invariants, func(v *watch.View) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			var err error
			if server.events > 2 {
				err = check.Fact("2 events are allowed").But("there are %d", server.events)
			}
			_ = yield("Few", err) && yield("Linearizable", v.Linearizable())
		}
	}), told
}

// The rules are asked after every event of a server, and the first that is broken is told, once.
func TestServer(t *testing.T) {
	server, now := &counter{}, time.Duration(0)
	c, told := checked(server, &now)
	watched := c.Server(server)
	watched.Receive(world.Envelope{})
	now++
	watched.Timeout(world.Timer{})
	if c.Violation() != nil || len(*told) != 0 {
		t.Errorf("after %d events: %v", server.events, c.Violation())
	}
	now++
	watched.Restart()
	watched.Receive(world.Envelope{})
	v := c.Violation()
	if v == nil || len(*told) != 1 {
		t.Fatalf("after %d events: %v, told %d times", server.events, v, len(*told))
	}
	if v.Invariant != few || v.At != 2 || v.Server != node || v.Facts[1] != "there are 3" {
		t.Errorf("the violation is %+v", v)
	}
	if c.Events() != 4 {
		t.Errorf("%d events", c.Events())
	}
	if _, says := watched.(world.Writer); says {
		t.Error("a server says when it writes that does not know it")
	}
	if w, says := c.Server(&writer{}).(world.Writer); !says || !w.WritesOnReceive(world.Envelope{}) {
		t.Error("a server that says when it writes does so no longer")
	}
}

// What clients ask for and are answered is checked, when they are answered and at the end.
func TestClients(t *testing.T) {
	request := func(n kv.Sequence) kv.RequestID { return kv.RequestID{Client: 1, Sequence: n} }
	for _, test := range []struct {
		name   string
		answer kv.Result
		holds  bool
	}{
		{"what was put", kv.Found{Value: "x"}, true},
		{"what nobody put", kv.Found{Value: "y"}, false},
	} {
		now := time.Duration(0)
		c, told := checked(&counter{}, &now)
		a := &asker{}
		one := c.Client(a)
		one.Start(away{})
		do := func(id world.CausalID, ask, answer kv.Message) {
			a.Send(world.Envelope{ID: id, From: client, To: node, Payload: ask})
			now += time.Millisecond
			one.Receive(world.Envelope{ID: id + 100, InReplyTo: id, From: node, To: client, Payload: answer})
		}
		do(1, kv.ClientPut{Request: request(1), Key: "a", Value: "x"}, kv.Answered{Request: request(1), Result: kv.Stored{}})
		do(2, kv.ClientGet{Request: request(2), Key: "a"}, kv.Answered{Request: request(2), Result: test.answer})
		c.End(true)
		if (c.Violation() == nil) != test.holds || len(*told) > 1 {
			t.Errorf("%s: %v, told %d times", test.name, c.Violation(), len(*told))
		}
		if v := c.Violation(); v != nil && (v.Invariant.ID != "T2" || v.Places[1].Request != request(2)) {
			t.Errorf("%s: %+v", test.name, v)
		}
		if got := c.Figures().Answers; len(got) != 2 || got[0] != time.Millisecond {
			t.Errorf("%s: the answers took %v", test.name, got)
		}
	}
}

// A server of a run that is not checked stays as it is.
func TestUnchecked(t *testing.T) {
	c := watch.New(&run.Cluster{Unchecked: true}, nil, func(*watch.View) iter.Seq2[string, error] { return nil })
	if server := (&counter{}); c.Server(server) != world.Process(server) {
		t.Error("somebody stands between the server and the world")
	}
}
