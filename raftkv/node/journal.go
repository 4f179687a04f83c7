package node

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/protocol"
)

// persist makes the term, the vote and the log's new suffix durable: a record of the journal.
func (n *Node) persist(e protocol.Persist) error {
	n.record = protocol.AppendEffect(n.record[:0], e)
	disk := n.world.Disk()
	if err := disk.Append(n.record); err != nil {
		return err
	}
	return disk.Sync()
}

// replay reads from the journal what the server knew when it stopped (Figure 2, persistent state). A record that does not decode is one that a crash cut short: part of a
// record never decodes, as each says how long it is. It was not synced, so that nothing that the server sent depends on it, and it is passed over; those that were written
// after the restart come behind it.
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
