package invariants

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// stage is a world in which a test plays everybody else.
type stage struct {
	world.World

	records [][]byte
	synced  int
	fails   bool // its disk, as it syncs
}

func (*stage) Now() time.Duration             { return time.Hour } // the process's own clock is off
func (*stage) Send(world.Envelope) world.Fate { return world.Fate{} }
func (s *stage) Disk() world.Disk             { return s }
func (s *stage) Records() iter.Seq[[]byte]    { return slices.Values(s.records) }
func (s *stage) Sync() error {
	if s.fails {
		return errors.New("the process crashed")
	}
	s.synced = len(s.records)
	return nil
}

func (s *stage) Append(record []byte) error {
	s.records = append(s.records, slices.Clone(record))
	return nil
}
func (s *stage) crash()                      { s.records = s.records[:s.synced] }
func (*stage) envelope(m any) world.Envelope { return world.Envelope{ID: 1, Root: 1, Payload: m} }

func (*stage) node(number uint32) world.ProcessID { return world.NewProcessID(world.NodeGroup, number) }

// actor is a server that does what a test tells it.
type actor struct {
	world.Process

	state   protocol.State
	world   world.World
	receive func(a *actor)
}

func (a *actor) ID() world.ProcessID    { return world.NewProcessID(world.NodeGroup, 2) }
func (a *actor) State() *protocol.State { return &a.state }
func (a *actor) Start(w world.World)    { a.world = w }
func (a *actor) Receive(world.Envelope) { a.receive(a) }
func (a *actor) Timeout(world.Timer)    { a.receive(a) }
func (a *actor) Crash()                 {}
func (a *actor) Restart()               { a.receive(a) }

func (a *actor) persist(sync bool) {
	disk := a.world.Disk()
	_ = disk.Append(
		protocol.AppendEffect(nil, protocol.Persist{CurrentTerm: a.state.CurrentTerm, VotedFor: a.state.VotedFor}),
	)
	if sync {
		_ = disk.Sync()
	}
}

func (a *actor) grant(to world.ProcessID) {
	a.world.Send(world.Envelope{To: to, Payload: protocol.VoteGranted{Term: a.state.CurrentTerm}})
}

// watched is the second of three servers, on a stage.
func watched() (*stage, *actor, world.Process, *Checker) {
	s, a := &stage{}, &actor{}
	c := New(Options{Servers: 3, Now: func() time.Duration { return 7 * time.Millisecond }})
	process := c.Server(2).Watch(a)
	process.Start(s)
	return s, a, process, c
}

func TestWhatIsSyncedBeforeItIsSentIsDurable(t *testing.T) {
	for _, sync := range []bool{true, false} {
		s, a, process, c := watched()
		a.receive = func(a *actor) {
			a.state.CurrentTerm, a.state.VotedFor = 1, 1
			a.persist(sync)
			a.grant(s.node(1))
		}
		process.Receive(s.envelope(protocol.RequestVote{Term: 1, CandidateID: 1}))
		switch v := c.Violation(); {
		case sync && v != nil:
			t.Error(v)
		case !sync && (v == nil || v.Invariant.Name != string(protocol.InvariantPersistBeforeSend)):
			t.Errorf("a vote that was not synced was sent, and the checks say %v", v)
		case !sync && (v.At != 7*time.Millisecond || !strings.HasPrefix(v.Facts[0], "node-2 sent node-1 ")):
			t.Errorf("it is told wrongly: %v", v)
		}
	}
}

func TestSendingBeforeWritingIsSeen(t *testing.T) {
	s, a, process, c := watched()
	a.receive = func(a *actor) {
		a.state.CurrentTerm, a.state.VotedFor = 1, 1
		a.grant(s.node(1))
		a.persist(true)
	}
	process.Receive(s.envelope(protocol.RequestVote{Term: 1, CandidateID: 1}))
	if v := c.Violation(); v == nil || v.Invariant.Name != string(protocol.InvariantPersistBeforeSend) {
		t.Errorf("a vote was written after it was sent, and the checks say %v", v)
	}
}

// A server that forgets its vote in a crash is seen, and so is one that its disk let down.
func TestARestartIsComparedWithWhatWasBefore(t *testing.T) {
	for _, synced := range []bool{true, false} {
		s, a, process, c := watched()
		a.receive = func(a *actor) {
			a.state.CurrentTerm, a.state.VotedFor = 3, 1
			a.persist(true)
		}
		process.Timeout(world.Timer{})
		if !synced {
			s.synced = 0
		}
		s.crash()
		process.Crash()
		a.receive = func(a *actor) {
			if !synced {
				a.state.CurrentTerm, a.state.VotedFor = 0, 0
			}
		}
		process.Restart()
		if c.Sometimes()[Crash] != 1 || c.Sometimes()[Restart] != 1 {
			t.Errorf("a crash and a restart are counted as %s", c.Sometimes())
		}
		switch v := c.Violation(); {
		case synced && v != nil:
			t.Error(v)
		case !synced && (v == nil || v.Invariant.Name != string(protocol.InvariantTermAndVote)):
			t.Errorf("the term fell, and the checks say %v", v)
		}
		if durable := c.servers[2].durable; synced != (durable.CurrentTerm == 3) {
			t.Errorf("synced %v: the disk holds term %d after the restart", synced, durable.CurrentTerm)
		}
	}
}

// A server whose disk fails as it syncs dies in that step. Its state, which was ahead of the disk, counts for nothing;
// what it sent before it synced counts.
func TestAServerThatDiesAsItSyncs(t *testing.T) {
	for _, test := range []struct {
		name        string
		sendsBefore bool
		left        int // of the record
		want        protocol.InvariantName
	}{
		{name: "lost"},
		{name: "torn", left: 2},
		{name: "sent before", sendsBefore: true, want: protocol.InvariantPersistBeforeSend},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, a, process, c := watched()
			a.receive = func(a *actor) {
				a.state.CurrentTerm, a.state.VotedFor = 2, 1
				a.persist(true)
			}
			process.Timeout(world.Timer{})
			s.fails = true
			a.receive = func(a *actor) {
				a.state.CurrentTerm, a.state.VotedFor = 3, 1
				if test.sendsBefore {
					a.grant(s.node(1))
				}
				entries := []protocol.LogEntry{{Term: 3, Command: kv.Noop{}}}
				_ = a.world.Disk().Append(protocol.AppendEffect(
					nil, protocol.Persist{CurrentTerm: 3, VotedFor: 1, FirstIndex: 1, Entries: entries},
				))
				a.persist(true)
			}
			process.Receive(s.envelope(protocol.RequestVote{Term: 3, CandidateID: 1}))
			if events := c.Events(); events != 1 {
				t.Errorf("%d events were checked, want 1: the state of a step that the server died in is none", events)
			}
			torn := s.records[s.synced][:test.left]
			s.crash()
			process.Crash()
			if test.left > 0 {
				s.records = append(s.records, torn)
			}
			a.receive = func(a *actor) { a.state.CurrentTerm, a.state.VotedFor = 2, 1 }
			process.Restart()
			if durable := &process.(*Server).durable; durable.CurrentTerm != 2 {
				t.Errorf("the disk holds term %d after the restart, want 2", durable.CurrentTerm)
			}
			v := c.Violation()
			if test.want == "" && v != nil || test.want != "" && (v == nil || v.Invariant.Name != string(test.want)) {
				t.Errorf("the checks say %v, want %q", v, test.want)
			}
			// The next step is checked as any, and nothing of the one before becomes durable in it.
			s.fails = false
			a.receive = func(a *actor) {
				a.persist(true)
				a.state.CurrentTerm = 1
			}
			process.Timeout(world.Timer{})
			if durable := &process.(*Server).durable; durable.CurrentTerm != 2 || durable.LastIndex() != 0 {
				t.Errorf(
					"the disk holds term %d and a log up to index %d, want 2 and 0", durable.CurrentTerm,
					durable.LastIndex(),
				)
			}
			if v := c.Violation(); v == nil {
				t.Error("the term fell after the restart, and the checks say nothing")
			}
		})
	}
}

// asker is a client that does what a test tells it.
type asker struct {
	world.Process

	world world.World
}

func (a *asker) Start(w world.World)  { a.world = w }
func (*asker) Receive(world.Envelope) {}

func TestAClientsHistoryIsKept(t *testing.T) {
	c := New(Options{Servers: 3, Now: func() time.Duration { return 0 }})
	s, a := &stage{}, &asker{}
	process := c.Client(a)
	process.Start(s)
	ask := func(try world.CausalID, sequence kv.Sequence, m func(kv.RequestID) any) {
		e := s.envelope(m(kv.RequestID{Client: 1, Sequence: sequence}))
		e.ID = try
		a.world.Send(e)
	}
	reply := func(try world.CausalID, m kv.Message) {
		e := s.envelope(m)
		e.InReplyTo = try
		process.Receive(e)
	}
	answer := func(try world.CausalID, sequence kv.Sequence, result kv.Result) {
		reply(try, kv.Answered{Request: kv.RequestID{Client: 1, Sequence: sequence}, Result: result})
	}
	put := func(r kv.RequestID) any { return kv.ClientPut{Request: r, Key: "a", Value: "x"} }
	ask(1, 1, put)
	ask(2, 1, put)                       // a retry
	answer(1, 1, kv.ReplicationFailed{}) // to the try that was given up
	reply(2, kv.OutcomeUnknown{})
	answer(2, 1, kv.ReplicationFailed{}) // a second reply, which nobody waits for
	ask(3, 1, put)
	answer(3, 1, kv.Stored{})
	ask(4, 2, func(r kv.RequestID) any { return kv.ClientDelete{Request: r, Key: "a"} })
	answer(3, 1, kv.KeyExists{Key: "a"}) // late
	answer(4, 2, kv.Deleted{})
	ask(5, 3, func(r kv.RequestID) any { return kv.ClientGet{Request: r, Key: "a"} })
	if v := c.Violation(); v != nil {
		t.Fatal(v)
	}
	answer(5, 3, kv.Found{Value: "x"})
	v := c.Violation()
	if v == nil || v.Invariant.Name != string(protocol.InvariantLinearizable) {
		t.Fatalf("a stale read was answered, and the checks say %v", v)
	}
	want := [2]string{
		`client-1/2 was answered "ok" to "delete a" at 0s`,
		`client-1/3 was answered "x" to "get a", asked at 0s: no order of the operations on that key explains it`,
	}
	if v.Facts != want {
		t.Errorf("the facts are\n%q\nand not\n%q", v.Facts, want)
	}
}
