package invariants

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// Figures are numbers of a run that whoever watches all of it can tell.
type Figures struct {
	Elections   uint64          // how often a server stood for election
	Led         bool            // whether there ever was a leader
	FirstLeader time.Duration   // when the first one was elected
	Answers     []time.Duration // how long each operation took, from its first asking to its answer
}

// Figures are those up to now.
func (c *Checker) Figures() *Figures { return &c.figures }

// countRole counts what a change of role shows.
func (f *Figures) countRole(at time.Duration, from, to protocol.Role, newTerm bool) {
	switch {
	case to == protocol.RoleCandidate && (from != protocol.RoleCandidate || newTerm):
		f.Elections++
	case to == protocol.RoleLeader && from != protocol.RoleLeader:
		if from == protocol.RoleFollower { // alone in its cluster, it is elected as soon as it stands
			f.Elections++
		}
		if !f.Led {
			f.Led, f.FirstLeader = true, at
		}
	}
}
