package explain

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// Tried says what came of a client's try: whether a server answered or refused it, or had its entry when the client
// gave up. It returns the AppendEntries that carried its entry.
func (e *raft) Tried(t *explain.Times, try, server *span.Span) explain.Tried {
	client, peer := try.Service, peerOf(try)
	switch {
	case server == nil:
	case replied(try, kv.Answered{}):
		return explain.Tried{Told: true, Awaited: e.answeredTry(t, try, server)}
	case replied(try, kv.NotLeader{}):
		said := say("%s asked %s%s", client, peer, notLeader(server))
		t.Until(e.End(try), try, "%s.", said)
		return explain.Tried{Told: true, Kept: one(tell(e.End(server), "%s (§8).", said).Held(LeaderOnly))}
	case replied(try, kv.OutcomeUnknown{}):
		t.Until(e.Begin(server), try, "%s's request went to %s, which took it for itself to lead.", client, peer)
		t.Until(e.End(server), server, "%s %s", peer, e.whyUnknown(server))
		t.Until(e.End(try), try, "The news that the outcome is unknown went back to %s.", client)
		return explain.Tried{Told: true, Kept: e.uncommitted(server)}
	}
	return e.pending(try)
}

// notLeader says what a server that was asked and did not lead knew of the leader.
func notLeader(server *span.Span) sentence {
	is := "was not the leader but a " + shown(server, spans.RaftRoleKey)
	if leads(server) {
		is = "said that it was not the leader, which it was"
	}
	leader := shown(server, kvspans.KVLeaderIDKey)
	if leader == "" || leader == kv.NodeID(0).String() {
		return say(", which %s, and knew of none", is)
	}
	return say(", which %s, and named %s", is, leader)
}

// pending says that a server had taken a request into its log when its try was given up, and why it was not committed.
func (e *raft) pending(try *span.Span) (t explain.Tried) {
	for _, server := range e.Receivers(try) {
		appended, what := traces.EventOf(server, spans.EventAppend), "had"
		replied := shown(server, kvspans.RaftReplyKey) != ""
		if appended == nil || replied && !server.End.After(try.End) {
			continue
		}
		if replied {
			what = "by then had"
		}
		t.Done = say("%s appended it at index %d, and %s no answer to give", peerOf(try), e.made(server, appended).Index,
			what).On(e.When(server, appended))
		t.Kept = e.uncommitted(server)
		break
	}
	return t
}

// uncommitted says what kept the entry of a request from being committed while a leader had the request open.
func (e *raft) uncommitted(server *span.Span) []step {
	appended := traces.EventOf(server, spans.EventAppend)
	if appended == nil {
		return nil
	}
	n := e.made(server, appended)
	l := e.leaderTermAt(server.Service, n.Term)
	if l == nil || e.firstCommit(server.Service, n.Index, appended.At, server.End) != nil {
		return nil
	}
	if l.until.After(server.End) {
		l.until, l.ended = server.End, server
	}
	return e.notCommittedUnder(l, n)
}

// whyUnknown says why a leader could not say what would come of an entry.
func (e *raft) whyUnknown(server *span.Span) sentence {
	appended := traces.EventOf(server, spans.EventAppend)
	if appended == nil {
		return say("said so; why the trace does not tell, for it has no entry of it").On(e.End(server))
	}
	said := say("appended it at index %d, and had not committed it by %s", e.made(server, appended).Index, e.End(server)).
		On(e.When(server, appended))
	for s := range e.Of(server.Service, spans.RoleChangeID) {
		if explain.EndTogether(s, server) && is(s, spans.RaftRoleKey, protocol.RoleFollower) {
			return said.Then(", when it heard of term %d and led no more (§5.1): another leader may commit it yet, or not.",
				termOf(s)).On(e.End(s))
		}
	}
	return said.Then(", when its time to answer was over (raft.request_timeout): it may be committed yet, or not.")
}

// answeredTry accounts for a try that was answered, and returns the calls that carried its entry.
func (e *raft) answeredTry(t *explain.Times, try, server *span.Span) (carriers []*span.Span) {
	const broken = "that breaks the rule that a command is answered when its entry is applied (§8)."
	client, leader := try.Service, server.Service
	t.Until(e.Begin(server), try, "The request travelled from %s to %s, and %s took it up%s.", client, leader, leader,
		e.Ailing(leader, server.Start))
	if appended := traces.EventOf(server, spans.EventAppend); appended == nil {
		t.Until(e.End(server), server, "%s answered without an entry for it in its log: %s", leader, broken)
	} else {
		index := e.made(server, appended).Index
		t.Until(e.When(server, appended), server, "%s, the leader of term %d, appended it at index %d.", leader,
			termOf(server), index)
		for s := range e.Of(leader, spans.AppendEntriesClientID) {
			if carries(s, index) && !s.Start.Before(appended.At) && termOf(s) == termOf(server) {
				carriers = append(carriers, s)
			}
		}
		slices.SortStableFunc(carriers, func(a, b *span.Span) int { return a.Start.Compare(b.Start) })
		if commit := e.firstCommit(leader, index, appended.At, server.End); commit != nil {
			e.replication(t, carriers, commit)
			t.Until(e.End(server), server, "%s committed and applied it.", leader)
		} else {
			t.Until(e.End(server), server, "%s answered, and the trace has no commit of index %d by it until then: %s", leader,
				index, broken)
		}
	}
	t.Until(e.End(try), try, "The answer travelled back to %s.", client)
	return carriers
}

// replication accounts for the time until a majority had the entry: that of the acknowledgement that decided it.
func (e *raft) replication(t *explain.Times, carriers []*span.Span, commit *span.Span) {
	at := slices.IndexFunc(carriers, func(s *span.Span) bool { return explain.EndTogether(s, commit) && accepted(s) })
	if at < 0 {
		t.Until(e.Begin(commit), commit, "It waited until a majority had it.")
		return
	}
	decider, peer := carriers[at], peerOf(carriers[at])
	first := carriers[slices.IndexFunc(carriers, func(s *span.Span) bool { return peerOf(s) == peer })]
	if e.Since(first.Start) > t.At.At {
		why := say("; what for the trace does not tell")
		if waited := e.waitedFor(commit.Service, peer, termOf(commit), e.Epoch().Add(t.At.At), first); waited.Text != "" {
			why = say(": %s", waited)
		}
		t.Until(e.Begin(first), first, "It waited to be sent to %s%s.", peer, why)
	}
	if first != decider {
		t.Until(e.Begin(decider), first, "The first AppendEntries with it came to nothing: %s. It was sent to %s again.",
			e.cameToNothing(first), peer)
	}
	if receiver := e.Answering(decider); receiver != nil {
		t.Until(e.End(receiver), receiver, "It went to %s, which stored it%s.", peer, e.Ailing(peer, receiver.End))
	}
	t.Until(e.Begin(commit), decider, "%s's acknowledgement went back to %s. With it %s had the entry, which is a "+
		"majority.", peer, commit.Service, words.AndList(explain.List(commit, spans.RaftCommitAcknowledgedByKey)))
}

// Stored says which other servers acknowledged the entry of an operation, and when.
func (e *raft) Stored(op *span.Span, carriers []*span.Span) part {
	var steps []step
	done := map[string]bool{}
	for _, s := range carriers {
		peer, at := peerOf(s), e.End(s)
		switch {
		case done[peer]:
		case accepted(s):
			done[peer] = true
			var late sentence
			if s.End.After(op.End) {
				late = say(" after the answer had gone out: a majority had been enough%s", e.Ailing(peer, s.End)).On(e.End(op))
			}
			steps = append(steps, tell(at, "%s's acknowledgement arrived%s.", peer, late))
		case rejected(s):
			steps = append(steps, because(e.refused(s), at, "%s's refusal arrived", peer))
		default:
			steps = append(steps, because(e.Absent(s), at, "%s's acknowledgement did not come", peer))
		}
	}
	return explain.Because("Which servers stored it", explain.ByTime(steps)...)
}

// brokenByAnswers says which rules were broken where servers answered an operation.
func (e *raft) brokenByAnswers(op *span.Span) (broken []step) {
	for try := range e.Below(op.ID) {
		for _, server := range e.Receivers(try) {
			broken = append(broken, e.brokenByServer(server)...)
		}
	}
	return broken
}

// brokenByServer says which rules a server broke when it answered a client.
func (e *raft) brokenByServer(server *span.Span) []step {
	if !replied(server, kv.Answered{}) {
		return nil
	}
	at, appended := e.End(server), traces.EventOf(server, spans.EventAppend)
	if appended == nil {
		return one(tell(at, "%s answered, and had taken no entry of it into its log.", server.Service).Breaks(ThroughLog))
	}
	index := e.made(server, appended).Index
	commit := e.firstCommit(server.Service, index, appended.At, server.End)
	if commit != nil {
		return e.brokenByCommit(commit)
	}
	said := say("%s answered, and the trace has no commit of index %d by it until then.", server.Service, index)
	if is(server, kvspans.KVResultKey, kv.ReplicationFailed{}) {
		said = say("%s answered that it failed. Its entry at index %d was not committed by then, and might be yet: that it "+
			"failed nobody could know.", server.Service, index)
	}
	return one(tell(at, "%s", said).Resting(e.When(server, appended)).Breaks(ThroughLog))
}
