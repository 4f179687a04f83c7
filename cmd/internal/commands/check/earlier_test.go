package check

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/raftkv/kv"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/conform"
)

// asEarlier makes of a trace what an earlier build would have written: nothing of what is durable, of why links are
// there, or of messages that come to a server that is down; and what a step does has one time, at its end.
func asEarlier(list []traces.Span) []traces.Span {
	steps, cuts := endsOfSteps(list), map[world.CausalID]bool{}
	for i := range list {
		s := &list[i]
		cuts[s.ID] = slices.Contains([]string{worldspans.FaultIsolate, worldspans.FaultPartition},
			textOf(s, worldspans.RaftkvFaultKey))
	}
	earlier := make([]traces.Span, len(list))
	for i := range list {
		s := list[i]
		isCut := slices.ContainsFunc(s.Links, func(l traces.Link) bool { return cuts[l.ID] })
		s.Attributes = slices.DeleteFunc(slices.Clone(s.Attributes),
			func(kv attribute.KeyValue) bool { return isNew(&s, kv.Key) })
		if entries := s.Attribute(spans.RaftEntriesKey).AsStringSlice(); entries != nil {
			set(&s, spans.RaftEntriesKey.StringSlice(withoutRequests(entries)))
		}
		if s.Name == worldspans.RunName {
			set(&s, worldspans.RaftkvBuildKey.String("spec-0123456789abcdef-behaviour-3"))
		}
		if isNamed(&s, worldspans.FaultName) {
			s.Name = worldspans.FaultName
		}
		if s.Kind == producer && textOf(&s, worldspans.ErrorTypeKey) == worldspans.ErrorTypeLost && !isCut ||
			textOf(&s, kvspans.KVResultKey) == kvconform.Unanswered {
			unset(&s, worldspans.ErrorTypeKey)
			s.Status = traces.Status{Code: codes.Unset}
		}
		if s.Name == spans.StartName {
			if before := list[i].Attribute(spans.RaftRoleBeforeKey); before.Type() != attribute.EMPTY {
				set(&s, spans.RaftRoleKey.String(before.AsString()))
			}
		}
		s.Links = earlierLinks(s.Links, list)
		s.Events = slices.DeleteFunc(slices.Clone(s.Events), func(e traces.Event) bool {
			return e.Name == spans.EventPersist || e.Name == worldspans.EventDrop &&
				e.Attribute(worldspans.RaftkvCauseKey).AsString() == worldspans.CauseFault && !isCut
		})
		atEnds(&s, steps)
		earlier[i] = s
	}
	return earlier
}

// isNew says whether an earlier build gave a span no such attribute.
func isNew(s *traces.Span, key attribute.Key) bool {
	switch key {
	case spans.RaftVotedForKey, spans.RaftMessageTermKey, spans.RaftReplyTermKey, spans.RaftEndTermKey,
		spans.RaftEndRoleKey, spans.RaftNextIndexKey,
		spans.RaftRoleBeforeKey, worldspans.PeerServiceKey:
		return true
	case spans.RaftLastLogIndexKey, spans.RaftLastLogTermKey:
		return !isA(spans.RequestVoteClientName, client)(s)
	}
	return false
}

func withoutRequests(entries []string) []string {
	var without []string
	for _, e := range entries {
		place, rest, _ := strings.Cut(e, " ")
		if rest != (kv.Noop{}).String() {
			_, rest, _ = strings.Cut(rest, " ")
		}
		without = append(without, place+" "+rest)
	}
	return without
}

// earlierLinks are links without attributes, but for those to faults and commits, which earlier builds did not have.
func earlierLinks(links []traces.Link, list []traces.Span) (kept []traces.Link) {
	for _, l := range links {
		isNew := slices.ContainsFunc(list, func(o traces.Span) bool {
			return o.ID == l.ID && (isNamed(&o, worldspans.FaultName) || o.Name == spans.CommitName)
		})
		if !isNew {
			l.Attributes = nil
			kept = append(kept, l)
		}
	}
	return kept
}

// stepOf names a step of a process.
type stepOf struct {
	process string
	step    int64
}

func endStep(s *traces.Span) int64 {
	return max(numberOf(s, worldspans.RaftkvStepKey), numberOf(s, worldspans.RaftkvEndStepKey))
}

// endsOfSteps are the latest times that spans tell of each step.
func endsOfSteps(list []traces.Span) map[stepOf]time.Time {
	ends := map[stepOf]time.Time{}
	note := func(of stepOf, at time.Time) {
		if at.After(ends[of]) {
			ends[of] = at
		}
	}
	for i := range list {
		s := &list[i]
		note(stepOf{s.Service, numberOf(s, worldspans.RaftkvStepKey)}, s.Start)
		note(stepOf{s.Service, endStep(s)}, s.End)
	}
	return ends
}

// atEnds has all that a span tells be at the ends of its steps, but that a message arrived.
func atEnds(s *traces.Span, ends map[stepOf]time.Time) {
	if numberOf(s, worldspans.RaftkvStepKey) == 0 {
		s.End = s.Start
		return
	}
	first := ends[stepOf{s.Service, numberOf(s, worldspans.RaftkvStepKey)}]
	s.End = ends[stepOf{s.Service, endStep(s)}]
	if s.Kind != server && s.Kind != consumer && s.Name != spans.LateReplyName {
		s.Start = first
	}
	for i := range s.Events {
		e := &s.Events[i]
		e.At = first
		if step := e.Attribute(worldspans.RaftkvStepKey).AsInt64(); step > 0 {
			e.At = ends[stepOf{s.Service, step}]
		}
	}
}

// TestEarlierTracesAreClean checks traces of earlier builds: what they lack is nothing wrong, and it is told that they
// are of another spec.
func TestEarlierTracesAreClean(t *testing.T) {
	for _, scenario := range []string{
		"default", "leader-crash", "figure-8", "rolling-restart", "everything", "storm",
		"lost-write", "majority-partition",
	} {
		file, _ := traced(t, recorded.Config(t, scenario, ""))
		list := asEarlier(all(t, file))
		j := raftconform.New()
		for i := range list {
			j.Add(&list[i], i+1)
		}
		report := j.Report()
		for _, f := range report.Findings {
			t.Errorf("%s: %s: %s: %s, want %s", scenario, f.ID, f.Span, f.Got, f.Want)
		}
		if !slices.ContainsFunc(report.Unknown, func(u conform.Unknown) bool { return u.ID == "other_spec" }) {
			t.Errorf("%s: it is not told that the trace is of another spec; what is told is %v", scenario, report.Unknown)
		}
		applied := slices.IndexFunc(list, func(s traces.Span) bool { return s.Name == spans.ApplyName })
		set(&list[applied], spans.RaftIndexKey.Int(9))
		if len(judgedSpans(list)) == 0 {
			t.Errorf("%s: it is not found that the entry at index 9 is applied first", scenario)
		}
	}
}
