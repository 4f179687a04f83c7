package traces

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// explainSpan says what a span is, and what led to it: its causes, one by one, back to what began its trace, and why that began.
func (e *Explainer) explainSpan(s *Span) *Explanation {
	switch s.Name {
	case spans.ElectionName:
		if x, err := e.explainTerm(s.number(spans.RaftTermKey)); err == nil && s.value(spans.RaftOutcomeKey) == spans.OutcomeWon {
			return x
		}
		return &Explanation{
			Answer: fmt.Sprintf("%s stood for election in term %s at %s: %s.", s.Service, s.value(spans.RaftTermKey), e.time(s.Start), e.outcomeSaid(s)),
			Parts: []ExplanationPart{
				{"Why " + s.Service + " stood for election", e.whyStood(s)}, {"Who voted how", e.votes(s)},
			},
			Next: "leader term " + s.value(spans.RaftTermKey),
		}
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		if x, err := e.explainOperation(s.Attribute(spans.KVRequestIDKey).AsString()); err == nil {
			return x
		}
	}
	x := &Explanation{Answer: capital(e.spanSaid(s, true)) + "."}
	if s.Name == spans.ViolationName {
		return e.explainViolation(x, s)
	}
	if s.Kind == trace.SpanKindClient && s.value(spans.RaftReplyKey) == "" {
		why, id := e.absent(s)
		x.Parts = append(x.Parts, ExplanationPart{"Why there was no reply", []ExplanationStep{e.step(s.End, id, "%s.", capital(why))}})
	}
	chain, root := e.chain(s)
	x.Parts = append(x.Parts, ExplanationPart{"What led to it, the last cause first", chain})
	if root.Name == spans.ElectionName {
		x.Parts = append(x.Parts, ExplanationPart{"Why " + root.Service + " stood for election", e.whyStood(root)})
	}
	x.Next = root.ID.String()
	switch {
	case s.Name == spans.FaultName:
		x.Next = e.electionAfter(s)
	case s.Name == spans.ApplyName:
		x.Next = "index " + s.value(spans.RaftIndexKey) + " " + s.Service
	case root.ID == s.ID:
		for first := range e.below(s.ID) {
			x.Next = first.ID.String()
			break
		}
	}
	if x.Next == s.ID.String() { // ask something else
		x.Next = e.suggested(s)
	}
	return x
}

// suggested is a question about what a span begins: a client's first request, or the first election.
func (e *Explainer) suggested(s *Span) string {
	if first := s.Service + "/1"; e.operation(first) != nil {
		return s.Service + " 1"
	}
	if all := e.Questions(1); len(all) > 0 {
		return all[0]
	}
	return s.ID.String()
}

// explainViolation says what an invariant demands, and which facts do not agree.
func (e *Explainer) explainViolation(x *Explanation, s *Span) *Explanation {
	if says := printable(s.Status.Description); says != "" {
		x.Answer += " It says: " + says
	}
	var facts []ExplanationStep
	for _, fact := range s.values(spans.RaftkvViolationFactsKey) {
		facts = append(facts, e.step(s.Start, 0, "%s.", capital(fact)))
	}
	x.Parts = append(x.Parts, ExplanationPart{"What does not agree", facts})
	x.Next = s.ID.String()
	if last := e.doneBefore(s.Start); last != nil {
		x.Next = last.ID.String()
	}
	return x
}

// doneBefore is what a process did last before a moment; nil if there was nothing.
func (e *Explainer) doneBefore(moment time.Time) *Span {
	var done []int32
	for i := range e.list {
		s, shape := &e.list[i], e.shapeOf(int32(i))
		if shape.service != spans.ServiceWorld && shape.name != spans.RunName && s.start != s.end && s.end <= moment.UnixNano() {
			done = append(done, int32(i))
		}
	}
	slices.SortFunc(done, func(i, j int32) int { return cmp.Or(cmp.Compare(e.list[j].end, e.list[i].end), cmp.Compare(j, i)) })
	for _, i := range done {
		if s := e.span(i); !s.Attribute(spans.RaftUnfinishedKey).AsBool() {
			return s
		}
	}
	return nil
}

// electionAfter is the question about the first election since a fault, or about the last one there was.
func (e *Explainer) electionAfter(fault *Span) string {
	next := fault.ID.String()
	for _, s := range e.elections {
		next = "leader term " + s.value(spans.RaftTermKey)
		if !s.Start.Before(fault.Start) {
			break
		}
	}
	return next
}

// chain are the causes of a span, the last one first, and the first of them.
func (e *Explainer) chain(s *Span) (steps []ExplanationStep, root *Span) {
	root = s
	seen := map[world.CausalID]bool{s.ID: true}
	for parent := e.spanOf(s.Parent); parent != nil && s.Parent != 0 && !seen[parent.ID]; parent = e.spanOf(root.Parent) {
		steps = append(steps, e.step(parent.Start, parent.ID, "%s.", capital(e.spanSaid(parent, false))))
		seen[parent.ID] = true
		root = parent
		if root.Parent == 0 {
			break
		}
	}
	return append(steps, e.whyBegan(root)...), root
}

// whyBegan says why something began that no other span caused.
func (e *Explainer) whyBegan(root *Span) []ExplanationStep {
	switch root.Name {
	case spans.HeartbeatName:
		for _, l := range root.Links {
			if election := e.spanOf(l.ID); election != nil {
				return []ExplanationStep{
					e.step(root.Start, 0, "The heartbeat timer of %s ran out: a leader lets its followers hear from it before they time out.", root.Service),
					e.step(election.End, election.ID, "%s leads since it won the election of term %s.", election.Service, election.value(spans.RaftTermKey)),
				}
			}
		}
	case spans.KVPutName, spans.KVGetName, spans.KVDeleteName:
		for before := range e.backward(root.Service, spans.KVPutName, spans.KVGetName, spans.KVDeleteName) {
			if before.ID != root.ID && !before.End.After(root.Start) {
				return []ExplanationStep{e.step(before.End, before.ID, "%s had the answer to its request %s, and a client has one request at a time.", before.Service, before.ordinal())}
			}
		}
		return []ExplanationStep{e.step(root.Start, 0, "It is %s's first request, and came when the client started.", root.Service)}
	case spans.FaultName:
		return []ExplanationStep{e.step(root.Start, 0, "The scenario says so: at = %q.", root.value(spans.RaftkvFaultWhenKey))}
	case spans.StartName:
		for _, f := range slices.Backward(e.faults) {
			if faultKind(f) == spans.FaultRestart && touches(f, root.Service) && together(f.Start, root.Start) {
				return []ExplanationStep{e.step(f.Start, f.ID, "A fault: %s.", e.faultSaid(f))}
			}
		}
	}
	return nil
}

// spanSaid tells a span as a sentence without an end, with its time or without.
func (e *Explainer) spanSaid(s *Span, timed bool) string {
	at, during := "", ""
	if timed {
		at = " at " + e.time(s.Start)
		during = at
		if s.End.After(s.Start) {
			during = " from " + e.time(s.Start) + " to " + e.time(s.End)
		}
	}
	t := teller{span: s}
	switch {
	case s.Name == spans.FaultName:
		return "the scenario had it that " + e.faultSaid(s) + during
	case s.Name == spans.RunName:
		return "the run " + s.value(spans.RaftkvScenarioKey) + " with seed " + s.value(spans.RaftkvSeedKey) + " began"
	case s.Name == spans.KVPutName || s.Name == spans.KVGetName || s.Name == spans.KVDeleteName:
		return s.Service + " made its request " + s.ordinal() + ", " + s.operationText() + during
	case s.Name == spans.ElectionName:
		return s.Service + " stood for election in term " + s.value(spans.RaftTermKey) + during
	case s.Name == spans.HeartbeatName:
		return s.Service + " began heartbeat round " + s.value(spans.RaftHeartbeatKey) + " of term " + s.value(spans.RaftTermKey) + at
	case s.Name == spans.RoleChangeName:
		return s.Service + " went from " + s.value(spans.RaftRoleFromKey) + " to " + s.value(spans.RaftRoleKey) + " in term " + s.value(spans.RaftTermKey) + " (" +
			spaced(s.value(spans.RaftRoleEventKey)) + ")" + during
	case s.Name == spans.CommitName:
		said := s.Service + " moved its commit index from " + s.value(spans.RaftCommitFromKey) + " to " + s.value(spans.RaftCommitToKey) + during
		if by := s.values(spans.RaftCommitAcknowledgedByKey); len(by) > 0 {
			said += ", because " + andList(by) + " had what is up to there"
		}
		return said
	case s.Name == spans.ApplyName:
		return s.Service + " applied index " + s.value(spans.RaftIndexKey) + ", " + e.appliedSaid(s) + during
	case s.Name == spans.StartName, s.Name == spans.ClientStartName:
		return s.Service + " started" + during
	case s.Name == spans.SetPeersName:
		return s.Service + " was told which servers there are, " + andList(s.values(spans.RaftPeersKey)) + "," + during
	case s.Name == spans.ViolationName:
		return "the invariant " + s.value(spans.RaftkvInvariantKey) + " did not hold" + at + ", and the run was stopped"
	case isSender(s):
		return s.Service + " sent " + s.peer() + aMessage(s) + t.entriesText() + at + e.callEnded(s)
	case isReceiver(s):
		said := s.Service + " took in " + s.peer() + "'s " + shortName(s) + t.entriesText() + during
		if reply := s.value(spans.RaftReplyKey); reply != "" {
			said += ", and replied " + reply
			if reason := s.value(spans.RaftReasonKey); reason != "" {
				said += " (" + spaced(reason) + ")"
			}
		}
		if drop := s.event(spans.EventDrop); drop != nil {
			said += "; the answer was lost" + e.whyLost(s.Service, s.peer(), drop)
		}
		return said
	case s.Name == spans.LateReplyName:
		return s.Service + " took in a late " + s.value(spans.RaftReplyKey) + " from " + s.peer() + during + ": its call was over"
	}
	return s.process() + " has the span " + printable(s.Name) + during
}

// aMessage is a message with its article.
func aMessage(s *Span) string {
	name := shortName(s)
	if name != "" && strings.ContainsRune("AEIOU", rune(name[0])) {
		return " an " + name
	}
	return " a " + name
}

// callEnded says what came of a call.
func (e *Explainer) callEnded(s *Span) string {
	reply := s.value(spans.RaftReplyKey)
	switch {
	case reply != "":
		return ", and had the reply " + reply + " at " + e.time(s.End)
	case s.Kind == trace.SpanKindProducer:
		if drop := s.event(spans.EventDrop); drop != nil {
			return ", which was lost" + e.whyLost(s.Service, s.peer(), drop)
		}
		return ""
	case s.Status.Code == codes.Error:
		return ", and gave it up at " + e.time(s.End) + " (" + s.value(spans.ErrorTypeKey) + ")"
	}
	return ""
}
