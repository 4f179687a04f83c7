package traces

import (
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/spans"
)

// findCauses gives each pair the earlier one that it comes of: what its parent did otherwise, what a reply said otherwise, or what its process met before. A pair without
// one is the beginning of something by itself.
func (l *alignment) findCauses(changes []ConfigChange) {
	c := causes{alignment: l, given: slices.ContainsFunc(changes, givesFault), onProcess: map[string]int32{}, repliesA: fill(len(l.a.prints)), repliesB: fill(len(l.b.prints)), fault: none, lasting: none}
	if len(changes) == 1 && changes[0].Key == "fault" && !c.given {
		c.alone = l.a.about(spans.RaftkvBuildKey) == l.b.about(spans.RaftkvBuildKey)
	}
	for i := range l.pairs {
		p := &l.pairs[i]
		p.cause, p.size = c.of(p), 1
		c.note(int32(i))
	}
	for i := len(l.pairs) - 1; i >= 0; i-- {
		if p := &l.pairs[i]; p.cause >= 0 {
			l.pairs[p.cause].size += p.size
		}
	}
}

// causes is what is known of the pairs before one.
type causes struct {
	*alignment

	onProcess          map[string]int32 // the last of each process
	repliesA, repliesB []int32          // of each span, the last among its children that could answer it
	given              bool             // the configs differ in faults
	alone              bool             // they differ in nothing but one counterfactual, so that all comes of that
	fault              int32            // the last fault
	lasting            int32            // the last that is not there only because a run goes on for longer
}

// givesFault says whether a change of the config is a fault that is no counterfactual.
func givesFault(c ConfigChange) bool {
	text := c.A + c.B
	return c.Key == "fault" && !strings.HasPrefix(text, spans.EventDrop+" ") && !strings.HasPrefix(text, spans.EventDelay+" ") && !strings.HasPrefix(text, spans.EventDuplicate+" ")
}

func (c *causes) of(p *pair) int32 {
	if c.shape(p).name == spans.FaultName {
		if c.given && p.change != Moved {
			return none // one of the runs was given it, and the other was not
		}
		return c.lasting
	}
	if p.rank == rankFault {
		e, _, _ := c.firstEvent(p)
		switch cause := e.Attribute(spans.RaftkvCauseKey).AsString(); {
		case cause == spans.CauseCounterfactual:
			return none
		case cause == spans.CauseFault && c.fault >= 0:
			return c.fault
		}
	}
	if cause := c.parent(p); cause >= 0 {
		return cause
	}
	if c.shape(p).kind == trace.SpanKindClient {
		if p.a >= 0 && c.repliesA[p.a] >= 0 {
			return c.repliesA[p.a]
		}
		if p.b >= 0 && c.repliesB[p.b] >= 0 {
			return c.repliesB[p.b]
		}
	}
	if cause, ok := c.onProcess[c.shape(p).service]; ok {
		return cause
	}
	if p.ending || c.alone || c.shape(p).service == spans.ServiceWorld {
		return c.lasting
	}
	return none
}

// parent is the earlier pair of the span's parent.
func (c *causes) parent(p *pair) int32 {
	if p.a >= 0 {
		if i := c.a.prints[p.a].above; i >= 0 && c.pairOfA[i] >= 0 && c.earlier(c.pairOfA[i], p) {
			return c.pairOfA[i]
		}
	}
	if p.b >= 0 {
		if i := c.b.prints[p.b].above; i >= 0 && c.pairOfB[i] >= 0 && c.earlier(c.pairOfB[i], p) {
			return c.pairOfB[i]
		}
	}
	return none
}

// earlier says whether a pair was gone through before another.
func (c *causes) earlier(i int32, p *pair) bool { return c.pairs[i].size > 0 && &c.pairs[i] != p }

func (c *causes) note(i int32) {
	p := &c.pairs[i]
	s := c.shape(p)
	c.onProcess[s.service] = i
	if !p.ending {
		c.lasting = i
	}
	if s.kind == trace.SpanKindServer {
		if p.a >= 0 {
			if parent := c.a.prints[p.a].above; parent >= 0 {
				c.repliesA[parent] = i
			}
		}
		if p.b >= 0 {
			if parent := c.b.prints[p.b].above; parent >= 0 {
				c.repliesB[parent] = i
			}
		}
	}
	if s.name == spans.FaultName {
		c.fault = i
		span := c.sideOf(p).span(p.index())
		notName := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' }
		for _, process := range strings.FieldsFunc(span.Attribute(spans.RaftkvFaultTargetKey).AsString(), notName) {
			c.onProcess[process] = i
		}
	}
}

// Reason is what made two runs differ.
type Reason struct {
	Kind string         `json:"kind"` // config, counterfactual, fault, draw, code, format or unknown
	Text string         `json:"text"`
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
	ReasonUnknown        = "unknown"
)

// reason is what made the first divergence.
func (l *alignment) reason(p *pair, changes []ConfigChange) Reason {
	if p.rank == rankFault && l.shape(p).name != spans.FaultName {
		if e, ofA, differ := l.firstEvent(p); differ {
			return l.fateReason(p, &e, ofA, changes)
		}
	}
	builds := [2]string{l.a.about(spans.RaftkvBuildKey), l.b.about(spans.RaftkvBuildKey)}
	of := func(keep func(ConfigChange) bool) (kept []ConfigChange) {
		for _, c := range changes {
			if keep(c) {
				kept = append(kept, c)
			}
		}
		return kept
	}
	faults := of(givesFault)
	messages := of(func(c ConfigChange) bool { return c.Key == "fault" && !givesFault(c) })
	draws := of(func(c ConfigChange) bool { return c.Key == "seed" })
	others := of(func(c ConfigChange) bool { return c.Key != "fault" && c.Key != "seed" })
	switch {
	case l.a.run == nil || l.b.run == nil:
		return Reason{Kind: ReasonUnknown, Text: "a trace has no raftkv.run, which says what made it"}
	case l.shape(p).name == spans.FaultName && len(faults) > 0:
		return Reason{ReasonFault, "a fault that only one of the runs has", faults}
	case len(others) > 0:
		text := "the config"
		if len(draws) > 0 {
			others, text = append(draws, others...), "the config, and another seed"
		}
		return Reason{ReasonConfig, text, others}
	case len(draws) > 0:
		return Reason{ReasonDraw, "a random draw: the seeds differ", draws}
	case len(faults) > 0:
		return Reason{ReasonFault, "a fault that only one of the runs has", faults}
	case len(messages) > 0:
		return Reason{ReasonCounterfactual, "a counterfactual that only one of the runs has", messages}
	case l.cut():
		return Reason{ReasonFormat, "a format that cuts times to microseconds on the way: -tolerance 2us looks away from that", nil}
	case builds[0] != builds[1]:
		return Reason{ReasonCode, "the code: A is of the build " + builds[0] + ", B of " + builds[1], nil}
	}
	return Reason{ReasonCode, "the code: the inputs are equal, and so are the builds by name", nil}
}

// cut says whether nothing differs but times, and those by less than cutting to microseconds does: a start and a duration, so that an end is off by almost two.
func (l *alignment) cut() bool {
	return !slices.ContainsFunc(l.pairs, func(p pair) bool {
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
	was := map[string]string{spans.EventDrop: "is lost", spans.EventDelay: "is late", spans.EventDuplicate: "arrives twice"}[e.Name]
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
	var keys []ConfigChange
	for _, c := range changes {
		if c.Key == "seed" || strings.HasPrefix(c.Key, "network.") || c.Key == "link" {
			keys = append(keys, c)
		}
	}
	return Reason{ReasonDraw, "a random draw: the message " + was + " in " + run, keys}
}
