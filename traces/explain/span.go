package explain

import (
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// explainSpan says what a span is, and what led to it: its causes, one by one, back to what began its trace, and why
// that began.
func (e *Explainer) explainSpan(s *traces.Span) *Explanation {
	if len(strangeIn(s)) > 0 {
		return e.explainForeign(s)
	}
	switch s.Name {
	case spans.ElectionName:
		if winner := e.winner(termOf(s)); winner != nil && winner.ID == s.ID {
			if x, err := e.explainTerm(termOf(s)); err == nil {
				return x
			}
		}
		return e.explainElection(s)
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		if x, err := e.explainOperation(s.Attribute(spans.KVRequestIDKey).AsString()); err == nil {
			return x
		}
	case spans.ViolationName:
		return e.explainViolation(s)
	}
	x := &Explanation{Answer: joined(e.spanSaid(s, true).capital(), say("."))}
	x.Parts = append(x.Parts, e.whyNotOf(s)...)
	x.Parts = append(x.Parts, because("Which rule was broken", e.brokenBy(s)),
		because("What led to it, the last cause first", e.chain(s)))
	root := e.rootOf(s)
	if root.Name == spans.ElectionName && len(strangeIn(root)) == 0 {
		x.Parts = append(x.Parts, because("Why "+root.Service+" stood for election", e.whyStood(root)))
	}
	var next []string
	switch traces.DeclaredName(s.Name) {
	case spans.FaultName:
		next = append(next, e.electionAfter(s))
	case spans.ApplyName:
		next = append(next, entryQuestion(integer(s, spans.RaftIndexKey), s.Service))
	}
	if root.ID != s.ID {
		next = append(next, root.ID.String())
	}
	return e.finish(x, s.ID.String(), append(next, e.others(s)...)...)
}

// whyNotOf says why what a span asked for did not come, or was refused.
func (e *Explainer) whyNotOf(s *traces.Span) []ExplanationPart {
	one := func(title string, why reason) []ExplanationPart {
		return []ExplanationPart{whyNot(title, []ExplanationStep{step(why.at, "%s.", why.capital()).because(why)})}
	}
	call := e.spanOf(s.Parent)
	switch {
	case s.Kind == trace.SpanKindClient && shown(s, spans.RaftReplyKey) == "":
		return one("Why there was no reply", e.absent(s))
	case traces.IsSender(s) && traces.EventOf(s, spans.EventDrop) != nil && len(e.receivers(s)) == 0:
		return one("Why it did not arrive", e.absent(s))
	case hasReplied(s, protocol.VoteDenied{}) && s.Kind == trace.SpanKindServer && call != nil:
		return one("Why the vote was denied", e.whyVoteDenied(call, s))
	case hasReplied(s, protocol.VoteDenied{}) && s.Kind == trace.SpanKindClient:
		return one("Why the vote was denied", e.whyDenied(&voteReply{call: s, arrived: s, answer: e.answering(s)}))
	case hasReplied(s, protocol.AppendEntriesRejected{}) && s.Kind == trace.SpanKindServer:
		return one("Why it was refused", e.refusal(s))
	case hasReplied(s, protocol.AppendEntriesRejected{}) && s.Kind == trace.SpanKindClient:
		return one("Why it was refused", e.refused(s))
	case hasReplied(s, protocol.NotLeader{}):
		return one("Why it was not done", e.notDone(s))
	case hasReplied(s, protocol.OutcomeUnknown{}) && s.Kind == trace.SpanKindServer:
		return []ExplanationPart{whyNot("Why the outcome was unknown", e.uncommitted(s))}
	case s.Name == spans.LateReplyName:
		return one("Why it did not count as the reply", e.whyLate(s))
	case isA(s, spans.CommitNotificationConsumerName, trace.SpanKindConsumer) && call != nil && !e.committedBelow(s):
		return one("Why it changed nothing", e.whyIdle(s, call))
	}
	return nil
}

// notDone says why a server did not do what a client asked.
func (e *Explainer) notDone(s *traces.Span) reason {
	server := s
	if s.Kind == trace.SpanKindClient {
		if server = e.answering(s); server == nil {
			return ruled(RuleLeaderOnly, e.end(s), say("%s was not the leader, as it said; the trace lacks its span (§8)",
				peerOf(s)))
		}
	}
	return ruled(RuleLeaderOnly, e.end(server), joined(say("%s was asked", server.Service), e.notLeader(server),
		say(" (§8)")).on(e.end(server)))
}

// whyLate says why a reply was none to an open call: that was over, or it was a second copy.
func (e *Explainer) whyLate(s *traces.Span) reason {
	answer := e.spanOf(s.Parent)
	if answer == nil {
		return kept(NotInTrace, e.begin(s), say("its call was over; when the trace does not tell, for it lacks the span "+
			"of the answer"))
	}
	call := e.spanOf(answer.Parent)
	switch {
	case call == nil:
		return kept(NotInTrace, e.begin(s), say("its call was over; when the trace does not tell, for it lacks the call"))
	case shown(call, spans.RaftReplyKey) != "":
		return kept(TooLate, e.end(call), say("the call had its reply at %s, and this is another copy",
			e.end(call)).on(e.begin(s)))
	}
	return kept(TooLate, e.end(call), say("the call had been given up at %s%s%s", e.end(call), e.delayed(call),
		e.delayed(answer)).on(e.begin(s)))
}

// committedBelow says whether a span has a commit below it.
func (e *Explainer) committedBelow(s *traces.Span) bool {
	for child := range e.below(s.ID) {
		if child.Name == spans.CommitName {
			return true
		}
	}
	return false
}

// whyIdle says why a server that was told of a commit index had nothing to commit.
func (e *Explainer) whyIdle(s, call *traces.Span) reason {
	index := integer(s, spans.RaftLeaderCommitKey)
	already := int64(0)
	var by *traces.Span
	for c := range e.of(s.Service, spans.CommitName) {
		if !c.End.After(s.End) && integer(c, spans.RaftCommitToKey) >= index {
			already, by = integer(c, spans.RaftCommitToKey), c
		}
	}
	if by != nil && !e.startedBetween(s.Service, by.End, s.End) {
		return ruled(RuleMatched, e.end(by), say("%s had committed up to index %d already, at %s, and a commit index "+
			"never goes back (§5.3)", s.Service, already, e.end(by)))
	}
	if termOf(s) > termOf(call) {
		return ruled(RuleTermOver, e.end(s), say("%s was in term %d, and term %d was over (§5.1)", s.Service, termOf(s),
			termOf(call)).on(e.end(s), e.begin(call)))
	}
	match, at := e.matchWith(s.Service, call.Service, termOf(call), s.End)
	why := say("its log was known to equal the leader's up to index %d, and a follower commits no further (§5.3, "+
		"Figure 2)", match).on(e.end(s))
	if match > 0 {
		why = why.on(at)
	}
	return ruled(RuleMatched, e.end(s), why)
}

// startedBetween says whether a process started within a time: what it had committed it does not know any more then.
func (e *Explainer) startedBetween(process string, from, to time.Time) bool {
	for s := range e.of(process, spans.StartName) {
		if s.Start.After(from) && !s.Start.After(to) {
			return true
		}
	}
	return false
}

// explainViolation says what an invariant demands, and which facts do not agree.
func (e *Explainer) explainViolation(s *traces.Span) *Explanation {
	x := &Explanation{Answer: joined(e.spanSaid(s, true).capital(), say("."))}
	if says := words.Printable(s.Status.Description); says != "" {
		x.Answer = joined(x.Answer, say(" It says: %s", says))
	}
	var facts []ExplanationStep
	told := "One fact"
	for _, fact := range shownList(s, spans.RaftkvViolationFactsKey) {
		facts = append(facts, step(e.begin(s), "%s: %s.", told, fact)) // when it was found: it may have been so before
		told = "The other"
	}
	x.Parts = append(x.Parts, because("What was found then, and does not agree", facts))
	var next []string
	if last := e.doneBefore(s.Start); last != nil {
		next = append(next, last.ID.String())
	}
	return e.finish(x, s.ID.String(), next...)
}

// doneBefore is what a process did last before a moment; nil if there was nothing.
func (e *Explainer) doneBefore(moment time.Time) *traces.Span {
	var last *traces.Span
	for i := range e.List {
		s, shape := &e.List[i], e.ShapeOf(int32(i))
		if shape.Service == spans.ServiceWorld || shape.Name == spans.RunName || s.Start == s.End ||
			s.End > moment.UnixNano() || last != nil && s.End < last.End.UnixNano() {
			continue
		}
		if known := e.known(int32(i)); known != nil && !known.Attribute(spans.RaftUnfinishedKey).AsBool() {
			last = known
		}
	}
	return last
}

// electionAfter is the question about the first election since a fault, or about the last one there was.
func (e *Explainer) electionAfter(fault *traces.Span) string {
	next := ""
	for _, s := range e.elections {
		next = termQuestion(termOf(s))
		if !s.Start.Before(fault.Start) {
			break
		}
	}
	return next
}

// rootOf is the first of the causes of a span that the trace has: itself, if there is none.
func (e *Explainer) rootOf(s *traces.Span) *traces.Span {
	seen := map[world.CausalID]bool{}
	for i := e.ByID.Get(s.Parent); s.Parent != 0 && i >= 0 && !seen[s.ID]; i = e.ByID.Get(s.Parent) {
		seen[s.ID] = true
		s = e.span(i)
	}
	return s
}

// chain are the causes of a span, the last one first, and why the first of them began.
func (e *Explainer) chain(s *traces.Span) (steps []ExplanationStep) {
	seen := map[world.CausalID]bool{s.ID: true}
	for s.Parent != 0 {
		i := e.ByID.Get(s.Parent)
		if i < 0 {
			return append(steps, step(e.begin(s), "What caused that the trace does not tell: it lacks the span above this one."))
		}
		parent := e.span(i)
		if seen[parent.ID] {
			return steps
		}
		seen[parent.ID] = true
		said := e.foreignSaid(parent)
		if len(strangeIn(parent)) == 0 {
			said = e.spanSaid(parent, false).capital()
		}
		steps = append(steps, step(e.begin(parent), "%s.", said))
		s = parent
	}
	if len(strangeIn(s)) > 0 {
		return steps
	}
	return append(steps, e.whyBegan(s)...)
}

// whyBegan says why something began that no other span caused.
func (e *Explainer) whyBegan(root *traces.Span) []ExplanationStep {
	switch traces.DeclaredName(root.Name) {
	case spans.HeartbeatName:
		return e.whyHeartbeat(root)
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		for before := range e.backward(root.Service, spans.KVPutName, spans.KVGetName, spans.KVDeleteName) {
			if before.ID != root.ID && !before.End.After(root.Start) {
				return []ExplanationStep{step(e.end(before), "%s was done with its request %s, and a client has one request "+
					"at a time (§8).", before.Service, ordinalOf(before))}
			}
		}
		return []ExplanationStep{step(e.begin(root), "The trace has no request of %s before it.", root.Service)}
	case spans.FaultName:
		return []ExplanationStep{step(e.begin(root), "The scenario says so: at = %q.", shown(root, spans.RaftkvFaultWhenKey))}
	case spans.StartName:
		for _, f := range slices.Backward(e.faults) {
			if (traces.FaultKind(f) == spans.FaultRestart || traces.FaultKind(f) == spans.FaultRollback) && touches(f, root.Service) && root.Start.Sub(f.Start).Abs() <= traces.AtOnceWithin {
				return []ExplanationStep{step(e.begin(f), "A fault: %s.", e.faultSaid(f))}
			}
		}
	}
	return nil
}

// whyHeartbeat says why a leader began a heartbeat round.
func (e *Explainer) whyHeartbeat(root *traces.Span) []ExplanationStep {
	for _, l := range root.Links {
		election := e.spanOf(l.ID)
		switch {
		case election == nil || election.Name != spans.ElectionName:
		case endStep(election).together(endStep(root)):
			return []ExplanationStep{step(e.end(election), "%s had won the election of term %d then, and lets the others "+
				"hear so at once (§5.2).", election.Service, termOf(election))}
		default:
			return []ExplanationStep{
				step(e.begin(root), "The heartbeat timer of %s ran out: a leader lets its followers hear from it before they "+
					"time out (§5.2).", root.Service),
				step(e.end(election), "%s leads since it won the election of term %d.", election.Service, termOf(election)),
			}
		}
	}
	return nil
}

// aMessage is a message with its article.
func aMessage(s *traces.Span) string {
	name := messageName(s)
	if name != "" && strings.ContainsRune("AEIOU", rune(name[0])) {
		return " an " + name
	}
	return " a " + name
}

// callEnded says what came of a call.
func (e *Explainer) callEnded(s *traces.Span) Sentence {
	reply := shown(s, spans.RaftReplyKey)
	switch {
	case reply != "":
		return say(", and had the reply %s at %s", reply, e.end(s))
	case s.Kind == trace.SpanKindProducer:
		if drop := traces.EventOf(s, spans.EventDrop); drop != nil {
			return joined(say(", which was lost"), e.whyLost(s.Service, peerOf(s), s, drop))
		}
		return Sentence{}
	case s.Attribute(spans.RaftUnfinishedKey).AsBool():
		return say(", and had no reply when the run ended at %s", e.end(s))
	case s.Status.Code == codes.Error:
		return say(", and gave it up at %s (%s)", e.end(s), shown(s, spans.ErrorTypeKey))
	}
	return Sentence{}
}
