package sim

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// kind is what kind of event an event is. The order is that in which events of one process and one time take place: a
// step ends before the process is handed anything new. What At was told to do belongs to no process and comes before
// all of them, so that a crash kills the step that would have ended then.
type kind uint8

const (
	kindAt kind = iota // of rank 0, which is before that of any process's event
	kindStepEnd
	kindWord
	kindArrival
	kindAlarm // a timer that runs out
)

// The bits of an event's rank: the process's place in the order of ids, the event's kind, and of a timer, the kind that
// the process gave it.
const (
	kindShift    = 8
	processShift = 12
	maxProcesses = 1 << (32 - processShift)
)

// The bits of an arrival's ref: which copy it is, and where its envelope is kept.
const (
	copyShift  = 31
	maxFlights = 1 << copyShift
)

// event is something that will happen, most often to a process. Events take place in the order of (time, process, kind,
// causal id, copy), which are all properties of what happens: none says how many events came before, so that an event
// more or less never changes the order of the others.
type event struct {
	at   time.Duration
	id   world.CausalID
	rank uint32
	ref  uint32 // what the kind needs to find what it is about
}

func (e event) process() uint32 { return e.rank >> processShift }
func (e event) kind() kind      { return kind(e.rank >> kindShift & (1<<(processShift-kindShift) - 1)) }

// calledFor is an event of no process: what At was told to do. Those of one time and one id take place in the order of
// the calls.
func calledFor(at time.Duration, id world.CausalID, call uint32) event {
	return event{at: at, id: id, ref: call}
}

func (e *event) before(other *event) bool {
	if e.at != other.at {
		return e.at < other.at
	}
	return e.beforeAtOnce(other)
}

// first is 1 if the event is before another, else 0.
func (e *event) first(other *event) int {
	if e.at == other.at {
		if e.beforeAtOnce(other) {
			return 1
		}
		return 0
	}
	earlier := 0
	if e.at < other.at {
		earlier = 1
	}
	return earlier
}

func (e *event) beforeAtOnce(other *event) bool {
	if e.rank != other.rank {
		return e.rank < other.rank
	}
	if e.id != other.id {
		return e.id < other.id
	}
	return e.ref < other.ref
}

// queue holds the events to come: a heap of values in which each element has four children, as that needs half the
// levels of a binary one and an element's children lie beside each other.
//
// Most events cause one other: an arrival, the end of a step; the end of a step, a message. So pop leaves a hole at the
// root, and the push that follows fills it and sifts once, where a pop and a push of their own would each.
type queue struct {
	events []event
	hole   bool
}

const children = 4

// push adds an event.
func (q *queue) push(e event) {
	if q.hole {
		q.hole = false
		q.sink(e)
		return
	}
	q.events = append(q.events, e)
	q.rise(e)
}

// pop takes the first event away, if there is one.
func (q *queue) pop() (event, bool) {
	if q.hole {
		q.hole = false
		last := len(q.events) - 1
		e := q.events[last]
		q.events = q.events[:last]
		if last > 0 {
			q.sink(e)
		}
	}
	if len(q.events) == 0 {
		return event{}, false
	}
	q.hole = true
	return q.events[0], true
}

// remove takes away all events that a function names. It looks at every one: it is for what is rare.
func (q *queue) remove(gone func(*event) bool) {
	all := q.events
	if q.hole {
		q.hole = false
		all = all[1:]
	}
	q.events = q.events[:0]
	for i := range all {
		if e := all[i]; !gone(&e) {
			q.push(e)
		}
	}
}

// rise puts an event in the last place, and moves it up to where it belongs.
func (q *queue) rise(e event) {
	events := q.events
	place := len(events) - 1
	for place > 0 {
		parent := (place - 1) / children
		if !e.before(&events[parent]) {
			break
		}
		events[place] = events[parent]
		place = parent
	}
	events[place] = e
}

// sink puts an event at the root, and moves it down to where it belongs.
func (q *queue) sink(e event) {
	events := q.events
	place, first := 0, 1
	for ; first+children <= len(events); first = place*children + 1 {
		// Which of four comes first is as good as random, so it is found by arithmetic: a branch would be guessed wrongly
		// every other time.
		four := events[first : first+children : first+children]
		left := four[1].first(&four[0])
		right := 2 + four[3].first(&four[2])
		least := left + (right-left)*four[right&3].first(&four[left&3])
		if !four[least&3].before(&e) {
			events[place] = e
			return
		}
		events[place] = four[least&3]
		place = first + least
	}
	least := first
	for child := first + 1; child < len(events); child++ {
		if events[child].before(&events[least]) {
			least = child
		}
	}
	if first < len(events) && events[least].before(&e) {
		events[place] = events[least]
		place = least
	}
	events[place] = e
}
