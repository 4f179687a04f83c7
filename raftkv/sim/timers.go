package sim

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// timers are those of one process.
//
// Most timers never run out: the timeout of a call is stopped by its answer, and an election timeout is set anew at
// each heartbeat. So the queue is not told of either. A slot keeps the true deadline, and the element that it has in
// the queue may be early: when that comes up, and the slot has a timer that runs longer, it is put back for then; if it
// has none, it is forgotten. A slot whose timer was stopped is the next to be used, and its element with it, unless
// that comes up too late: then the slot waits until it has. So setting and stopping cost no work on the queue, and the
// queue holds about as many elements as ever ran at once. The order of events does not depend on it, as an element that
// comes up early does nothing.
type timers struct {
	slots []slot
	free  []uint32 // the slots without a timer whose element did not come up since, the last one freed on top
	idle  []uint32 // those whose element did, or that had none
}

// slot is the place of a timer.
type slot struct {
	timer      world.Timer
	deadline   time.Duration
	queued     time.Duration // when the slot's element in the queue comes up, or notQueued
	generation uint32        // tells a timer from those that had the slot before it
	inFree     uint32        // its place among the free ones, if it is one
	state      timerState
}

type timerState uint8

const (
	timerNone    timerState = iota // the slot is free
	timerRunning                   // it did not run out
	timerWaiting                   // it ran out, and waits in the mailbox
)

const notQueued = time.Duration(-1)

// verdict is what to do about an element of the queue that comes up.
type verdict uint8

const (
	verdictForget  verdict = iota // no timer runs
	verdictRequeue                // the timer runs longer
	verdictDue                    // it runs out now
)

// set starts a timer, and says whether an element must be put into the queue for it.
func (t *timers) set(timer world.Timer, deadline time.Duration) (h world.TimerHandle, mustQueue bool) {
	place := t.vacant(deadline)
	s := &t.slots[place]
	s.timer, s.deadline, s.state = timer, deadline, timerRunning
	if s.queued == notQueued {
		s.queued = deadline
		mustQueue = true
	}
	return world.TimerHandle(s.generation)<<32 | world.TimerHandle(place), mustQueue
}

// vacant takes a slot that has no element in the queue, or one that comes up before the deadline. At the deadline
// itself would be too late: that element may be behind others of the same time that the new timer goes before.
func (t *timers) vacant(deadline time.Duration) uint32 {
	if last := len(t.free) - 1; last >= 0 {
		place := t.free[last]
		if t.slots[place].queued < deadline {
			t.free = t.free[:last]
			return place
		}
	}
	if last := len(t.idle) - 1; last >= 0 {
		place := t.idle[last]
		t.idle = t.idle[:last]
		return place
	}
	t.slots = append(t.slots, slot{queued: notQueued, generation: 1})
	return uint32(len(t.slots) - 1)
}

// named is the slot of the timer that a handle names, nil if it names none.
func (t *timers) named(h world.TimerHandle) *slot {
	place := uint32(h)
	if uint64(place) >= uint64(len(t.slots)) {
		return nil
	}
	s := &t.slots[place]
	if s.state == timerNone || s.generation != uint32(h>>32) {
		return nil
	}
	return s
}

// stop makes a timer not run out, or not be handled if it did.
func (t *timers) stop(h world.TimerHandle) {
	if s := t.named(h); s != nil {
		t.release(uint32(h))
	}
}

// take ends a timer that waited in the mailbox, and yields it unless it was stopped while it did.
func (t *timers) take(h world.TimerHandle) (world.Timer, bool) {
	s := t.named(h)
	if s == nil {
		return world.Timer{}, false
	}
	t.release(uint32(h))
	return s.timer, true
}

func (t *timers) release(place uint32) {
	s := &t.slots[place]
	s.state = timerNone
	s.generation++
	if s.queued == notQueued {
		t.idle = append(t.idle, place)
		return
	}
	s.inFree = uint32(len(t.free))
	t.free = append(t.free, place)
}

// rest has a free slot whose element came up wait for any timer.
func (t *timers) rest(place uint32) {
	s, last := &t.slots[place], len(t.free)-1
	t.free[s.inFree] = t.free[last]
	t.slots[t.free[last]].inFree = s.inFree
	t.free = t.free[:last]
	t.idle = append(t.idle, place)
}

// clear stops every timer.
func (t *timers) clear() {
	for place := range t.slots {
		if t.slots[place].state != timerNone {
			t.release(uint32(place))
		}
	}
}

// surface tells what to do about a slot's element that comes up.
func (t *timers) surface(place uint32) (h world.TimerHandle, v verdict) {
	s := &t.slots[place]
	at := s.queued
	s.queued = notQueued
	if s.state != timerRunning {
		t.rest(place)
		return 0, verdictForget
	}
	if s.deadline != at {
		s.queued = s.deadline
		return 0, verdictRequeue
	}
	s.state = timerWaiting
	return world.TimerHandle(s.generation)<<32 | world.TimerHandle(place), verdictDue
}

// event is the element of the queue for a slot's timer.
func (t *timers) event(process *actor, place uint32) event {
	s := &t.slots[place]
	return event{at: s.deadline, id: s.timer.ID, rank: process.rank(kindAlarm) | uint32(s.timer.Kind), ref: place}
}
