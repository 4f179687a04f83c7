package invariants_test

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/invariants"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

func ballot(round, leader int) protocol.Ballot {
	return protocol.Ballot{Round: protocol.Round(round), Leader: uint32(leader)}
}

func value(sequence int) protocol.Value {
	request := kv.RequestID{Client: 1, Sequence: kv.Sequence(sequence)}
	return protocol.Value{Request: request, Command: kv.Get{Key: "x"}}
}

func process(kind protocol.Kind, number int) protocol.Process {
	return protocol.Process{Kind: kind, Number: uint32(number)}
}

// accepts is an acceptor that accepts a value, as it should.
func accepts(by, slot int, b protocol.Ballot, v protocol.Value) *invariants.View {
	accepted := protocol.Proposal{Slot: protocol.Slot(slot), Ballot: b, Value: v}
	return &invariants.View{
		Process: process(protocol.KindAcceptor, by), Durable: &invariants.Durable{},
		State:    &protocol.State{AcceptorState: protocol.AcceptorState{Promised: b}},
		Received: protocol.Accept{Ballot: b, Slot: protocol.Slot(slot), Value: v},
		Sent: []invariants.Sent{{
			Message: protocol.Accepted{Ballot: b, Slot: protocol.Slot(slot)}, Promised: b, Accepted: accepted,
		}},
	}
}

// leader is leader-1 in a role and a ballot, having applied so much.
func leader(role protocol.Role, b protocol.Ballot, applied int) *invariants.View {
	s := &protocol.State{}
	s.Role, s.Ballot, s.Applied = role, b, protocol.Slot(applied)
	return &invariants.View{Process: process(protocol.KindLeader, 1), State: s, Durable: &invariants.Durable{}}
}

// replica is replica-1, having applied so much, and applying values now.
func replica(applied int, values ...protocol.Value) *invariants.View {
	v := leader(protocol.RoleStandby, protocol.Ballot{}, applied)
	v.Process = process(protocol.KindReplica, 1)
	for i, one := range values {
		slot := protocol.Slot(applied - len(values) + 1 + i)
		v.Applied = append(v.Applied, invariants.Applied{Slot: slot, Value: one, Result: kv.KeyNotFound{Key: "x"}})
	}
	return v
}

func promises(by int, b protocol.Ballot) *invariants.View {
	v := leader(protocol.RolePreparing, b, 0)
	v.Received, v.From = protocol.Promise{Ballot: b}, process(protocol.KindAcceptor, by)
	return v
}

func sends(v *invariants.View, messages ...protocol.Message) *invariants.View {
	for _, m := range messages {
		to := process(protocol.KindAcceptor, 1)
		v.Sent = append(v.Sent, invariants.Sent{To: to, Message: m, Round: v.State.Ballot.Round})
	}
	return v
}

func changed(v *invariants.View, change func(*invariants.View)) *invariants.View {
	change(v)
	return v
}

// Each invariant is violated by the last of a few events, and nothing by those before.
func TestPlanted(t *testing.T) {
	one, two := ballot(1, 1), ballot(2, 2)
	chosen := []*invariants.View{accepts(1, 1, one, value(1)), accepts(2, 1, one, value(1))}
	after := func(more ...*invariants.View) []*invariants.View {
		return append(append([]*invariants.View(nil), chosen...), more...)
	}
	accept := protocol.Accept{Ballot: one, Slot: 1, Value: value(1)}
	other := protocol.Accept{Ballot: one, Slot: 1, Value: value(2)}
	tried := map[protocol.InvariantName]bool{}
	for want, events := range map[protocol.InvariantName][]*invariants.View{
		protocol.InvariantAgreement: after(accepts(2, 1, two, value(2)), accepts(3, 1, two, value(2))),
		protocol.InvariantPromisesRise: {
			accepts(1, 1, two, value(1)),
			changed(accepts(1, 2, two, value(1)), func(v *invariants.View) { v.State.Promised, v.Sent = one, nil }),
		},
		protocol.InvariantPromisesKept: {
			accepts(1, 1, two, value(1)),
			changed(accepts(1, 2, one, value(1)), func(v *invariants.View) { v.State.Promised = two }),
		},
		protocol.InvariantOneValuePerBallot: {
			sends(leader(protocol.RoleStandby, one, 0), accept, accept), sends(leader(protocol.RoleStandby, one, 0), other),
		},
		protocol.InvariantBallotsRise: {
			leader(protocol.RolePreparing, two, 0), leader(protocol.RoleStandby, two, 0),
			leader(protocol.RolePreparing, one, 0),
		},
		protocol.InvariantPromisesWereGiven: {
			leader(protocol.RolePreparing, one, 0), promises(1, one), promises(1, one), promises(2, two),
			leader(protocol.RoleLeading, one, 0),
		},
		protocol.InvariantValueOfHighestBallot: {
			leader(protocol.RolePreparing, two, 0),
			changed(promises(1, two), func(v *invariants.View) {
				v.Received = protocol.Promise{Ballot: two, Accepted: []protocol.Proposal{{Slot: 1, Ballot: one, Value: value(1)}}}
			}),
			promises(2, two),
			sends(leader(protocol.RolePreparing, two, 0), protocol.Accept{Ballot: two, Slot: 1, Value: value(2)}),
		},
		protocol.InvariantChosenByMajority: {
			accepts(1, 1, one, value(1)),
			changed(leader(protocol.RoleStandby, one, 0), func(v *invariants.View) {
				v.Chosen = []protocol.Choose{{Slot: 1, Value: value(1), AcceptedBy: []protocol.AcceptorID{1, 2}}}
			}),
		},
		protocol.InvariantLearntIsChosen: {
			accepts(1, 1, one, value(1)),
			changed(replica(0), func(v *invariants.View) {
				v.Learnt = []protocol.Decision{{Slot: 1, Value: value(1)}}
			}),
		},
		protocol.InvariantSameOrder: after(changed(replica(1, value(1)), func(v *invariants.View) { v.Applied[0].Slot = 2 })),
		protocol.InvariantMonotonic: after(replica(1, value(1)), replica(0)),
		protocol.InvariantPersistBeforeSend: {
			changed(accepts(1, 1, one, value(1)), func(v *invariants.View) { v.Sent[0].Promised = protocol.Ballot{} }),
		},
		protocol.InvariantRestartFromDisk: {
			changed(accepts(1, 1, one, value(1)), func(v *invariants.View) {
				v.Event, v.Received, v.Sent, v.Durable.Promised = invariants.Restarted, nil, nil, two
			}),
		},
		protocol.InvariantWithinWindow: {
			sends(leader(protocol.RoleStandby, one, 0), accept, protocol.Accept{Ballot: one, Slot: 3, Value: value(3)}),
		},
		protocol.InvariantSameStore: after(replica(1, value(1)), changed(replica(1, value(1)), func(v *invariants.View) {
			v.Process.Number, v.Applied[0].Result = 2, kv.Found{Value: "1"}
		})),
		protocol.InvariantExactlyOnce: after(changed(replica(1, value(1)), func(v *invariants.View) {
			v.Applied[0].Result = kv.Found{Value: "1"}
		})),
		protocol.InvariantAnswerOfItsSlot: after(changed(leader(protocol.RoleStandby, one, 0), func(v *invariants.View) {
			v.Answers = []kv.Message{kv.Answered{Request: value(1).Request, Result: kv.KeyNotFound{Key: "x"}}}
		})),
		protocol.InvariantProgress: after(
			changed(replica(0), func(v *invariants.View) { v.Learnt = []protocol.Decision{{Slot: 1, Value: value(1)}} }),
			&invariants.View{Event: invariants.Ended, Finished: true},
		),
		protocol.InvariantTraceIntegrity: after(replica(1, value(1)), changed(replica(0), func(v *invariants.View) {
			v.Event = invariants.Restarted
			v.Durable.Chosen = map[protocol.Slot]protocol.Value{}
			v.Applied = []invariants.Applied{{Slot: 1, Value: value(1), Result: kv.KeyNotFound{Key: "x"}}}
		})),
	} {
		t.Run(string(want), func(t *testing.T) {
			planted(t, want, events)
		})
		tried[want] = true
	}
	for _, i := range protocol.AllInvariants() {
		if !tried[i.Name] && i.Name != protocol.InvariantLinearizable { // see TestLinearizable
			t.Errorf("nothing violates %s", i.Name)
		}
	}
}

func planted(t *testing.T, want protocol.InvariantName, events []*invariants.View) {
	t.Helper()
	var told *check.Violation
	now := time.Duration(0)
	c := invariants.New(invariants.Options{
		Acceptors: 3, Leaders: 2, Replicas: 2, Window: 2, Now: func() time.Duration { return now },
		Violated: func(v *check.Violation) { told = v },
	})
	for i, v := range events {
		now += ms
		v.At = now
		c.Check(v)
		if i < len(events)-1 && c.Violation() != nil {
			t.Fatalf("event %d violates already: %v", i, c.Violation())
		}
	}
	if told == nil || told != c.Violation() || told.Invariant.Name != string(want) {
		t.Fatalf("violated is %v, want %s", told, want)
	}
	if told.Facts[0] == "" || told.Facts[1] == "" || told.Invariant.ID == "" {
		t.Errorf("it does not say what clashes: %+v", told)
	}
	c.Check(events[len(events)-1])
	if c.Events() > uint64(len(events)) {
		t.Error("it goes on after a violation")
	}
}

// A history that is not linearizable is found, and one that is open at the end looked at.
func TestLinearizable(t *testing.T) {
	now := time.Duration(0)
	tick := func() time.Duration { now++; return now }
	c := invariants.New(invariants.Options{Acceptors: 1, Leaders: 1, Replicas: 1, Now: tick})
	request := value(1).Request
	c.Asked(request, kv.Get{Key: "x"})
	c.Answered(request, kv.Found{Value: "never put"})
	c.Answered(request, kv.Found{Value: "twice"})
	c.End(false)
	if v := c.Violation(); v == nil || v.Invariant.Name != string(protocol.InvariantLinearizable) {
		t.Errorf("violated is %v", v)
	}
	if len(c.Figures().Answers) != 1 {
		t.Errorf("the answers are %v", c.Figures().Answers)
	}
}
