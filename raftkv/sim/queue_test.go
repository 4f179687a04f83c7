package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

func random(i, below uint64) uint64 { return world.Draw(1, 0, world.CausalID(i)) % below }

// Pushes, pops and removals as they come, of events of which many agree in all but their last words, held against a
// list that is sorted.
func TestTheQueueYieldsEventsInOrder(t *testing.T) {
	order := func(a, b event) int {
		if a.before(&b) {
			return -1
		}
		return 1
	}
	for size := range uint64(40) {
		var q queue
		var list []event
		for i := range uint64(2000) {
			// Grow to about the size, stay there for a while, and run empty at the end.
			if uint64(len(list)) <= random(i, size+1)+1 && i < 1500 {
				e := event{
					at: time.Duration(random(i, 8)), rank: uint32(random(i+1e6, 3)), id: world.CausalID(random(i+2e6, 3)),
					ref: uint32(random(i+3e6, 2))<<copyShift | uint32(i),
				}
				q.push(e)
				list = append(list, e)
				slices.SortFunc(list, order)
				continue
			}
			if i%101 == 0 {
				rank := uint32(random(i+4e6, 3))
				q.remove(func(e *event) bool { return e.rank == rank })
				list = slices.DeleteFunc(list, func(e event) bool { return e.rank == rank })
			}
			got, ok := q.pop()
			if ok != (len(list) > 0) {
				t.Fatalf("size %d, turn %d: an event: %t, want %t", size, i, ok, !ok)
			}
			if ok && got != list[0] {
				t.Fatalf("size %d, turn %d: event %+v, want %+v", size, i, got, list[0])
			}
			list = list[min(1, len(list)):]
		}
	}
}

func TestTheOrderOfEvents(t *testing.T) {
	// Each comes after the one before it by one thing alone, and before it by all that count less.
	a := &actor{index: 1}
	b := &actor{index: 2}
	ascending := []event{
		{at: 1, rank: b.rank(kindAlarm), id: 9, ref: 9},
		calledFor(2, 8, 9),
		calledFor(2, 9, 3),
		calledFor(2, 9, 4),
		{at: 2, rank: (&actor{}).rank(kindStepEnd)},
		{at: 2, rank: a.rank(kindAlarm) | 255, id: 9, ref: 9},
		{at: 2, rank: b.rank(kindStepEnd), id: 7, ref: 9},
		{at: 2, rank: b.rank(kindWord), id: 6, ref: 9},
		{at: 2, rank: b.rank(kindArrival), id: 5, ref: 1<<copyShift | 9},
		{at: 2, rank: b.rank(kindArrival), id: 6, ref: 9},
		{at: 2, rank: b.rank(kindArrival), id: 6, ref: 1<<copyShift | 3},
		{at: 2, rank: b.rank(kindAlarm), id: 4, ref: 9},
		{at: 2, rank: b.rank(kindAlarm) | 1, id: 3, ref: 9},
		{at: 2, rank: b.rank(kindAlarm) | 1, id: 1 << 63, ref: 9},
	}
	for i := range ascending {
		for j := range ascending {
			if got, want := ascending[i].before(&ascending[j]), i < j; got != want {
				t.Errorf("%+v before %+v: %t, want %t", ascending[i], ascending[j], got, want)
			}
			if got, want := ascending[i].first(&ascending[j]) == 1, i < j; got != want {
				t.Errorf("%+v first of %+v: %t, want %t", ascending[i], ascending[j], got, want)
			}
		}
	}
	if k := (event{rank: b.rank(kindAlarm) | 255}).kind(); k != kindAlarm {
		t.Errorf("kind %d, want %d", k, kindAlarm)
	}
	last := actor{index: maxProcesses - 1}
	if e := (event{rank: last.rank(kindAlarm) | 255}); e.process() != last.index || e.kind() != kindAlarm {
		t.Errorf("process %d and kind %d, want %d and %d", e.process(), e.kind(), last.index, kindAlarm)
	}
}
