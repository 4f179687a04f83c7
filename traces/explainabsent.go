package traces

import (
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// What did not arrive is a cause as well: a message that was lost, a server that was down, a network that was parted.

// faultSaid tells a fault as a sentence without an end.
func (e *Explainer) faultSaid(f *Span) string {
	s := NewStory()
	t := teller{story: s, span: f}
	target := t.text(spans.RaftkvFaultTargetKey)
	said := ""
	switch t.text(spans.RaftkvFaultKey) {
	case spans.FaultCrash:
		said = target + " crashed"
	case spans.FaultLoseUnsynced:
		said = target + " crashed in the middle of a write"
	case spans.FaultRestart:
		said = target + " was started again"
	case spans.FaultIsolate:
		said = target + " was cut off from all other nodes"
	case spans.FaultPartition:
		said = "the network parted: " + target
		if first, second, found := strings.Cut(target, " | "); found && t.span.Attribute(spans.RaftkvFaultOneWayKey).AsBool() {
			said = "what " + andList(strings.Fields(first)) + " sent to " + andList(strings.Fields(second)) + " began to be lost"
		}
	case spans.FaultPause:
		said = target + " was paused"
	case spans.FaultSlow:
		said = target + " became slow: each step took " + t.by().String() + " longer"
	case spans.FaultElect:
		said = target + " was told to stand for election"
	case spans.FaultHeal:
		said = target + " was healed"
		if target == "all" {
			said = "everything was healed"
		}
	case spans.FaultSkew:
		said = "a fault: " + t.skew(target)
	default:
		said = "a fault: " + t.text(spans.RaftkvFaultKey) + " " + target
	}
	if when := t.text(spans.RaftkvFaultWhenKey); strings.Contains(when, " ") { // a condition, and no time
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

func faultKind(f *Span) string { return f.Attribute(spans.RaftkvFaultKey).AsString() }

func isCrash(f *Span) bool {
	return faultKind(f) == spans.FaultCrash || faultKind(f) == spans.FaultLoseUnsynced
}

// touches says whether a fault is one of this process.
func touches(f *Span, process string) bool {
	return slices.Contains(strings.Fields(f.Attribute(spans.RaftkvFaultTargetKey).AsString()), process)
}

// inForce are the faults that are in force at a time: those that nothing has mended yet.
func (e *Explainer) inForce(at time.Time) []*Span {
	var list []*Span
	for _, f := range e.faults {
		if f.Start.After(at) {
			break
		}
		target := f.Attribute(spans.RaftkvFaultTargetKey).AsString()
		switch faultKind(f) {
		case spans.FaultHeal:
			list = slices.DeleteFunc(list, func(other *Span) bool {
				return !isCrash(other) && (target == "all" || other.Attribute(spans.RaftkvFaultTargetKey).AsString() == target)
			})
		case spans.FaultRestart:
			list = slices.DeleteFunc(list, func(other *Span) bool { return isCrash(other) && touches(other, target) })
		case spans.FaultElect:
		default:
			list = append(list, f)
		}
	}
	return list
}

// downSince is the fault because of which a process does not run at a time; nil if it does.
func (e *Explainer) downSince(process string, at time.Time) *Span {
	for _, f := range e.inForce(at) {
		if isCrash(f) && touches(f, process) {
			return f
		}
	}
	return nil
}

// between is the latest fault that keeps what one process sends from another at a time; nil if none does.
func (e *Explainer) between(from, to string, at time.Time) *Span {
	var latest *Span
	for _, f := range e.inForce(at) {
		target := f.Attribute(spans.RaftkvFaultTargetKey).AsString()
		first, second, parted := strings.Cut(target, " | ")
		switch faultKind(f) {
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
		return slices.IndexFunc(strings.Split(target, "|"), func(side string) bool { return slices.Contains(strings.Fields(side), process) })
	}
	return of(a) >= 0 && of(b) >= 0 && of(a) != of(b)
}

// whyLost says why the network lost what one process sent another; the sentence goes on behind "was lost".
func (e *Explainer) whyLost(from, to string, drop *Event) string {
	switch drop.Attribute(spans.RaftkvCauseKey).AsString() {
	case spans.CauseFault:
		if f := e.between(from, to, drop.At); f != nil {
			return ", because at " + e.time(f.Start) + " " + e.faultSaid(f)
		}
		return " to a fault"
	case spans.CauseCounterfactual:
		return ", as the run was told to lose it"
	}
	return " by chance"
}

// absent says why the reply to a call did not come, or not in time, and which span tells it.
func (e *Explainer) absent(call *Span) (why string, id world.CausalID) {
	peer, what := call.peer(), shortName(call)
	receivers := e.receivers(call)
	if drop := call.event(spans.EventDrop); drop != nil && len(receivers) == 0 {
		return "the " + what + " was lost on its way to " + peer + e.whyLost(call.Service, peer, drop), call.ID
	}
	for _, r := range receivers {
		drop := r.event(spans.EventDrop)
		switch {
		case drop != nil:
			return peer + " answered at " + e.time(r.End) + ", but the answer was lost" + e.whyLost(peer, call.Service, drop), r.ID
		case r.Status.Code == codes.Error && r.value(spans.ErrorTypeKey) == spans.ErrorTypeCrash:
			return peer + " crashed at " + e.time(r.End) + " before it had answered", r.ID
		case r.Attribute(spans.RaftUnfinishedKey).AsBool():
			return peer + " had taken it in, and had not answered when the run ended", r.ID
		case r.value(spans.RaftReplyKey) != "" && r.End.After(call.End):
			return peer + " answered only at " + e.time(r.End) + e.ailing(peer, r.End), r.ID
		case r.value(spans.RaftReplyKey) != "":
			return peer + " answered at " + e.time(r.End) + ", and that was still on its way" + e.ailing(call.Service, call.End), r.ID
		}
	}
	if f := e.downSince(peer, call.Start); f != nil {
		return peer + " had been down since its crash at " + e.time(f.Start), f.ID
	}
	oneWay := call.Kind == trace.SpanKindProducer // nothing ends it
	for _, f := range e.faults {
		if isCrash(f) && touches(f, peer) && f.Start.After(call.Start) && (oneWay || !f.Start.After(call.End)) {
			return peer + " crashed at " + e.time(f.Start) + ", before it had handled it", f.ID
		}
	}
	if oneWay || call.Attribute(spans.RaftUnfinishedKey).AsBool() {
		return "it was still on its way when the run ended", call.ID
	}
	if call.value(spans.ErrorTypeKey) == spans.ErrorTypeCrash {
		return call.Service + " itself crashed", call.ID
	}
	return "nothing was heard of it in the time that a call is given" + e.ailing(peer, call.End), call.ID
}

// ailing says what is wrong with a process that answers late.
func (e *Explainer) ailing(process string, at time.Time) string {
	for _, f := range slices.Backward(e.inForce(at)) {
		if kind := faultKind(f); touches(f, process) && (kind == spans.FaultSlow || kind == spans.FaultPause) {
			return " (at " + e.time(f.Start) + " " + e.faultSaid(f) + ")"
		}
	}
	return ""
}

// meanwhile are the faults of some processes that were in force or began within a time.
func (e *Explainer) meanwhile(from, to time.Time, processes ...string) []ExplanationStep {
	var steps []ExplanationStep
	before := e.inForce(from)
	for _, f := range e.faults {
		within := f.Start.After(from) && !f.Start.After(to)
		if faultKind(f) != spans.FaultElect && (within || slices.Contains(before, f)) &&
			(f.Attribute(spans.RaftkvFaultTargetKey).AsString() == "all" || slices.ContainsFunc(processes, func(p string) bool { return touches(f, p) })) {
			steps = append(steps, e.step(f.Start, f.ID, "%s.", capital(e.faultSaid(f))))
		}
	}
	return steps
}

// capital begins a sentence; names of processes stay as they are.
func capital(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if _, n := processNumber(strings.TrimSuffix(first, "'s")); n > 0 || s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
