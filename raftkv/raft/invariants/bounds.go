package invariants

import (
	"fmt"
	"math"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Timing is what a run's config says of how long things take: the bounds of Progress are computed from it. The zero
// Timing promises nothing.
type Timing struct {
	Election    world.Range   // after how long without a leader a server stands for election
	Heartbeat   time.Duration // how often a leader is heard from
	RPCTimeout  time.Duration // after how long a request is given up
	Latency     time.Duration // of a message between servers, at most
	Step        time.Duration // of a process with one message, at most
	Lost        float64       // how likely a message between servers does not arrive in time, on the worst link
	MaxEntries  int           // in one AppendEntries
	MaxInFlight int           // AppendEntries with entries on the way to one follower
	Clients     int
}

// unlikely is how often a bound may be too short for what chance does, of all that it is asked for.
const unlikely = 1e-6

// bounds are how long what Progress promises takes at most, in a cluster that nothing is done to.
type bounds struct {
	Timing

	servers   int
	roundTrip time.Duration // of a request and its reply, at most
	election  time.Duration // until there is one leader, from whatever was before; 0 when none is promised
	attempts  int           // how many times a server stands in that while, at most
}

// boundsOf computes the bounds of a cluster. There are none where servers never stand by themselves, or where messages
// take so long, or are lost so often, that a leader may not be heard from in time: broadcast time must be well below
// the election timeout (§5.6).
func boundsOf(t Timing, servers int) bounds {
	b := bounds{Timing: t, servers: servers}
	// What a process may have to handle before a message: what each other one sends.
	queue := time.Duration(servers*(4+t.Clients)) * t.Step
	b.roundTrip = 2*(t.Latency+t.Step) + queue
	if t.Heartbeat == 0 || t.Election.Min < t.Heartbeat+b.roundTrip || t.RPCTimeout < b.roundTrip {
		return b
	}
	b.attempts = b.standsNeeded(t.Latency + queue/2)
	b.election = time.Duration(b.attempts) * t.Election.Max
	return b
}

// standsNeeded is how many times a server has to stand for election until it is sure that one was elected: as sure as
// is said by unlikely. It is, each time, if its requests arrive at all others before any of them stands as well, and if
// a majority's votes come back.
func (b *bounds) standsNeeded(arrives time.Duration) int {
	spread := b.Election.Max - b.Election.Min
	if arrives >= spread {
		return 0
	}
	answered := float64((1 - b.Lost) * (1 - b.Lost))
	tries := 1 + int(b.Election.Min/b.RPCTimeout) // of one request, before the candidate stands anew
	succeeds := power(1-float64(arrives)/float64(spread), b.servers-1) * power(1-power(1-answered, tries), b.servers/2)
	stands := 1 // the timers that ran already may be anyhow
	for fails := 1.0; fails > unlikely; fails *= 1 - succeeds {
		if stands++; stands > mostStands {
			return 0
		}
	}
	return stands
}

// mostStands is so many elections that nobody would wait for them.
const mostStands = 1000

// catchUp is how long it takes, under one leader, until a follower has applied what the leader's log holds now: it
// lacks so many entries, and has so many terms of its own that the leader goes back over, one with each refusal
// (§5.3).
func (b *bounds) catchUp(entries protocol.LogIndex, terms int) time.Duration {
	exchanges := 3 + terms + (int(entries)+b.MaxEntries-1)/b.MaxEntries
	if b.MaxInFlight > 1 {
		exchanges *= 2 // those that overtake each other are refused, and sent again
	}
	waits := b.RPCTimeout + 2*b.Heartbeat // for what was lost before, and for the first that follows
	if b.Lost == 0 {
		return waits + time.Duration(exchanges)*b.roundTrip
	}
	// Of so many tries as many succeed as are needed, but for one time in 1/unlikely (Chernoff's bound of the lower
	// tail). A product that is converted is rounded by itself, so that every machine gets the same bound.
	const slack = 13.82 // the natural logarithm of 1/unlikely
	needed, arrives := float64(exchanges), float64((1-b.Lost)*(1-b.Lost))
	tries := (needed + slack + math.Sqrt(slack*slack+float64(2*slack*needed))) / arrives
	return waits + time.Duration(math.Ceil(tries))*max(b.RPCTimeout, b.roundTrip)
}

// electionText says what the bound of an election was computed from.
func (b *bounds) electionText() string {
	return fmt.Sprintf(
		"the bound is %s, %d times an election timeout of %s: messages of %d servers take up to %s, and "+
			"%s of them are lost or late",
		b.election, b.attempts, b.Election.Max, b.servers, b.Latency, percent(b.Lost),
	)
}

// catchUpText says what the bound of a follower was computed from.
func (b *bounds) catchUpText(allowed time.Duration, entries protocol.LogIndex, terms int) string {
	return fmt.Sprintf(
		"the bound is %s, for %s, at most %d in a message, and %s to go back over: a round trip takes up to %s, "+
			"%s of the messages are lost or late, and the RPC timeout is %s",
		allowed.Round(time.Microsecond), counted(int(entries), "entry", "entries"), b.MaxEntries,
		counted(terms, "term", "terms"), b.roundTrip.Round(time.Microsecond), percent(b.Lost), b.RPCTimeout,
	)
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func percent(p float64) string { return fmt.Sprintf("%.3g%%", 100*p) }

// power is x to the n. It multiplies, as every machine does alike.
func power(x float64, n int) float64 {
	p := 1.0
	for range n {
		p *= x
	}
	return p
}
