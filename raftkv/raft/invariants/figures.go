package invariants

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// countRole counts what a change of role shows.
func countRole(f *check.Figures, at time.Duration, from, to protocol.Role, newTerm bool) {
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
