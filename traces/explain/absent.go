package explain

import (
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/words"
)

// What did not arrive is a cause as well: a message that was lost, a server that was down, a network that was parted.

// faultSaid tells a fault as a sentence without an end.
func (e *Explainer) faultSaid(f *traces.Span) Sentence {
	return say("%s", faultText(f)).on(e.begin(f))
}

func faultText(f *traces.Span) string {
	t := story.Teller{Span: f}
	target := t.Text(spans.RaftkvFaultTargetKey)
	said := ""
	switch t.Text(spans.RaftkvFaultKey) {
	case spans.FaultCrash:
		said = target + " crashed"
	case spans.FaultLoseUnsynced:
		said = target + " crashed in the middle of a write"
	case spans.FaultRestart:
		said = target + " was started again"
	case spans.FaultRollback:
		said = target + " was started again with what its disk had held " + t.By().String() + " before"
	case spans.FaultStall:
		said = "the disk of " + target + " stalled: each step that wrote to it took " + t.By().String() + " longer"
	case spans.FaultSkipSync:
		said = "the disk of " + target + " began to lie: it said that it had synced, and had not"
	case spans.FaultIsolate:
		said = target + " was cut off from all other nodes"
	case spans.FaultPartition:
		said = "the network parted: " + target
		if first, second, found := strings.Cut(target, " | "); found &&
			t.Span.Attribute(spans.RaftkvFaultOneWayKey).AsBool() {
			said = "what " + words.AndList(strings.Fields(first)) + " sent to " + words.AndList(strings.Fields(second)) + " began to be lost"
		}
	case spans.FaultPause:
		said = target + " was paused"
	case spans.FaultSlow:
		said = target + " became slow: each step took " + t.By().String() + " longer"
	case spans.FaultElect:
		said = target + " was told to stand for election"
	case spans.FaultHeal:
		said = target + " was healed"
		if target == "all" {
			said = "everything was healed"
		}
	case spans.FaultSkew:
		said = "a fault: " + t.Skew(target)
	default:
		said = "a fault: " + t.Text(spans.RaftkvFaultKey) + " " + target
	}
	if aimed := t.Text(spans.RaftkvFaultAimedAtKey); aimed != "" {
		said += " (aimed at " + aimed + ")"
	}
	if when := t.Text(spans.RaftkvFaultWhenKey); strings.Contains(when, " ") { // a condition, and no time
		said += " when " + pastOf(when)
	}
	return said
}

// pastOf puts a condition, as a config has it, into the past: node-1 becomes leader, index 4 commits, client-2 sends 3.
func pastOf(condition string) string {
	if client, ordinal, ok := strings.Cut(condition, " sends "); ok {
		return client + " sent its request " + ordinal
	}
	if subject, ok := strings.CutSuffix(condition, " commits"); ok {
		return subject + " was committed"
	}
	return strings.Replace(condition, " becomes ", " became ", 1)
}

// touches says whether a fault is one of this process.
func touches(f *traces.Span, process string) bool {
	return slices.Contains(strings.Fields(f.Attribute(spans.RaftkvFaultTargetKey).AsString()), process)
}

// inForce are the faults that are in force at a time: those that nothing has mended yet.
func (e *Explainer) inForce(at time.Time) []*traces.Span {
	var list []*traces.Span
	for _, f := range e.faults {
		if f.Start.After(at) {
			break
		}
		target := f.Attribute(spans.RaftkvFaultTargetKey).AsString()
		switch traces.FaultKind(f) {
		case spans.FaultHeal:
			list = slices.DeleteFunc(list, func(other *traces.Span) bool {
				return !traces.IsCrash(other) && (target == "all" || other.Attribute(spans.RaftkvFaultTargetKey).AsString() == target)
			})
		case spans.FaultRestart, spans.FaultRollback:
			list = slices.DeleteFunc(list, func(other *traces.Span) bool { return traces.IsCrash(other) && touches(other, target) })
		case spans.FaultElect:
		default:
			list = append(list, f)
		}
	}
	return list
}

// downSince is the fault because of which a process does not run at a time; nil if it does.
func (e *Explainer) downSince(process string, at time.Time) *traces.Span {
	for _, f := range e.inForce(at) {
		if traces.IsCrash(f) && touches(f, process) {
			return f
		}
	}
	return nil
}

// between is the latest fault that keeps what one process sends from another at a time; nil if none does.
func (e *Explainer) between(from, to string, at time.Time) *traces.Span {
	var latest *traces.Span
	for _, f := range e.inForce(at) {
		target := f.Attribute(spans.RaftkvFaultTargetKey).AsString()
		first, second, parted := strings.Cut(target, " | ")
		switch traces.FaultKind(f) {
		case spans.FaultIsolate:
			if target == from || target == to {
				latest = f
			}
		case spans.FaultPartition:
			oneWay := f.Attribute(spans.RaftkvFaultOneWayKey).AsBool()
			there := slices.Contains(strings.Fields(first), from) && slices.Contains(strings.Fields(second), to)
			back := slices.Contains(strings.Fields(first), to) && slices.Contains(strings.Fields(second), from)
			if parted && (there || back && !oneWay) || strings.Count(target, "|") > 1 && sides(target, from, to) {
				latest = f
			}
		}
	}
	return latest
}

// sides says whether a partition of many sides has two processes on different ones.
func sides(target, a, b string) bool {
	of := func(process string) int {
		return slices.IndexFunc(strings.Split(target, "|"),
			func(side string) bool { return slices.Contains(strings.Fields(side), process) })
	}
	return of(a) >= 0 && of(b) >= 0 && of(a) != of(b)
}

// whyLost says why the network lost what one process sent another; the sentence goes on behind "was lost".
func (e *Explainer) whyLost(from, to string, s *traces.Span, drop *traces.Event) Sentence {
	how := say("").on(e.when(s, drop))
	switch drop.Attribute(spans.RaftkvCauseKey).AsString() {
	case spans.CauseFault:
		if f := e.faultOf(s, drop); f != nil {
			return joined(how, say(", because at %s %s", e.begin(f), e.faultSaid(f)))
		}
		if f := e.between(from, to, drop.At); f != nil {
			return joined(how, say(", because at %s %s", e.begin(f), e.faultSaid(f)))
		}
		return joined(how, say(" to a fault"))
	case spans.CauseCounterfactual:
		return joined(how, say(", as the run was told to lose it"))
	}
	return joined(how, say(" by chance"))
}

// faultOf is the fault that lost what a span sent, as the span's links say; nil if they do not.
func (e *Explainer) faultOf(s *traces.Span, drop *traces.Event) *traces.Span {
	var last *traces.Span
	for _, link := range s.Links {
		f := e.spanOf(link.ID)
		if f != nil && traces.IsFault(f.Name) && !f.Start.After(drop.At.Add(traces.AtOnceWithin)) && (last == nil || f.Start.After(last.Start)) {
			last = f
		}
	}
	return last
}

// lost says why what a span sent did not arrive.
func (e *Explainer) lost(s *traces.Span, drop *traces.Event) reason {
	peer, what := peerOf(s), messageName(s)
	switch f := e.faultOf(s, drop); {
	case f == nil || !traces.IsCrash(f):
		return kept(Lost, e.when(s, drop), say("the %s was lost on its way to %s%s", what, peer,
			e.whyLost(s.Service, peer, s, drop)))
	case f.Start.After(s.Start):
		return kept(Crashed, e.begin(f), say("%s crashed at %s, before it had handled the %s", peer, e.begin(f),
			what).on(e.when(s, drop)))
	default:
		return kept(Down, e.begin(f), say("%s had been down since its crash at %s", peer, e.begin(f)).on(e.when(s, drop)))
	}
}

// absent says why the reply to a call did not come, or not in time.
func (e *Explainer) absent(call *traces.Span) reason {
	peer, what := peerOf(call), messageName(call)
	receivers := e.receivers(call)
	if shown(call, spans.RaftReplyKey) != "" && len(receivers) == 0 {
		return kept(NotInTrace, e.end(call), say("%s answered it by %s, and the trace lacks the span of that", peer,
			e.end(call)))
	}
	if drop := traces.EventOf(call, spans.EventDrop); drop != nil && len(receivers) == 0 {
		return e.lost(call, drop)
	}
	for _, r := range receivers {
		if why, ok := e.answeredInVain(call, r); ok {
			return why
		}
	}
	if f := e.downSince(peer, call.Start); f != nil {
		return kept(Down, e.begin(f), say("%s had been down since its crash at %s", peer, e.begin(f)))
	}
	for _, f := range e.faults {
		if traces.IsCrash(f) && touches(f, peer) && f.Start.After(call.Start) {
			return kept(Crashed, e.begin(f), say("%s crashed at %s, and no span shows that it had handled the %s before",
				peer, e.begin(f), what))
		}
	}
	return e.unheard(call)
}

// answeredInVain says why the reply of a server that handled a call did not count; not ok if nothing shows why.
func (e *Explainer) answeredInVain(call, r *traces.Span) (why reason, ok bool) {
	peer := peerOf(call)
	drop, answered := traces.EventOf(r, spans.EventDrop), shown(r, spans.RaftReplyKey) != ""
	switch {
	case drop != nil:
		return kept(Lost, e.when(r, drop), say("%s answered at %s, but the answer was lost%s", peer, e.end(r),
			e.whyLost(peer, call.Service, r, drop))), true
	case answered && r.End.After(call.End):
		return kept(TooLate, e.end(r), say("%s answered only at %s%s%s", peer, e.end(r), e.delayed(call),
			e.ailing(peer, r.End)).on(e.end(call))), true
	case answered:
		ended, event := e.callEnd(call)
		return kept(event, e.end(r), say("%s answered at %s, and that was still on its way when %s%s%s", peer, e.end(r),
			ended, e.delayed(r), e.ailing(call.Service, call.End))), true
	case r.End.After(call.End):
		return kept(TooLate, e.begin(r), say("%s had taken it in at %s, and had not answered by %s", peer, e.begin(r),
			e.end(call))), true
	case shown(r, spans.ErrorTypeKey) == spans.ErrorTypeCrash:
		return kept(Crashed, e.end(r), say("%s crashed at %s before it had answered", peer, e.end(r))), true
	case r.Attribute(spans.RaftUnfinishedKey).AsBool():
		return kept(RunEnded, e.begin(r), say("%s had taken it in at %s, and had not answered when the run ended", peer,
			e.begin(r))), true
	}
	return reason{}, false
}

// callEnd says what ended a call that no reply ended.
func (e *Explainer) callEnd(call *traces.Span) (Sentence, Occurrence) {
	switch {
	case call.Attribute(spans.RaftUnfinishedKey).AsBool():
		return say("the run ended at %s", e.end(call)), RunEnded
	case shown(call, spans.ErrorTypeKey) == spans.ErrorTypeCrash:
		return say("%s crashed at %s", call.Service, e.end(call)), Crashed
	}
	return say("the call was given up at %s", e.end(call)), TooLate
}

// unheard says why a call that no span shows to be handled, by a server that was up, came to nothing.
func (e *Explainer) unheard(call *traces.Span) reason {
	switch {
	case call.Kind == trace.SpanKindProducer: // nothing ends it
		return kept(RunEnded, e.begin(call), say("no span shows that the %s was handled before the run ended at %s%s%s",
			messageName(call), e.runEnd(), e.delayed(call), e.ailing(peerOf(call), call.End)))
	case call.Attribute(spans.RaftUnfinishedKey).AsBool():
		return kept(RunEnded, e.end(call), say("no span shows that the %s was handled before the run ended at %s%s%s",
			messageName(call), e.end(call), e.delayed(call), e.ailing(peerOf(call), call.End)))
	case shown(call, spans.ErrorTypeKey) == spans.ErrorTypeCrash:
		return kept(Crashed, e.end(call), say("%s itself crashed at %s", call.Service, e.end(call)))
	}
	return kept(TimedOut, e.end(call), say("no span shows that the %s was handled in the time that a call is given, "+
		"which ended at %s%s%s", messageName(call), e.end(call), e.delayed(call), e.ailing(peerOf(call), call.End)))
}

// delayed says that what a span sent was late on purpose.
func (e *Explainer) delayed(s *traces.Span) Sentence {
	late := traces.EventOf(s, spans.EventDelay)
	if late == nil {
		return Sentence{}
	}
	return say(", for it was late by %s", time.Duration(late.Attribute(spans.RaftkvDelayNsKey).AsInt64())).on(e.when(s,
		late))
}

// ailing says what is wrong with a process that answers late.
func (e *Explainer) ailing(process string, at time.Time) Sentence {
	for _, f := range slices.Backward(e.inForce(at)) {
		if kind := traces.FaultKind(f); touches(f, process) && (kind == spans.FaultSlow || kind == spans.FaultStall || kind == spans.FaultPause) {
			return say(" (at %s %s)", e.begin(f), e.faultSaid(f))
		}
	}
	return Sentence{}
}

// meanwhile are the faults of some processes that were in force or began within a time.
func (e *Explainer) meanwhile(from, to time.Time, processes ...string) []ExplanationStep {
	var steps []ExplanationStep
	before := e.inForce(from)
	for _, f := range e.faults {
		within := f.Start.After(from) && !f.Start.After(to)
		if traces.FaultKind(f) != spans.FaultElect && (within || slices.Contains(before, f)) &&
			(f.Attribute(spans.RaftkvFaultTargetKey).AsString() == "all" ||
				slices.ContainsFunc(processes, func(p string) bool { return touches(f, p) })) {
			steps = append(steps, step(e.begin(f), "%s.", e.faultSaid(f).capital()))
		}
	}
	return steps
}
