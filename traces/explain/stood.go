package explain

import (
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/story"
)

// whyStood says what made a server stand for election: somebody told it to, or its timer ran out, because of what it
// did not hear.
func (e *Explainer) whyStood(election *traces.Span) []ExplanationStep {
	node, term := election.Service, termOf(election)
	var change *traces.Span
	for s := range e.below(election.ID) {
		if s.Name == spans.RoleChangeName && shown(s, spans.RaftRoleKey) == protocol.RoleCandidate.String() {
			change = s
		}
	}
	if change == nil {
		return []ExplanationStep{step(e.begin(election), "What made %s stand the trace does not tell: it has no change "+
			"of its role to candidate.", node)}
	}
	if shown(change, spans.RaftRoleEventKey) == protocol.RoleEventToldToStart.String() {
		return []ExplanationStep{e.toldToStand(election, change)}
	}
	if before := e.electionBefore(election); before != nil &&
		shown(change, spans.RaftRoleFromKey) == protocol.RoleCandidate.String() {
		steps := []ExplanationStep{step(e.begin(before), "%s had stood for election already, in term %d.", node,
			termOf(before))}
		steps = append(steps, e.votes(before)...)
		return append(byTime(steps), step(e.begin(election), "After %s without a winner, %s's election timer ran out "+
			"again, and it stood in term %d (§5.2).",
			interval{e.begin(before), e.begin(election)}, node, term).resting(e.end(change)))
	}
	heard, said, leader := e.lastHeard(election)
	if heard == nil {
		return []ExplanationStep{step(e.begin(election), "%s's election timer ran out: the trace has nothing before "+
			"that would have started it anew (§5.2).", node).resting(e.end(change))}
	}
	steps := []ExplanationStep{step(e.end(heard), "%s", said)}
	if leader != "" {
		// a fault can come before what was on its way then
		steps = byTime(append(steps, e.silence(heard, leader, election)...))
	}
	steps = append(steps, e.unheeded(heard, election)...)
	return append(steps, step(e.begin(election), "So for %s%s nothing had started %s's election timer anew. It ran "+
		"out, and %s stood for election in term %d (§5.2).",
		interval{e.end(heard), e.begin(election)}, e.clockFaults(node, heard.End,
			election.Start), node, node, term).resting(e.end(change)))
}

// toldToStand says who told a server to stand.
func (e *Explainer) toldToStand(election, change *traces.Span) ExplanationStep {
	for _, f := range slices.Backward(e.faults) {
		if traces.FaultKind(f) == spans.FaultElect && touches(f, election.Service) && !f.Start.After(election.End) &&
			!f.Start.After(change.End) {
			return step(e.begin(f), "The scenario told %s to stand for election; no timer was needed.",
				election.Service).resting(e.end(change))
		}
	}
	why := ""
	if e.run != nil && strings.Contains(e.run.Attribute(spans.RaftkvConfigKey).AsString(),
		"\nfirst_leader = "+strings.TrimPrefix(election.Service, spans.ServiceNode+"-")+"\n") {
		why = ": a run names its first leader (raft.first_leader), so that nobody has to wait for a timeout"
	}
	s := step(e.begin(election), "%s was told to stand%s.", election.Service, why).resting(e.end(change))
	if why != "" {
		s = s.resting(e.begin(e.run))
	}
	return s
}

// clockFaults says which faults had set a server's clock within a time.
func (e *Explainer) clockFaults(node string, from, to time.Time) Sentence {
	var all Sentence
	for _, f := range e.inForce(to) {
		rate := integer(f, spans.RaftkvFaultRatePermilleKey) != 0
		if traces.FaultKind(f) == spans.FaultSkew && touches(f, node) && (rate || f.Start.After(from)) {
			all = joined(all, say(" (at %s %s)", e.begin(f), e.faultSaid(f)))
		}
	}
	return all
}

func (e *Explainer) electionBefore(election *traces.Span) *traces.Span {
	var latest *traces.Span
	for _, s := range e.elections {
		if s.Service == election.Service && s.Start.Before(election.Start) {
			latest = s
		}
	}
	return latest
}

// lastHeard is what started a server's election timer anew the last time before an election, as a sentence, and the
// leader or candidate that it came from.
func (e *Explainer) lastHeard(election *traces.Span) (heard *traces.Span, said Sentence, from string) {
	node := election.Service
	for s := range e.backward(node, spans.AppendEntriesServerName, spans.RequestVoteServerName, spans.StartName,
		spans.SetPeersName, spans.RoleChangeName) {
		if s.End.After(election.Start) || s.Parent == election.ID || heard != nil && !endStep(s).together(endStep(heard)) {
			if heard != nil {
				break
			}
			continue
		}
		switch {
		case isA(s, spans.AppendEntriesServerName, trace.SpanKindServer) && shown(s, spans.RaftReplyKey) != "" &&
			shown(s, spans.RaftReasonKey) != protocol.ReasonStaleTerm.String():
			what := "a heartbeat"
			if n := integer(s, spans.RaftEntriesCountKey); n > 0 {
				what = "an AppendEntries with " + story.Entries(s)
			}
			return s, say("%s heard from %s, the leader of term %d, for the last time: %s.", node, peerOf(s), termOf(s),
				what), peerOf(s)
		case isA(s, spans.RequestVoteServerName, trace.SpanKindServer) && hasReplied(s, protocol.VoteGranted{}):
			return s, say("%s gave %s its vote in term %d, and waited for what would come of it.", node, peerOf(s),
				termOf(s)), peerOf(s)
		case heard != nil:
		case s.Name == spans.RoleChangeName && shown(s, spans.RaftRoleKey) == protocol.RoleFollower.String() &&
			shown(s, spans.RaftRoleEventKey) != protocol.RoleEventRestart.String():
			heard, said = s, say("%s went from %s to follower in term %d, and waited for a leader.", node,
				shown(s, spans.RaftRoleFromKey), termOf(s))
		case s.Name == spans.StartName && e.startedAgain(s):
			heard, said = s, say("%s had started again, and knew of no leader.", node)
		case s.Name == spans.SetPeersName:
			heard, said = s, say("%s had been told who the servers are, and heard from no leader from then on.", node)
		}
	}
	return heard, said, ""
}

// startedAgain says whether a start was not its process's first.
func (e *Explainer) startedAgain(start *traces.Span) bool {
	for s := range e.of(start.Service, spans.StartName) {
		return s.ID != start.ID
	}
	return false
}

// silence says why a server heard no more from a leader: it crashed, it was cut off, what it sent was lost.
func (e *Explainer) silence(heard *traces.Span, leader string, election *traces.Span) []ExplanationStep {
	node := election.Service
	steps := e.meanwhile(heard.Start, election.Start, leader, node)
	for i, s := range steps {
		if f := e.spanOf(s.ID); f != nil && traces.IsCrash(f) && touches(f, leader) &&
			!e.sentBetween(leader, f.Start, election.Start) {
			steps[i].Text = strings.TrimSuffix(s.Text, ".") + "; from then on the trace has nothing that it sent."
		}
	}
	var lost []*traces.Span
	for s := range e.of(leader, spans.AppendEntriesClientName) {
		if isA(s, spans.AppendEntriesClientName, trace.SpanKindClient) && peerOf(s) == node &&
			s.Start.After(e.sentAt(heard)) && s.Start.Before(election.Start) &&
			traces.EventOf(s, spans.EventDrop) != nil && len(e.receivers(s)) == 0 {
			lost = append(lost, s)
		}
	}
	slices.SortStableFunc(lost, func(a, b *traces.Span) int { return a.Start.Compare(b.Start) })
	if len(lost) == 0 {
		return byTime(steps)
	}
	first, last := lost[0], lost[len(lost)-1]
	why := e.whyLost(leader, node, first, traces.EventOf(first, spans.EventDrop))
	if len(lost) == 1 {
		return byTime(append(steps, step(e.begin(first), "What %s sent to %s did not arrive: the AppendEntries was "+
			"lost%s.", leader, node, why)))
	}
	return byTime(append(steps, step(e.begin(first), "What %s sent to %s did not arrive: %d AppendEntries until %s, "+
		"all lost, the first%s.", leader, node, len(lost), e.begin(last),
		Sentence{strings.TrimPrefix(why.Text, ","), why.RestsOn})))
}

// sentBetween says whether a process sent anything within a time.
func (e *Explainer) sentBetween(process string, from, to time.Time) bool {
	for s := range e.where(process, func(i int32) bool {
		return e.ShapeOf(i).Kind == trace.SpanKindClient || e.ShapeOf(i).Kind == trace.SpanKindProducer
	}) {
		if s.Start.After(from) && s.Start.Before(to) {
			return true
		}
	}
	return false
}

// unheeded says what came from a server whose term was over, which starts no timer anew.
func (e *Explainer) unheeded(heard, election *traces.Span) []ExplanationStep {
	var first, last *traces.Span
	count := int64(0)
	for s := range e.of(election.Service, spans.AppendEntriesServerName) {
		if isA(s, spans.AppendEntriesServerName, trace.SpanKindServer) &&
			shown(s, spans.RaftReasonKey) == protocol.ReasonStaleTerm.String() && s.End.After(heard.End) &&
			s.End.Before(election.Start) {
			if first == nil {
				first = s
			}
			last = s
			count++
		}
	}
	if first == nil {
		return nil
	}
	more := Sentence{}
	if count > 1 {
		more = say(" (the first of %d, until %s)", count, e.end(last))
	}
	return []ExplanationStep{step(e.end(first), "An AppendEntries from %s came%s, and did not count: it was of a "+
		"term that is over (§5.1).", peerOf(first), more).held(RuleTermOver)}
}

// sentAt is when a message was sent that a span took in.
func (e *Explainer) sentAt(receiver *traces.Span) time.Time {
	if sender := e.spanOf(receiver.Parent); sender != nil {
		return sender.Start
	}
	return receiver.Start
}

// logSaid says what a candidate's log was like, as its RequestVote says.
func logSaid(call *traces.Span) string {
	return logEnd(integer(call, spans.RaftLastLogIndexKey), integer(call, spans.RaftLastLogTermKey))
}

// lastOf says what a server's log was like at a time, as its spans tell.
func (e *Explainer) lastOf(node string, at time.Time) (index, term int64, said Sentence) {
	l := e.logOf(node, at)
	index, term = l.last()
	said = say("%s", logEnd(index, term))
	if n, ok := l.at(index); ok {
		said = said.on(n.at)
	}
	return index, term, said
}
