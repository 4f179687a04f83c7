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
