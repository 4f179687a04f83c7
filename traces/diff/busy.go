package diff

import (
	"slices"

	"github.com/raftkv/raftkv/traces"
)

// A process does one thing at a time, and what arrives meanwhile waits. So what is later may come of something that
// ends after it began to differ: in the run in which it is later, its process was busy with that, and in the other it
// was not.

// findBusy looks for such a cause of every pair that has none, and puts such pairs behind their causes.
func (l *alignment) findBusy() {
	var longest map[string]int64
	found := false
	for n := range l.pairs {
		p := &l.pairs[n]
		if p.cause >= 0 || !l.mayWait(p) {
			continue
		}
		if longest == nil {
			longest = l.longestSteps()
		}
		if cause := l.busyWith(int32(n), longest[l.shape(p).Service]); cause >= 0 {
			p.cause, p.rule, found = cause, RuleBusy, true
		}
	}
	if found {
		l.putCausesFirst()
	}
}

// mayWait says whether a pair may be later in one run because it waited there: it only moved, or what it says differs,
// too, and it begins at another time.
func (l *alignment) mayWait(p *pair) bool {
	if !p.inBoth() || traces.IsFault(l.shape(p).Name) {
		return false
	}
	startA, startB := l.starts(p)
	return p.change == Moved || startA != startB
}

// untold returns how long of its step a span does not tell at most: nothing where steps have no numbers, for what is
// told of such a step is as long as it.
func (x *Trace) untold(i int32) int64 {
	if x.Entry(i).Step == 0 {
		return 0
	}
	return traces.NearTheEnd.Nanoseconds()
}

// longestSteps returns how long the processes take at most, in either run, for a step that spans tell the length of.
func (l *alignment) longestSteps() map[string]int64 {
	longest := map[string]int64{}
	for _, x := range l.runs {
		for i := range int32(x.Len()) {
			shape, length := x.Shape(i), 2*x.untold(i) // unless spans tell of longer ones
			if handles(shape) {
				length = max(length, x.end(i)-x.start(i)+x.untold(i))
			}
			longest[shape.Service] = max(longest[shape.Service], length)
		}
	}
	return longest
}

// busyWith returns the last pair that the process of another was busy with, in the run in which that is later, before
// it came to it; and not in the other run, or not then. A step takes so long at most.
func (l *alignment) busyWith(n int32, step int64) int32 {
	const longest = 64 // how many wait at most, or else it is not that which moved it
	p := &l.pairs[n]
	if by := l.shift(p).Abs().Nanoseconds(); by > longest*step {
		return none
	}
	startA, startB := l.starts(p)
	endA, endB := l.ends(p)
	later := 1 // the run in which it is later
	if startA > startB || startA == startB && endA > endB {
		later = 0
	}
	x, untold := l.runs[later], l.runs[0].untold(p.spans[0])
	begins := startA != startB
	since, until := min(endA, endB), max(endA, endB)
	if begins {
		since, until, step = min(startA, startB), max(startA, startB), untold // when one step ends the next one begins
	}
	found, last := none, int64(0)
	for m := n + 1; int(m) < len(l.pairs) && l.pairs[m].moment <= until; m++ {
		q := &l.pairs[m]
		i := q.spans[later]
		if i < 0 || l.shape(q).Service != l.shape(p).Service || l.comesOf(m, n) {
			continue
		}
		done, near := x.end(i), until-x.end(i) <= step
		if isRequest(l.shape(q).Name) { // which is open for longer than its handling takes
			done, near = x.start(i), true
		}
		inTime := since-untold < done && done <= until && (done < until || begins)
		if near && inTime && (found < 0 || done > last) {
			found, last = m, done
		}
	}
	return found
}

// comesOf says whether a pair comes of another.
func (l *alignment) comesOf(n, of int32) bool {
	for ; n >= 0; n = l.pairs[n].cause {
		if n == of {
			return true
		}
	}
	return false
}

// putCausesFirst puts each pair behind the one that it comes of, and leaves the order as it is otherwise: what waits
// for a cause that stands behind it comes right after that, and what waits for itself, the earlier first.
func (l *alignment) putCausesFirst() {
	place := nones(len(l.pairs)) // of each in the new order
	waiting := map[int32][]int32{}
	ordered := make([]pair, 0, len(l.pairs))
	for n := range l.pairs {
		for ready := []int32{int32(n)}; len(ready) > 0; {
			m := ready[0]
			ready = ready[1:]
			if cause := l.pairs[m].cause; cause >= 0 && place[cause] < 0 {
				waiting[cause] = append(waiting[cause], m)
				continue
			}
			place[m] = int32(len(ordered))
			ordered = append(ordered, l.pairs[m])
			for _, freed := range waiting[m] {
				at, _ := slices.BinarySearch(ready, freed)
				ready = slices.Insert(ready, at, freed)
			}
		}
	}
	for n := range ordered {
		if p := &ordered[n]; p.cause >= 0 {
			p.cause = place[p.cause]
		}
	}
	l.pairs = ordered
	l.number()
}
