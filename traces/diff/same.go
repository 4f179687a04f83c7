package diff

import (
	"cmp"

	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/index"
)

// When are two spans the same? match says which span of one run is which of the other: the one with the same causal
// id. If the ids were made otherwise in one of the runs, few of them are shared; then it is the one that is the same
// event: of the same process, name and kind, with the same attributes that identify it, below the same parent, and
// the same one in order among those that have all this in common. differs then says whether the two differ: by the
// hashes of what they say, of what they refer to, and of when their events happened, and by when they begin and end.

// match finds the same span of the other run for each span.
func (l *alignment) match() {
	a, b := l.runs[0], l.runs[1]
	byID := l.matchBy(func(i int32) int32 { return b.Find(a.Entry(i).ID) })
	if 2*byID >= min(a.Len(), b.Len()) {
		return
	}
	twinsA, twinsB := a.twin, b.twin
	ofB := make(map[uint64]int32, b.Len())
	for j, event := range b.events() {
		ofB[event] = int32(j)
	}
	ofA := a.events()
	byEvent := l.matchBy(func(i int32) int32 {
		if j, there := ofB[ofA[i]]; there {
			return j
		}
		return none
	})
	if l.byWhat = byEvent > 2*byID; !l.byWhat {
		a.twin, b.twin = twinsA, twinsB
	}
}

// matchBy matches each span of A with the one of B that twin returns. It returns how many have one.
func (l *alignment) matchBy(twin func(i int32) int32) (shared int) {
	a, b := l.runs[0], l.runs[1]
	a.twin, b.twin = nones(a.Len()), nones(b.Len())
	for i := range int32(a.Len()) {
		if j := twin(i); j >= 0 && b.twin[j] < 0 && alike(a.Shape(i), b.Shape(j)) {
			a.twin[i], b.twin[j] = j, i
			shared++
		}
	}
	return shared
}

// alike says whether two spans can be the same event. A client's third operation may be a get in one run and a put in
// the other.
func alike(a, b *index.Shape) bool {
	return a.Service == b.Service && a.Kind == b.Kind && (a.Name == b.Name || isOperation(a.Name) && isOperation(b.Name))
}

// events returns, of each span, a hash of what identifies it, of its parent's such hash, and of its place in time
// among those that are equal in both: what a causal id is made of, from the trace alone.
func (x *Trace) events() []uint64 {
	hashes := make([]uint64, x.Len())
	ordinals := map[uint64]uint64{}
	inTime := func(a, b *index.Entry) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Depth, b.Depth))
	}
	for _, i := range x.InOrder(inTime) {
		above := uint64(0)
		if parent := x.Parent(i); parent >= 0 {
			above = hashes[parent]
		}
		event := content.Join(above, x.prints[i].Identity)
		hashes[i] = content.Join(event, ordinals[event])
		ordinals[event]++
	}
	return hashes
}

// differs returns how the two spans of a pair differ; NoChange if they do not.
func (l *alignment) differs(p *pair) Change {
	a, b := l.runs[0], l.runs[1]
	x, y := &a.prints[p.spans[0]], &b.prints[p.spans[1]]
	startA, startB := l.starts(p)
	endA, endB := l.ends(p)
	switch {
	case x.Content != y.Content, !l.byWhat && x.Relations != y.Relations:
		return Changed
	case startA != startB, endA != endB, x.Clock != y.Clock:
		return Moved
	}
	return NoChange
}
