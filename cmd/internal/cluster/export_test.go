package cluster

import (
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
	"github.com/raftkv/raftkv/raftkv/sim"
)

// Sim is the world of the run, for tests that do something to it.
func (cl *Cluster) Sim() *sim.Sim { return cl.sim }

// Checker is the one who looks whether the invariants hold, for tests that show it what did not happen.
func (cl *Cluster) Checker() *invariants.Checker { return cl.checker.(*invariants.Checker) }
