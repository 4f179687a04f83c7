package raft

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/protocol"
)

// lastLogIndex is 0 when the log is empty.
func (n *Node) lastLogIndex() protocol.LogIndex { return protocol.LogIndex(len(n.state.Log)) }

func (n *Node) lastLogTerm() protocol.Term { return n.termAt(n.lastLogIndex()) }

// termAt is the term of the entry at an index that the log has; 0 before the first.
func (n *Node) termAt(index protocol.LogIndex) protocol.Term {
	if index == 0 {
		return 0
	}
	return n.state.Log[index-1].Term
}

// copyEntries copies the entries after prev, up to last, so that a message keeps what it says when the log is cut off.
func (n *Node) copyEntries(prev, last protocol.LogIndex) []protocol.LogEntry {
	if prev == last {
		return nil
	}
	return slices.Clone(n.state.Log[prev:last])
}

// writeLog puts entries at an index, in place of all that the log holds from there on, which is let go of. The room for entries doubles when it is used up, so that
// an entry is moved about once in its life.
func (n *Node) writeLog(index protocol.LogIndex, entries ...protocol.LogEntry) {
	clear(n.state.Log[index-1:])
	log := n.state.Log[:index-1]
	if len(log)+len(entries) > cap(log) {
		log = slices.Grow(log, max(len(log), len(entries)))
	}
	n.state.Log = append(log, entries...)
	n.firstUnsaved = index
}
