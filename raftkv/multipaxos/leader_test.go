package multipaxos_test

import (
	"slices"
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// Promises, each with what it tells of the slots 1 to 4: the highest ballot's value is proposed in each, and a no-op
// where none is told of.
func TestPhase1(t *testing.T) {
	l := preparing(t, 9)
	wantEffects(t, l.Step(receive(acceptor(2), protocol.Promise{Ballot: ballot(1, 1), Accepted: []protocol.Proposal{
		proposal(2, ballot(0, 5), 21), proposal(4, ballot(0, 3), 41),
	}})))
	wantEffects(t, l.Step(receive(acceptor(2), protocol.Promise{Ballot: ballot(1, 1)})))        // a second copy
	wantEffects(t, l.Step(receive(acceptor(1), protocol.Promise{Ballot: ballot(0, 1)})))        // of another ballot
	wantEffects(t, l.Step(receive(acceptor(9), protocol.Promise{Ballot: ballot(1, 1)})))        // of nobody
	wantEffects(t, l.Step(receive(replica(1), protocol.CatchUp{FirstSlot: 1})), protocol.Reply{ // which it can answer
		Message: protocol.CaughtUp{FirstSlot: 1},
	})
	effects := l.Step(receive(acceptor(1), protocol.Promise{Ballot: ballot(1, 1), Accepted: []protocol.Proposal{
		proposal(1, ballot(0, 4), 11), proposal(2, ballot(0, 2), 22), proposal(4, ballot(0, 6), 42),
	}}))
	noop := protocol.Value{Command: kv.Noop{}}
	want := []protocol.Effect{
		protocol.RoleChange{
			From: protocol.RolePreparing, To: protocol.RoleLeading, Event: protocol.RoleEventMajorityPromised,
		},
		protocol.Propose{Slot: 1, Value: value(11), Source: protocol.SourceAdopted},
		protocol.Propose{Slot: 2, Value: value(21), Source: protocol.SourceAdopted},
		protocol.Propose{Slot: 3, Value: noop, Source: protocol.SourceNoop},
		protocol.Propose{Slot: 4, Value: value(42), Source: protocol.SourceAdopted},
	}
	for slot, v := range []protocol.Value{value(11), value(21), noop, value(42)} {
		want = append(want, accepts(slot+1, ballot(1, 1), v)...)
	}
	wantEffects(t, effects, want...)
	if l.State().NextSlot != 5 {
		t.Errorf("the next slot is %d", l.State().NextSlot)
	}
}

// A leader that knows what is chosen in slots 1 and 3 asks from slot 2 on, and proposes nothing in slot 3.
func TestPhase1OfWhatIsNotChosen(t *testing.T) {
	l := multipaxos.NewLeader(2, multipaxos.Config{Acceptors: 1, Leaders: 2, Replicas: 1, Window: 9})
	for _, slot := range []int{1, 3} {
		l.Step(receive(leader(1), protocol.Commit{Ballot: ballot(1, 1), Slot: protocol.Slot(slot), Value: value(slot)}))
	}
	effects := l.Step(protocol.SuspicionTimeout{})
	want := protocol.Send{To: acceptor(1), Message: protocol.Prepare{Ballot: ballot(2, 2), FirstSlot: 2}}
	if last := effects[len(effects)-1]; last != want {
		t.Errorf("it sends %v, want %v", last, want)
	}
	l.Step(receive(acceptor(1), protocol.Promise{Ballot: ballot(2, 2), Accepted: []protocol.Proposal{
		proposal(3, ballot(1, 1), 3), proposal(4, ballot(1, 1), 4),
	}}))
	var slots []protocol.Slot
	for _, p := range l.State().Pending {
		slots = append(slots, p.Slot)
	}
	if !slices.Equal(slots, []protocol.Slot{2, 4}) || l.State().NextSlot != 5 {
		t.Errorf("it proposes in slots %v, and next in %d", slots, l.State().NextSlot)
	}
}

// A command gets a slot, is accepted by a majority, and is applied; then all learners are told.
func TestPhase2(t *testing.T) {
	l := leading(t)
	request := protocol.Request{Message: kv.ClientGet{Request: value(1).Request, Key: "x"}}
	propose := protocol.Propose{Slot: 1, Value: value(1), Source: protocol.SourceClient}
	wantEffects(t, l.Step(request), append([]protocol.Effect{propose}, accepts(1, ballot(1, 1), value(1))...)...)

	accepted := protocol.Accepted{Ballot: ballot(1, 1), Slot: 1}
	wantEffects(t, l.Step(receive(acceptor(2), accepted)))
	wantEffects(t, l.Step(receive(acceptor(2), accepted)))
	wantEffects(t, l.Step(receive(acceptor(3), protocol.Accepted{Ballot: ballot(0, 1), Slot: 1})))
	wantEffects(t, l.Step(receive(acceptor(3), protocol.Accepted{Ballot: ballot(1, 1), Slot: 2})))
	wantEffects(
		t, l.Step(receive(acceptor(1), accepted)),
		protocol.PersistChosen{Chosen: []protocol.Decision{{Slot: 1, Value: value(1)}}},
		protocol.Choose{Slot: 1, Value: value(1), AcceptedBy: []protocol.AcceptorID{1, 2}},
		protocol.Apply{Slot: 1, Value: value(1)},
		protocol.Send{To: replica(1), Message: protocol.Commit{Ballot: ballot(1, 1), Slot: 1, Value: value(1)}},
		protocol.Send{To: leader(2), Message: protocol.Commit{Ballot: ballot(1, 1), Slot: 1, Value: value(1)}},
	)
	wantEffects(t, l.Step(receive(acceptor(3), accepted)))
	wantEffects(t, l.Step(protocol.RPCTimeout{
		To: acceptor(3), Request: protocol.Accept{Ballot: ballot(1, 1), Slot: 1, Value: value(1)},
	}))
}

// An Accept that got no answer is sent again to who did not accept; a Prepare, to who did not promise.
func TestResending(t *testing.T) {
	l := leading(t)
	l.Step(protocol.Request{Message: kv.ClientGet{Request: value(1).Request, Key: "x"}})
	accept := protocol.Accept{Ballot: ballot(1, 1), Slot: 1, Value: value(1)}
	l.Step(receive(acceptor(1), protocol.Accepted{Ballot: ballot(1, 1), Slot: 1}))
	wantEffects(t, l.Step(protocol.RPCTimeout{To: acceptor(1), Request: accept}))
	wantEffects(
		t, l.Step(protocol.RPCTimeout{To: acceptor(2), Request: accept}),
		protocol.Send{To: acceptor(2), Message: accept},
	)

	old := protocol.Accept{Ballot: ballot(0, 1), Slot: 1, Value: value(1)}
	wantEffects(t, l.Step(protocol.RPCTimeout{To: acceptor(2), Request: old}))

	l = preparing(t, 1)
	prepare := protocol.Prepare{Ballot: ballot(1, 1), FirstSlot: 1}
	l.Step(receive(acceptor(1), protocol.Promise{Ballot: ballot(1, 1)}))
	wantEffects(t, l.Step(protocol.RPCTimeout{To: acceptor(1), Request: prepare}))
	wantEffects(
		t, l.Step(protocol.RPCTimeout{To: acceptor(2), Request: prepare}),
		protocol.Send{To: acceptor(2), Message: prepare},
	)
	wantEffects(t, l.Step(protocol.RPCTimeout{
		To: acceptor(2), Request: protocol.Prepare{Ballot: ballot(0, 1), FirstSlot: 1},
	}))
}

// What makes a leader stand by, and what does not. The timer tells how often it was preempted.
func TestPreemption(t *testing.T) {
	standsBy := []protocol.Effect{
		protocol.RoleChange{
			From: protocol.RoleLeading, To: protocol.RoleStandby, Event: protocol.RoleEventPreempted,
		},
		protocol.SetTimer{Timer: protocol.TimerSuspicion, Preemptions: 1},
	}
	for _, c := range []struct {
		name    string
		from    protocol.Process
		message protocol.Message
		want    []protocol.Effect
	}{
		{
			"a rejection of its ballot", acceptor(1),
			protocol.AcceptRejected{Ballot: ballot(1, 1), Slot: 1, Promised: ballot(1, 2)},
			standsBy,
		},
		{
			"a late one of phase 1", acceptor(1),
			protocol.PrepareRejected{Ballot: ballot(1, 1), Promised: ballot(7, 2)},
			standsBy,
		},
		{
			"one that tells of no higher ballot", acceptor(1),
			protocol.PrepareRejected{Ballot: ballot(0, 1), Promised: ballot(1, 1)},
			nil,
		},
		{"a heartbeat of a higher ballot", leader(2), protocol.Heartbeat{Ballot: ballot(1, 2)}, standsBy},
		{"a heartbeat of a lower ballot", leader(2), protocol.Heartbeat{Ballot: ballot(0, 2)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := leading(t)
			l.Step(protocol.Request{Message: kv.ClientGet{Request: value(1).Request, Key: "x"}})
			l.Step(receive(acceptor(2), protocol.Accepted{Ballot: ballot(1, 1), Slot: 1}))
			wantEffects(t, l.Step(receive(c.from, c.message)), c.want...)
			if c.want == nil {
				return
			}
			known := kv.NotLeader{Request: value(1).Request, LeaderID: 2}
			wantEffects(
				t, l.Step(protocol.Request{Message: kv.ClientGet{Request: value(1).Request, Key: "x"}}),
				protocol.Answer{Message: known},
			)
			wantEffects(t, l.Step(protocol.HeartbeatTimeout{}))
			wantEffects(t, l.Step(receive(acceptor(1), protocol.Accepted{Ballot: ballot(1, 1), Slot: 1})))
		})
	}
}

// A leader that misses something does not ask while phase 1 may tell it, and does again when it is preempted.
func TestMissingAndPreempted(t *testing.T) {
	l := multipaxos.NewLeader(1, multipaxos.Config{Acceptors: 3, Leaders: 2, Replicas: 1})
	l.Step(receive(leader(2), protocol.Commit{Ballot: ballot(1, 2), Slot: 2, Value: value(2)}))
	if !l.State().Waiting {
		t.Fatal("it does not wait for slot 1")
	}
	effects := l.Step(protocol.SuspicionTimeout{})
	if !slices.Contains(effects, protocol.Effect(protocol.StopTimer{Timer: protocol.TimerCatchUp})) {
		t.Errorf("it does not stop the timer: %v", effects)
	}
	wantEffects(t, l.Step(protocol.CatchUpTimeout{}))
	wantEffects(
		t, l.Step(receive(acceptor(1), protocol.PrepareRejected{Ballot: ballot(2, 1), Promised: ballot(3, 2)})),
		protocol.RoleChange{
			From: protocol.RolePreparing, To: protocol.RoleStandby, Event: protocol.RoleEventPreempted,
		},
		protocol.SetTimer{Timer: protocol.TimerCatchUp},
		protocol.SetTimer{Timer: protocol.TimerSuspicion, Preemptions: 1},
	)
}

// How often a leader was preempted in a row counts until something is chosen, by itself or by another.
func TestPreemptionsInARow(t *testing.T) {
	l := preparing(t, 1)
	preempt := func(round int) {
		t.Helper()
		b := l.State().Ballot
		effects := l.Step(receive(acceptor(1), protocol.PrepareRejected{Ballot: b, Promised: ballot(round, 2)}))
		if len(effects) != 2 || l.State().Role != protocol.RoleStandby {
			t.Fatalf("%v does not preempt %v: %v", ballot(round, 2), b, effects)
		}
	}
	want := func(preemptions uint64) {
		t.Helper()
		if got := l.State().Preemptions; got != preemptions {
			t.Errorf("it was preempted %d times, want %d", got, preemptions)
		}
	}
	preempt(1)
	l.Step(protocol.SuspicionTimeout{})
	preempt(2)
	want(2)
	l.Step(receive(leader(2), protocol.Heartbeat{Ballot: ballot(2, 2)})) // it leads, which may not last
	want(2)
	l.Step(receive(leader(2), protocol.Commit{Ballot: ballot(2, 2), Slot: 1, Value: value(1)}))
	want(0)
	l.Step(protocol.SuspicionTimeout{})
	preempt(3)
	l.Step(protocol.SuspicionTimeout{})
	for _, from := range []int{1, 2} {
		l.Step(receive(acceptor(from), protocol.Promise{Ballot: ballot(4, 1)}))
	}
	want(1)
	l.Step(protocol.Request{Message: kv.ClientGet{Request: value(2).Request, Key: "x"}})
	for _, from := range []int{1, 2} {
		l.Step(receive(acceptor(from), protocol.Accepted{Ballot: ballot(4, 1), Slot: 2}))
	}
	want(0)
}

// A leader that starts again misses what was chosen since, as far as it knows, until it is told or leads.
func TestRestartedAndLeading(t *testing.T) {
	l := preparing(t, 1)
	restarted := l.Step(protocol.RestartLeader{Round: 1})
	if !slices.Contains(restarted, protocol.Effect(protocol.SetTimer{Timer: protocol.TimerCatchUp})) {
		t.Errorf("it does not look for what it misses: %v", restarted)
	}
	l.Step(protocol.Lead{})
	for _, from := range []int{1, 2} {
		l.Step(receive(acceptor(from), protocol.Promise{Ballot: ballot(2, 1)}))
	}
	wantEffects(
		t, l.Step(receive(acceptor(3), protocol.PrepareRejected{Ballot: ballot(2, 1), Promised: ballot(3, 2)})),
		protocol.RoleChange{
			From: protocol.RoleLeading, To: protocol.RoleStandby, Event: protocol.RoleEventPreempted,
		},
		protocol.SetTimer{Timer: protocol.TimerSuspicion, Preemptions: 1},
	)
}
