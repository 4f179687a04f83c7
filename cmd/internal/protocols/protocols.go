// Package protocols is the one list of the protocols that there are: what each adds to the tools, as values; and which
// of them a trace is of.
package protocols

import (
	"slices"

	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	paxosconform "github.com/raftkv/raftkv/raftkv/multipaxos/conform"
	paxosdiff "github.com/raftkv/raftkv/raftkv/multipaxos/diff"
	paxosexplain "github.com/raftkv/raftkv/raftkv/multipaxos/explain"
	paxosexport "github.com/raftkv/raftkv/raftkv/multipaxos/export"
	paxosrun "github.com/raftkv/raftkv/raftkv/multipaxos/run"
	paxosspans "github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	paxosstory "github.com/raftkv/raftkv/raftkv/multipaxos/story"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	raftdiff "github.com/raftkv/raftkv/raftkv/raft/diff"
	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	raftexport "github.com/raftkv/raftkv/raftkv/raft/export"
	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/explain"
)

// Raft is the protocol in raftkv/raft.
var Raft = whole.Protocol{
	Name: "Raft", Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(), Shown: spans.Shown(),
	Run:   raftrun.Protocol(),
	Story: raftstory.Protocol(),
	Diff:  raftdiff.Protocol(), Explain: raftexplain.Protocol(), Export: raftexport.Protocol(),
	Conform: func() kvconform.Checker { return raftconform.New() }, Rules: raftconform.Rules(),
}

// MultiPaxos is the protocol in raftkv/multipaxos.
var MultiPaxos = whole.Protocol{
	Name: "MultiPaxos", Specs: paxosspans.AllSpecs(), Landmarks: paxosspans.Landmarks(), Shown: paxosspans.Shown(),
	Run:   paxosrun.Protocol(),
	Story: paxosstory.Protocol(),
	Diff:  paxosdiff.Protocol(), Explain: paxosexplain.Protocol(), Export: paxosexport.Protocol(),
	Conform: func() kvconform.Checker { return paxosconform.New() }, Rules: paxosconform.Rules(),
}

// All are the protocols that there are, the usual one first. A program may have put its own before these.
var All = []*whole.Protocol{&Raft, &MultiPaxos}

// Usual returns the protocol that is run where a command line names none, and no config.
func Usual() *whole.Protocol { return All[0] }

// Unnamed returns the protocol of a config that names none. It is the same in every program, so that a config means the
// same in all.
func Unnamed() *whole.Protocol { return &Raft }

// Named returns the protocol that a config calls so.
func Named(name string) (p *whole.Protocol, known bool) {
	at := slices.IndexFunc(All, func(p *whole.Protocol) bool { return p.Run.Name == name })
	if at < 0 {
		return nil, false
	}
	return All[at], true
}

// ExplainRules returns the rules of all that can hold something back, or be broken.
func ExplainRules() (rules []explain.Rule) {
	for _, p := range All {
		rules = append(rules, p.Explain.Rules...)
	}
	return rules
}

// Names returns what configs call them.
func Names() []string {
	var names []string
	for _, p := range All {
		names = append(names, p.Run.Name)
	}
	return names
}
