package explain

import (
	"slices"
	"strings"
	"time"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/phrases"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
)

// whyStood says what made a server stand for election: somebody told it to, or its timer ran out, because of what it
// did not hear.
func (e *raft) whyStood(election *span.Span) []explain.Step {
	node, term, begin := election.Service, state.Term(election), e.Begin(election)
	var change *span.Span
	for s := range e.Below(election.ID, spans.RoleChangeID) {
		if state.Is(s, spans.RaftRoleKey, protocol.RoleCandidate) {
			change = s
		}
	}
	if change == nil {
		return []explain.Step{step(begin, "What made %s stand the trace does not tell: it has no change of its role to "+
			"candidate.", node)}
	}
	if state.Is(change, spans.RaftRoleEventKey, protocol.RoleEventToldToStart) {
		return []explain.Step{e.toldToStand(election, change)}
	}
	if before := e.electionBefore(election); before != nil && state.Is(change, spans.RaftRoleFromKey,
		protocol.RoleCandidate) {
		steps := []explain.Step{step(e.Begin(before), "%s had stood for election already, in term %d.", node,
			state.Term(before))}
		steps = append(steps, e.votes(before)...)
		return append(explain.ByTime(steps), step(begin, "After %s without a winner, %s's election timer ran out again, and "+
			"it stood in term %d (§5.2).", explain.Between(e.Begin(before), begin), node, term).Resting(e.End(change)))
	}
	heard, said, leader := e.lastHeard(election)
	if heard == nil {
		return []explain.Step{step(begin, "%s's election timer ran out: the trace has nothing before that would have "+
			"started it anew (§5.2).", node).Resting(e.End(change))}
	}
	steps := []explain.Step{step(e.End(heard), "%s", said)}
	if leader != "" {
		// a fault can come before what was on its way then
		steps = explain.ByTime(append(steps, e.silence(heard, leader, election)...))
	}
	steps = append(steps, e.unheeded(heard, election)...)
	return append(steps, step(begin, "So for %s%s nothing had started %s's election timer anew. It ran out, and %s stood "+
		"for election in term %d (§5.2).", explain.Between(e.End(heard), begin),
		e.ClockFaults(node, heard.End, election.Start), node, node, term).Resting(e.End(change)))
}

// toldToStand says who told a server to stand.
func (e *raft) toldToStand(election, change *span.Span) explain.Step {
	for _, f := range slices.Backward(e.Faults()) {
		if traces.FaultKind(f) == worldspans.FaultElect && explain.Touches(f, election.Service) &&
			!f.Start.After(election.End) && !f.Start.After(change.End) {
			return step(e.Begin(f), "The scenario told %s to stand for election; no timer was needed.", election.Service).
				Resting(e.End(change))
		}
	}
	number := strings.TrimPrefix(election.Service, kvspans.ServiceNode+"-")
	if e.Run() != nil && strings.Contains(e.Run().Attribute(worldspans.RaftkvConfigKey).AsString(),
		"\nfirst_leader = "+number+"\n") {
		return step(e.Begin(election), "%s was told to stand: a run names its first leader (raft.first_leader), so that "+
			"nobody has to wait for a timeout.", election.Service).Resting(e.End(change), e.Begin(e.Run()))
	}
	return step(e.Begin(election), "%s was told to stand.", election.Service).Resting(e.End(change))
}

func (e *raft) electionBefore(election *span.Span) (latest *span.Span) {
	for _, s := range e.Elections {
		if s.Service == election.Service && s.Start.Before(election.Start) {
			latest = s
		}
	}
	return latest
}

// lastHeard is what started a server's election timer anew the last time before an election, as a sentence, and the
// leader or candidate that it came from. A message is told before what else its step did.
func (e *raft) lastHeard(election *span.Span) (heard *span.Span, said explain.Sentence, from string) {
	for s := range e.Backward(election.Service, spans.AppendEntriesServerID, spans.RequestVoteServerID, spans.StartID,
		spans.SetPeersID, spans.RoleChangeID) {
		switch {
		case heard != nil && (s.End.After(election.Start) || s.Parent == election.ID || !explain.EndTogether(s, heard)):
			return heard, said, ""
		case s.End.After(election.Start) || s.Parent == election.ID:
			continue
		}
		what, from := e.heardFrom(s)
		switch {
		case from != "":
			return s, what, from
		case what.Text != "" && heard == nil:
			heard, said = s, what
		}
	}
	return heard, said, ""
}

// heardFrom says that a span started its server's election timer anew, and whose message that was, if it was one.
func (e *raft) heardFrom(s *span.Span) (said explain.Sentence, from string) {
	switch node := s.Service; {
	case e.Is(s, spans.AppendEntriesServerID) && shown(s, kvspans.RaftReplyKey) != "" &&
		!state.Is(s, spans.RaftReasonKey, protocol.ReasonStaleTerm):
		what := "a heartbeat"
		if integer(s, spans.RaftEntriesCountKey) > 0 {
			what = "an AppendEntries with " + phrases.Entries(s)
		}
		return say("%s heard from %s, the leader of term %d, for the last time: %s.", node, peerOf(s), state.Term(s), what),
			peerOf(s)
	case e.Is(s, spans.RequestVoteServerID) && state.Replied(s, protocol.VoteGranted{}):
		return say("%s gave %s its vote in term %d, and waited for what would come of it.", node, peerOf(s), state.Term(s)),
			peerOf(s)
	case e.Is(s, spans.RoleChangeID) && state.Is(s, spans.RaftRoleKey, protocol.RoleFollower) &&
		!state.Is(s, spans.RaftRoleEventKey, protocol.RoleEventRestart):
		return say("%s went from %s to follower in term %d, and waited for a leader.", node,
			shown(s, spans.RaftRoleFromKey), state.Term(s)), ""
	case e.Is(s, spans.StartID) && e.startedAgain(s):
		return say("%s had started again, and knew of no leader.", node), ""
	case e.Is(s, spans.SetPeersID):
		return say("%s had been told who the servers are, and heard from no leader from then on.", node), ""
	}
	return explain.Sentence{}, ""
}

// startedAgain says whether a start was not its process's first.
func (e *raft) startedAgain(start *span.Span) bool {
	for s := range e.Of(start.Service, spans.StartID) {
		return s.ID != start.ID
	}
	return false
}

// silence says why a server heard no more from a leader: it crashed, it was cut off, what it sent was lost.
func (e *raft) silence(heard *span.Span, leader string, election *span.Span) []explain.Step {
	node := election.Service
	steps := e.Meanwhile(heard.Start, election.Start, leader, node)
	for i, s := range steps {
		if f := e.Span(s.ID); f != nil && traces.IsCrash(f) && explain.Touches(f, leader) &&
			!e.Sent(leader, f.Start, election.Start) {
			steps[i].Text = strings.TrimSuffix(s.Text, ".") + "; from then on the trace has nothing that it sent."
		}
	}
	sent := heard.Start
	if sender := e.Span(heard.Parent); sender != nil {
		sent = sender.Start
	}
	lost := e.lostBetween(leader, node, sent, election.Start)
	if len(lost) == 0 {
		return explain.ByTime(steps)
	}
	first, last := lost[0], lost[len(lost)-1]
	why := e.WhyLost(leader, node, first, traces.EventOf(first, worldspans.EventDrop))
	if len(lost) == 1 {
		return explain.ByTime(append(steps, step(e.Begin(first), "What %s sent to %s did not arrive: the AppendEntries was "+
			"lost%s.", leader, node, why)))
	}
	why.Text = strings.TrimPrefix(why.Text, ",")
	return explain.ByTime(append(steps, step(e.Begin(first), "What %s sent to %s did not arrive: %d AppendEntries until "+
		"%s, all lost, the first%s.", leader, node, len(lost), e.Begin(last), why)))
}

// lostBetween are the AppendEntries that a server sent another within a time and that were lost, by start.
func (e *raft) lostBetween(leader, node string, from, to time.Time) (lost []*span.Span) {
	for s := range e.Of(leader, spans.AppendEntriesClientID) {
		if peerOf(s) == node && s.Start.After(from) && s.Start.Before(to) &&
			traces.EventOf(s, worldspans.EventDrop) != nil && len(e.Receivers(s)) == 0 {
			lost = append(lost, s)
		}
	}
	slices.SortStableFunc(lost, func(a, b *span.Span) int { return a.Start.Compare(b.Start) })
	return lost
}

// unheeded says what came from a server whose term was over, which starts no timer anew.
func (e *raft) unheeded(heard, election *span.Span) []explain.Step {
	var list []*span.Span
	for s := range e.Of(election.Service, spans.AppendEntriesServerID) {
		if state.Is(s, spans.RaftReasonKey, protocol.ReasonStaleTerm) && s.End.After(heard.End) &&
			s.End.Before(election.Start) {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil
	}
	more := explain.Sentence{}
	if n := len(list); n > 1 {
		more = say(" (the first of %d, until %s)", n, e.End(list[n-1]))
	}
	return []explain.Step{step(e.End(list[0]),
		"An AppendEntries from %s came%s, and did not count: it was of a term that "+
			"is over (§5.1).", peerOf(list[0]), more).Held(TermOver)}
}
