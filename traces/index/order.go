package index

import (
	"cmp"
	"iter"
	"slices"

	"go.opentelemetry.io/otel/trace"
)

// All that tells of a process tells it in one order: its steps by their numbers, and what is of one step by its times.
// What is at one time, too, since the step had no room or a tool cut its times, has its order by what it is: first what
// arrived, then what was decided, then what was sent. Where steps have no numbers, their times stand for them.

// Stage is where a happening stands in its step.
type Stage uint8

// The stages, in their order.
const (
	StageArrives Stage = iota // a message, the answer to a call, or the time to give it up
	StageCloses               // what an earlier step began
	StageHappens              // what this step does: a change of role, a commit, what it applies
	StageOpens                // what a later step will end
	StageAnswers              // an answer leaves
	StageSends                // a message leaves
	StageSent                 // what ends as it leaves
)

// StageOf returns the stage of the beginning or the end of a span. One that is whole is of one step; one that is
// answered got or gave a reply.
func StageOf(kind trace.SpanKind, ends, whole, answered bool) Stage {
	switch kind {
	case trace.SpanKindServer, trace.SpanKindConsumer:
		switch {
		case ends && answered:
			return StageAnswers
		case ends && !whole:
			return StageCloses
		}
		return StageArrives
	case trace.SpanKindClient, trace.SpanKindProducer:
		switch {
		case !ends:
			return StageSends
		case whole:
			return StageSent
		}
		return StageArrives
	case trace.SpanKindInternal, trace.SpanKindUnspecified:
	}
	switch {
	case answered: // the reply came late
		return StageArrives
	case whole:
		return StageHappens
	case ends:
		return StageCloses
	}
	return StageOpens
}

// Happening is what is to be put in order.
type Happening struct {
	Process int32 // whose it is
	At      int64 // in ns
	Step    uint32
	Stage   Stage
}

// ordering puts happenings in order.
type ordering struct {
	about  func(i int32) Happening
	after  func(i int32) int32
	queues [][]int32 // of each process, its happenings that are still to be taken, in order
	busy   []bool    // of each process, whether its next one waits for that of another
	taken  []bool
}

// Ordered yields n happenings of some processes, by their numbers, in order. Those of different processes are in the
// order of their times, and at one time, as far as their own order lets them, in that of their numbers. after returns
// the happening of another process that comes before one whatever the times say; a negative number for none. It may be
// nil.
func Ordered(n, processes int, about func(i int32) Happening, after func(i int32) int32) iter.Seq[int32] {
	if after == nil {
		after = func(int32) int32 { return None }
	}
	o := &ordering{
		about: about, after: after, queues: make([][]int32, processes), busy: make([]bool, processes), taken: make([]bool, n),
	}
	numbered := slices.Repeat([]bool{true}, processes)
	for i := range int32(n) {
		h := about(i)
		o.queues[h.Process] = append(o.queues[h.Process], i)
		numbered[h.Process] = numbered[h.Process] && h.Step > 0
	}
	for p, queue := range o.queues {
		slices.SortFunc(queue, func(i, k int32) int {
			a, b := about(i), about(k)
			if numbered[p] && a.Step != b.Step {
				return cmp.Compare(a.Step, b.Step)
			}
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Stage, b.Stage), cmp.Compare(i, k))
		})
	}
	return o.all
}

// all takes all happenings, the earliest of those that are next in their processes first.
func (o *ordering) all(yield func(int32) bool) {
	for {
		earliest, at, number := -1, int64(0), int32(0)
		for p, queue := range o.queues {
			if len(queue) == 0 {
				continue
			}
			i := queue[0]
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
	i := o.queues[p][0]
	o.busy[p] = true
	for before := o.after(i); before >= 0 && !o.taken[before]; {
		other := int(o.about(before).Process)
		if o.busy[other] {
			break
		}
		if !o.take(other, yield) {
			return false
		}
	}
	o.busy[p], o.taken[i] = false, true
	o.queues[p] = o.queues[p][1:]
	return yield(i)
}
