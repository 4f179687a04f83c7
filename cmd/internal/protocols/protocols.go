// Package protocols is the one list of the protocols that there are: what each adds to the tools, as values.
package protocols

import (
	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/story"
)

// Protocol is a protocol, as commands and tools know it.
type Protocol struct {
	Name    string
	Story   story.Protocol
	Explain explain.Protocol
}

// Raft is the protocol in raftkv/raft.
var Raft = Protocol{Name: "Raft", Story: raftstory.Protocol(), Explain: raftexplain.Protocol()}
