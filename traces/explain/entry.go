package explain

import (
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

func entryQuestion(index int64, node string) string { return fmt.Sprintf("index %d %s", index, node) }

// explainEntry says why a server's log has what it has at an index.
func (e *Explainer) explainEntry(index int64, node string) (*Explanation, error) {
	if len(e.byProcess[node]) == 0 {
		return nil, fmt.Errorf("there is no %s in this run", node)
	}
	stays := e.stays(node, index)
	if len(stays) == 0 {
		return e.explainMissing(index, node)
	}
	last := stays[len(stays)-1]
	applied := e.applied(node, index)
	its, instead := e.commitOf(last.entry, index)
	x := &Explanation{Answer: joined(e.entrySaid(last, index, node),
		e.fateSaid(last.entry, index, node, applied, its, instead))}
	kept := e.notCommittedInstead(last.entry, index, its, instead)
	x.Answer = joined(x.Answer, ruledOut(kept))
	for i, h := range stays[:len(stays)-1] {
		x.Parts = append(x.Parts, ExplanationPart{Title: say("What was there before: %s of term %d", h.text(),
			h.term).on(h.at), Steps: e.replaced(h, stays[i+1], index, node), WhyNot: true})
	}
	x.Parts = append(x.Parts, because("Where it came from", e.origin(last.entry, index)),
		because("How "+node+" got it", e.arrival(last.entry, index, node)))
	if its != nil {
		x.Parts = append(x.Parts, because("How it was committed", e.howCommitted(its, index)))
	} else {
		x.Parts = append(x.Parts, whyNot("Why it was not committed", kept))
		if instead != nil && instead.ok && last.removed == nil {
			x.Parts = append(x.Parts, whyNot("Why "+node+" did not get what was committed there",
				e.neverArrived(instead.entry, index, node)))
		}
	}
	switch {
	case applied != nil && integer(applied, spans.RaftEntryTermKey) == last.term:
		x.Parts = append(x.Parts, because("How "+node+" learned that, and applied it", e.applying(last.entry, applied)))
		if its != nil && last.removed == nil && e.startedBetween(node, applied.End, e.span(e.last).End) {
			x.Parts = append(x.Parts, whyNot("Why "+node+" did not apply it again, when it had started again",
				e.neverTold(last.entry, index, node, its, e.lastStart(node, e.span(e.last).End))))
		}
	case its != nil && last.removed == nil:
		x.Parts = append(x.Parts, whyNot("Why "+node+" did not learn that",
			e.neverTold(last.entry, index, node, its, e.Epoch)))
	}
	if last.removed != nil {
		x.Parts = append(x.Parts, whyNot(goneTitle(e.violatedBy(last.removed)), e.removed(last, index, node)))
	}
	return e.finish(x, entryQuestion(index, node), e.nextOf(last.entry, index, node, applied)...), nil
}

// notCommittedInstead says why an entry was not committed, and what was in its place; nothing of one that was.
func (e *Explainer) notCommittedInstead(n entry, index int64, its, instead *commitment) []ExplanationStep {
	switch {
	case its != nil:
		return nil
	case instead != nil:
		return append(e.notCommitted(n, index, instead.commit.End), e.committedInstead(instead, index))
	}
	return e.notCommitted(n, index, e.span(e.last).End)
}

// ruledOut is the rule that kept an entry on a majority from being committed, as a sentence of the answer; empty if
// that is not what did.
func ruledOut(steps []ExplanationStep) Sentence {
	for _, s := range steps {
		if s.Rule == RuleOwnTerm {
			return say(" A majority held it: what held it back is that it is of an earlier term than the leader's, and may " +
				"not be committed by counting (§5.4.2).").on(s.RestsOn...)
		}
	}
	return Sentence{}
}

func goneTitle(violation *traces.Span) string {
	if violation != nil {
		return "Why it should be there no more"
	}
	return "Why it is there no more"
}

// entrySaid says what a log has at an index.
func (e *Explainer) entrySaid(last stay, index int64, node string) Sentence {
	if e.violatedBy(last.removed) != nil && !carries(last.removed, index) {
		return say("%s's log should have nothing at index %d any more. It was %s of term %d. ", node, index, last.text(),
			last.term).on(last.at)
	}
	if last.removed != nil {
		return say("%s's log has nothing at index %d any more. It was %s of term %d. ", node, index, last.text(),
			last.term).on(last.at)
	}
	return say("Index %d of %s's log is %s of term %d. ", index, node, last.text(), last.term).on(last.at)
}

// fateSaid says whether a server applied an entry, and whether it was committed.
func (e *Explainer) fateSaid(n entry, index int64, node string, applied *traces.Span, its, instead *commitment) Sentence {
	var said Sentence
	switch {
	case applied != nil && integer(applied, spans.RaftEntryTermKey) == n.term:
		said = joined(say("%s applied it at %s, with the result %s.", node, e.end(applied),
			words.ResultText(words.ParseCommand(n.command), applied.Attribute(spans.KVResultKey).AsString())), e.appliedBefore(applied))
	case applied != nil:
		said = say("%s had applied another entry there, %s of term %d, at %s. That breaks the rule that what is "+
			"committed stays (§5.4.3).", node,
			commandIn(applied).Text, integer(applied, spans.RaftEntryTermKey), e.end(applied))
	case its == nil && instead == nil:
		said = say("%s never applied it: the trace has no leader that committed it.", node).on(e.runEnd())
	case its == nil:
		said = say("%s never applied it: another entry was committed at index %d.", node, index).on(e.end(instead.commit))
	default:
		said = say("%s never applied it: it did not learn in this run that it is committed.", node).on(e.end(its.commit))
	}
	if its != nil && instead != nil {
		said = joined(said, say(" Another entry was committed at index %d as well, %s of term %d, at %s. That breaks "+
			"the rule that what is committed stays "+
			"(§5.4.3).", index, instead.entry.text(), instead.entry.term, e.end(instead.commit)))
	}
	return said
}

// applied is where a server applied an index last: one that starts again applies its log anew.
func (e *Explainer) applied(node string, index int64) *traces.Span {
	for s := range e.backward(node, spans.ApplyName) {
		if integer(s, spans.RaftIndexKey) == index {
			return s
		}
	}
	return nil
}

// appliedBefore says when a server applied an entry for the first time, if it did so again after a crash.
func (e *Explainer) appliedBefore(applied *traces.Span) Sentence {
	for s := range e.of(applied.Service, spans.ApplyName) {
		if integer(s, spans.RaftIndexKey) != integer(applied, spans.RaftIndexKey) {
			continue
		}
		if s.ID == applied.ID {
			break
		}
		for start := range e.of(applied.Service, spans.StartName) {
			if !start.Start.Before(s.End) && !start.Start.After(applied.End) {
				return say(" It had done so before, first at %s, and lost that when it crashed.", e.end(s)).on(e.begin(start))
			}
		}
		return say(" It had done so before, first at %s.", e.end(s))
	}
	return Sentence{}
}

// nextOf is what to ask next: about the request that an entry is of, or the election of its leader.
func (e *Explainer) nextOf(n entry, index int64, node string, applied *traces.Span) []string {
	var next []string
	if applied != nil {
		if request := applied.Attribute(spans.KVRequestIDKey).AsString(); e.operation(request) != nil {
			next = append(next, strings.ReplaceAll(words.Printable(request), "/", " "))
		}
	}
	if e.winner(n.term) != nil {
		next = append(next, termQuestion(n.term))
	}
	for _, other := range e.nodes {
		if other != node && len(e.stays(other, index)) > 0 {
			next = append(next, entryQuestion(index, other))
			break
		}
	}
	return append(next, n.by.ID.String())
}

// makerOf is the span with which a leader appended an entry first, and the event; nil for none.
func (e *Explainer) makerOf(n entry, index int64) (*traces.Span, *traces.Event) {
	for s := range e.where("", func(i int32) bool { return e.Has(i, traces.HasEvents) }) {
		for k := range s.Events {
			v := &s.Events[k]
			if v.Name == spans.EventAppend && v.Attribute(spans.RaftIndexKey).AsInt64() == index &&
				v.Attribute(spans.RaftTermKey).AsInt64() == n.term &&
				v.Attribute(spans.RaftCommandKey).AsString() == n.command {
				return s, v
			}
		}
	}
	return nil, nil
}

// origin says who asked for an entry, and which leader appended it.
func (e *Explainer) origin(n entry, index int64) []ExplanationStep {
	s, appended := e.makerOf(n, index)
	if s == nil {
		return []ExplanationStep{step(n.at, "Who made it the trace does not tell: it lacks the span of the leader of "+
			"term %d in which it was appended.", n.term)}
	}
	at := e.when(s, appended)
	op := e.operation(s.Attribute(spans.KVRequestIDKey).AsString())
	if op == nil {
		if s.Name == spans.RoleChangeName {
			return []ExplanationStep{step(at, "%s had become the leader of term %d, and began with a no-op at index %d, "+
				"the next one of its log (§8).", s.Service, n.term, index)}
		}
		return []ExplanationStep{step(at, "%s, the leader of term %d, appended it at index %d, the next one of its log, "+
			"for %s; the trace lacks the span of that.", s.Service, n.term, index, requestSaid(s))}
	}
	steps := []ExplanationStep{step(e.begin(op), "%s began its request %s: %s.", op.Service, ordinalOf(op),
		operationOf(op))}
	if try := e.spanOf(s.Parent); try != nil && integer(try, spans.KVTryKey) > 1 {
		steps = append(steps, step(e.begin(try), "It asked %s, its try %s of the same request.", s.Service,
			shown(try, spans.KVTryKey)))
	}
	return append(steps, step(at, "%s, the leader of term %d, appended it at index %d, the next one of its log.",
		s.Service, n.term, index))
}

// arrival says how a follower got an entry: which messages with it were lost or refused, and which was not.
func (e *Explainer) arrival(n entry, index int64, node string) []ExplanationStep {
	if !isA(n.by, spans.AppendEntriesServerName, trace.SpanKindServer) {
		return nil // it made it itself
	}
	leader, term := peerOf(n.by), termOf(n.by)
	var steps []ExplanationStep
	for s := range e.of(leader, spans.AppendEntriesClientName) {
		switch {
		case !isA(s, spans.AppendEntriesClientName, trace.SpanKindClient), peerOf(s) != node, s.Start.After(n.by.End),
			termOf(s) != term, s.ID == n.by.Parent:
		case hasReplied(s, protocol.AppendEntriesRejected{}) && !s.End.After(n.by.End):
			why := e.refused(s)
			steps = append(steps, step(e.end(s), "An AppendEntries from %s came back: %s.%s", leader, why.Sentence,
				e.wentBack(s)).because(why))
		case carries(s, index) && !hasReplied(s, protocol.AppendEntriesOk{}):
			why := e.cameToNothing(s)
			steps = append(steps, step(e.begin(s), "%s sent it to %s in vain: %s.", leader, node, why.Sentence).because(why))
		}
	}
	steps = append(byTime(steps), e.sentTheSame(leader, node, term)...)
	if carrier := e.spanOf(n.by.Parent); carrier != nil {
		steps = append(steps, e.carried(carrier, n, index, len(steps) > 0))
	}
	prev := integer(n.by, spans.RaftPrevLogIndexKey)
	if prev == 0 {
		return append(steps, step(n.at, "%s's AppendEntries with it arrived. It begins with index 1, so that there is "+
			"nothing before it to compare, and it was appended.", leader))
	}
	return append(steps, step(n.at, "%s's AppendEntries with it arrived. It follows on index %d, where %s had the "+
		"same entry, so that it was appended (§5.3).", leader, prev, node))
}

// wentBack says that a leader which was refused at once sent something from further back in its log.
func (e *Explainer) wentBack(refused *traces.Span) Sentence {
	for s := range e.of(refused.Service, spans.AppendEntriesClientName) {
		if isA(s, spans.AppendEntriesClientName, trace.SpanKindClient) && peerOf(s) == peerOf(refused) &&
			termOf(s) == termOf(refused) && beginStep(s).together(endStep(refused)) && s.ID != refused.ID &&
			integer(s, spans.RaftPrevLogIndexKey) < integer(refused, spans.RaftPrevLogIndexKey) {
			return say(" So %s went back in its log, and sent what follows on index %d (§5.3).", s.Service,
				integer(s, spans.RaftPrevLogIndexKey)).on(e.begin(s))
		}
	}
	return Sentence{}
}

// carried says when an entry was sent with the AppendEntries that brought it, and what it had waited for.
func (e *Explainer) carried(carrier *traces.Span, n entry, index int64, again bool) ExplanationStep {
	ailing := e.ailing(peerOf(carrier), carrier.Start)
	if again {
		return step(e.begin(carrier), "%s sent it to %s again%s.", carrier.Service, peerOf(carrier), ailing)
	}
	s, appended := e.makerOf(n, index)
	if s == nil || s.Service != carrier.Service || !appended.At.Before(carrier.Start) ||
		eventStep(s, appended).together(beginStep(carrier)) {
		return step(e.begin(carrier), "%s sent it to %s%s.", carrier.Service, peerOf(carrier), ailing)
	}
	after := interval{e.when(s, appended), e.begin(carrier)}
	if why, ok := e.waitedFor(carrier.Service, peerOf(carrier), termOf(carrier), appended.At, carrier); ok {
		return step(e.begin(carrier), "%s sent it to %s, %s after it had appended it: %s%s.", carrier.Service,
			peerOf(carrier), after, why, ailing).held(RuleWindow)
	}
	return step(e.begin(carrier), "%s sent it to %s, %s after it had appended it%s.", carrier.Service, peerOf(carrier),
		after, ailing)
}

// applying says how a server learned that an entry is committed.
func (e *Explainer) applying(n entry, applied *traces.Span) []ExplanationStep {
	commit := e.spanOf(applied.Parent)
	if commit == nil {
		return []ExplanationStep{step(e.end(applied), "It applied index %s: %s. How it learned that it is committed the "+
			"trace does not tell.", shown(applied, spans.RaftIndexKey), appliedSaid(applied))}
	}
	var steps []ExplanationStep
	for s := range e.of(applied.Service, spans.StartName) {
		if e.since(s.Start) > n.at.At && s.Start.Before(applied.End) {
			steps = append(steps, step(e.begin(s), "%s started again. What it had applied was gone, and is applied anew.",
				applied.Service))
		}
	}
	told := e.spanOf(commit.Parent)
	how := step(e.end(applied), "It moved its commit index to %s, and applied index %s: %s.",
		shown(commit, spans.RaftCommitToKey), shown(applied, spans.RaftIndexKey), appliedSaid(applied)).resting(e.end(commit))
	switch {
	case isLeading(commit):
		how = step(e.end(applied), "It had found so itself, as the leader. So it applied index %s: %s.",
			shown(applied, spans.RaftIndexKey), appliedSaid(applied)).resting(e.end(commit))
		how.ID = commit.ID
	case told != nil && traces.IsReceiver(told):
		how = step(e.end(applied), "%s's %s told it that everything up to index %s is committed. So it applied index "+
			"%s: %s.", peerOf(told), messageName(told),
			shown(told, spans.RaftLeaderCommitKey), shown(applied, spans.RaftIndexKey), appliedSaid(applied)).
			resting(e.end(told), e.end(commit))
		how.ID = told.ID
	}
	if isLeading(commit) { // told with how it was committed
		return append(steps, how)
	}
	return append(append(steps, how), e.brokenByCommit(commit)...)
}

// messageName is the name of the message that a span sends or takes in.
func messageName(s *traces.Span) string {
	if s.Name == spans.CommitNotificationProducerName {
		return (protocol.CommitNotification{}).Name()
	}
	return traces.ShortName(s)
}
