package conform_test

import (
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// ofProposals are mutations of what leaders propose, and take for chosen.
var ofProposals = []mutation{
	{"another value than the promises demand", "ValueOfHighestBallot: proposes", func(m *mutated) bool {
		s := adopting(m, "adopted")
		if s == nil {
			return false
		}
		of := s.Events[slices.IndexFunc(s.Events, func(e span.Event) bool {
			return e.Attribute(spans.PaxosSourceKey).AsString() == "adopted"
		})].Attribute(spans.PaxosSlotKey).AsInt64()
		return m.every(func(a *span.Span) bool {
			return is(a, spans.AcceptClientID, slot, strconv.FormatInt(of, 10), string(spans.PaxosBallotKey),
				textOf(s, spans.PaxosBallotKey))
		}, func(a *span.Span) { set(a, spans.PaxosCommandKey.String("put a other")) })
	}},
	{"a value adopted that no promise told of", "ValueOfHighestBallot: takes over noop", func(m *mutated) bool {
		s := adopting(m, "noop")
		return tell(s, spans.EventPropose, spans.PaxosSourceKey.String("adopted"))
	}},
	{"a promise that told of a higher ballot", "ValueOfHighestBallot: proposes", func(m *mutated) bool {
		s := adopting(m, "adopted")
		if s == nil {
			return false
		}
		return m.every(func(p *span.Span) bool {
			return is(p, spans.PrepareClientID, reply, "Promise") && p.Parent == s.Parent
		}, func(p *span.Span) {
			list := slices.Clone(listOf(p, spans.PaxosAcceptedKey))
			for i, text := range list {
				at, _, _ := strings.Cut(text, "@")
				list[i] = at + "@1.7 client-1/99 put a stale"
			}
			if len(list) > 0 {
				set(p, spans.PaxosAcceptedKey.StringSlice(list))
			}
		})
	}},
	{"two values in a slot of a ballot", "OneValuePerBallot: put a other in slot", func(m *mutated) bool {
		return set(m.find(spans.AcceptClientID, command, "≠noop"), spans.PaxosCommandKey.String("put a other"))
	}},
	{"a slot given twice", "OneValuePerBallot: gives slot 1 a value", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool {
			return s.Kind == specs[spans.PutServerID].Kind && slices.ContainsFunc(s.Events, func(e span.Event) bool {
				return e.Name == spans.EventPropose && e.Attribute(spans.PaxosSlotKey).AsInt64() == 2
			})
		})
		return tell(s, spans.EventPropose, spans.PaxosSlotKey.Int(1))
	}},
	{"a slot left out", "Progress: and left out slot", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool { return s.Kind == specs[spans.PutServerID].Kind && has(s, spans.EventPropose) })
		return tell(s, spans.EventPropose, spans.PaxosSlotKey.Int(9))
	}},
	{"a proposal that was given no slot", "TraceIntegrity: and gave the slot nothing", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool { return s.Kind == specs[spans.PutServerID].Kind && has(s, spans.EventPropose) })
		return forget(s, spans.EventPropose)
	}},
	{"a command that its client did not want", "message_mismatch: gives slot", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool { return s.Kind == specs[spans.PutServerID].Kind && has(s, spans.EventPropose) })
		return tell(s, spans.EventPropose, spans.PaxosCommandKey.String("put a other"))
	}},
	{"a no-op with a command", "TraceIntegrity: is no client's, and its command", func(m *mutated) bool {
		return tell(adopting(m, "noop"), spans.EventPropose, spans.PaxosCommandKey.String("get a"))
	}},
	{"a value chosen by too few", "ChosenByMajority: accepted what is taken for chosen", func(m *mutated) bool {
		s := m.find(spans.ChosenID)
		return set(s, spans.PaxosAcceptedByKey.StringSlice(listOf(s, spans.PaxosAcceptedByKey)[1:]))
	}},
	{"an acceptor counted twice", "ChosenByMajority: is counted twice", func(m *mutated) bool {
		s := m.find(spans.ChosenID)
		one := listOf(s, spans.PaxosAcceptedByKey)[0]
		return set(s, spans.PaxosAcceptedByKey.StringSlice([]string{one, one}))
	}},
	{"an acceptor counted that did not answer", "ChosenByMajority: is said to have accepted slot", func(m *mutated) bool {
		s := m.find(spans.ChosenID)
		list := listOf(s, spans.PaxosAcceptedByKey)
		for _, other := range []string{"acceptor-1", "acceptor-2", "acceptor-3"} {
			if !slices.Contains(list, other) {
				return set(s, spans.PaxosAcceptedByKey.StringSlice([]string{list[0], other}))
			}
		}
		return false
	}},
	{"a majority that accepted for nothing", "missing_span: does not take it for chosen", func(m *mutated) bool {
		m.remove(m.find(spans.ChosenID))
		return true
	}},
	{"two values chosen in a slot", "Agreement: a majority accepted", twoChosen},
	{"an Accept beyond the window", "WithinWindow: asks for slot", func(m *mutated) bool {
		return m.where(func(s *span.Span) bool { return is(s, spans.RoleChangeID) }) != nil && heldBack(m)
	}},
	{"an Accept of another ballot", "TraceIntegrity: the ballot of leader", func(m *mutated) bool {
		return set(m.find(spans.AcceptClientID), spans.PaxosBallotKey.String("1.2"))
	}},
	{"an attempt that links to none", "missing_link: there is no link to accept_client", func(m *mutated) bool {
		s := m.find(spans.AcceptClientID, attempt, "2")
		if s != nil {
			s.Links = nil
		}
		return s != nil
	}},
	{"an Accept below another request", "wrong_parent: its parent is", func(m *mutated) bool {
		s := m.find(spans.AcceptClientID, slot, "2")
		other := m.find(spans.AcceptClientID, slot, "1")
		if s == nil || other == nil || m.hasBelow(s, "none") {
			return false
		}
		s.Parent = other.Parent
		return true
	}},
}

// twoChosen has a second majority accept another value in a slot that has one: of a higher ballot, whose promises told
// of nothing there.
func twoChosen(m *mutated) bool {
	adopt := adopting(m, "adopted")
	if adopt == nil {
		return false
	}
	ballot := textOf(adopt, spans.PaxosBallotKey)
	votes := map[string]int{}
	for i := range m.all {
		if s := &m.all[i]; is(s, spans.AcceptServerID, reply, "Accepted", string(spans.PaxosBallotKey), ballot) {
			votes[textOf(s, spans.PaxosSlotKey)]++
		}
	}
	for i := range m.all {
		s := &m.all[i]
		of := textOf(s, spans.PaxosSlotKey)
		before := m.find(spans.ChosenID, slot, of, string(spans.PaxosBallotKey), "≠"+ballot)
		if before != nil && votes[of] > 1 &&
			is(s, spans.AcceptServerID, reply, "Accepted", string(spans.PaxosBallotKey), ballot) {
			return m.every(func(s *span.Span) bool {
				return is(s, spans.AcceptServerID, slot, of, string(spans.PaxosBallotKey), ballot)
			}, func(s *span.Span) { set(s, spans.PaxosCommandKey.String("put a other")) })
		}
	}
	return false
}

// heldBack has a leader hold back a proposal whose slot is nearer than another that it asked for.
func heldBack(m *mutated) bool {
	first := m.find(spans.AcceptClientID, slot, "2", attempt, "1")
	if first == nil {
		return false
	}
	parent := first.Parent
	m.all = slices.DeleteFunc(m.all, func(s span.Span) bool { return is(&s, spans.AcceptClientID) && s.Parent == parent })
	return true
}

// ofLearners are mutations of what is learnt, applied and answered.
var ofLearners = []mutation{
	{"a value learnt that is not chosen", "LearntIsChosen: learns that put a other is chosen", func(m *mutated) bool {
		s := m.find(spans.CommitConsumerID)
		return set(s, spans.PaxosCommandKey.String("put a other"))
	}},
	{"another value caught up with", "LearntIsChosen: learns that client-9/9 get b is chosen", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool {
			return is(s, spans.CatchUpClientID) && len(listOf(s, spans.PaxosValuesKey)) > 0
		})
		if s == nil {
			return false
		}
		list := slices.Clone(listOf(s, spans.PaxosValuesKey))
		at, _, _ := strings.Cut(list[0], " ")
		list[0] = at + " client-9/9 get b"
		return set(s, spans.PaxosValuesKey.StringSlice(list))
	}},
	{"another value at one replica", "SameOrder: applies", func(m *mutated) bool {
		return set(m.find(spans.ApplyID, process, "replica-2", slot, "3"), spans.PaxosCommandKey.String("put a other"))
	}},
	{"two slots swapped at one replica", "SameOrder: applies slot 4 after slot 2", func(m *mutated) bool {
		a, b := m.find(spans.ApplyID, process, "replica-1", slot, "3"), m.find(spans.ApplyID, process, "replica-1", slot, "4")
		return set(a, spans.PaxosSlotKey.Int(4)) && set(b, spans.PaxosSlotKey.Int(3))
	}},
	{"a slot that a replica leaves out", "SameOrder: applies slot 4 after slot 2", func(m *mutated) bool {
		m.remove(m.find(spans.ApplyID, process, "replica-1", slot, "3"))
		return true
	}},
	{"a slot that nobody applies", "missing_span: and applied only what is up to slot", func(m *mutated) bool {
		last := m.find(spans.ApplyID, process, "replica-1")
		for i := range m.all {
			if s := &m.all[i]; is(s, spans.ApplyID, process, "replica-1") &&
				numberOf(s, spans.PaxosSlotKey) > numberOf(last, spans.PaxosSlotKey) {
				last = s
			}
		}
		m.remove(last)
		return true
	}},
	{"a slot applied twice", "Monotonic: applies slot 3 again", func(m *mutated) bool {
		s := m.find(spans.ApplyID, process, "replica-1", slot, "3")
		again := *s.Clone()
		again.ID++
		m.all = append(m.all, again)
		return true
	}},
	{"another result at one replica", "SameStore: answers something else", func(m *mutated) bool {
		return set(m.find(spans.ApplyID, process, "replica-2"), kvspans.KVResultKey.String("something else"))
	}},
	{"another result everywhere", "ExactlyOnce: answers something else", func(m *mutated) bool {
		return m.every(func(s *span.Span) bool { return is(s, spans.ApplyID, slot, "2") },
			func(s *span.Span) { set(s, kvspans.KVResultKey.String("something else")) })
	}},
	{"a value learnt that is not durable", "PersistBeforeSend: and makes nothing durable", func(m *mutated) bool {
		return forget(m.where(func(s *span.Span) bool {
			return is(s, spans.CommitConsumerID) && has(s, spans.EventPersistChosen)
		}), spans.EventPersistChosen)
	}},
	{"a disk that holds fewer values", "PersistBeforeSend: and its disk holds it up to slot", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool {
			return is(s, spans.CommitConsumerID) && has(s, spans.EventPersistChosen) && numberOf(s, spans.PaxosChosenSlotKey) > 1
		})
		return tell(s, spans.EventPersistChosen, spans.PaxosChosenSlotKey.Int(0))
	}},
	{"a replica that knows less after a crash", "RestartFromDisk: what is chosen up to slot 0", func(m *mutated) bool {
		return set(restarted(m, "replica"), spans.PaxosChosenSlotKey.Int(0))
	}},
	{"a role that the leader had not", "RestartFromDisk: was", func(m *mutated) bool {
		s := restarted(m, "leader")
		return s != nil && set(s, spans.PaxosRoleBeforeKey.String(other[textOf(s, spans.PaxosRoleBeforeKey)]))
	}},
	{"a leader that tells a lie", "TraceIntegrity: tells that put a other is chosen", func(m *mutated) bool {
		return set(m.find(spans.CommitProducerID), spans.PaxosCommandKey.String("put a other"))
	}},
	{"a CatchUp from another slot", "TraceIntegrity: asks for what is chosen from slot 99 on", func(m *mutated) bool {
		return set(m.find(spans.CatchUpClientID), spans.PaxosFirstSlotKey.Int(99))
	}},
	{"a leader that tells more than it knows", "TraceIntegrity: tells 99 values", func(m *mutated) bool {
		return set(m.find(spans.CatchUpServerID), spans.PaxosValuesCountKey.Int(99))
	}},
	{"an answer of another slot", "AnswerOfItsSlot: is answered something else", func(m *mutated) bool {
		return set(m.find(spans.PutServerID, reply, "Answered"), kvspans.KVResultKey.String("something else"))
	}},
	{"an answer that was given no slot", "AnswerOfItsSlot: gave the request no slot", func(m *mutated) bool {
		return forget(m.find(spans.PutServerID, reply, "Answered"), spans.EventPropose)
	}},
	{"an answer that comes too early", "AnswerOfItsSlot: answers before it applied slot", func(m *mutated) bool {
		s := m.find(spans.PutServerID, reply, "Answered", process, "leader-1")
		return set(s, worldspans.RaftkvEndStepKey.Int64(numberOf(s, worldspans.RaftkvEndStepKey)-1))
	}},
	{"an answer that comes too late", "AnswerOfItsSlot: and leader-1 does not answer", func(m *mutated) bool {
		s := m.find(spans.PutServerID, reply, "Answered", process, "leader-1")
		return set(s, worldspans.RaftkvEndStepKey.Int64(numberOf(s, worldspans.RaftkvEndStepKey)+1))
	}},
	{"a redirection that had a slot", "AnswerOfItsSlot: answers that it does not lead, and gave", func(m *mutated) bool {
		s := m.find(spans.PutServerID, reply, "OutcomeUnknown")
		return set(s, spans.PaxosReplyKey.String("NotLeader"))
	}},
	{"a redirection to whom never began a ballot", "TraceIntegrity: takes leader-7 for who leads", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool {
			return s.Kind == specs[spans.PutServerID].Kind && textOf(s, spans.PaxosReplyKey) == "NotLeader" &&
				s.Attribute(kvspans.KVLeaderIDKey).Type() != attribute.EMPTY
		})
		return set(s, kvspans.KVLeaderIDKey.String("leader-7"))
	}},
	{"another answer at the client", "message_mismatch: of the reply, kv.result is", func(m *mutated) bool {
		return set(m.find(kvspans.PutClientID, "raft.reply", "Answered"), kvspans.KVResultKey.String("something else"))
	}},
	{"a forged acceptance", "message_mismatch: the reply is Accepted", func(m *mutated) bool {
		return set(m.find(spans.AcceptClientID, reply, "AcceptRejected"), spans.PaxosReplyKey.String("Accepted"))
	}},
	{"a late reply of nobody", "message_mismatch", func(m *mutated) bool {
		return set(m.find(spans.LateReplyID), spans.PaxosPeerIDKey.String("acceptor-9"))
	}},
	{"a replica's span of an acceptor", "wrong_service", func(m *mutated) bool {
		s := m.find(spans.ApplyID, process, "replica-1")
		s.Service = "acceptor-1"
		return true
	}},
	{"a start that says too little", "required_attribute_not_present: there is no paxos.promised", func(m *mutated) bool {
		return unset(m.where(func(s *span.Span) bool {
			return is(s, spans.StartID) && s.Service == "acceptor-1"
		}), spans.PaxosPromisedKey)
	}},
	{"a ballot that is none", "malformed_value: paxos.ballot is seven", func(m *mutated) bool {
		return set(m.find(spans.ChosenID), spans.PaxosBallotKey.String("seven"))
	}},
	{"a list shorter than its count", "malformed_value: lists", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool {
			return is(s, spans.CatchUpClientID) && len(listOf(s, spans.PaxosValuesKey)) > 1
		})
		return s != nil && set(s, spans.PaxosValuesKey.StringSlice(listOf(s, spans.PaxosValuesKey)[1:]))
	}},
}
