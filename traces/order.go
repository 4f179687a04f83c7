package traces

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// All that tells of a process tells it in one order: its steps by their numbers, and what is of one step by its times.
// What is at one time, too, since the step had no room or a tool cut its times, has its order by what it is: first what
// arrived, then what was decided, then what was sent. Where steps have no numbers, their times stand for them.

// isStep says whether an attribute numbers a step of a process.
func isStep(key attribute.Key) bool {
	return key == worldspans.RaftkvStepKey || key == worldspans.RaftkvEndStepKey
}

// StepsOf are the numbers of the steps that a span begins and ends in; 0 where it has none.
func StepsOf(s *Span) (begin, end uint32) {
	begin = StepNumber(s.Attribute(worldspans.RaftkvStepKey))
	return begin, cmp.Or(StepNumber(s.Attribute(worldspans.RaftkvEndStepKey)), begin)
}

func StepNumber(v attribute.Value) uint32 { return uint32(min(number(v), math.MaxUint32)) }

// Stage is where a happening stands in its step.
type Stage uint8

// The stages, in their order.
const (
	StageArrives Stage = iota // a message, the answer to a call, or the time to give it up
	stageCloses               // what an earlier step began
	StageHappens              // what this step does: a change of role, a commit, what it applies
	stageOpens                // what a later step will end
	StageAnswers              // an answer leaves
	StageSends                // a message leaves
	stageSent                 // what ends as it leaves
)

// StageOf is the stage of the beginning or the end of a span. One that is whole is of one step; one that is answered
// got or gave a reply.
func StageOf(kind trace.SpanKind, name string, ends, whole, answered bool) Stage {
	switch kind {
	case trace.SpanKindServer, trace.SpanKindConsumer:
		switch {
		case ends && answered:
			return StageAnswers
		case ends && !whole:
			return stageCloses
		}
		return StageArrives
	case trace.SpanKindClient, trace.SpanKindProducer:
		switch {
		case !ends:
			return StageSends
		case whole:
			return stageSent
		}
		return StageArrives
	case trace.SpanKindInternal, trace.SpanKindUnspecified:
	}
	switch {
	case name == spans.LateReplyName:
		return StageArrives
	case whole:
		return StageHappens
	case ends:
		return stageCloses
	}
	return stageOpens
}

// Happening is one that is to be put in order.
type Happening struct {
	Process int32 // whose it is
	At      int64 // in ns
	Step    uint32
	Stage   Stage
}

// ordering puts happenings in order.
type ordering struct {
	about  func(i int32) Happening
	after  func(i int32) int32 // the one of another process that comes before it whatever the times say; -1 for none
	queues [][]int32           // of each process, its happenings in order
	next   []int               // of each process, how many were taken
	busy   []bool
	taken  []uint64 // a bit for each
}

// Ordered yields n happenings of some processes, by their numbers, in order. Those of different processes are in the
// order of their times, and at one time, as far as their own order lets them, in that of their numbers. after may be
// nil.
func Ordered(n, processes int, about func(i int32) Happening, after func(i int32) int32) iter.Seq[int32] {
	o := &ordering{
		about: about, after: after, queues: make([][]int32, processes), next: make([]int, processes), busy: make([]bool, processes),
	}
	counts, numbered := make([]int, processes), make([]bool, processes)
	for p := range numbered {
		numbered[p] = true
	}
	for i := range int32(n) {
		h := about(i)
		counts[h.Process]++
		numbered[h.Process] = numbered[h.Process] && h.Step > 0
	}
	for p := range o.queues {
		o.queues[p] = make([]int32, 0, counts[p])
	}
	for i := range int32(n) {
		p := about(i).Process
		o.queues[p] = append(o.queues[p], i)
	}
	for p, queue := range o.queues {
		if numbered[p] {
			slices.SortFunc(queue, o.bySteps)
		} else {
			slices.SortFunc(queue, o.byTimes)
		}
	}
	if after != nil {
		o.taken = make([]uint64, n/64+1)
	}
	return o.all
}

// byTimes compares happenings of a process whose steps have no numbers.
func (o *ordering) byTimes(i, k int32) int {
	a, b := o.about(i), o.about(k)
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Stage, b.Stage), cmp.Compare(i, k))
}

// bySteps compares happenings of a process whose steps have numbers.
func (o *ordering) bySteps(i, k int32) int {
	a, b := o.about(i), o.about(k)
	return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.At, b.At), cmp.Compare(a.Stage, b.Stage), cmp.Compare(i, k))
}

// all takes all happenings, the earliest of those that are next in their processes first.
func (o *ordering) all(yield func(int32) bool) {
	for {
		earliest, at, number := -1, int64(0), int32(0)
		for p, queue := range o.queues {
			if o.next[p] == len(queue) {
				continue
			}
			i := queue[o.next[p]]
			if h := o.about(i); earliest < 0 || h.At < at || h.At == at && i < number {
				earliest, at, number = p, h.At, i
			}
		}
		if earliest < 0 || !o.take(earliest, yield) {
			return
		}
	}
}

// take takes the next happening of a process, and before it what it comes after. What goes around in a ring, as nothing
// that happened does, is taken as it comes.
func (o *ordering) take(p int, yield func(int32) bool) bool {
	i := o.queues[p][o.next[p]]
	if o.after != nil {
		o.busy[p] = true
		before := o.after(i)
		for before >= 0 && o.taken[before/64]&(1<<(before%64)) == 0 {
			other := int(o.about(before).Process)
			if o.busy[other] {
				break
			}
			if !o.take(other, yield) {
				return false
			}
		}
		o.busy[p] = false
		o.taken[i/64] |= 1 << (i % 64)
	}
	o.next[p]++
	return yield(i)
}

// AtOnceWithin is how far times are apart at most of what the world and a process do at one moment: each thing that
// takes no time has a microsecond of its own.
const AtOnceWithin = 10 * time.Microsecond

// number is an integer that is not negative; what is no such thing is 0.
func number(v attribute.Value) uint64 {
	if v.Type() != attribute.INT64 {
		return 0
	}
	return uint64(max(0, v.AsInt64()))
}

// NearTheEnd is how long before the end of its step a process does at most what it does in that: what is told of a step
// is no longer than that less than the step, and what waited for the step begins no later than that after what is told
// of it. It is what raftkv/sim/moments.go leaves.
const NearTheEnd = 100 * time.Microsecond
