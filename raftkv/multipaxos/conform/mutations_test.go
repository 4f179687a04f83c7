package conform_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/conform"
)

// mutation is one thing that is made wrong in a good trace, and the finding that has to come of it.
type mutation struct {
	name   string
	want   string                // the id of a rule or an invariant's name; a colon and what has to be found may follow
	mutate func(m *mutated) bool // false where the trace has nothing to be changed so
}

const (
	process  = string(spans.PaxosProcessIDKey)
	reply    = string(spans.PaxosReplyKey)
	slot     = string(spans.PaxosSlotKey)
	attempt  = string(spans.PaxosAttemptKey)
	command  = string(spans.PaxosCommandKey)
	roleTo   = string(spans.PaxosRoleKey)
	event    = string(spans.PaxosRoleEventKey)
	outcome  = string(spans.PaxosOutcomeKey)
	promised = string(spans.PaxosPromisedKey)
	request  = string(kvspans.KVRequestIDKey)
)

// accepted is an Accept that an acceptor accepted of somebody's command.
func accepted(m *mutated) *span.Span {
	return m.find(spans.AcceptServerID, reply, "Accepted", command, "≠noop")
}

// restarted is the start of a process of a kind that started before.
func restarted(m *mutated, kind string) *span.Span {
	return m.where(func(s *span.Span) bool {
		return is(s, spans.StartID) && strings.HasPrefix(s.Service, kind) && s.Start.Sub(m.all[0].Start) > time.Millisecond
	})
}

// adopting is the change of role of a leader that takes over a value from a promise.
func adopting(m *mutated, source string) *span.Span {
	return m.where(func(s *span.Span) bool {
		return is(s, spans.RoleChangeID) && slices.ContainsFunc(s.Events, func(e span.Event) bool {
			return e.Attribute(spans.PaxosSourceKey).AsString() == source
		})
	})
}

// ofAcceptors are mutations of what acceptors say.
var ofAcceptors = []mutation{
	{"a promise that falls", "PromisesRise: has promised 0.1", func(m *mutated) bool {
		return set(m.find(spans.AcceptServerID, reply, "Accepted"), spans.PaxosPromisedKey.String("0.1"))
	}},
	{"a promise that rises by itself", "TraceIntegrity: has promised 99.1 after a message", func(m *mutated) bool {
		return set(m.find(spans.AcceptServerID, reply, "Accepted"), spans.PaxosPromisedKey.String("99.1"))
	}},
	{"a promise forgotten in a crash", "RestartFromDisk: the promise of ballot 0.0", func(m *mutated) bool {
		return set(restarted(m, "acceptor"), spans.PaxosPromisedKey.String("0.0"))
	}},
	{"a promise that falls with a crash", "PromisesRise: starts again and has promised 0.0", func(m *mutated) bool {
		return set(restarted(m, "acceptor"), spans.PaxosPromisedKey.String("0.0"))
	}},
	{"a proposal forgotten in a crash", "RestartFromDisk: and what it accepted in", func(m *mutated) bool {
		s := restarted(m, "acceptor")
		return s != nil && set(s, spans.PaxosAcceptedCountKey.Int64(numberOf(s, spans.PaxosAcceptedCountKey)-1))
	}},
	{"a refusal made an acceptance", "PromisesKept: accepts a proposal of ballot", func(m *mutated) bool {
		s := m.find(spans.AcceptServerID, reply, "AcceptRejected")
		return set(s, spans.PaxosReplyKey.String("Accepted")) && set(m.withID(s.Parent), spans.PaxosReplyKey.String("Accepted"))
	}},
	{"a refusal made a promise", "PromisesKept: promises ballot", func(m *mutated) bool {
		return set(m.find(spans.PrepareServerID, reply, "PrepareRejected"), spans.PaxosReplyKey.String("Promise"))
	}},
	{"an acceptance made a refusal", "wrong_refusal: refuses ballot", func(m *mutated) bool {
		return set(accepted(m), spans.PaxosReplyKey.String("AcceptRejected"))
	}},
	{"a promise that tells less than was accepted", "wrong_promise: tells that it accepted", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool {
			return is(s, spans.PrepareServerID) && len(listOf(s, spans.PaxosAcceptedKey)) > 1
		})
		return s != nil && set(s, spans.PaxosAcceptedKey.StringSlice(listOf(s, spans.PaxosAcceptedKey)[1:]))
	}},
	{"a proposal of another ballot in a promise", "wrong_promise: tells that it accepted", func(m *mutated) bool {
		s := m.where(func(s *span.Span) bool {
			return is(s, spans.PrepareServerID) && len(listOf(s, spans.PaxosAcceptedKey)) > 0
		})
		if s == nil {
			return false
		}
		list := slices.Clone(listOf(s, spans.PaxosAcceptedKey))
		_, rest, _ := strings.Cut(list[0], " ")
		at, _, _ := strings.Cut(list[0], "@")
		list[0] = at + "@77.2 " + rest
		return set(s, spans.PaxosAcceptedKey.StringSlice(list))
	}},
	{"an acceptance that is not durable", "PersistBeforeSend: made nothing durable", func(m *mutated) bool {
		return forget(accepted(m), spans.EventPersistPromise)
	}},
	{"a promise that is not durable", "PersistBeforeSend: its disk holds ballot 0.0", func(m *mutated) bool {
		return forget(m.find(spans.PrepareServerID, reply, "Promise"), spans.EventPersistPromise)
	}},
	{"a disk that holds another promise", "PersistBeforeSend: its disk holds ballot 88.1", func(m *mutated) bool {
		return tell(accepted(m), spans.EventPersistPromise, spans.PaxosPromisedKey.String("88.1"))
	}},
	{"a disk that holds less", "PersistBeforeSend: and its disk holds", func(m *mutated) bool {
		return tell(accepted(m), spans.EventPersistPromise, spans.PaxosAcceptedCountKey.Int(0))
	}},
	{"a promise made durable after it was given", "wrong_step: what it sends leaves at", func(m *mutated) bool {
		s := accepted(m)
		s.Events = slices.Clone(s.Events)
		for i := range s.Events {
			if s.Events[i].Name == spans.EventPersistPromise {
				s.Events[i].At = s.End.Add(time.Microsecond * 3)
			}
		}
		return true
	}},
	{"an acceptor that accepted another command", "message_mismatch: the value is", func(m *mutated) bool {
		return set(accepted(m), spans.PaxosCommandKey.String("put a other"))
	}},
	{"an acceptor whose vote is dropped", "unhandled_delivery: no span of", func(m *mutated) bool {
		m.remove(accepted(m))
		return true
	}},
}

// ofBallots are mutations of how leaders begin ballots and lead.
var ofBallots = []mutation{
	{"a ballot begun twice", "BallotsRise: begins ballot", func(m *mutated) bool {
		second := m.where(func(s *span.Span) bool {
			first := m.find(spans.Phase1ID, process, s.Service)
			return is(s, spans.Phase1ID) && first.ID != s.ID
		})
		if second == nil {
			return false
		}
		first := m.find(spans.Phase1ID, process, second.Service)
		return set(second, spans.PaxosBallotKey.String(textOf(first, spans.PaxosBallotKey)))
	}},
	{"a round forgotten in a crash", "RestartFromDisk: starts again with round 0", func(m *mutated) bool {
		return set(restarted(m, "leader"), spans.PaxosRoundKey.Int(0))
	}},
	{"a round that is not durable", "PersistBeforeSend: its disk holds round", func(m *mutated) bool {
		return forget(m.find(spans.Phase1ID), spans.EventPersistRound)
	}},
	{"a ballot that another leader owns", "TraceIntegrity: begins ballot", func(m *mutated) bool {
		s := m.find(spans.Phase1ID, process, "leader-1")
		return set(s, spans.PaxosBallotKey.String(strings.Replace(textOf(s, spans.PaxosBallotKey), ".1", ".2", 1)))
	}},
	{"a ballot below one heard of", "stale_ballot: begins ballot", func(m *mutated) bool {
		return set(m.where(func(s *span.Span) bool {
			return is(s, spans.HeartbeatConsumerID) && m.nextOf(s, spans.Phase1ID, spans.StartID) == spans.Phase1ID
		}), spans.PaxosBallotKey.String("50.1"))
	}},
	{"a leader with too few promises", "PromisesWereGiven: leads in ballot", func(m *mutated) bool {
		s := m.find(spans.PrepareClientID, reply, "Promise")
		return set(s, spans.PaxosReplyKey.String("PrepareRejected"))
	}},
	{"promises of more than gave one", "PromisesWereGiven: counts the promises of", func(m *mutated) bool {
		s := m.find(spans.Phase1ID, outcome, "leads")
		return set(s, spans.PaxosPromisesKey.Int64(numberOf(s, spans.PaxosPromisesKey)+1))
	}},
	{"a majority that is none", "malformed_value: paxos.quorum is 1", func(m *mutated) bool {
		return set(m.find(spans.Phase1ID), spans.PaxosQuorumKey.Int(1))
	}},
	{"phase 1 that did not lead", "TraceIntegrity: ends as preempted", func(m *mutated) bool {
		return set(m.find(spans.Phase1ID, outcome, "leads"), spans.PaxosOutcomeKey.String("preempted"))
	}},
	{"a leader that never says so", "missing_span: does not lead", func(m *mutated) bool {
		m.remove(m.find(spans.RoleChangeID, roleTo, "leading"))
		return true
	}},
	{"a change that no edge is", "illegal_transition: to leading by suspicion", func(m *mutated) bool {
		return set(m.find(spans.RoleChangeID, roleTo, "leading"), spans.PaxosRoleEventKey.String("suspicion"))
	}},
	{"a leader preempted by nobody", "illegal_transition: is preempted in ballot", func(m *mutated) bool {
		s := m.find(spans.RoleChangeID, event, "preempted")
		if s == nil {
			return false
		}
		above := m.withID(s.Parent)
		return is(above, spans.AcceptClientID) && set(above, spans.PaxosPromisedKey.String("0.1"))
	}},
	{"a higher ballot that preempts nobody", "illegal_transition: and goes on in ballot", func(m *mutated) bool {
		s := m.find(spans.RoleChangeID, event, "preempted")
		if s == nil {
			return false
		}
		m.remove(s)
		return true
	}},
	{"a leader that is on standby", "TraceIntegrity: is standby here", func(m *mutated) bool {
		return set(m.find(spans.ChosenID), spans.PaxosRoleKey.String("standby"))
	}},
	{"a heartbeat round left out", "missing_span: it is round", func(m *mutated) bool {
		m.remove(m.find(spans.HeartbeatID))
		return true
	}},
	{"a restart that does not say as what", "missing_span: started again, and no paxos.role_change", func(m *mutated) bool {
		s := m.find(spans.RoleChangeID, event, "restart")
		if s == nil {
			return false
		}
		m.remove(s)
		return true
	}},
}

// mutatedPlans are those in whose traces something is made wrong: the first that has what is to be changed.
func mutatedPlans() []plan {
	return []plan{usual(1), stormy(3), stormy(16), stormy(22), stormy(34)}
}

// TestMutations makes one thing after the other wrong in a trace that is right, and wants it found.
func TestMutations(t *testing.T) {
	var traces [][]span.Span
	for _, p := range mutatedPlans() {
		traces = append(traces, run(t, p))
	}
	all := slices.Concat(ofAcceptors, ofBallots, ofProposals, ofLearners)
	if len(all) < 60 {
		t.Errorf("there are %d mutations, want at least 60", len(all))
	}
	for _, c := range all {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			for _, trace := range traces {
				m := &mutated{slices.Clone(trace)}
				if !c.mutate(m) {
					continue
				}
				wantFound(t, c.want, m.all)
				return
			}
			t.Error("no trace has what is to be made wrong")
		})
	}
}

// wantFound wants that a trace breaks a rule, as a finding says.
func wantFound(t *testing.T, want string, trace []span.Span) {
	t.Helper()
	r := checked(trace)
	id, text, _ := strings.Cut(want, ": ")
	if !slices.ContainsFunc(r.Findings, func(f conform.Finding) bool {
		return f.ID == id && strings.Contains(f.Got, text) && f.Want != ""
	}) {
		t.Errorf("%s is not found; what is found is %v", want, r.Counts)
		for i, f := range r.Findings {
			if i < 6 {
				t.Logf("%s: got %s, want %s", f.ID, f.Got, f.Want)
			}
		}
	}
}
