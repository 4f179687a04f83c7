// Package run is what a run needs of a protocol, whatever it is: its settings, how its servers are made and who looks
// whether its invariants hold, and the names that a config can ask for. What raft/run makes of this is Raft's side of
// it.
//
//	protocol.go  a protocol, as a run knows it
//	parties.go   its kinds of processes, and how many there are of each
//	settings.go  the values of its section of a config
//	servers.go   its servers
package run

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Protocol is a protocol, as a run knows it.
type Protocol struct {
	Name     string // what a config calls it, such as raft
	SpecHash string // names the spec that its code was generated from
	Disks    string // where its paper relies on disks that do not lie, such as Figure 2

	Parties []Party // the kinds of its servers, in the order in which people tell of them

	Section     string    // of a config that holds its settings
	Settings    []Setting // the keys of that section
	NewSettings func() Settings

	Roles      Roles
	Bugs       []Bug
	Invariants []check.Invariant
	Sometimes  []check.Sometime

	// Tell returns what a server is told from outside before anything else, such as who its peers are, in the order in
	// which it is. It is told again when it restarts and has forgotten it. Nil if none is told anything.
	Tell func(c Counts, server world.ProcessID) []any
	// Elect returns what a server is told from outside that is to stand for election. Nil if none ever is.
	Elect func() any

	// Servers makes the servers of a run, all of them in the order of Counts.All, and whoever checks them.
	Servers func(c *Cluster) ([]Server, Checker)
}

// Roles are what the roles of a server are called that can lead.
type Roles struct {
	All []string // that a condition can wait for, as in "node-1 becomes leader"

	// Those that a fault can be aimed at; empty for one that there is not.
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
