package cluster

import "github.com/raftkv/raftkv/raftkv/sim"

// Sim is the world of the run, for tests that do something to it.
func (cl *Cluster) Sim() *sim.Sim { return cl.sim }
