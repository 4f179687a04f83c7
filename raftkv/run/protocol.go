// Package run is what a run needs of a protocol, whatever it is: its settings, how its servers are made and who looks
// whether its invariants hold, and the names that a config can ask for. What raft/run makes of this is Raft's side of
// it.
//
//	protocol.go  a protocol, as a run knows it
//	settings.go  the values of its section of a config
//	servers.go   its servers
package run

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
)

// Protocol is a protocol, as a run knows it.
type Protocol struct {
	SpecHash string // names the spec that its code was generated from

	Section     string    // of a config that holds its settings
	Settings    []Setting // the keys of that section
	NewSettings func() Settings

	Roles      Roles
	Bugs       []Bug
	Invariants []check.Invariant
	Sometimes  []check.Sometime

	// What comes from outside, for a world to tell a server.
	Peers func(all []kv.NodeID) any // who its cluster consists of, itself included
	Elect func() any                // that it is to stand for election

	// Servers makes the servers of a run, and whoever checks them.
	Servers func(c *Cluster) ([]Server, Checker)
}

// Roles are what the roles of a server are called.
type Roles struct {
	All []string // that a condition can wait for, as in "node-1 becomes leader"

	// Those that a fault can be aimed at.
	Leader, Candidate, Follower string
}

// Bug is a mistake that can be built into a run on purpose.
type Bug struct {
	Name     string   // what a config and the command line call it
	Doc      string   // the wrong behaviour, in a sentence
	CaughtBy []string // the invariants that it breaks: one of these is the first not to hold
}

// BugNamed finds a bug by its name.
func (p *Protocol) BugNamed(name string) (b Bug, known bool) {
	at := slices.IndexFunc(p.Bugs, func(b Bug) bool { return b.Name == name })
	if at < 0 {
		return Bug{}, false
	}
	return p.Bugs[at], true
}

// Invariant finds an invariant by its name.
func (p *Protocol) Invariant(name string) (i check.Invariant, known bool) {
	at := slices.IndexFunc(p.Invariants, func(i check.Invariant) bool { return i.Name == name })
	if at < 0 {
		return check.Invariant{}, false
	}
	return p.Invariants[at], true
}
