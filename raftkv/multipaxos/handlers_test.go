package multipaxos_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

func ballot(round, leader int) protocol.Ballot {
	return protocol.Ballot{Round: protocol.Round(round), Leader: uint32(leader)}
}

// value is one that client-1 asked for.
func value(sequence int) protocol.Value {
	request := kv.RequestID{Client: 1, Sequence: kv.Sequence(sequence)}
	return protocol.Value{Request: request, Command: kv.Get{Key: "x"}}
}

func proposal(slot int, b protocol.Ballot, sequence int) protocol.Proposal {
	return protocol.Proposal{Slot: protocol.Slot(slot), Ballot: b, Value: value(sequence)}
}

func receive(from protocol.Process, message protocol.Message) protocol.Receive {
	return protocol.Receive{From: from, Message: message}
}

// texts is how effects read.
func texts(effects []protocol.Effect) []string {
	all := make([]string, len(effects))
	for i, e := range effects {
		all[i] = e.String()
	}
	return all
}

func wantEffects(t *testing.T, effects []protocol.Effect, want ...protocol.Effect) {
	t.Helper()
	if !slices.EqualFunc(effects, want, protocol.EqualEffect) {
		t.Errorf("the effects are\n\t%s\nwant\n\t%s", strings.Join(texts(effects), "\n\t"),
			strings.Join(texts(want), "\n\t"))
	}
}

// An acceptor that promised 2.1, and accepted in slots 1 and 3.
func TestAcceptor(t *testing.T) {
	first, third := proposal(1, ballot(1, 2), 1), proposal(3, ballot(2, 1), 3)
	for _, c := range []struct {
		name    string
		message protocol.Message
		want    []protocol.Effect
	}{
		{
			"a higher ballot is promised, and all told that was accepted",
			protocol.Prepare{Ballot: ballot(2, 2), FirstSlot: 1},
			[]protocol.Effect{
				protocol.PersistPromise{Promised: ballot(2, 2)},
				protocol.Reply{Message: protocol.Promise{
					Ballot: ballot(2, 2), Accepted: []protocol.Proposal{first, third},
				}},
			},
		},
		{
			"only from the slot on that is asked for",
			protocol.Prepare{Ballot: ballot(3, 1), FirstSlot: 2},
			[]protocol.Effect{
				protocol.PersistPromise{Promised: ballot(3, 1)},
				protocol.Reply{Message: protocol.Promise{Ballot: ballot(3, 1), Accepted: []protocol.Proposal{third}}},
			},
		},
		{
			"the same ballot is promised again, and nothing written",
			protocol.Prepare{Ballot: ballot(2, 1), FirstSlot: 4},
			[]protocol.Effect{protocol.Reply{Message: protocol.Promise{Ballot: ballot(2, 1)}}},
		},
		{
			"a lower ballot is rejected, whatever its leader",
			protocol.Prepare{Ballot: ballot(1, 9), FirstSlot: 1},
			[]protocol.Effect{
				protocol.Reply{Message: protocol.PrepareRejected{Ballot: ballot(1, 9), Promised: ballot(2, 1)}},
			},
		},
		{
			"a proposal of the promised ballot is accepted",
			protocol.Accept{Ballot: ballot(2, 1), Slot: 2, Value: value(5)},
			[]protocol.Effect{
				protocol.PersistPromise{
					Promised: ballot(2, 1), Accepted: []protocol.Proposal{proposal(2, ballot(2, 1), 5)},
				},
				protocol.Reply{Message: protocol.Accepted{Ballot: ballot(2, 1), Slot: 2}},
			},
		},
		{
			"one of a higher ballot is, too, and is a promise",
			protocol.Accept{Ballot: ballot(4, 2), Slot: 1, Value: value(5)},
			[]protocol.Effect{
				protocol.PersistPromise{
					Promised: ballot(4, 2), Accepted: []protocol.Proposal{proposal(1, ballot(4, 2), 5)},
				},
				protocol.Reply{Message: protocol.Accepted{Ballot: ballot(4, 2), Slot: 1}},
			},
		},
		{
			"the same is accepted again, and nothing written",
			protocol.Accept{Ballot: ballot(2, 1), Slot: 3, Value: value(3)},
			[]protocol.Effect{protocol.Reply{Message: protocol.Accepted{Ballot: ballot(2, 1), Slot: 3}}},
		},
		{
			"a proposal below the promise is rejected",
			protocol.Accept{Ballot: ballot(1, 2), Slot: 1, Value: value(1)},
			[]protocol.Effect{protocol.Reply{Message: protocol.AcceptRejected{
				Ballot: ballot(1, 2), Slot: 1, Promised: ballot(2, 1),
			}}},
		},
		{"what is for others is ignored", protocol.Commit{Ballot: ballot(9, 1), Slot: 1, Value: value(1)}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := multipaxos.NewAcceptor(1, multipaxos.Config{Acceptors: 3, Leaders: 9, Replicas: 1})
			restart := protocol.RestartAcceptor{Promised: ballot(2, 1), Accepted: []protocol.Proposal{first, third}}
			wantEffects(t, a.Step(restart))
			wantEffects(t, a.Step(receive(leader(2), c.message)), c.want...)
		})
	}
}

// preparing is leader-1 of a cluster of three acceptors, two leaders and a replica, in phase 1 of ballot 1.1.
func preparing(t *testing.T, window int) *multipaxos.Leader {
	t.Helper()
	l := multipaxos.NewLeader(1, multipaxos.Config{Acceptors: 3, Leaders: 2, Replicas: 1, Window: window})
	l.Step(protocol.Start{})
	wantEffects(
		t, l.Step(protocol.Lead{}), protocol.PersistRound{Round: 1},
		protocol.RoleChange{To: protocol.RolePreparing, Event: protocol.RoleEventToldToLead},
		protocol.StopTimer{Timer: protocol.TimerSuspicion},
		protocol.Send{To: acceptor(1), Message: protocol.Prepare{Ballot: ballot(1, 1), FirstSlot: 1}},
		protocol.Send{To: acceptor(2), Message: protocol.Prepare{Ballot: ballot(1, 1), FirstSlot: 1}},
		protocol.Send{To: acceptor(3), Message: protocol.Prepare{Ballot: ballot(1, 1), FirstSlot: 1}},
	)
	return l
}

// leading is the same in phase 2, with nothing accepted before.
func leading(t *testing.T) *multipaxos.Leader {
	t.Helper()
	l := preparing(t, 1)
	for _, from := range []int{1, 3} {
		l.Step(receive(acceptor(from), protocol.Promise{Ballot: ballot(1, 1)}))
	}
	if l.State().Role != protocol.RoleLeading {
		t.Fatalf("it is %v", l.State().Role)
	}
	return l
}

func accepts(slot int, b protocol.Ballot, v protocol.Value) []protocol.Effect {
	var all []protocol.Effect
	for i := range 3 {
		m := protocol.Accept{Ballot: b, Slot: protocol.Slot(slot), Value: v}
		all = append(all, protocol.Send{To: acceptor(i + 1), Message: m})
	}
	return all
}

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

// What does not belong to the cluster, or is for processes of another kind, has no effect.
func TestStrangers(t *testing.T) {
	config := multipaxos.Config{Acceptors: 3, Leaders: 2, Replicas: 1}
	all := map[protocol.Process]multipaxos.Process{
		acceptor(1): multipaxos.NewAcceptor(1, config), leader(1): multipaxos.NewLeader(1, config),
		replica(1): multipaxos.NewReplica(1, config),
	}
	b := ballot(3, 2)
	messages := []protocol.Message{
		protocol.Prepare{Ballot: b, FirstSlot: 1},
		protocol.Promise{Ballot: b},
		protocol.PrepareRejected{Ballot: b, Promised: b},
		protocol.Accept{Ballot: b, Slot: 1, Value: value(1)},
		protocol.Accepted{Ballot: b, Slot: 1},
		protocol.AcceptRejected{Ballot: b, Slot: 1, Promised: b},
		protocol.Commit{Ballot: b, Slot: 1, Value: value(1)},
		protocol.Heartbeat{Ballot: b, Chosen: 1},
		protocol.CatchUp{FirstSlot: 1},
		protocol.CaughtUp{FirstSlot: 1, Values: []protocol.Value{value(1)}, Chosen: 1},
	}
	for id, p := range all {
		strangers := []protocol.Process{id, {}, acceptor(0), acceptor(4), leader(3), replica(2)}
		for _, from := range strangers {
			for _, m := range messages {
				wantEffects(t, p.Step(receive(from, m)))
			}
			for _, m := range messages {
				wantEffects(t, p.Step(protocol.RPCTimeout{To: from, Request: m}))
			}
		}
		wantEffects(t, p.Step(receive(leader(2), protocol.Promise{Ballot: ballot(0, 1)})))
	}
	for _, id := range []protocol.Process{acceptor(2), replica(1)} { // an acceptor and a replica hear leaders alone
		for _, m := range messages {
			wantEffects(t, all[acceptor(1)].Step(receive(id, m)))
			if id != replica(1) {
				wantEffects(t, all[replica(1)].Step(receive(id, m)))
			}
		}
	}
	before := all[replica(1)].State().Clone()
	wantEffects(t, all[replica(1)].Step(receive(leader(2), protocol.Commit{Ballot: b, Value: value(1)}))) // slot 0
	if after := *all[replica(1)].State(); len(after.Chosen) != len(before.Chosen) {
		t.Errorf("it learns a value of slot 0: %v", after.Chosen)
	}
}

// The next ballot is above all that the leader heard of, and the last round has none after it.
func TestBallots(t *testing.T) {
	l := leading(t)
	l.Step(receive(acceptor(1), protocol.AcceptRejected{Ballot: ballot(1, 1), Slot: 1, Promised: ballot(7, 2)}))
	l.Step(protocol.SuspicionTimeout{})
	if got := l.State().Ballot; got != ballot(8, 1) {
		t.Errorf("after 7.2 it begins %v", got)
	}
	l.Step(protocol.RestartLeader{Round: 8})
	l.Step(protocol.Lead{})
	if got := l.State().Ballot; got != ballot(9, 1) {
		t.Errorf("after a restart in round 8 it begins %v", got)
	}
	l.Step(protocol.RestartLeader{Round: ^protocol.Round(0)})
	wantEffects(t, l.Step(protocol.Lead{}))
	for _, lower := range [][2]protocol.Ballot{
		{ballot(0, 0), ballot(0, 1)}, {ballot(1, 9), ballot(2, 1)}, {ballot(2, 1), ballot(2, 2)},
	} {
		if !multipaxos.Below(lower[0], lower[1]) || multipaxos.Below(lower[1], lower[0]) ||
			multipaxos.Below(lower[0], lower[0]) {
			t.Errorf("%v is not below %v alone", lower[0], lower[1])
		}
	}
}

// A replica applies in order, waits for what is missing, and asks for it; all that it learns is on its disk.
func TestLearning(t *testing.T) {
	r := multipaxos.NewReplica(1, multipaxos.Config{Acceptors: 3, Leaders: 2, Replicas: 1, MaxValues: 2})
	commit := func(slot int) protocol.Receive {
		return receive(leader(2), protocol.Commit{Ballot: ballot(1, 2), Slot: protocol.Slot(slot), Value: value(slot)})
	}
	saved := func(slot int) protocol.Effect {
		return protocol.PersistChosen{Chosen: []protocol.Decision{{Slot: protocol.Slot(slot), Value: value(slot)}}}
	}
	apply := func(slot int) protocol.Effect { return protocol.Apply{Slot: protocol.Slot(slot), Value: value(slot)} }
	started, stopped := protocol.SetTimer{Timer: protocol.TimerCatchUp}, protocol.StopTimer{Timer: protocol.TimerCatchUp}

	wantEffects(t, r.Step(commit(1)), saved(1), apply(1))
	wantEffects(t, r.Step(commit(1)))
	wantEffects(t, r.Step(commit(3)), saved(3), started)
	wantEffects(t, r.Step(commit(2)), saved(2), apply(2), apply(3), stopped)
	wantEffects(t, r.Step(commit(6)), saved(6), started)
	asked := protocol.CatchUp{FirstSlot: 4}
	wantEffects(t, r.Step(protocol.CatchUpTimeout{}), protocol.Send{To: leader(2), Message: asked})
	wantEffects(t, r.Step(commit(8)), saved(8)) // it is asking already
	caughtUp := protocol.CaughtUp{FirstSlot: 4, Values: []protocol.Value{value(4), value(5)}, Chosen: 9}
	wantEffects(
		t, r.Step(receive(leader(2), caughtUp)),
		protocol.PersistChosen{Chosen: []protocol.Decision{{Slot: 4, Value: value(4)}, {Slot: 5, Value: value(5)}}},
		apply(4), apply(5), apply(6), protocol.Send{To: leader(2), Message: protocol.CatchUp{FirstSlot: 7}},
	)
	wantEffects(t, r.Step(protocol.RPCTimeout{To: leader(2), Request: protocol.CatchUp{FirstSlot: 7}}), started)
	wantEffects(
		t, r.Step(protocol.CatchUpTimeout{}),
		protocol.Send{To: leader(1), Message: protocol.CatchUp{FirstSlot: 7}},
	)
}

// A step says beforehand whether it writes, and a state that was copied before a step is not changed by it.
func TestWrites(t *testing.T) {
	for seed := uint64(1); seed <= 60; seed++ {
		s := newSchedule(seed, multipaxos.BugNone)
		s.stepper = func(p multipaxos.Process, input protocol.Input) []protocol.Effect {
			before := p.State().Clone()
			says := p.Writes(input)
			if !p.State().Equal(before) {
				t.Fatalf("seed %d: asking whether %v writes changes the state", seed, input)
			}
			copied := protocol.AppendState(nil, before)
			effects := p.Step(input)
			writes := false
			for _, effect := range effects {
				writes = writes || strings.HasPrefix(effect.Name(), "Persist")
			}
			if says != writes {
				t.Fatalf("seed %d: %v writes: %t, and it says %t", seed, input, writes, says)
			}
			if string(copied) != string(protocol.AppendState(nil, before)) {
				t.Fatalf("seed %d: %v changes a copy", seed, input)
			}
			return effects
		}
		if problem := s.run(); problem != "" {
			t.Fatal(problem)
		}
	}
}

// Messages own what they hold: they say the same after all else went on.
func TestMessagesOwnWhatTheyHold(t *testing.T) {
	for seed := uint64(1); seed <= 60; seed++ {
		s := newSchedule(seed, multipaxos.BugNone)
		type kept struct{ effect, copy protocol.Effect }
		var all []kept
		s.stepper = func(p multipaxos.Process, input protocol.Input) []protocol.Effect {
			effects := p.Step(input)
			for _, effect := range effects {
				all = append(all, kept{effect, protocol.CloneEffect(effect)})
			}
			return effects
		}
		if problem := s.run(); problem != "" {
			t.Fatal(problem)
		}
		for _, e := range all {
			if !protocol.EqualEffect(e.effect, e.copy) {
				t.Fatalf("seed %d: an effect was\n%v\nand is\n%v", seed, e.copy, e.effect)
			}
		}
	}
}
