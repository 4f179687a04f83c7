package conform

import (
	"math"
	"slices"

	"github.com/raftkv/raftkv/raftkv/world/spans"
)

// stretch is a span of time in which something was so, in ns since 1970.
type stretch struct{ from, to int64 }

// meets says whether there is a moment in both, their ends included.
func (s stretch) meets(from, to int64) bool { return s.from <= to && s.to >= from }

// forever is the end of what does not end.
const forever = int64(math.MaxInt64)

// outage is when a process could do nothing, or little, as the faults tell it.
type outage struct {
	down   []stretch // it crashed, until it started again
	paused []stretch
	slow   []stretch
	guess  []stretch // it was down for some of this: it started again, and no fault tells that it crashed
}

// crashes are the faults by which a process crashes. After a rollback it starts again at once.
var crashes = []string{spans.FaultCrash, spans.FaultLoseUnsynced, spans.FaultRollback}

// outages returns those of all processes that had any.
func outages(f *Facts, found *Findings) map[string]*outage {
	all := map[string]*outage{}
	of := func(process string) *outage {
		if all[process] == nil {
			all[process] = &outage{}
		}
		return all[process]
	}
	for _, s := range f.Sorted(func(s *Span) bool { return s.Kind.ID == spans.FaultID }) {
		fault, at := s.Facts.(*Fault), s.Start
		_, known := f.numbers[fault.Target]
		switch kind := fault.Kind; {
		case kind == spans.FaultHeal:
			for process, o := range all {
				if !known || process == fault.Target {
					end(o.paused, at)
					end(o.slow, at)
				}
			}
		case !known: // nothing else is told of it
		case slices.Contains(crashes, kind):
			end(of(fault.Target).paused, at)
			of(fault.Target).down = append(of(fault.Target).down, stretch{at, forever})
		case kind == spans.FaultPause:
			of(fault.Target).paused = append(of(fault.Target).paused, stretch{at, forever})
		case kind == spans.FaultSlow, kind == spans.FaultStall:
			of(fault.Target).slow = append(of(fault.Target).slow, stretch{at, forever})
		}
	}
	latest := map[string]int64{} // of each process, when it started last
	for _, s := range f.Sorted(func(s *Span) bool { return s.Kind.starts }) {
		before, again := latest[s.Process]
		latest[s.Process] = s.Start
		if o := all[s.Process]; o != nil && startsAgain(o.down, s.Start) || !again {
			continue
		}
		found.Unknown(unknownCrash, s, 1)
		of(s.Process).guess = append(of(s.Process).guess, stretch{before, s.Start})
	}
	narrow(f, all)
	return all
}

// narrow has what is guessed begin when the process did something for the last time.
func narrow(f *Facts, all map[string]*outage) {
	for _, s := range f.Spans {
		o := all[s.Process]
		if o == nil {
			continue
		}
		for i := range o.guess {
			if g := &o.guess[i]; s.Start < g.to && s.End <= g.to {
				g.from = max(g.from, s.End)
			}
		}
	}
}

// end ends what lasts at a moment, from then on.
func end(list []stretch, at int64) {
	for i := range list {
		if list[i].to == forever && list[i].from <= at {
			list[i].to = at
		}
	}
}

// startsAgain ends what a process was down for when it starts, and says whether it was. Of the crashes at that very
// moment it ends one: each has a start of its own.
func startsAgain(down []stretch, at int64) (was bool) {
	here := false
	for i := range down {
		s := &down[i]
		now := s.from > at-OneMoment && s.from <= at+OneMoment
		if s.to == forever && (s.from <= at-OneMoment || now && !here) {
			s.to, was, here = max(at, s.from), true, here || now
		}
	}
	return was
}

// idle finds what a process did while it could do nothing.
func idle(f *Facts, all map[string]*outage, found *Findings) {
	if len(all) == 0 {
		return
	}
	begun := begun(f, all)
	for _, s := range f.Spans {
		o := all[s.Process]
		if o == nil {
			continue
		}
		for _, down := range o.down {
			dies := s.Crashed && s.Start <= down.from && s.End < down.from+OneMoment
			if Later(s.End, down.from) && s.Start < down.to && !dies {
				found.Add(RuleWhileDown, s).
					Got("%s crashed at %s, and this span is after that", Name(s.Process), f.Since(down.from)).
					Want("a span that ends by the crash, or starts when the process does again")
			}
		}
		for _, pause := range o.paused {
			if s.Start > pause.from && s.Start < pause.to-OneMoment && begun[stepOf{s.ProcessNumber, s.Step}] == s {
				found.Add(RuleWhileDown, s).
					Got("%s was paused at %s, and this span begins a step while it was",
						Name(s.Process), f.Since(pause.from)).Want("nothing that is done before it is healed")
			}
		}
	}
}

// begun returns the spans whose start is the first thing of a step, of processes that were paused: a step that was
// held up tells of the rest in its second half, which may be while it was.
func begun(f *Facts, all map[string]*outage) map[stepOf]*Span {
	firsts, begun := map[stepOf]int64{}, map[stepOf]*Span{}
	note := func(of stepOf, at int64, s *Span) {
		if first, known := firsts[of]; !known || at < first {
			firsts[of], begun[of] = at, s
		}
	}
	for _, s := range f.Spans {
		if o := all[s.Process]; o == nil || len(o.paused) == 0 || s.Step == 0 {
			continue
		}
		note(stepOf{s.ProcessNumber, s.Step}, s.Start, s)
		if end := s.EndStep(); end != s.Step {
			note(stepOf{s.ProcessNumber, end}, s.End, nil)
		}
	}
	return begun
}

// stepOf names a step.
type stepOf struct {
	process int32
	step    uint32
}

// covers says whether one of the stretches has a moment in common with this one.
func covers(list []stretch, from, to int64) bool {
	return slices.ContainsFunc(list, func(s stretch) bool { return s.meets(from, to) })
}

// traffic is what is known of messages on their way, and of those who wait for them.
type traffic struct {
	down   map[string]*outage
	ways   map[[2]string]travel // of one process to another
	latest int64                // how long any took
	end    int64                // of the run
	cut    bool                 // it was ended before all that was in flight was handled
	exact  bool                 // what was lost since its receiver was down says so
}

// travel is how long messages of one process to another took.
type travel struct {
	count int
	max   int64
}

const (
	// cutSlack is how long, in ns, a message of a run that was cut short may have been on its way: what is known of how
	// long others took may be little.
	cutSlack = 100e6

	// mostNeeded is how many messages have to have gone a way before it is said how long one takes there at most: more
	// than four times what the slowest took is then less likely than one in 65,536, if none is likelier than another.
	mostNeeded = 8
)

// saw takes a span for what it tells of how the run ended.
func (t *traffic) saw(s *Span) {
	t.end = max(t.end, s.End)
	t.cut = t.cut || s.Unfinished || s.Is(spans.ViolationID)
}

// took notes how long a message was on its way, if nothing held it up.
func (t *traffic) took(from, to string, sent, handled int64) {
	if o := t.down[to]; o != nil && (covers(o.paused, sent, handled) || covers(o.slow, sent, handled)) {
		return
	}
	way := t.ways[[2]string{from, to}]
	way.count++
	way.max = max(way.max, handled-sent)
	t.ways[[2]string{from, to}] = way
	t.latest = max(t.latest, handled-sent)
}

// arrives says whether a message that was sent, and not lost, was surely handled before the run ended. A run that was
// not cut short ends when all that was in flight is handled.
func (t *traffic) arrives(from, to string, sent int64) bool {
	o := t.down[to]
	if t.exact && !t.cut { // it may have run out of time, with nothing open
		return sent+t.latest < t.end && (o == nil || all(o.paused, func(s stretch) bool { return s.to < forever }))
	}
	over := func(s stretch) bool { return s.to < sent }
	if !t.cut && (o == nil || all(o.down, over) && all(o.paused, over) && all(o.slow, over) && all(o.guess, over)) {
		return sent+t.latest < t.end
	}
	return t.arrivesBy(from, to, sent, t.end)
}

// arrivesLate says the same of one that was late. Where it is still on its way when the time for the run is over,
// nothing else says that the run was cut short.
func (t *traffic) arrivesLate(from, to string, sent, late int64) bool {
	return (late == 0 || sent+late+t.latest < t.end) && t.arrives(from, to, sent+late)
}

// arrivesBy says whether it was surely handled by a time.
func (t *traffic) arrivesBy(from, to string, sent, by int64) bool {
	o := t.down[to]
	way := t.ways[[2]string{from, to}]
	if way.count < mostNeeded {
		return false
	}
	wait := 4*way.max + cutSlack
	reach := sent + wait
	if o == nil {
		return reach < by
	}
	for _, s := range slices.Concat(o.paused, o.slow) {
		if s.meets(sent, reach) {
			if s.to == forever {
				return false
			}
			reach = max(reach, s.to+(s.to-s.from)+wait) // what had come by then takes less time to handle than to come
		}
	}
	return reach < by && (t.exact || !covers(o.down, sent, reach) && !covers(o.guess, sent, reach))
}

func all(list []stretch, is func(stretch) bool) bool {
	return !slices.ContainsFunc(list, func(s stretch) bool { return !is(s) })
}
