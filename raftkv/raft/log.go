package raft

import "github.com/raftkv/raftkv/raftkv/raft/protocol"

// lastLogIndex is 0 when the log is empty.
func (n *Node) lastLogIndex() protocol.LogIndex { return protocol.LogIndex(n.state.Log.Len()) }

func (n *Node) lastLogTerm() protocol.Term { return n.termAt(n.lastLogIndex()) }

// entryAt is the entry at an index that the log has: the first is 1, and lies at position 0.
func (n *Node) entryAt(index protocol.LogIndex) protocol.LogEntry {
	return n.state.Log.At(int(index - 1))
}

// termAt is the term of the entry at an index that the log has; 0 before the first.
func (n *Node) termAt(index protocol.LogIndex) protocol.Term {
	if index == 0 {
		return 0
	}
	return n.entryAt(index).Term
}

// copyEntries copies the entries after prev, up to last, so that a message keeps them when the log is cut off.
func (n *Node) copyEntries(prev, last protocol.LogIndex) []protocol.LogEntry {
	return n.state.Log.AppendTo(nil, int(prev), int(last))
}

// writeLog puts entries at an index, in place of all that the log holds from there on.
func (n *Node) writeLog(index protocol.LogIndex, entries ...protocol.LogEntry) {
	n.state.Log.Truncate(int(index - 1))
	n.state.Log.Append(entries...)
	n.firstUnsaved = index
}

// unsaved copies what this step wrote to the log, into a slice that the next step uses again.
func (n *Node) unsaved() []protocol.LogEntry {
	clear(n.saving)
	n.saving = n.state.Log.AppendTo(n.saving[:0], int(n.firstUnsaved-1), n.state.Log.Len())
	return n.saving
}
