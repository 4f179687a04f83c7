package traces

import (
	"cmp"
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/spans"
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

// steps compares the numbers of each process's steps with its times: a process does one thing after the other, and what
// it does in a step is done when that ends.
func (j *Judge) steps() {
	numbered := j.numbered()
	ends := make([]int32, 0, 2*len(j.records)) // of spans: the beginning of the span at place i is 2i, and its end 2i+1
	for i := range j.records {
		shape := j.shapeOf(int32(i))
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
		default:
			ends = append(ends, int32(2*i), int32(2*i+1))
		}
	}
	sortWith(ends, func(a, b int32) int {
		x, y := &j.records[a/2], &j.records[b/2]
		return cmp.Or(cmp.Compare(x.process, y.process), cmp.Compare(j.stepAt(a), j.stepAt(b)), cmp.Compare(x.id, y.id), cmp.Compare(a, b))
	})
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
	done, received := int32(-1), int32(-1)
	for _, end := range ends {
		if at := j.timeAt(end); at < j.timeAt(now.first) {
			now.first = end
		} else if at > j.timeAt(now.last) {
			now.last = end
		}
		switch {
		case end%2 == 1 && done < 0:
			done = end
		case end%2 == 1 && apart(j.timeAt(end), j.timeAt(done)):
			j.find(ruleWrongStep, j.ref(end/2), fmt.Sprintf("it ends at %s, in step %d", j.exactly(j.timeAt(end)), j.stepAt(end)),
				fmt.Sprintf("%s, when another span ends in that step", j.exactly(j.timeAt(done))), done/2)
		case end%2 == 0 && j.shapeOf(end/2).receives && received >= 0:
			j.find(ruleWrongStep, j.ref(end/2), fmt.Sprintf("it takes in a message in step %d", j.stepAt(end)),
				"another step: in that one another message is taken in", received/2)
		case end%2 == 0 && j.shapeOf(end/2).receives:
			received = end
		}
	}
	if done >= 0 && j.timeAt(now.last) > j.timeAt(done) && apart(j.timeAt(now.last), j.timeAt(done)) {
		j.find(ruleWrongStep, j.ref(now.last/2), fmt.Sprintf("it begins at %s, in step %d", j.exactly(j.timeAt(now.last)), j.stepAt(now.last)),
			fmt.Sprintf("at most %s, when that step ends", j.exactly(j.timeAt(done))), done/2)
	}
	if before.of == now.of && j.timeAt(now.first) < j.timeAt(before.last) && apart(j.timeAt(now.first), j.timeAt(before.last)) {
		j.find(ruleWrongStep, j.ref(now.first/2), fmt.Sprintf("it is in step %d at %s", j.stepAt(now.first), j.exactly(j.timeAt(now.first))),
			fmt.Sprintf("%s or later: step %d is not over before", j.exactly(j.timeAt(before.last)), j.stepAt(before.last)), before.last/2)
	}
	return now
}

// exactly is a time as it is told where a nanosecond matters.
func (j *Judge) exactly(at int64) string { return time.Duration(at - j.epoch).String() }

// apart says whether two times were different, as far as they can tell: of an end, Jaeger cuts off two parts.
func apart(a, b int64) bool {
	if wasCut(a) && wasCut(b) {
		return max(a-b, b-a) > 2*cut
	}
	return a != b
}
