package node

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// durable is what the disk holds of Figure 2's persistent state, with the log's last index for the log.
type durable struct {
	term      protocol.Term
	votedFor  kv.NodeID
	lastIndex protocol.LogIndex
}

// persist makes the term, the vote and the log's new suffix durable: a record of the journal.
func (n *Node) persist(e protocol.Persist) error {
	n.record = protocol.AppendEffect(n.record[:0], e)
	disk := n.world.Disk()
	if err := disk.Append(n.record); err != nil {
		return err
	}
	if err := disk.Sync(); err != nil {
		return err
	}
	n.durable.term, n.durable.votedFor = e.CurrentTerm, e.VotedFor
	if e.FirstIndex > 0 {
		n.durable.lastIndex = e.FirstIndex - 1 + protocol.LogIndex(len(e.Entries))
	}
	return nil
}

// WritesOnReceive implements world.Writer.
func (n *Node) WritesOnReceive(e world.Envelope) bool {
	switch payload := e.Payload.(type) {
	case protocol.SetPeers:
		return n.writes(payload)
	case protocol.StartElection:
		return n.writes(payload)
	case protocol.Message:
		return n.writes(protocol.Receive{From: serverOf(e.From), Message: payload})
	case kv.Message:
		return n.writes(protocol.Request{Message: payload})
	}
	return false
}

// WritesOnTimeout implements world.Writer.
func (n *Node) WritesOnTimeout(t world.Timer) bool {
	switch t.Kind {
	case timerElection:
		return n.writes(protocol.ElectionTimeout{})
	case timerHeartbeat:
		return n.writes(protocol.HeartbeatTimeout{})
	case timerRPC:
		open := n.calls.find(uint64(t.ID))
		return open != nil && n.writes(protocol.RPCTimeout{Peer: open.peer, Request: open.request})
	}
	return false
}

// writes says whether a step with an input would persist anything. A server whose disk failed does nothing.
func (n *Node) writes(input protocol.Input) bool { return !n.failed && n.raft.Writes(input) }

// FirstRecord is what the disk of a server holds that begins in a term, and never voted in it.
func FirstRecord(term protocol.Term) []byte {
	return protocol.AppendEffect(nil, protocol.Persist{CurrentTerm: term})
}

// replay reads from the journal what the server knew when it stopped (Figure 2, persistent state). A record that does
// not decode is one that a crash cut short: part of a record never decodes, as each says how long it is. It was not
// synced, so that nothing that the server sent depends on it, and it is passed over; those that were written after the
// restart come behind it.
func (n *Node) replay() (protocol.Restart, error) {
	var durable protocol.Restart
	for record := range n.world.Disk().Records() {
		effect, _, err := protocol.DecodeEffect(record)
		if err != nil {
			continue
		}
		persisted, ok := effect.(protocol.Persist)
		if !ok {
			return protocol.Restart{}, fmt.Errorf("journal of %s: a record is a %T", n.id, effect)
		}
		durable.CurrentTerm, durable.VotedFor = persisted.CurrentTerm, persisted.VotedFor
		if persisted.FirstIndex > 0 {
			durable.Log = append(durable.Log[:persisted.FirstIndex-1], persisted.Entries...)
		}
	}
	return durable, nil
}
