package diff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/diff/config"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// Reason is what made two runs differ.
type Reason struct {
	Kind string          `json:"kind"`           // config, counterfactual, fault, draw, code, format, cut or unknown
	Text string          `json:"text"`           // what goes on behind "made by"
	Keys []config.Change `json:"keys,omitempty"` // the keys of the config that are meant
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

// The keys of a config that have a meaning here.
const (
	faultKey = "fault"
	seedKey  = "seed"
	linkKey  = "link"
)

// reason returns what made a pair differ that comes of no other.
func (l *alignment) reason(p *pair, changes []config.Change) Reason {
	isFault := traces.IsFault(l.shape(p).Name)
	if p.rank == rankFault && !isFault {
		if e, ofA, differ := l.firstEvent(p); differ {
			return l.fateReason(p, &e, ofA, changes)
		}
	}
	if what := l.undeclared(p); what != "" {
		text := "something that cannot be told: the spec declares no " + what + ", so that another program may have made it"
		return Reason{Kind: ReasonUnknown, Text: text}
	}
	faults := those(changes, givesFault)
	messages := those(changes, func(c config.Change) bool { return c.Key == faultKey && !givesFault(c) })
	draws := those(changes, func(c config.Change) bool { return c.Key == seedKey })
	others := those(changes, func(c config.Change) bool { return c.Key != faultKey && c.Key != seedKey })
	switch {
	case l.runs[0].run == nil || l.runs[1].run == nil:
		text := "something that cannot be told: a trace has no raftkv.run, which says what made it"
		return Reason{Kind: ReasonUnknown, Text: text}
	case isFault && len(faults) > 0:
		given := l.given(p, faults)
		return Reason{ReasonFault, "a fault that " + whose(given), given}
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

// undeclared returns what of a pair the spec does not declare: the span, or the attributes, if all that differs is
// such. It is empty if there is none.
func (l *alignment) undeclared(p *pair) string {
	shape, specs := l.shape(p), l.protocol().Specs
	if !slices.ContainsFunc(specs, func(spec span.Spec) bool {
		return spec.Name == traces.DeclaredName(shape.Name) && spec.Kind == shape.Kind
	}) {
		return fmt.Sprintf("span %s of the kind %s", words.Printable(shape.Name), shape.Kind)
	}
	if !p.inBoth() {
		return ""
	}
	fields := l.fields(p)
	for _, f := range fields {
		if !content.IsAttribute(f.Name) || slices.ContainsFunc(specs, func(spec span.Spec) bool {
			return slices.ContainsFunc(spec.Attributes, func(a span.AttributeSpec) bool { return string(a.Key) == f.Name })
		}) {
			return ""
		}
	}
	if len(fields) == 0 {
		return ""
	}
	return "attribute " + fields[0].Name
}

func those(changes []config.Change, keep func(config.Change) bool) (kept []config.Change) {
	for _, c := range changes {
		if keep(c) {
			kept = append(kept, c)
		}
	}
	return kept
}

// whose says which of the runs was given some things.
func whose(changes []config.Change) string {
	switch {
	case !slices.ContainsFunc(changes, func(c config.Change) bool { return c.A != "" }):
		return "is only in B"
	case !slices.ContainsFunc(changes, func(c config.Change) bool { return c.B != "" }):
		return "is only in A"
	}
	return "only one of the runs has"
}

// given returns, of the faults that only one config has, those that a span tells of; all, should there be none.
func (l *alignment) given(p *pair, faults []config.Change) []config.Change {
	x, i := l.of(p)
	s := x.span(i)
	kind := s.Attribute(worldspans.RaftkvFaultKey).AsString()
	when := s.Attribute(worldspans.RaftkvFaultWhenKey).AsString()
	targets := processesIn(s.Attribute(worldspans.RaftkvFaultTargetKey).AsString())
	if aimed := s.Attribute(worldspans.RaftkvFaultAimedAtKey).AsString(); aimed != "" { // the config names that
		targets = strings.FieldsFunc(aimed, func(r rune) bool { return r == '|' || r == ',' })
	}
	kept := those(faults, func(c config.Change) bool {
		text := c.A
		if p.change == OnlyB {
			text = c.B
		}
		for _, name := range targets {
			if !strings.Contains(text, `"`+strings.TrimSpace(name)+`"`) {
				return false
			}
		}
		return strings.Contains(text, kind+" = ") && strings.Contains(text, `at = "`+when+`"`)
	})
	if len(kept) == 0 {
		return faults
	}
	return kept
}

// likelyFirst puts the keys first that decide on such a span: who there is, what clients ask for, how long things
// take.
func (l *alignment) likelyFirst(p *pair, keys []config.Change) {
	name := l.shape(p).Name
	var likely []string
	switch {
	case slices.Contains(l.protocol().Starts, name):
		for _, c := range keys {
			if strings.HasPrefix(c.Key, "num_") && c.Key != "num_clients" {
				likely = append(likely, c.Key)
			}
		}
	case name == kvspans.ClientStartName:
		likely = []string{"num_clients"}
	case isOperation(name):
		likely = []string{"requests_per_client", "keys", "values", "operation"}
	case p.change == Moved:
		likely = []string{linkKey, "network.latency", "process.step_time"}
	}
	isLikely := func(c config.Change) bool { return slices.Contains(likely, c.Key) }
	first, others := those(keys, isLikely), those(keys, func(c config.Change) bool { return !isLikely(c) })
	copy(keys, append(first, others...))
}

// unaskedReason returns why runs differ that were given the same.
func (l *alignment) unaskedReason() Reason {
	if l.cut() {
		text := "a format that cuts times to microseconds on the way: -tolerance 2us looks away from that"
		return Reason{Kind: ReasonFormat, Text: text}
	}
	for k, x := range l.runs {
		lost := x.missingParents()
		name, only := string(rune('A'+k)), [2]Change{OnlyB, OnlyA}[k]
		if lost > 0 && !slices.ContainsFunc(l.whole, func(p pair) bool { return p.change != only }) {
			return Reason{Kind: ReasonCut, Text: "a trace that is not whole: " + words.Counted(len(l.whole), "span") +
				" that the other has cannot be found in " + name + ", and of " + words.Counted(lost, "span") +
				" there the parent is missing. Nothing else differs"}
		}
	}
	a, b := l.runs[0].about(worldspans.RaftkvBuildKey), l.runs[1].about(worldspans.RaftkvBuildKey)
	if a != b {
		text := "the code: A is of the build " + words.Printable(a) + ", B of " + words.Printable(b)
		return Reason{Kind: ReasonCode, Text: text}
	}
	what := "their builds have one name; the code was changed, or a trace was"
	if a == "" {
		what = "neither trace names its build"
	}
	text := "something that cannot be told: both runs were given the same, and " + what
	return Reason{Kind: ReasonUnknown, Text: text}
}

// cut says whether nothing differs but times, and those by less than cutting to microseconds does: a start and a
// duration, so that an end is off by almost two.
func (l *alignment) cut() bool {
	for n := range l.whole {
		p := &l.whole[n]
		if p.change != Moved {
			return false
		}
		startA, startB := l.starts(p)
		endA, endB := l.ends(p)
		if max(startA-startB, startB-startA, endA-endB, endB-endA) >= 2*int64(time.Microsecond) {
			return false
		}
	}
	return true
}

// fateReason returns why something else became of a message in one of the runs.
func (l *alignment) fateReason(p *pair, e *read.Event, ofA bool, changes []config.Change) Reason {
	run, id := "A", l.entry(p).ID.String()
	if !ofA {
		run = "B"
		if i := p.spans[1]; i >= 0 {
			id = l.runs[1].Entry(i).ID.String()
		}
	}
	was := map[string]string{
		worldspans.EventDrop: "is lost", worldspans.EventDelay: "is late", worldspans.EventDuplicate: "arrives twice",
		worldspans.EventLateCopy: "arrives late the second time",
	}[e.Name] + " in " + run
	switch e.Attribute(worldspans.RaftkvCauseKey).AsString() {
	case worldspans.CauseCounterfactual:
		flag := "-" + e.Name + " " + id
		if e.Name == worldspans.EventDelay {
			flag += "=" + time.Duration(e.Attribute(worldspans.RaftkvDelayNsKey).AsInt64()).String()
		}
		return Reason{Kind: ReasonCounterfactual, Text: "a counterfactual: the message " + was + ", as " + flag + " has it"}
	case worldspans.CauseFault:
		return Reason{Kind: ReasonFault, Text: "a fault: the message " + was}
	}
	keys := those(changes, func(c config.Change) bool {
		return c.Key == seedKey || c.Key == linkKey || strings.HasPrefix(c.Key, "network.")
	})
	if len(keys) > 0 && !slices.ContainsFunc(keys, func(c config.Change) bool { return c.Key == seedKey }) {
		return Reason{ReasonConfig, "the config, by which the message " + was, keys}
	}
	return Reason{ReasonDraw, "a random draw, by which the message " + was, keys}
}
