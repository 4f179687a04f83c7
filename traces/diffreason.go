package traces

import (
	"slices"
	"strings"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// Reason is what made two runs differ.
type Reason struct {
	Kind string         `json:"kind"`           // config, counterfactual, fault, draw, code, format, cut or unknown
	Text string         `json:"text"`           // what goes on behind "made by"
	Keys []ConfigChange `json:"keys,omitempty"` // the keys of the config that are meant
}

// The kinds of reasons.
const (
	ReasonConfig         = "config"
	ReasonCounterfactual = "counterfactual"
	ReasonFault          = "fault"
	ReasonDraw           = "draw"
	ReasonCode           = "code"
	ReasonFormat         = "format"
	ReasonCut            = "cut"
	ReasonUnknown        = "unknown"
)

// reason is what made a pair differ that comes of no other.
func (l *alignment) reason(p *pair, changes []ConfigChange) Reason {
	if p.rank == rankFault && !IsFault(l.shape(p).Name) {
		if e, ofA, differ := l.firstEvent(p); differ {
			return l.fateReason(p, &e, ofA, changes)
		}
	}
	if foreign, is := l.foreignReason(p); is {
		return foreign
	}
	faults := those(changes, givesFault)
	messages := those(changes, func(c ConfigChange) bool { return c.Key == faultKey && !givesFault(c) })
	draws := those(changes, func(c ConfigChange) bool { return c.Key == seedKey })
	others := those(changes, func(c ConfigChange) bool { return c.Key != faultKey && c.Key != seedKey })
	switch {
	case l.a.run == nil || l.b.run == nil:
		return Reason{Kind: ReasonUnknown, Text: "something that cannot be told: a trace has no raftkv.run, which says what made it"}
	case IsFault(l.shape(p).Name) && len(faults) > 0:
		return Reason{ReasonFault, "a fault that " + whose(l.given(p, faults)), l.given(p, faults)}
	case len(others) > 0:
		text := "the config"
		l.likelyFirst(p, others)
		if len(draws) > 0 {
			others, text = append(draws, others...), "the config, and another seed"
		}
		return Reason{ReasonConfig, text, others}
	case len(draws) > 0:
		return Reason{ReasonDraw, "a random draw: the seeds differ", draws}
	case len(faults) > 0:
		return Reason{ReasonFault, "a fault that " + whose(faults), faults}
	case len(messages) > 0:
		return Reason{ReasonCounterfactual, "a counterfactual that " + whose(messages), messages}
	}
	return l.unaskedReason()
}

// The keys of a config that have a meaning here.
const (
	faultKey = "fault"
	seedKey  = "seed"
)

func those(changes []ConfigChange, keep func(ConfigChange) bool) (kept []ConfigChange) {
	for _, c := range changes {
		if keep(c) {
			kept = append(kept, c)
		}
	}
	return kept
}

// whose says which of the runs was given some things.
func whose(changes []ConfigChange) string {
	switch {
	case !slices.ContainsFunc(changes, func(c ConfigChange) bool { return c.A != "" }):
		return "is only in B"
	case !slices.ContainsFunc(changes, func(c ConfigChange) bool { return c.B != "" }):
		return "is only in A"
	}
	return "only one of the runs has"
}

// given are, of the faults that only one config has, those that a span tells of; all, should there be none.
func (l *alignment) given(p *pair, faults []ConfigChange) []ConfigChange {
	s := l.sideOf(p).span(p.index())
	kind, when := s.Attribute(spans.RaftkvFaultKey).AsString(), s.Attribute(spans.RaftkvFaultWhenKey).AsString()
	targets := processesIn(s.Attribute(spans.RaftkvFaultTargetKey).AsString())
	if aimed := s.Attribute(spans.RaftkvFaultAimedAtKey).AsString(); aimed != "" { // the config names that
		targets = strings.FieldsFunc(aimed, func(r rune) bool { return r == '|' || r == ',' })
		for i := range targets {
			targets[i] = strings.TrimSpace(targets[i])
		}
	}
	kept := those(faults, func(c ConfigChange) bool {
		text := c.A
		if p.a < 0 {
			text = c.B
		}
		names := !slices.ContainsFunc(targets, func(name string) bool { return !strings.Contains(text, `"`+name+`"`) })
		return names && strings.Contains(text, kind+" = ") && strings.Contains(text, `at = "`+when+`"`)
	})
	if len(kept) == 0 {
		return faults
	}
	return kept
}

// likelyFirst puts the keys first that decide on such a span: who there is, what clients ask for, how long things take.
func (l *alignment) likelyFirst(p *pair, keys []ConfigChange) {
	likely := func(c ConfigChange) bool {
		switch name := l.shape(p).Name; {
		case name == spans.StartName, name == spans.SetPeersName:
			return c.Key == "num_nodes"
		case name == spans.ClientStartName:
			return c.Key == "num_clients"
		case strings.HasPrefix(name, operationPrefix):
			return slices.Contains([]string{"requests_per_client", "keys", "values", "operation"}, c.Key)
		}
		return p.change == Moved && (c.Key == "link" || c.Key == "network.latency" || c.Key == "process.step_time")
	}
	slices.SortStableFunc(keys, func(x, y ConfigChange) int {
		switch a, b := likely(x), likely(y); {
		case a == b:
			return 0
		case a:
			return -1
		}
		return 1
	})
}

// unaskedReason is why runs differ that were given the same.
func (l *alignment) unaskedReason() Reason {
	if l.cut() {
		return Reason{ReasonFormat, "a format that cuts times to microseconds on the way: -tolerance 2us looks away from that", nil}
	}
	for _, side := range []struct {
		x    *Indexed
		name string
		only Change
	}{{l.a, "A", OnlyB}, {l.b, "B", OnlyA}} {
		lost := missingParents(side.x)
		if lost > 0 && !slices.ContainsFunc(l.whole, func(p pair) bool { return p.change != side.only }) {
			return Reason{ReasonCut, "a trace that is not whole: " + words.Counted(len(l.whole), "span") + " that the other has cannot be found in " + side.name + ", and of " + words.Counted(lost, "span") +
				" there the parent is missing. Nothing else differs", nil}
		}
	}
	a, b := l.a.about(spans.RaftkvBuildKey), l.b.about(spans.RaftkvBuildKey)
	if a != b {
		return Reason{ReasonCode, "the code: A is of the build " + words.Printable(a) + ", B of " + words.Printable(b), nil}
	}
	what := "their builds have one name; the code was changed, or a trace was"
	if a == "" {
		what = "neither trace names its build"
	}
	return Reason{ReasonUnknown, "something that cannot be told: both runs were given the same, and " + what, nil}
}

// missingParents counts the spans whose parent is not in the trace.
func missingParents(x *Indexed) (n int) {
	for i := range x.prints {
		if p := &x.prints[i]; p.parent != 0 && p.above < 0 {
			n++
		}
	}
	return n
}

// cut says whether nothing differs but times, and those by less than cutting to microseconds does: a start and a duration, so that an end is off by almost two.
func (l *alignment) cut() bool {
	return !slices.ContainsFunc(l.whole, func(p pair) bool {
		if p.change != Moved {
			return true
		}
		x, y := &l.a.prints[p.a], &l.b.prints[p.b]
		return max(x.start-y.start, y.start-x.start, x.end-y.end, y.end-x.end) >= 2*int64(time.Microsecond)
	})
}

// fateReason is why a message met another fate in one of the runs.
func (l *alignment) fateReason(p *pair, e *Event, ofA bool, changes []ConfigChange) Reason {
	run := "B"
	if ofA {
		run = "A"
	}
	id := l.id(p).String()
	if !ofA && p.b >= 0 {
		id = l.b.prints[p.b].id.String()
	}
	was := map[string]string{
		spans.EventDrop: "is lost", spans.EventDelay: "is late", spans.EventDuplicate: "arrives twice", spans.EventLateCopy: "arrives late the second time",
	}[e.Name]
	switch e.Attribute(spans.RaftkvCauseKey).AsString() {
	case spans.CauseCounterfactual:
		flag := "-" + e.Name + " " + id
		if e.Name == spans.EventDelay {
			flag += "=" + time.Duration(e.Attribute(spans.RaftkvDelayNsKey).AsInt64()).String()
		}
		return Reason{ReasonCounterfactual, "a counterfactual: the message " + was + " in " + run + ", as " + flag + " has it", nil}
	case spans.CauseFault:
		return Reason{ReasonFault, "a fault: the message " + was + " in " + run, nil}
	}
	keys := those(changes, func(c ConfigChange) bool {
		return c.Key == seedKey || c.Key == "link" || strings.HasPrefix(c.Key, "network.")
	})
	if len(keys) > 0 && !slices.ContainsFunc(keys, func(c ConfigChange) bool { return c.Key == seedKey }) {
		return Reason{ReasonConfig, "the config, by which the message " + was + " in " + run, keys}
	}
	return Reason{ReasonDraw, "a random draw, by which the message " + was + " in " + run, keys}
}
