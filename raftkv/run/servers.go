package run

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Cluster is what a protocol is told of a run that it makes servers for.
type Cluster struct {
	Counts   Counts // of the servers
	Clients  int
	Settings Settings
	Bug      string // that is built in on purpose; empty for none

	// The worst of the world: how long a message between servers takes at most, how likely one does not arrive in time,
	// and how long a process is busy with one message at most.
	Latency time.Duration
	Lost    float64
	Step    time.Duration

	Tracer    func(service string) *span.Tracer // nil for those that record nothing
	Committed func(index uint64)                // told when a server announces that so much is committed

	Unchecked bool                   // nobody looks whether the invariants hold
	Now       func() time.Duration   // the time of the run, whatever the processes' clocks say
	Violated  func(*check.Violation) // told of the first violation, at once; after it nothing is checked any more
	Stopped   func() bool            // nobody waits any more for a check that takes long: see history.New
}

// Server is one server of a run, to be looked at between two events.
type Server interface {
	ID() world.ProcessID
	Process() world.Process // which the world runs
	FirstRecord() []byte    // what its disk holds before the run; nil for nothing
	KnowsCluster() bool     // it was told what Protocol.Tell has for it, and has not forgotten that

	// Of what its party has not, as Party says, a server returns nothing: it is not asked.
	Role() string    // where the party leads
	Term() uint64    // that it is in: the leader of the highest leads
	Applied() uint64 // the index of the last entry that its store has applied
	LogTerms() []int // of the entries of its log
}

// Checker looks after every event of the run whether the invariants hold.
type Checker interface {
	// Client is the process that the world is to run in a client's place.
	Client(client world.Process) world.Process

	// Disturbed says that something was done to the run that lasts until some time, and Troubled whether something
	// lasts that has to be healed: as long as that is so, nothing is promised that takes time.
	Disturbed(until time.Duration)
	Troubled(on bool)

	// Settled says that the run is about to finish, and End that it is over.
	Settled()
	End(finished bool)

	Events() uint64              // after which it looked
	Violation() *check.Violation // nil as long as everything holds
	Counts() check.Counts
	Figures() *check.Figures
}
