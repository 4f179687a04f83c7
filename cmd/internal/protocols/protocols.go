// Package protocols is the one list of the protocols that there are: what each adds to the tools, as values.
package protocols

import (
	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	raftexport "github.com/raftkv/raftkv/raftkv/raft/export"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/story"
)

// Protocol is a protocol, as commands and tools know it.
type Protocol struct {
	Name    string
	Specs   []span.Spec // all spans that a run of it may have
	Story   story.Protocol
	Explain explain.Protocol
	Export  export.Protocol
}

// Raft is the protocol in raftkv/raft.
var Raft = Protocol{
	Name: "Raft", Specs: spans.AllSpecs(), Story: raftstory.Protocol(), Explain: raftexplain.Protocol(), Export: raftexport.Protocol(),
}
