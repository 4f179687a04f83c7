// Package protocols is the one list of the protocols that there are: what each adds to the tools, as values.
package protocols

import (
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	raftdiff "github.com/raftkv/raftkv/raftkv/raft/diff"
	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	raftexport "github.com/raftkv/raftkv/raftkv/raft/export"
	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/story"
)

// Protocol is a protocol, as commands and tools know it.
type Protocol struct {
	Name      string
	Specs     []span.Spec // all spans that a run of it may have
	Landmarks span.Landmarks
	Run       run.Protocol
	Story     story.Protocol
	Diff      diff.Protocol
	Explain   explain.Protocol
	Export    export.Protocol

	// Conform makes what checks a trace, and Rules are those that it has to conform to, beside the invariants.
	Conform func() kvconform.Checker
	Rules   []conform.Rule
}

// Raft is the protocol in raftkv/raft.
var Raft = Protocol{
	Name: "Raft", Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(), Run: raftrun.Protocol(), Story: raftstory.Protocol(),
	Diff: raftdiff.Protocol(), Explain: raftexplain.Protocol(), Export: raftexport.Protocol(),
	Conform: func() kvconform.Checker { return raftconform.New() }, Rules: raftconform.Rules(),
}
