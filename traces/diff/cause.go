package diff

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/diff/config"
	"github.com/raftkv/raftkv/traces/diff/content"
)

// findCauses gives each pair the one that it comes of: what its parent did otherwise, what a reply said otherwise, or
// what its process met before. A pair without one is the beginning of something, as far as the traces show.
func (l *alignment) findCauses(changes []config.Change) {
	c := causes{
		alignment: l, given: slices.ContainsFunc(changes, givesFault), fault: none, lasting: none,
		onProcess: map[string]int32{}, faultOn: map[string]int32{}, crashed: map[string]int32{}, inStep: map[step]int32{},
		replies: [2][]int32{nones(l.runs[0].Len()), nones(l.runs[1].Len())},
	}
	for n := range l.pairs {
		p := &l.pairs[n]
		c.at = int32(n)
		p.cause, p.rule = c.of(p)
		c.note(p)
	}
	l.findBusy()
	for n := range l.pairs {
		p := &l.pairs[n]
		if p.origin = int32(n); p.cause >= 0 {
			p.origin = l.pairs[p.cause].origin
			p.way = max(p.rule, l.pairs[p.cause].way)
		}
	}
	l.measure()
	l.whole = l.pairs
}

// measure counts what comes of each pair.
func (l *alignment) measure() {
	for n := range l.pairs {
		l.pairs[n].size = 1
	}
	for n := range slices.Backward(l.pairs) {
		if p := &l.pairs[n]; p.cause >= 0 {
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
	for n := range l.whole {
		p := l.whole[n]
		nearest[n] = none
		if p.cause >= 0 {
			nearest[n], rules[n] = nearest[p.cause], max(p.rule, rules[p.cause])
		}
		if l.wanted(l.of(&p)) && !l.negligible(&p) {
			p.cause, p.rule = nearest[n], rules[n]
			nearest[n], rules[n] = int32(len(l.pairs)), NoRule
			l.pairs = append(l.pairs, p)
		}
	}
	l.measure()
}

// causes is what is known of the pairs before one.
type causes struct {
	*alignment

	at        int32            // the number of the pair
	onProcess map[string]int32 // the last of each process
	faultOn   map[string]int32 // the last fault of each process
	crashed   map[string]int32 // the crash that only one run has, until the process starts again
	inStep    map[step]int32   // the last that begins or ends in a step
	replies   [2][]int32       // of each span of a run, the last among its children that could answer it
	given     bool             // the configs differ in faults
	fault     int32            // the last fault
	lasting   int32            // the last that is not there only because a run goes on for longer
}

// givesFault says whether a change of the config is a fault that is no counterfactual.
func givesFault(c config.Change) bool {
	kind, _, _ := strings.Cut(c.A+c.B, " ")
	return c.Key == faultKey &&
		!slices.Contains([]string{worldspans.EventDrop, worldspans.EventDelay, worldspans.EventDuplicate}, kind)
}

// of returns the pair that another comes of, and the rule by which it does.
func (c *causes) of(p *pair) (int32, Rule) {
	shape := c.shape(p)
	if traces.IsFault(shape.Name) {
		if c.given && p.change != Moved {
			return none, NoRule // one of the runs was given it, and the other was not
		}
		return c.lasting, RuleRun
	}
	linked := c.linked(p)
	if p.rank == rankFault {
		e, _, _ := c.firstEvent(p)
		switch cause := e.Attribute(worldspans.RaftkvCauseKey).AsString(); {
		case cause == worldspans.CauseCounterfactual, cause == worldspans.CauseNetwork:
			return none, NoRule // a draw that the message's id decides, and not what happened before
		case cause == worldspans.CauseFault && linked >= 0:
			return linked, RuleFault
		case cause == worldspans.CauseFault && c.fault >= 0:
			return c.fault, RuleLost
		}
	}
	if linked >= 0 && !c.differsAtOnce(p) {
		return linked, RuleFault
	}
	if cause, rule := c.parent(p); cause >= 0 {
		return cause, rule
	}
	if shape.Kind == trace.SpanKindClient {
		for k, i := range p.spans {
			if i >= 0 && c.replies[k][i] >= 0 {
				return c.replies[k][i], RuleReply
			}
		}
	}
	return c.before(p, shape.Service)
}

// before returns the pair that another comes of by what its process did or met before.
func (c *causes) before(p *pair, service string) (int32, Rule) {
	if fault, ok := c.faultOn[service]; ok && c.pairs[fault].moment == p.moment {
		return fault, RuleFault
	}
	if crash, ok := c.crashed[service]; ok && !p.inBoth() && p.change != c.pairs[crash].change {
		return crash, RuleDown // the other run did that, and in this one nobody was there to do it
	}
	if cause := c.ofStep(p); cause >= 0 {
		return cause, RuleStep
	}
	if cause, ok := c.onProcess[service]; ok {
		return cause, RuleProcess
	}
	if p.ending || c.staysOpen(p) || service == worldspans.ServiceWorld || c.afterTheLast(p, service) {
		return c.lasting, RuleRun
	}
	return none, NoRule
}

// parent returns the earlier pair of the span's parent, or of what that is below, in either run.
func (c *causes) parent(p *pair) (int32, Rule) {
	for k, i := range p.spans {
		if i < 0 {
			continue
		}
		if n, rule := c.ancestor(c.runs[k], i, p); n >= 0 {
			return n, rule
		}
	}
	return none, NoRule
}

// ancestor returns the earlier pair of the span's parent in a run, or else of what is further above, if that differs
// from its beginning: what ends otherwise there, later, is no cause.
func (c *causes) ancestor(x *side, i int32, p *pair) (int32, Rule) {
	for k := range x.Entry(i).Depth { // no further, should parents go around in a ring
		if i = x.Parent(i); i < 0 {
			break
		}
		n := x.pairOf[i]
		if n < 0 || n >= c.at {
			continue
		}
		q := &c.pairs[n]
		own, atOnce := c.shape(q).Service == c.shape(p).Service, c.differsAtOnce(q)
		switch {
		case k > 0 && !atOnce:
			continue
		case k == 0 && !own && q.rank == rankFault: // something else became of its message
			return n, RuleMessage
		case k > 0 || !own && !atOnce: // a call that only ends otherwise sent the same message
			return n, RuleBelow
		case own:
			return n, RuleParent
		}
		return n, RuleMessage
	}
	return none, NoRule
}

// step is a step of a process in a run: its number, or where steps have none, a moment at which something of the step
// begins or ends.
type step struct {
	at      int64
	process int32
	number  uint32
	run     int8
}

// stepAt returns the step of a number and a moment.
func (l *alignment) stepAt(run int, i int32, number uint32, at int64) step {
	if number > 0 {
		at = 0
	}
	return step{at, l.runs[run].Shape(i).Process, number, int8(run)}
}

// stepIn returns the step of a run in which the spans of a pair begin to differ, and when; false if the run does not
// have the span, or the trace does not tell.
func (l *alignment) stepIn(p *pair, run int) (in step, at int64, ok bool) {
	x, i := l.runs[run], p.spans[run]
	if i < 0 {
		return step{}, 0, false
	}
	e := x.Entry(i)
	switch {
	case e.Step == 0 && handles(x.Shape(i)) && l.differsAtOnce(p):
		return step{}, 0, false // it begins when the step before ends, and its own ends with it
	case e.Step == 0:
		return l.stepAt(run, i, 0, p.moment), p.moment, x.start(i) <= p.moment && p.moment <= x.end(i)
	case l.differsAtOnce(p):
		return l.stepAt(run, i, e.Step, 0), x.start(i), true
	case p.moment < x.end(i) && e.Step != e.EndStep:
		return step{}, 0, false // an event, of whichever step
	}
	return l.stepAt(run, i, e.EndStep, 0), x.end(i), true
}

// ofStep returns the earlier pair of the same step, in either run, and the later one of both: what the process did in
// it before the span began to differ.
func (c *causes) ofStep(p *pair) int32 {
	last := none
	for run, x := range c.runs {
		in, at, ok := c.stepIn(p, run)
		if !ok {
			continue
		}
		n, known := c.inStep[in]
		if !known {
			continue
		}
		i := c.pairs[n].spans[run]
		e := x.Entry(i)
		if e.EndStep == in.number && x.end(i) <= at || e.Step == in.number && x.start(i) <= at {
			last = max(last, n)
		}
	}
	return last
}

// linked returns the pair of the last fault that a span of a pair links to, in one of the runs alone, or that
// differs.
func (c *causes) linked(p *pair) int32 {
	last := none
	for k, i := range p.spans {
		x := c.runs[k]
		if i < 0 || !x.prints[i].Faulted {
			continue
		}
		for _, link := range x.span(i).Links {
			if fault := x.Find(link.ID); content.ToFault(&link) && fault >= 0 && x.pairOf[fault] < c.at {
				last = max(last, x.pairOf[fault])
			}
		}
	}
	return last
}

// differsAtOnce says whether the spans of a pair differ from their beginning.
func (l *alignment) differsAtOnce(p *pair) bool {
	if !p.inBoth() {
		return true
	}
	a, b := l.starts(p)
	return p.moment <= min(a, b)
}

// note notes the pair for those after it.
func (c *causes) note(p *pair) {
	shape := c.shape(p)
	if fault, ok := c.faultOn[shape.Service]; !ok || p.rule != RuleFault || p.cause != fault {
		c.onProcess[shape.Service] = c.at // and not what a fault ended, which changes nothing any more
	}
	if !p.ending {
		c.lasting = c.at
	}
	for k, i := range p.spans {
		if i < 0 {
			continue
		}
		x := c.runs[k]
		e := x.Entry(i)
		if e.Step > 0 || !handles(x.Shape(i)) { // without a number, that begins when the step before ends
			c.inStep[c.stepAt(k, i, e.Step, x.start(i))] = c.at
		}
		c.inStep[c.stepAt(k, i, e.EndStep, x.end(i))] = c.at
		if shape.Kind == trace.SpanKindServer && e.Above >= 0 {
			c.replies[k][e.Above] = c.at
		}
	}
	if !traces.IsFault(shape.Name) {
		return
	}
	c.fault = c.at
	x, i := c.alignment.of(p)
	fault := x.span(i)
	for _, process := range processesIn(fault.Attribute(worldspans.RaftkvFaultTargetKey).AsString()) {
		c.onProcess[process], c.faultOn[process] = c.at, c.at
		delete(c.crashed, process)
		if traces.IsCrash(fault) && !p.inBoth() {
			c.crashed[process] = c.at
		}
	}
}

// processesIn returns the names in a text such as "node-1 node-2 | node-3".
func processesIn(target string) []string {
	return strings.FieldsFunc(target, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-'
	})
}
