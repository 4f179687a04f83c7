package conform

import (
	"cmp"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/world/spans"
)

// endOf is the beginning or the end of a span, in a step of its process.
type endOf struct {
	step   uint32
	closes bool
	span   *Span
}

// at is when it was.
func (e *endOf) at() int64 {
	if e.closes {
		return e.span.End
	}
	return e.span.Start
}

// steps compares the numbers of each process's steps with its times: a process does one thing after the other.
func steps(f *Facts, found *Findings) {
	c := &stepChecker{Facts: f, Findings: found, durableAt: map[stepOf]int64{}}
	var world []endOf // which has no steps
	ends := make([][]endOf, f.Processes)
	for process, all := range f.ByProcess {
		ends[process] = make([]endOf, 0, 2*len(all))
	}
	for _, s := range f.Spans {
		if p := s.Persist; p != nil {
			c.durableAt[stepOf{s.ProcessNumber, p.Step}] = p.At
		}
		switch {
		case s.Kind == nil:
		case s.Kind.Service == spans.ServiceWorld:
			world = append(world, endOf{span: s})
		case f.Numbered[s.ProcessNumber] && c.numbers(s):
			of := &ends[s.ProcessNumber]
			*of = append(*of, endOf{s.Step, false, s}, endOf{s.EndStep(), true, s})
		}
	}
	if f.Tells {
		c.crowded(world)
	}
	for _, of := range ends {
		// They are nearly in order, which makes a stable sort fast.
		slices.SortStableFunc(of, func(a, b endOf) int { return cmp.Compare(a.step, b.step) })
		var before stepTimes
		for len(of) > 0 {
			n := 1
			for n < len(of) && of[n].step == of[0].step {
				n++
			}
			before = c.step(of[:n], before)
			of = of[n:]
		}
	}
}

// stepChecker looks at the steps of processes.
type stepChecker struct {
	*Facts
	*Findings

	durableAt map[stepOf]int64 // when each step made something durable
}

// numbers looks at the numbers of the steps that a span is in, and says whether they are as they should be.
func (c *stepChecker) numbers(s *Span) bool {
	switch {
	case s.Step == 0:
		c.Add(RuleWrongStep, s).
			Got("there is no %s", spans.RaftkvStepKey).
			Want("%s, as other spans of %s have it", spans.RaftkvStepKey, Name(s.Process))
	case s.LastStep > 0 && s.LastStep <= s.Step:
		c.Add(RuleWrongStep, s).
			Got("%s is %d, and %s %d", spans.RaftkvEndStepKey, s.LastStep, spans.RaftkvStepKey, s.Step).
			Want("no %s, or a later one", spans.RaftkvEndStepKey)
	case s.LastStep == 0 && c.Tells && s.Kind.waits:
		c.Add(RuleWrongStep, s).
			Got("there is no %s", spans.RaftkvEndStepKey).Want("one: what waits for an answer ends in a later step")
	default:
		return true
	}
	return false
}

// stepTimes are the first and the last end of a span in a step; nil ones are of none.
type stepTimes struct{ first, last *endOf }

// step looks at the ends of spans that are in one step, and at the step before.
func (c *stepChecker) step(ends []endOf, before stepTimes) stepTimes {
	slices.SortStableFunc(ends, func(a, b endOf) int { return cmp.Compare(a.span.ID, b.span.ID) })
	now := stepTimes{&ends[0], &ends[0]}
	var received *Span
	for i := range ends {
		e := &ends[i]
		if e.at() < now.first.at() {
			now.first = e
		} else if e.at() > now.last.at() {
			now.last = e
		}
		switch {
		case !c.takesIn(e):
		case received != nil:
			c.Add(RuleWrongStep, e.span, received).
				Got("it takes in a message in step %d", e.step).Want("another step: in that one another message is taken in")
		default:
			received = e.span
		}
	}
	c.order(now, before)
	c.durableFirst(ends)
	length := now.last.at() - now.first.at()
	starting := func(e endOf) bool { return e.span.Kind.starts }
	if c.Tells && (length >= int64(len(ends))*mostOfEnd*microsecond || slices.ContainsFunc(ends, starting)) {
		c.crowded(ends)
	}
	return now
}

// mostOfEnd is how many microseconds a step has to have for each end of a span, for each thing in it to have had one
// of its own: a span may have events as well, and what a step does has half of its time.
const mostOfEnd = 4

// order finds a step that begins before the one before it is over.
func (c *stepChecker) order(now, before stepTimes) {
	if before.last == nil {
		return
	}
	first, last := now.first.at(), before.last.at()
	if first < last && c.apart(first, last) {
		c.Add(RuleWrongStep, now.first.span, before.last.span).
			Got("it is in step %d at %s", now.first.step, c.exactly(first)).
			Want("%s or later: step %d is not over before", c.exactly(last), before.last.step)
	}
}

// durableFirst finds what a process sent in a step before it had made durable what it made durable in it.
func (c *stepChecker) durableFirst(ends []endOf) {
	durable, known := c.durableAt[stepOf{ends[0].span.ProcessNumber, ends[0].step}]
	if !known {
		return
	}
	for i := range ends {
		e := &ends[i]
		leaves := !e.closes && e.span.Kind.Sends || e.closes && e.span.Kind.Receives && e.span.Reply != ""
		if at := e.at(); leaves && at < durable && c.apart(at, durable) {
			c.Add(RuleWrongStep, e.span).
				Got("what it sends leaves at %s, in step %d", c.exactly(at), e.step).
				Want("%s or later, when that step has made durable what it depends on", c.exactly(durable))
		}
	}
}

// takesIn says whether an end of a span is where its process took in a message or a reply.
func (c *stepChecker) takesIn(e *endOf) bool {
	s := e.span
	if e.closes {
		return c.Tells && s.Kind.waits && s.Kind.Sends && s.Reply != "" && !s.Failed
	}
	return s.Kind.Receives || c.Tells && s.Kind.late
}

// crowded finds spans that begin in one microsecond, and those that take no time, where there was room for more. The
// ends are those of one step, or of what the world did.
func (c *stepChecker) crowded(ends []endOf) {
	begins := make(map[int64]*Span, len(ends))
	for i := range ends {
		s := ends[i].span
		if ends[i].closes {
			continue
		}
		if first, taken := begins[s.Start/microsecond]; taken {
			c.Add(RuleCrowded, s, first).Got("it begins in the microsecond of %s", first).Want("a microsecond of its own")
		}
		begins[s.Start/microsecond] = s
		if s.Start == s.End {
			c.Add(RuleCrowded, s).Got("it ends as it begins").Want("an end that is later")
		}
	}
}

// exactly is a time as it is told where a nanosecond matters.
func (c *stepChecker) exactly(at int64) string { return time.Duration(at - c.Epoch).String() }

// apart says whether two times were different, as far as they can tell: of an end, Jaeger cuts off two parts.
func (c *stepChecker) apart(a, b int64) bool {
	switch {
	case !MayBeCut(a) || !MayBeCut(b):
		return a != b
	case c.Tells: // they are whole microseconds, but in steps that are too short
		return max(a-b, b-a) > microsecond
	}
	return max(a-b, b-a) > 2*microsecond
}
