package traces

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// stretch is a span of time in which something was so, in ns since 1970.
type stretch struct{ from, to int64 }

// meets says whether there is a moment in both, their ends included.
func (s stretch) meets(from, to int64) bool { return s.from <= to && s.to >= from }

// forever is the end of what does not end.
const forever = int64(math.MaxInt64)

// ailments are when a process could do nothing, or little, as the faults tell it.
type ailments struct {
	down   []stretch // it crashed, until it started again
	paused []stretch
	slow   []stretch
	guess  []stretch // it was down for some of this: it started again, and no fault tells that it crashed
}

// ailing are the ailments of all processes.
func (j *Judge) ailing() map[processPlace]*ailments {
	ill := map[processPlace]*ailments{}
	of := func(process processPlace) *ailments {
		if ill[process] == nil {
			ill[process] = &ailments{}
		}
		return ill[process]
	}
	for _, at := range j.inOrder(faults) {
		fault, when := &j.facts.faults[j.records[at].fact], j.records[at].start
		target, known := j.processes.known[j.texts.of(fault.target)]
		switch kind := j.texts.of(fault.kind); {
		case kind == spans.FaultHeal:
			for process, a := range ill {
				if !known || process == target {
					ended(a.paused, when)
					ended(a.slow, when)
				}
			}
		case !known: // nothing else is told of it
		case kind == spans.FaultCrash, kind == spans.FaultLoseUnsynced, kind == spans.FaultRollback: // a rollback starts it again at once
			ended(of(target).paused, when)
			of(target).down = append(of(target).down, stretch{when, forever})
		case kind == spans.FaultPause:
			of(target).paused = append(of(target).paused, stretch{when, forever})
		case kind == spans.FaultSlow, kind == spans.FaultStall:
			of(target).slow = append(of(target).slow, stretch{when, forever})
		}
	}
	latest := map[processPlace]int64{} // of each process, when it started last
	for _, at := range j.inOrder(starts) {
		r := &j.records[at]
		before, again := latest[r.process]
		latest[r.process] = r.start
		a := ill[r.process]
		if a != nil && startedAgain(a.down, r.start) || !again {
			continue
		}
		j.doubts.doubt(doubtCrash, at, 1)
		of(r.process).guess = append(of(r.process).guess, stretch{before, r.start})
	}
	j.narrow(ill)
	return ill
}

// narrow has what is guessed begin when the process did something for the last time.
func (j *Judge) narrow(ill map[processPlace]*ailments) {
	for i := range j.records {
		r := &j.records[i]
		if a := ill[r.process]; a != nil {
			for k := range a.guess {
				if g := &a.guess[k]; r.start < g.to && r.end <= g.to {
					g.from = max(g.from, r.end)
				}
			}
		}
	}
}

// ended ends what lasts at a moment, from then on.
func ended(list []stretch, at int64) {
	for i := range list {
		if list[i].to == forever && list[i].from <= at {
			list[i].to = at
		}
	}
}

// oneMoment is how far apart, in ns, what a process and the world do at one moment may be told: each thing is told in
// the microsecond after the one before it.
const oneMoment = 100 * cut

// startedAgain ends what a process was down for when it starts, and says whether it was. Of the crashes at that very
// moment it ends one: each has a start of its own.
func startedAgain(down []stretch, at int64) (was bool) {
	here := false
	for i := range down {
		s := &down[i]
		now := s.from > at-oneMoment && s.from <= at+oneMoment
		if s.to == forever && (s.from <= at-oneMoment || now && !here) {
			s.to, was, here = max(at, s.from), true, here || now
		}
	}
	return was
}

// inOrder are the spans of some shapes in the order of time. What is healed may be hurt anew at once.
func (j *Judge) inOrder(of shapeSet) []int32 {
	var list []int32
	heals := func(at int32) int {
		if j.is(at, faults) && j.texts.of(j.facts.faults[j.records[at].fact].kind) == spans.FaultHeal {
			return 0
		}
		return 1
	}
	for i := range j.records {
		if j.is(int32(i), of) {
			list = append(list, int32(i))
		}
	}
	slices.SortFunc(list, func(a, b int32) int {
		return cmp.Or(cmp.Compare(j.records[a].start, j.records[b].start), cmp.Compare(heals(a), heals(b)), cmp.Compare(j.records[a].id, j.records[b].id))
	})
	return list
}

// idle finds what a process did while it could do nothing.
func (j *Judge) idle(ill map[processPlace]*ailments) {
	if len(ill) == 0 {
		return
	}
	begun := j.begun(ill)
	for i := range j.records {
		r := &j.records[i]
		a := ill[r.process]
		if a == nil {
			continue
		}
		for _, s := range a.down {
			dies := r.is&crashed != 0 && r.start <= s.from && r.end < s.from+oneMoment
			if later(r.end, s.from) && r.start < s.to && !dies {
				j.find(ruleWhileDown, j.ref(int32(i)), fmt.Sprintf("%s crashed at %s, and this span is after that", j.process(r.process), j.since(s.from)), "a span that ends by the crash, or starts when the process does again")
			}
		}
		for _, s := range a.paused {
			if r.start > s.from && r.start < s.to-oneMoment && begun[stepOf{r.process, j.origins[i].step}] == int32(i) {
				j.find(ruleWhileDown, j.ref(int32(i)), fmt.Sprintf("%s was paused at %s, and this span begins a step while it was", j.process(r.process), j.since(s.from)), "nothing that is done before it is healed")
			}
		}
	}
}

// begun are the spans whose start is the first thing of a step, of processes that were paused: a step that was held up
// tells of the rest in its second half, which may be while it was.
func (j *Judge) begun(ill map[processPlace]*ailments) map[stepOf]int32 {
	firsts, begun := map[stepOf]int64{}, map[stepOf]int32{}
	note := func(of stepOf, at int64, span int32) {
		if first, known := firsts[of]; !known || at < first {
			firsts[of], begun[of] = at, span
		}
	}
	for i := range j.records {
		r, o := &j.records[i], &j.origins[i]
		if a := ill[r.process]; a == nil || len(a.paused) == 0 || o.step == 0 {
			continue
		}
		note(stepOf{r.process, o.step}, r.start, int32(i))
		if end := o.endStep(); end != o.step {
			note(stepOf{r.process, end}, r.end, -1)
		}
	}
	return begun
}

// travel is how long messages of one process to another took.
type travel struct {
	count int
	max   int64
}

// mostNeeded is how many messages have to have gone a way before it is said how long one takes there at most: more than four times what the slowest of them took is then less
// likely than one in 65,536, if none is likelier than another.
const mostNeeded = 8

// traffic is what is known of messages on their way, and of those who wait for them.
type traffic struct {
	ill    map[processPlace]*ailments
	ways   map[[2]processPlace]travel
	latest int64 // how long any took
	end    int64 // of the run
	cut    bool  // it was ended before all that was in flight was handled
	exact  bool  // what was lost since its receiver was down says so
}

// took notes how long a message was on its way, if nothing held it up.
func (t *traffic) took(from, to processPlace, sent, handled int64) {
	if a := t.ill[to]; a != nil && (slices.ContainsFunc(a.paused, func(s stretch) bool { return s.meets(sent, handled) }) || slices.ContainsFunc(a.slow, func(s stretch) bool { return s.meets(sent, handled) })) {
		return
	}
	way := t.ways[[2]processPlace{from, to}]
	way.count++
	way.max = max(way.max, handled-sent)
	t.ways[[2]processPlace{from, to}] = way
	t.latest = max(t.latest, handled-sent)
}

// arrives says whether a message that was sent, and not lost, was surely handled before the run ended. A run that was not cut short ends when all that was in flight is handled.
func (t *traffic) arrives(from, to processPlace, sent int64) bool {
	a := t.ill[to]
	if t.exact && !t.cut { // it may have run out of time, with nothing open
		return sent+t.latest < t.end && (a == nil || all(a.paused, func(s stretch) bool { return s.to < forever }))
	}
	over := func(s stretch) bool { return s.to < sent }
	if !t.cut && (a == nil || all(a.down, over) && all(a.paused, over) && all(a.slow, over) && all(a.guess, over)) {
		return sent+t.latest < t.end
	}
	return t.arrivesBy(from, to, sent, t.end)
}

// arrivesLate says the same of one that was late. Where it is still on its way when the time for the run is over,
// nothing else says that the run was cut short.
func (t *traffic) arrivesLate(from, to processPlace, sent, late int64) bool {
	return (late == 0 || sent+late+t.latest < t.end) && t.arrives(from, to, sent+late)
}

// arrivesBy says whether it was surely handled by a time.
func (t *traffic) arrivesBy(from, to processPlace, sent, by int64) bool {
	a := t.ill[to]
	way := t.ways[[2]processPlace{from, to}]
	if way.count < mostNeeded {
		return false
	}
	wait := 4*way.max + cutSlack
	reach := sent + wait
	if a == nil {
		return reach < by
	}
	for _, list := range [][]stretch{a.paused, a.slow} {
		for _, s := range list {
			if s.meets(sent, reach) {
				if s.to == forever {
					return false
				}
				reach = max(reach, s.to+(s.to-s.from)+wait) // what had come by then takes less time to handle than to come
			}
		}
	}
	gone := func(s stretch) bool { return !t.exact && s.meets(sent, reach) }
	return reach < by && !slices.ContainsFunc(a.down, gone) && !slices.ContainsFunc(a.guess, gone)
}

func all(list []stretch, is func(stretch) bool) bool {
	return !slices.ContainsFunc(list, func(s stretch) bool { return !is(s) })
}
