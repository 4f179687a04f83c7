package profile

import (
	"strconv"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// dice draw what a profile leaves to chance, each draw by the seed and its purpose.
type dice struct {
	seed  uint64
	scope string // the purposes are told apart by what they are part of
}

// in are the dice for a part.
func (d dice) in(part string) dice { return dice{d.seed, d.scope + " " + part} }

// at are the dice for one of several equal parts.
func (d dice) at(i int) dice { return d.in(strconv.Itoa(i)) }

func (d dice) draw(purpose string) uint64 {
	return world.Draw(d.seed, world.NameOf("profile "+d.scope+" "+purpose), 1)
}

// below is a number from 0, each as likely as the others.
func (d dice) below(purpose string, n int) int { return int(d.draw(purpose) % uint64(n)) }

// From is a number of a range, both ends included.
func (d dice) From(purpose string, low, high int) int { return low + d.below(purpose, high-low+1) }

// Likely is true in so many of a hundred cases.
func (d dice) Likely(purpose string, percent int) bool { return d.below(purpose, 100) < percent }

// millis is a time of so many milliseconds.
func (d dice) millis(purpose string, low, high int) time.Duration {
	return time.Duration(d.From(purpose, low, high)) * time.Millisecond
}

// oneOf is one of several, each as likely as the others.
func oneOf[T any](d dice, purpose string, all ...T) T { return all[d.below(purpose, len(all))] }
