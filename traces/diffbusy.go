package traces

import (
	"cmp"
	"container/heap"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
)

// A process does one thing at a time, and what arrives meanwhile waits. So what moved may come of something that ends after it began to differ: in the run in which it is
// later, its process was busy with that, and in the other it was not.

// findBusy looks for such a cause of every pair that has none, and puts such pairs behind their causes.
func (l *alignment) findBusy() {
	var steps map[string]int64
	found := false
	for i := range l.pairs {
		p := &l.pairs[i]
		if p.cause >= 0 || p.change != Moved || IsFault(l.shape(p).Name) {
			continue
		}
		if steps == nil {
			steps = l.longestSteps()
		}
		if j := l.busyWith(int32(i), steps[l.shape(p).Service]); j >= 0 {
			p.cause, p.rule, found = j, RuleBusy, true
		}
	}
	if found {
		l.putCausesFirst()
	}
}

// NearTheEnd is how long before the end of its step a process does at most what it does in that: what is told of a step
// is no longer than that less than the step, and what waited for the step begins no later than that after what is told
// of it.
const NearTheEnd = 100 * time.Microsecond

// untold is how long of its step a span does not tell at most: nothing where steps have no numbers, for what is told of
// such a step is as long as it.
func (p *fingerprint) untold() int64 {
	if p.step == 0 {
		return 0
	}
	return NearTheEnd.Nanoseconds()
}

// longestSteps is how long the processes take at most, in either run, for a step that spans tell the length of.
func (l *alignment) longestSteps() map[string]int64 {
	longest := map[string]int64{}
	for _, x := range []*Indexed{l.a, l.b} {
		for i := range x.prints {
			p := &x.prints[i]
			s, length := &x.shapes[p.shape], 2*p.untold() // unless spans tell of longer ones
			if handles(s) {
				length = max(length, p.end-p.start+p.untold())
			}
			longest[s.Service] = max(longest[s.Service], length)
		}
	}
	return longest
}

// handles says whether a span is as long as the handling of a message takes.
func handles(s *shape) bool {
	return (s.Kind == trace.SpanKindServer || s.Kind == trace.SpanKindConsumer) && !strings.HasPrefix(s.Name, requestPrefix)
}

// busyWith is the last pair that the process of another was busy with, in the run in which that is later, before it came to it; and not in the other run, or not then. A step takes so
// long at most.
func (l *alignment) busyWith(i int32, step int64) int32 {
	const longest = 64 // how many wait at most, or else it is not that which moved it
	p := &l.pairs[i]
	if by := l.shift(p).Nanoseconds(); max(by, -by) > longest*step {
		return none
	}
	late, x := l.later(p)
	begins := l.a.prints[p.a].start != l.b.prints[p.b].start
	since, until := l.a.prints[p.a].end, l.b.prints[p.b].end
	if begins {
		since, until, step = l.a.prints[p.a].start, l.b.prints[p.b].start, l.a.prints[p.a].untold() // when one step ends the next one begins
	}
	since, until = min(since, until), max(since, until)
	found, last := none, int64(0)
	for j := i + 1; int(j) < len(l.pairs) && l.pairs[j].moment <= until; j++ {
		q := &l.pairs[j]
		k := late(q)
		if k < 0 || l.shape(q).Service != l.shape(p).Service || l.comesOf(j, i) {
			continue
		}
		done, request := x.prints[k].end, strings.HasPrefix(l.shape(q).Name, requestPrefix)
		if request { // which is open for longer than its handling takes
			done = x.prints[k].start
		}
		near := request || until-done <= step
		if same := done == until && !begins; near && !same && since-l.a.prints[p.a].untold() < done && done <= until && (found < 0 || done > last) {
			found, last = j, done
		}
	}
	return found
}

// later is the run in which the spans of a pair are later, and the span of a pair in it.
func (l *alignment) later(p *pair) (of func(*pair) int32, x *Indexed) {
	if cmp.Or(cmp.Compare(l.a.prints[p.a].start, l.b.prints[p.b].start), cmp.Compare(l.a.prints[p.a].end, l.b.prints[p.b].end)) > 0 {
		return func(q *pair) int32 { return q.a }, l.a
	}
	return func(q *pair) int32 { return q.b }, l.b
}

// comesOf says whether a pair comes of another.
func (l *alignment) comesOf(i, of int32) bool {
	for ; i >= 0; i = l.pairs[i].cause {
		if i == of {
			return true
		}
	}
	return false
}

// putCausesFirst puts each pair behind the one that it comes of, and leaves the order as it is otherwise.
func (l *alignment) putCausesFirst() {
	place := fill(len(l.pairs)) // of each in the new order
	waiting := map[int32][]int32{}
	ordered := make([]pair, 0, len(l.pairs))
	var ready earliestFirst
	for i := range l.pairs {
		ready = append(ready, int32(i))
		for len(ready) > 0 {
			k := ready.take()
			if cause := l.pairs[k].cause; cause >= 0 && place[cause] < 0 {
				waiting[cause] = append(waiting[cause], k)
				continue
			}
			place[k] = int32(len(ordered))
			ordered = append(ordered, l.pairs[k])
			for _, next := range waiting[k] {
				heap.Push(&ready, next)
			}
		}
	}
	for i := range ordered {
		if p := &ordered[i]; p.cause >= 0 {
			p.cause = place[p.cause]
		}
	}
	l.pairs = ordered
	l.number()
}

// earliestFirst are pairs whose cause has its place, as a heap.
type earliestFirst []int32

func (e *earliestFirst) take() int32 {
	if len(*e) > 1 {
		return heap.Pop(e).(int32)
	}
	k := (*e)[0]
	*e = (*e)[:0]
	return k
}

func (e *earliestFirst) Len() int           { return len(*e) }
func (e *earliestFirst) Less(i, j int) bool { return (*e)[i] < (*e)[j] }
func (e *earliestFirst) Swap(i, j int)      { (*e)[i], (*e)[j] = (*e)[j], (*e)[i] }
func (e *earliestFirst) Push(k any)         { *e = append(*e, k.(int32)) }
func (e *earliestFirst) Pop() any {
	last := len(*e) - 1
	k := (*e)[last]
	*e = (*e)[:last]
	return k
}
