package traces

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// findCauses gives each pair the one that it comes of: what its parent did otherwise, what a reply said otherwise, or what its process met before. A pair without one is
// the beginning of something by itself, as far as the traces show.
func (l *alignment) findCauses(changes []ConfigChange) {
	c := causes{alignment: l, given: slices.ContainsFunc(changes, givesFault), onProcess: map[string]int32{}, inStep: map[stepOfRun]int32{}, faultOn: map[string]int32{}, crashed: map[string]int32{}, repliesA: fill(len(l.a.prints)), repliesB: fill(len(l.b.prints)), fault: none, lasting: none}
	for i := range l.pairs {
		p := &l.pairs[i]
		p.size = 1
		p.cause, p.rule = c.of(p)
		c.note(int32(i))
	}
	l.findBusy()
	for i := range l.pairs {
		p := &l.pairs[i]
		if p.origin = int32(i); p.cause >= 0 {
			p.origin = l.pairs[p.cause].origin
			p.way = max(p.rule, l.pairs[p.cause].way)
		}
	}
	l.measure()
	l.whole = l.pairs
}

// measure counts what comes of each.
func (l *alignment) measure() {
	for i := range l.pairs {
		l.pairs[i].size = 1
	}
	for i := len(l.pairs) - 1; i >= 0; i-- {
		if p := &l.pairs[i]; p.cause >= 0 {
			l.pairs[p.cause].size += p.size
		}
	}
}

// narrow leaves the pairs that are looked at. What came of one that is not comes of what that came of.
func (l *alignment) narrow() {
	if o := &l.options; o.Only == "" && o.Tolerance == 0 && !o.ignoresTime() {
		return
	}
	nearest := make([]int32, len(l.whole)) // the pair that is looked at: itself, or what it comes of
	rules := make([]Rule, len(l.whole))    // the least sure one on the way to that
	l.pairs = nil
	for i := range l.whole {
		p := l.whole[i]
		nearest[i] = none
		if p.cause >= 0 {
			nearest[i], rules[i] = nearest[p.cause], max(p.rule, rules[p.cause])
		}
		if l.wanted(l.sideOf(&p), p.index()) && !l.negligible(&p) {
			p.cause, p.rule = nearest[i], rules[i]
			nearest[i], rules[i] = int32(len(l.pairs)), NoRule
			l.pairs = append(l.pairs, p)
		}
	}
	l.measure()
}

// causes is what is known of the pairs before one.
type causes struct {
	*alignment

	onProcess          map[string]int32    // the last of each process
	faultOn            map[string]int32    // the last fault of each process
	crashed            map[string]int32    // the crash that only one run has, until the process starts again
	inStep             map[stepOfRun]int32 // the last that begins or ends in a step
	repliesA, repliesB []int32             // of each span, the last among its children that could answer it
	given              bool                // the configs differ in faults
	fault              int32               // the last fault
	lasting            int32               // the last that is not there only because a run goes on for longer
}

// givesFault says whether a change of the config is a fault that is no counterfactual.
func givesFault(c ConfigChange) bool {
	text := c.A + c.B
	return c.Key == faultKey && !strings.HasPrefix(text, spans.EventDrop+" ") && !strings.HasPrefix(text, spans.EventDelay+" ") && !strings.HasPrefix(text, spans.EventDuplicate+" ")
}

// of is the pair that another comes of, and the rule by which it does.
func (c *causes) of(p *pair) (int32, Rule) {
	if IsFault(c.shape(p).Name) {
		if c.given && p.change != Moved {
			return none, NoRule // one of the runs was given it, and the other was not
		}
		return c.lasting, RuleRun
	}
	if p.rank == rankFault {
		e, _, _ := c.firstEvent(p)
		switch cause := e.Attribute(spans.RaftkvCauseKey).AsString(); {
		case cause == spans.CauseCounterfactual, cause == spans.CauseNetwork: // a draw that the message's id decides, and not what happened before
			return none, NoRule
		case cause == spans.CauseFault && c.linked(p) >= 0:
			return c.linked(p), RuleFault
		case cause == spans.CauseFault && c.fault >= 0:
			return c.fault, RuleLost
		}
	}
	if fault := c.linked(p); fault >= 0 && !c.differsAtOnce(p) {
		return fault, RuleFault
	}
	if cause, rule := c.parent(p); cause >= 0 {
		return cause, rule
	}
	if c.shape(p).Kind == trace.SpanKindClient {
		if p.a >= 0 && c.repliesA[p.a] >= 0 {
			return c.repliesA[p.a], RuleReply
		}
		if p.b >= 0 && c.repliesB[p.b] >= 0 {
			return c.repliesB[p.b], RuleReply
		}
	}
	service := c.shape(p).Service
	if fault, ok := c.faultOn[service]; ok && c.pairs[fault].moment == p.moment {
		return fault, RuleFault
	}
	if crash, ok := c.crashed[service]; ok && (p.change == OnlyA || p.change == OnlyB) && p.change != c.pairs[crash].change {
		return crash, RuleDown // the other run did that, and in this one nobody was there to do it
	}
	if cause := c.ofStep(p); cause >= 0 {
		return cause, RuleStep
	}
	if cause, ok := c.onProcess[service]; ok {
		return cause, RuleProcess
	}
	if p.ending || c.shape(p).Service == spans.ServiceWorld {
		return c.lasting, RuleRun
	}
	return none, NoRule
}

// parent is the earlier pair of the span's parent, or of what that is below, in either run.
func (c *causes) parent(p *pair) (int32, Rule) {
	if p.a >= 0 {
		if i, rule := c.ancestor(c.a, p.a, c.pairOfA, p); i >= 0 {
			return i, rule
		}
	}
	if p.b >= 0 {
		return c.ancestor(c.b, p.b, c.pairOfB, p)
	}
	return none, NoRule
}

// ancestor is the earlier pair of the span's parent in a run, or else of what is further above, if that differs from its beginning: what ends otherwise there, later, is no cause.
func (c *causes) ancestor(x *Indexed, i int32, pairOf []int32, p *pair) (int32, Rule) {
	depth := x.prints[i].depth // no further, should parents go around in a ring
	for k := range depth {
		if i = x.prints[i].above; i < 0 {
			break
		}
		if j := pairOf[i]; j >= 0 && c.earlier(j, p) && (k == 0 || c.differsAtOnce(&c.pairs[j])) {
			q := &c.pairs[j]
			switch own := c.shape(q).Service == c.shape(p).Service; {
			case k == 0 && !own && q.rank == rankFault: // its message met another fate
				return j, RuleMessage
			case k > 0 || !own && !c.differsAtOnce(q): // a call that only ends otherwise sent the same message
				return j, RuleBelow
			case own:
				return j, RuleParent
			}
			return j, RuleMessage
		}
	}
	return none, NoRule
}

// stepOfRun is a step of a process in a run: its number, or where steps have none, a moment at which something of the
// step begins or ends.
type stepOfRun struct {
	inB     bool
	service string
	number  uint32
	at      int64
}

// stepAt is the step of a number and a moment.
func stepAt(inB bool, service string, number uint32, at int64) stepOfRun {
	if number > 0 {
		at = 0
	}
	return stepOfRun{inB, service, number, at}
}

// stepIn is the step of a run in which the spans of a pair begin to differ, and when; false if the run does not have
// the span, or the trace does not tell.
func (l *alignment) stepIn(p *pair, inB bool) (step stepOfRun, at int64, ok bool) {
	x, i := l.a, p.a
	if inB {
		x, i = l.b, p.b
	}
	if i < 0 {
		return stepOfRun{}, 0, false
	}
	q := &x.prints[i]
	service := x.shapes[q.shape].Service
	switch {
	case q.step == 0 && handles(&x.shapes[q.shape]) && l.differsAtOnce(p):
		return stepOfRun{}, 0, false // it begins when the step before ends, and its own ends with it
	case q.step == 0:
		return stepAt(inB, service, 0, p.moment), p.moment, q.start <= p.moment && p.moment <= q.end
	case l.differsAtOnce(p):
		return stepAt(inB, service, q.step, 0), q.start, true
	case p.moment < q.end && q.step != q.done:
		return stepOfRun{}, 0, false // an event, of whichever step
	}
	return stepAt(inB, service, q.done, 0), q.end, true
}

// ofStep is the earlier pair of the same step, in either run, and the later one of both: what the process did in it
// before the span began to differ. -1 for none.
func (c *causes) ofStep(p *pair) int32 {
	last := none
	for _, inB := range []bool{false, true} {
		step, at, ok := c.stepIn(p, inB)
		if !ok {
			continue
		}
		i, known := c.inStep[step]
		if !known || !c.earlier(i, p) {
			continue
		}
		q := &c.pairs[i]
		before := &c.a.prints[max(q.a, 0)]
		if inB {
			before = &c.b.prints[max(q.b, 0)]
		}
		if before.done == step.number && before.end <= at || before.step == step.number && before.start <= at {
			last = max(last, i)
		}
	}
	return last
}

// noteSteps notes of which steps a pair is.
func (c *causes) noteSteps(i int32) {
	p := &c.pairs[i]
	for _, side := range []struct {
		x   *Indexed
		i   int32
		inB bool
	}{{c.a, p.a, false}, {c.b, p.b, true}} {
		if side.i < 0 {
			continue
		}
		q := &side.x.prints[side.i]
		s := &side.x.shapes[q.shape]
		if q.step > 0 || !handles(s) { // without a number, that begins when the step before ends
			c.inStep[stepAt(side.inB, s.Service, q.step, q.start)] = i
		}
		c.inStep[stepAt(side.inB, s.Service, q.done, q.end)] = i
	}
}

// toFault says whether a link leads to a fault.
func toFault(l Link) bool {
	return Find(l.Attributes, spans.RaftkvLinkKey).AsString() == spans.LinkFault
}

// linked is the pair of the last fault that a span of a pair links to, in one of the runs alone, or that differs; -1
// for none.
func (c *causes) linked(p *pair) int32 {
	last := none
	for _, side := range []struct {
		x      *Indexed
		i      int32
		pairOf []int32
	}{{c.a, p.a, c.pairOfA}, {c.b, p.b, c.pairOfB}} {
		if side.i < 0 || !side.x.prints[side.i].faulted {
			continue
		}
		s := side.x.span(side.i)
		for _, link := range s.Links {
			if k := side.x.byID.Get(link.ID); toFault(link) && k >= 0 && side.pairOf[k] >= 0 && c.earlier(side.pairOf[k], p) {
				last = max(last, side.pairOf[k])
			}
		}
	}
	return last
}

// differsAtOnce says whether the spans of a pair differ from their beginning.
func (l *alignment) differsAtOnce(p *pair) bool {
	return p.a < 0 || p.b < 0 || p.moment <= min(l.a.prints[p.a].start, l.b.prints[p.b].start)
}

// earlier says whether a pair was gone through before another.
func (c *causes) earlier(i int32, p *pair) bool { return c.pairs[i].size > 0 && &c.pairs[i] != p }

func (c *causes) note(i int32) {
	p := &c.pairs[i]
	s := c.shape(p)
	c.noteSteps(i)
	if fault, ok := c.faultOn[s.Service]; !ok || p.rule != RuleFault || p.cause != fault {
		c.onProcess[s.Service] = i // and not what a fault ended, which changes nothing any more
	}
	if !p.ending {
		c.lasting = i
	}
	if s.Kind == trace.SpanKindServer {
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
	if IsFault(s.Name) {
		c.fault = i
		span := c.sideOf(p).span(p.index())
		for _, process := range processesIn(span.Attribute(spans.RaftkvFaultTargetKey).AsString()) {
			c.onProcess[process], c.faultOn[process] = i, i
			delete(c.crashed, process)
			if IsCrash(&span) && p.change != Changed && p.change != Moved {
				c.crashed[process] = i
			}
		}
	}
}

// processesIn are the names in a text such as "node-1 node-2 | node-3".
func processesIn(target string) []string {
	return strings.FieldsFunc(target, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' })
}
