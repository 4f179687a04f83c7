package sim

import (
	"errors"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// disk is a process's own: its journal, and what is to go wrong with it.
type disk struct {
	journal

	owner  *actor
	loss   *lostWrite    // what the next Sync comes to, if not nil
	losses uint64        // how many there were
	skips  bool          // Sync says that it is done, and does nothing
	stall  time.Duration // how much longer each step takes that syncs
	states []state       // what was durable when, oldest first; kept only in a world in which disks can be rolled back
}

// state is what a disk held from some time on: all that is before a place.
type state struct {
	since time.Duration
	end   place
}

var _ world.Disk = (*disk)(nil)

// lostWrite is a write that a crash cuts short.
type lostWrite struct {
	torn     bool
	happened func() // may be nil
}

// errDown is what a process hears of its disk once it crashed: it goes on only in that it did not return from its
// handler yet.
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
	case d.skips:
		return nil
	}
	return d.sync()
}

// sync makes all that was appended durable.
func (d *disk) sync() error {
	err := d.journal.Sync()
	d.remember()
	return err
}

// remember notes what is durable from now on, if anybody may ask.
func (d *disk) remember() {
	if s := d.owner.sim; s.config.Rollbacks {
		d.states = append(d.states, state{s.now, d.synced})
	}
}

// rollBack has the disk hold what was durable at a time, and nothing that was written since.
func (d *disk) rollBack(to time.Duration) {
	for len(d.states) > 0 && d.states[len(d.states)-1].since > to {
		d.states = d.states[:len(d.states)-1]
	}
	d.synced = place{}
	if last := len(d.states) - 1; last >= 0 {
		d.synced = d.states[last].end
	}
	d.crash()
}

// fail has the process crash as it syncs.
func (d *disk) fail() error {
	loss := d.loss
	d.loss = nil
	d.losses++
	if loss.torn {
		d.tear(d.tornAt)
		d.remember()
	}
	d.owner.crash()
	if loss.happened != nil {
		loss.happened()
	}
	return errDown
}

// tornAt is how many bytes are left of a record that is torn: at least one, and not all. It depends on whose record it
// is, and on how many were lost before.
func (d *disk) tornAt(length int) int {
	random := world.Draw(d.owner.sim.config.Seed, nameTorn, world.RootID(d.owner.id, nameTorn, d.losses, 0))
	return 1 + int(random%uint64(length-1))
}
