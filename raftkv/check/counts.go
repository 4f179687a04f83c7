package check

import (
	"fmt"
	"strings"
	"time"
)

// Sometime is something that should happen in some runs at least, so that a scenario cannot pass by doing nothing.
type Sometime struct {
	What string // as a person reads it

	// NeedsLyingDisk says that it can only happen where a disk lost what it said that it keeps: no run without such a
	// fault can be asked for it.
	NeedsLyingDisk bool
}

// Count is how often something happened.
type Count struct {
	Sometime

	Times uint64
}

// Counts are how often each happened of all that there is, in a fixed order.
type Counts []Count

// Of is how often something happened.
func (c Counts) Of(what string) uint64 {
	for i := range c {
		if c[i].What == what {
			return c[i].Times
		}
	}
	return 0
}

// String names those that happened, with how often they did.
func (c Counts) String() string {
	var parts []string
	for _, one := range c {
		if one.Times > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", one.What, one.Times))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// Figures are numbers of a run that whoever watches all of it can tell.
type Figures struct {
	Elections   uint64          // how often a server stood for election
	Led         bool            // whether there ever was a leader
	FirstLeader time.Duration   // when the first one was elected
	Answers     []time.Duration // how long each operation took, from its first asking to its answer
}
