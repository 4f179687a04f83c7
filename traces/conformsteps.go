package traces

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// numbered says of each process whether its steps have numbers.
func (j *Judge) numbered() []bool {
	numbered := make([]bool, len(j.processes.names))
	for i := range j.records {
		if j.origins[i].step > 0 {
			numbered[j.records[i].process] = true
		}
	}
	return numbered
}

// steps compares the numbers of each process's steps with its times: a process does one thing after the other.
func (j *Judge) steps() {
	numbered := j.numbered()
	j.durableAt = j.persistedAt()
	var done []int32                           // to the world, which has no steps
	ends := make([]int32, 0, 2*len(j.records)) // of spans: the beginning of the span at place i is 2i, and its end 2i+1
	for i := range j.records {
		shape := j.shapeOf(int32(i))
		if shape != nil && shape.Service == spans.ServiceWorld {
			done = append(done, int32(2*i))
		}
		if shape == nil || shape.Service == spans.ServiceWorld || !numbered[j.records[i].process] {
			continue
		}
		o := &j.origins[i]
		switch {
		case o.step == 0:
			j.find(ruleWrongStep, j.ref(int32(i)), fmt.Sprintf("there is no %s", spans.RaftkvStepKey),
				fmt.Sprintf("%s, as other spans of %s have it", spans.RaftkvStepKey, j.process(j.records[i].process)))
		case o.done > 0 && o.done <= o.step:
			j.find(ruleWrongStep, j.ref(int32(i)), fmt.Sprintf("%s is %d, and %s %d", spans.RaftkvEndStepKey, o.done, spans.RaftkvStepKey, o.step),
				fmt.Sprintf("no %s, or a later one", spans.RaftkvEndStepKey))
		case o.done == 0 && j.tells && j.is(int32(i), operations|tries|voteCalls|entriesSent):
			j.find(ruleWrongStep, j.ref(int32(i)), fmt.Sprintf("there is no %s", spans.RaftkvEndStepKey), "one: what waits for an answer ends in a later step")
		default:
			ends = append(ends, int32(2*i), int32(2*i+1))
		}
	}
	sortWith(ends, func(a, b int32) int {
		x, y := &j.records[a/2], &j.records[b/2]
		return cmp.Or(cmp.Compare(x.process, y.process), cmp.Compare(j.stepAt(a), j.stepAt(b)), cmp.Compare(x.id, y.id), cmp.Compare(a, b))
	})
	if j.tells {
		j.crowded(done)
	}
	var before stepTimes
	for len(ends) > 0 {
		n := 1
		for n < len(ends) && j.records[ends[n]/2].process == j.records[ends[0]/2].process && j.stepAt(ends[n]) == j.stepAt(ends[0]) {
			n++
		}
		before = j.step(ends[:n], before)
		ends = ends[n:]
	}
}

// stepAt is the number of the step that an end of a span is in.
func (j *Judge) stepAt(end int32) uint32 {
	o := &j.origins[end/2]
	if end%2 == 1 {
		return o.endStep()
	}
	return o.step
}

// timeAt is the time of an end of a span.
func (j *Judge) timeAt(end int32) int64 {
	if end%2 == 1 {
		return j.records[end/2].end
	}
	return j.records[end/2].start
}

// stepTimes are the first and the last end of a span in a step; the zero one is of none.
type stepTimes struct {
	of          int32 // its process, plus one
	first, last int32
}

// step looks at the ends of spans that are in one step, and at the step before.
func (j *Judge) step(ends []int32, before stepTimes) stepTimes {
	now := stepTimes{int32(j.records[ends[0]/2].process) + 1, ends[0], ends[0]}
	received := int32(-1)
	for _, end := range ends {
		if at := j.timeAt(end); at < j.timeAt(now.first) {
			now.first = end
		} else if at > j.timeAt(now.last) {
			now.last = end
		}
		switch {
		case !j.takesIn(end):
		case received >= 0:
			j.find(ruleWrongStep, j.ref(end/2), fmt.Sprintf("it takes in a message in step %d", j.stepAt(end)),
				"another step: in that one another message is taken in", received/2)
		default:
			received = end
		}
	}
	if before.of == now.of && j.timeAt(now.first) < j.timeAt(before.last) && j.apart(j.timeAt(now.first), j.timeAt(before.last)) {
		j.find(ruleWrongStep, j.ref(now.first/2), fmt.Sprintf("it is in step %d at %s", j.stepAt(now.first), j.exactly(j.timeAt(now.first))),
			fmt.Sprintf("%s or later: step %d is not over before", j.exactly(j.timeAt(before.last)), j.stepAt(before.last)), before.last/2)
	}
	j.durableFirst(ends)
	length := j.timeAt(now.last) - j.timeAt(now.first)
	starting := func(end int32) bool { return j.is(end/2, starts) }
	if j.tells && length >= int64(len(ends))*mostOfEnd*cut || j.tells && slices.ContainsFunc(ends, starting) {
		j.crowded(ends)
	}
	return now
}

// mostOfEnd is how many microseconds a step has to have for each end of a span, for each thing in it to have had one of
// its own: a span may have events as well, and what a step does has half of its time.
const mostOfEnd = 4

// durableFirst finds what a process sent in a step before it had made durable what it made durable in it.
func (j *Judge) durableFirst(ends []int32) {
	at, known := j.durableAt[stepOf{j.records[ends[0]/2].process, j.stepAt(ends[0])}]
	if !known {
		return
	}
	for _, end := range ends {
		r, shape := &j.records[end/2], j.shapeOf(end/2)
		leaves := end%2 == 0 && shape.sends || end%2 == 1 && shape.receives && r.reply != noText
		if t := j.timeAt(end); leaves && t < at && j.apart(t, at) {
			j.find(ruleWrongStep, j.ref(end/2), fmt.Sprintf("what it sends leaves at %s, in step %d", j.exactly(t), j.stepAt(end)),
				fmt.Sprintf("%s or later, when that step has made durable what it depends on", j.exactly(at)))
		}
	}
}

// takesIn says whether an end of a span is where its process took in a message or a reply.
func (j *Judge) takesIn(end int32) bool {
	r := &j.records[end/2]
	if end%2 == 1 {
		return j.tells && j.is(end/2, voteCalls|entriesSent|tries) && r.reply != noText && r.is&failed == 0
	}
	return j.shapeOf(end/2).receives || j.tells && j.is(end/2, repliesLate)
}

// stepOf names a step.
type stepOf struct {
	process processPlace
	step    uint32
}

// persistedAt is when each step made something durable.
func (j *Judge) persistedAt() map[stepOf]int64 {
	at := make(map[stepOf]int64, len(j.persists))
	for i := range j.persists {
		p := &j.persists[i]
		at[stepOf{j.records[p.from].process, p.step}] = p.at
	}
	return at
}

// crowded finds spans that begin in one microsecond, and those that take no time, where there was room for more. The
// ends are those of one step, or of what the world did.
func (j *Judge) crowded(ends []int32) {
	begins := map[int64]int32{}
	for _, end := range ends {
		r, of := &j.records[end/2], end/2
		if end%2 == 1 {
			continue
		}
		if first, taken := begins[r.start/cut]; taken {
			j.find(ruleCrowded, j.ref(of), "it begins in the microsecond of "+j.nameOf(first), "a microsecond of its own", first)
		}
		begins[r.start/cut] = of
		if r.start == r.end {
			j.find(ruleCrowded, j.ref(of), "it ends as it begins", "an end that is later")
		}
	}
}

// exactly is a time as it is told where a nanosecond matters.
func (j *Judge) exactly(at int64) string { return time.Duration(at - j.epoch).String() }

// apart says whether two times were different, as far as they can tell: of an end, Jaeger cuts off two parts.
func (j *Judge) apart(a, b int64) bool {
	if !wasCut(a) || !wasCut(b) {
		return a != b
	}
	if j.tells { // they are whole microseconds, but in steps that are too short
		return max(a-b, b-a) > cut
	}
	return max(a-b, b-a) > 2*cut
}
