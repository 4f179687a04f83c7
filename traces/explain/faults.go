package explain

import (
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// FaultSaid tells a fault as a sentence without an end.
func (t *Trace) FaultSaid(f *span.Span) Sentence {
	_, said := words.Fault(f)
	if aimed := Shown(f, worldspans.RaftkvFaultAimedAtKey); aimed != "" {
		said += " (aimed at " + aimed + ")"
	}
	if when := Shown(f, worldspans.RaftkvFaultWhenKey); strings.Contains(when, " ") { // a condition, and no time
		said += " when " + pastOf(when)
	}
	return Say("%s", said).On(t.Begin(f))
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

func target(f *span.Span) string { return f.Attribute(worldspans.RaftkvFaultTargetKey).AsString() }

// Touches says whether a fault is one of this process.
func Touches(f *span.Span, process string) bool {
	return slices.Contains(strings.Fields(target(f)), process)
}

// inForce are the faults that are in force at a time: those that nothing has mended yet.
func (t *Trace) inForce(at time.Time) (list []*span.Span) {
	for _, f := range t.faults {
		if f.Start.After(at) {
			break
		}
		switch traces.FaultKind(f) {
		case worldspans.FaultHeal:
			list = slices.DeleteFunc(list, func(other *span.Span) bool {
				return !traces.IsCrash(other) && (target(f) == "all" || target(other) == target(f))
			})
		case worldspans.FaultRestart, worldspans.FaultRollback:
			list = slices.DeleteFunc(list, func(other *span.Span) bool {
				return traces.IsCrash(other) && Touches(other, target(f))
			})
		case worldspans.FaultElect:
		default:
			list = append(list, f)
		}
	}
	return list
}

// DownSince is the fault because of which a process does not run at a time; nil if it does.
func (t *Trace) DownSince(process string, at time.Time) *span.Span {
	for _, f := range t.inForce(at) {
		if traces.IsCrash(f) && Touches(f, process) {
			return f
		}
	}
	return nil
}

// StayedDown says that a process crashed and was not started again; nothing of one that runs at the end.
func (t *Trace) StayedDown(process string) []Step {
	f := t.DownSince(process, t.Last().End)
	if f == nil {
		return nil
	}
	return []Step{At(t.Begin(f), "%s, and was not started again.", t.FaultSaid(f).Capital()).Kept(Down)}
}

// StartedBy says which fault started a process again; nothing for its first start.
func (t *Trace) StartedBy(start *span.Span) []Step {
	for _, f := range slices.Backward(t.faults) {
		kind := traces.FaultKind(f)
		if (kind == worldspans.FaultRestart || kind == worldspans.FaultRollback) && Touches(f, start.Service) &&
			start.Start.Sub(f.Start).Abs() <= traces.AtOnceWithin {
			return []Step{At(t.Begin(f), "A fault: %s.", t.FaultSaid(f))}
		}
	}
	return nil
}

// ClockFaults says which faults had set a process's clock within a time.
func (t *Trace) ClockFaults(process string, from, to time.Time) (all Sentence) {
	for _, f := range t.inForce(to) {
		if traces.FaultKind(f) == worldspans.FaultSkew && Touches(f, process) &&
			(Integer(f, worldspans.RaftkvFaultRatePermilleKey) != 0 || f.Start.After(from)) {
			all = all.Then(" (at %s %s)", t.Begin(f), t.FaultSaid(f))
		}
	}
	return all
}

// between is the latest fault that keeps what one process sends from another at a time; nil if none does.
func (t *Trace) between(from, to string, at time.Time) (latest *span.Span) {
	for _, f := range t.inForce(at) {
		switch traces.FaultKind(f) {
		case worldspans.FaultIsolate:
			if target(f) == from || target(f) == to {
				latest = f
			}
		case worldspans.FaultPartition:
			sides := strings.Split(target(f), "|")
			side := func(process string) int {
				return slices.IndexFunc(sides, func(s string) bool { return slices.Contains(strings.Fields(s), process) })
			}
			oneWay := f.Attribute(worldspans.RaftkvFaultOneWayKey).AsBool() && len(sides) == 2
			a, b := side(from), side(to)
			if a >= 0 && b >= 0 && (a < b || a > b && !oneWay) {
				latest = f
			}
		}
	}
	return latest
}

// Ailing says what is wrong with a process that answers late.
func (t *Trace) Ailing(process string, at time.Time) Sentence {
	for _, f := range slices.Backward(t.inForce(at)) {
		switch traces.FaultKind(f) {
		case worldspans.FaultSlow, worldspans.FaultStall, worldspans.FaultPause:
			if Touches(f, process) {
				return Say(" (at %s %s)", t.Begin(f), t.FaultSaid(f))
			}
		}
	}
	return Sentence{}
}

// Meanwhile are the faults of some processes that were in force or began within a time.
func (t *Trace) Meanwhile(from, to time.Time, processes ...string) (steps []Step) {
	before := t.inForce(from)
	for _, f := range t.faults {
		within := f.Start.After(from) && !f.Start.After(to)
		if traces.FaultKind(f) != worldspans.FaultElect && (within || slices.Contains(before, f)) &&
			(target(f) == "all" || slices.ContainsFunc(processes, func(p string) bool { return Touches(f, p) })) {
			steps = append(steps, At(t.Begin(f), "%s.", t.FaultSaid(f).Capital()))
		}
	}
	return steps
}
