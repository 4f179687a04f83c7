package invariants

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Watched is a process as the checks see it: its state can be read between two events.
type Watched interface {
	world.Process
	State() *protocol.State
}

// Watcher watches one process: it is what the world runs in the process's place.
type Watcher struct {
	Watched

	checker  *Checker
	id       protocol.Process
	world    world.World
	view     View
	durable  *Durable
	unsynced []protocol.Effect
	died     bool // within the handler that runs, or ran last: its disk failed
}

var (
	_ world.Process = (*Watcher)(nil)
	_ world.Writer  = (*Watcher)(nil)
)

// Watcher makes the one who watches a process.
func (c *Checker) Watcher(id protocol.Process) *Watcher { return &Watcher{checker: c, id: id} }

// Watch is the process that the world is to run: the one that is watched, with every event of it checked.
func (w *Watcher) Watch(process Watched) world.Process {
	w.Watched = process
	return w
}

// Chosen is told when a leader takes a value for chosen.
func (w *Watcher) Chosen(e protocol.Choose) { w.view.Chosen = append(w.view.Chosen, e) }

// Applied is told when the process's state machine took a value.
func (w *Watcher) Applied(e protocol.Apply, result kv.Result) {
	w.view.Applied = append(w.view.Applied, Applied{Slot: e.Slot, Value: e.Value, Result: result})
}

// Start implements world.Process.
func (w *Watcher) Start(in world.World) {
	w.world = in
	w.readDisk()
	w.Watched.Start(watchedWorld{World: in, watcher: w})
}

// Receive implements world.Process.
func (w *Watcher) Receive(e world.Envelope) {
	w.view.Received, _ = e.Payload.(protocol.Message)
	w.view.From = processOf(e.From)
	w.Watched.Receive(e)
	w.handled()
}

// Timeout implements world.Process.
func (w *Watcher) Timeout(t world.Timer) {
	w.Watched.Timeout(t)
	w.handled()
}

// WritesOnReceive implements world.Writer, for a process that does.
func (w *Watcher) WritesOnReceive(e world.Envelope) bool {
	writer, ok := w.Watched.(world.Writer)
	return ok && writer.WritesOnReceive(e)
}

// WritesOnTimeout implements world.Writer, for a process that does.
func (w *Watcher) WritesOnTimeout(t world.Timer) bool {
	writer, ok := w.Watched.(world.Writer)
	return ok && writer.WritesOnTimeout(t)
}

// handled has an event checked, unless the process died in it: its state then is gone before anybody hears of it, and
// what it sent before is checked with its crash.
func (w *Watcher) handled() {
	if !w.died {
		w.check(Handled)
	}
}

// Crash implements world.Process. What was not synced is forgotten, until Restart reads what is left of it.
func (w *Watcher) Crash() {
	w.died = false
	w.unsynced = w.unsynced[:0]
	w.Watched.Crash()
	w.check(Crashed)
}

// Restart implements world.Process. What the disk holds is read anew: it is the disk that decides what survived.
func (w *Watcher) Restart() {
	w.readDisk()
	w.Watched.Restart()
	if !w.died {
		w.check(Restarted)
	}
}

// readDisk has durable be what the disk holds.
func (w *Watcher) readDisk() {
	w.durable = newDurable()
	for record := range w.world.Disk().Records() {
		if effect, _, err := protocol.DecodeEffect(record); err == nil { // or a crash cut it short
			w.durable.write(effect)
		}
	}
}

// check has the event that was just handled checked.
func (w *Watcher) check(event Event) {
	v := &w.view
	v.At, v.Event, v.Process, v.State, v.Durable = w.checker.options.Now(), event, w.id, w.State(), w.durable
	w.checker.Check(v)
	*v = View{}
}

// watchedWorld is a process's world, with what it sends and writes noted.
type watchedWorld struct {
	world.World

	watcher *Watcher
}

// Send implements world.World.
func (in watchedWorld) Send(e world.Envelope) world.Fate {
	fate := in.World.Send(e)
	w := in.watcher
	switch m := e.Payload.(type) {
	case protocol.Message:
		w.checker.met(fate)
		sent := Sent{To: processOf(e.To), Message: m, Promised: w.durable.Promised, Round: w.durable.Round}
		if accepted, is := m.(protocol.Accepted); is {
			sent.Accepted = w.durable.Accepted[accepted.Slot]
		}
		w.view.Sent = append(w.view.Sent, sent)
	case kv.Message:
		w.view.Answers = append(w.view.Answers, m)
	}
	return fate
}

// met notes what is done on purpose to a message between processes. What the network does by chance, the bounds of
// Progress allow for.
func (c *Checker) met(fate world.Fate) {
	byChance := func(cause world.Cause) bool { return cause == "" || cause == world.CauseNetwork }
	if !byChance(fate.Drop) || !byChance(fate.Delay) {
		c.Disturbed(c.options.Now() + fate.DelayBy)
	}
}

// Disk implements world.World.
func (in watchedWorld) Disk() world.Disk { return watchedDisk{in.World.Disk(), in.watcher} }

// watchedDisk is a process's disk, with what becomes durable noted.
type watchedDisk struct {
	world.Disk

	watcher *Watcher
}

// Append implements world.Disk.
func (d watchedDisk) Append(record []byte) error {
	if err := d.Disk.Append(record); err != nil {
		d.watcher.died = true
		return err
	}
	if effect, _, err := protocol.DecodeEffect(record); err == nil {
		d.watcher.unsynced = append(d.watcher.unsynced, effect)
	}
	return nil
}

// Sync implements world.Disk.
func (d watchedDisk) Sync() error {
	w := d.watcher
	if err := d.Disk.Sync(); err != nil {
		w.died = true
		return err
	}
	for _, effect := range w.unsynced {
		w.view.Learnt = append(w.view.Learnt, w.durable.write(effect)...)
	}
	w.unsynced = w.unsynced[:0]
	return nil
}
