package sim

import (
	"math"
	"math/bits"
	"time"
)

// A process's clock drives its timers, and nothing else: what World.Now tells is the world's own time, so that a trace
// has one. It runs at a rate, in parts per million of the world's time, and all that is computed with it is whole
// numbers: the same on every machine.
const (
	trueRate = 1_000_000
	maxRate  = 1_000_000 * trueRate
)

// rateOf is a rate in parts per million; 0 if it is none that a clock can run at.
func rateOf(rate float64) int64 {
	scaled := math.Round(rate * trueRate)
	if !(scaled >= 1 && scaled <= maxRate) {
		return 0
	}
	return int64(scaled)
}

// takes is how long a while by the process's own clock is.
func (a *actor) takes(d time.Duration) time.Duration {
	if a.rate == trueRate {
		return d
	}
	return scale(d, trueRate, a.rate)
}

// setRate has the clock run at another rate from now on: what is left of each timer's time by the clock stays what it
// is.
func (a *actor) setRate(rate int64) {
	if rate == a.rate {
		return
	}
	was := a.rate
	a.rate = rate
	a.retime(func(left time.Duration) time.Duration { return scale(left, was, rate) })
}

// skew has the clock jump ahead, or back if by is negative. What has no time left runs out now.
func (a *actor) skew(by time.Duration) {
	by = a.takes(by)
	a.retime(func(left time.Duration) time.Duration {
		if by < 0 && left > math.MaxInt64+by {
			return math.MaxInt64
		}
		return left - by
	})
}

// retime gives every running timer another rest of its time. Their elements in the queue are put there anew, as timers
// takes them never to be late.
func (a *actor) retime(left func(time.Duration) time.Duration) {
	s := a.sim
	s.queue.remove(func(e *event) bool { return e.kind() == kindAlarm && e.process() == a.index })
	for place := range a.timers.slots {
		t := &a.timers.slots[place]
		t.queued = notQueued
		if t.state == timerRunning {
			t.deadline = after(s.now, left(t.deadline-s.now))
			t.queued = t.deadline
			s.queue.push(a.timers.event(a, uint32(place)))
		}
	}
}

// scale is d times by through of, rounded towards zero, within what a duration can hold.
func scale(d time.Duration, by, of int64) time.Duration {
	if d < 0 {
		return -scale(-max(d, -math.MaxInt64), by, of)
	}
	high, low := bits.Mul64(uint64(d), uint64(by))
	if high >= uint64(of) {
		return math.MaxInt64
	}
	scaled, _ := bits.Div64(high, low, uint64(of))
	return time.Duration(min(scaled, math.MaxInt64))
}
