package sim

import (
	"errors"

	"github.com/raftkv/raftkv/raftkv/world"
)

// disk is a process's own: its journal, and what is to go wrong with it.
type disk struct {
	journal

	owner  *actor
	loss   *lostWrite // what the next Sync comes to, if not nil
	losses uint64     // how many there were
}

var _ world.Disk = (*disk)(nil)

// lostWrite is a write that a crash cuts short.
type lostWrite struct {
	torn     bool
	happened func() // may be nil
}

// errDown is what a process hears of its disk once it crashed: it goes on only in that it did not return from its handler yet.
var errDown = errors.New("sim: the process crashed")

var nameTorn = world.NameOf("sim.torn record")

// Append writes a record at the end.
func (d *disk) Append(record []byte) error {
	if d.owner.down {
		return errDown
	}
	return d.journal.Append(record)
}

// Sync makes all that was appended durable, unless that is to go wrong.
func (d *disk) Sync() error {
	switch {
	case d.owner.down:
		return errDown
	case d.loss != nil && !d.owner.sim.over:
		return d.fail()
	}
	return d.journal.Sync()
}

// fail has the process crash as it syncs.
func (d *disk) fail() error {
	loss := d.loss
	d.loss = nil
	d.losses++
	if loss.torn {
		d.tear(d.tornAt)
	}
	d.owner.crash()
	if loss.happened != nil {
		loss.happened()
	}
	return errDown
}

// tornAt is how many bytes are left of a record that is torn: at least one, and not all. It depends on whose record it is, and on how many were lost before.
func (d *disk) tornAt(length int) int {
	random := world.Draw(d.owner.sim.config.Seed, nameTorn, world.RootID(d.owner.id, nameTorn, d.losses, 0))
	return 1 + int(random%uint64(length-1))
}
