package explain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// Replied accounts for a try that a server answered, or refused. It returns the AppendEntries that carried its entry.
func (e *raft) Replied(t *explain.Times, try, server *span.Span) (carriers []*span.Span, ok bool) {
	client, peer := try.Service, peerOf(try)
	switch {
	case state.Replied(try, kv.Answered{}):
		return e.answeredTry(t, try, server), true
	case state.Replied(try, kv.NotLeader{}):
		said := say("%s asked %s%s", client, peer, notLeader(server))
		t.Until(e.End(try), try, "%s.", said)
		t.Why(step(e.End(server), "%s (§8).", said).Held(LeaderOnly))
		return nil, true
	case state.Replied(try, kv.OutcomeUnknown{}):
		t.Until(e.Begin(server), try, "%s's request went to %s, which took it for itself to lead.", client, peer)
		t.Until(e.End(server), server, "%s %s", peer, e.whyUnknown(server))
		t.Until(e.End(try), try, "The news that the outcome is unknown went back to %s.", client)
		t.Why(e.uncommitted(server)...)
		return nil, true
	}
	return nil, false
}

// notLeader says what a server that was asked and did not lead knew of the leader.
func notLeader(server *span.Span) explain.Sentence {
	is := "was not the leader but a " + shown(server, spans.RaftRoleKey)
	if state.Leads(server) {
		is = "said that it was not the leader, which it was"
	}
	leader := shown(server, kvspans.KVLeaderIDKey)
	if leader == "" || leader == kv.NodeID(0).String() {
		return say(", which %s, and knew of none", is)
	}
	return say(", which %s, and named %s", is, leader)
}

// Pending says that a server had taken a request into its log when its try was given up, and why it was not committed.
func (e *raft) Pending(try *span.Span) (explain.Sentence, []explain.Step) {
	for _, server := range e.Receivers(try) {
		appended, what := traces.EventOf(server, spans.EventAppend), "had"
		replied := shown(server, kvspans.RaftReplyKey) != ""
		if appended == nil || replied && !server.End.After(try.End) {
			continue
		}
		if replied {
			what = "by then had"
		}
		return say("%s appended it at index %s, and %s no answer to give", peerOf(try),
			words.Text(appended.Attribute(spans.RaftIndexKey)), what).On(e.When(server, appended)), e.uncommitted(server)
	}
	return explain.Sentence{}, nil
}

// uncommitted says what kept the entry of a request from being committed while a leader had the request open.
func (e *raft) uncommitted(server *span.Span) []explain.Step {
	appended := traces.EventOf(server, spans.EventAppend)
	if appended == nil {
		return nil
	}
	index, n := e.Made(server, appended)
	l := e.LeaderTermAt(server.Service, n.Term)
	if l == nil || e.FirstCommit(server.Service, index, appended.At, server.End) != nil {
		return nil
	}
	if l.Until.After(server.End) {
		l.Until, l.Ended = server.End, server
	}
	return e.notCommittedUnder(l, n, index)
}

// whyUnknown says why a leader could not say what would come of an entry.
func (e *raft) whyUnknown(server *span.Span) explain.Sentence {
	appended := traces.EventOf(server, spans.EventAppend)
	if appended == nil {
		return say("said so; why the trace does not tell, for it has no entry of it").On(e.End(server))
	}
	said := say("appended it at index %s, and had not committed it by %s",
		words.Text(appended.Attribute(spans.RaftIndexKey)),
		e.End(server)).On(e.When(server, appended))
	for s := range e.Of(server.Service, spans.RoleChangeID) {
		if explain.EndTogether(s, server) && state.Is(s, spans.RaftRoleKey, protocol.RoleFollower) {
			return said.Then(", when it heard of term %d and led no more (§5.1): another leader may commit it yet, or not.",
				state.Term(s)).On(e.End(s))
		}
	}
	return said.Then(", when the time was over in which it answers: it may be committed yet, or not.")
}

// answeredTry accounts for a try that was answered, and returns the calls that carried its entry.
func (e *raft) answeredTry(t *explain.Times, try, server *span.Span) (carriers []*span.Span) {
	client, leader := try.Service, server.Service
	t.Until(e.Begin(server), try, "The request travelled from %s to %s, and %s took it up%s.", client, leader, leader,
		e.Ailing(leader, server.Start))
	if appended := traces.EventOf(server, spans.EventAppend); appended == nil {
		t.Until(e.End(server), server, "%s answered without an entry for it in its log, which breaks the rule that a "+
			"command is answered when its entry is applied (§8).", leader)
	} else {
		index, _ := e.Made(server, appended)
		t.Until(e.When(server, appended), server, "%s, the leader of term %d, appended it at index %d.", leader,
			state.Term(server), index)
		for s := range e.Of(leader, spans.AppendEntriesClientID) {
			if state.Carries(s, index) && !s.Start.Before(appended.At) && state.Term(s) == state.Term(server) {
				carriers = append(carriers, s)
			}
		}
		slices.SortStableFunc(carriers, func(a, b *span.Span) int { return a.Start.Compare(b.Start) })
		if commit := e.FirstCommit(leader, index, appended.At, server.End); commit != nil {
			e.replication(t, carriers, commit)
			t.Until(e.End(server), server, "%s committed and applied it.", leader)
		} else {
			t.Until(e.End(server), server, "%s answered, and the trace has no commit of index %d by it until then: that "+
				"breaks the rule that a command is answered when its entry is applied (§8).", leader, index)
		}
	}
	t.Until(e.End(try), try, "The answer travelled back to %s.", client)
	return carriers
}

// Outcome says which servers stored the entry of an operation, and why that was the answer.
func (e *raft) Outcome(op *span.Span, carriers []*span.Span) []explain.Part {
	return []explain.Part{
		explain.Because("Which servers stored it", e.copies(carriers, op)...),
		explain.Because("Why this answer", e.whyThisAnswer(op)...),
	}
}

func appliedSaid(applied *span.Span) string {
	c := state.Command(applied)
	return fmt.Sprintf("%s -> %s", c.Text, words.ResultText(c, applied.Attribute(kvspans.KVResultKey).AsString()))
}

// requestSaid names the operation of whose entry a span tells.
func requestSaid(s *span.Span) string {
	return cmp.Or(explain.RequestOf(s), "the leader itself")
}
