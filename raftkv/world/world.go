// Package world is what a process lives in, whoever provides it: a clock, a network, timers and a disk. It knows no
// protocol, and imports nothing of the project. raftkv/sim provides a deterministic world; raftkv/raft/node and
// raftkv/client live in one. The three meet only here.
package world

import (
	"iter"
	"time"
)

// World is what one process can ask of its surroundings. Each process is given its own, and calls it only from within
// its handlers.
type World interface {
	// Now is the time since the run began. In a handler it is the moment when the handling ends. It is for telling what
	// happened when, and a deterministic world tells its own time, so that all processes agree: what a process does
	// must depend on its timers alone, which run by its own clock, be that right or wrong.
	Now() time.Duration

	// BeginsAt is the moment at which what the process does next begins, and EndsAt that at which it ends, for telling
	// of it: later ones than those before, within the step, so that order can be read from times. HappensAt is the
	// moment of an event that is no more than a note on what the process does: it makes nothing later. See sim for
	// where in the step they are.
	BeginsAt() time.Duration
	HappensAt() time.Duration
	EndsAt() time.Duration

	// Step numbers what the process does, from 1 on, over all its lives. Each call of a method of Process but ID is a
	// step, and so is a message that was lost on its way, where that takes the process's time: then a loss shifts no
	// number.
	Step() uint64

	// Send hands a message to the network and tells what the network will do to it, as far as the world knows: a real
	// network knows nothing and returns the zero Fate. It never blocks and never fails; a message may be lost.
	Send(Envelope) Fate

	// SetTimer starts a timer that runs out after a while by the process's clock, and returns what names it. If running
	// still names a timer that did not run out yet, that one is replaced: a process restarts a timer by handing back
	// the handle that it got. The zero handle names none.
	SetTimer(running TimerHandle, timer Timer, after time.Duration) TimerHandle

	// StopTimer makes a timer not run out. A handle whose timer ran out, or was stopped, names none.
	StopTimer(TimerHandle)

	// Random is a number that depends on the run's seed, the purpose and the key, and on nothing else: no shared
	// stream, so that one more draw for one purpose shifts no other.
	Random(purpose Name, key CausalID) uint64

	// Disk is the process's own, and outlives its crashes.
	Disk() Disk
}

// Process is one actor. A world calls its methods one at a time, and never two at once.
type Process interface {
	// ID names the process; it never changes.
	ID() ProcessID

	// Start is called once, before anything else, at the beginning of the run, even if the process is down from the
	// beginning: then Crash follows.
	Start(World)

	// Receive handles a message that the process has been busy with; Now is when it is done.
	Receive(Envelope)

	// Timeout handles a timer that ran out, which the process has been busy with.
	Timeout(Timer)

	// Crash takes away everything but the disk. Timers and the messages in the mailbox are gone already. If the process
	// crashes within a handler, because its disk failed as it synced, Crash is called when that has returned, and
	// nothing that it did in between was heard of.
	Crash()

	// Restart starts the process again with what the disk kept.
	Restart()

	// Finish is called once, at the end of the run: what is still open will never end by itself.
	Finish()
}

// Writer is a Process that knows beforehand whether it will write: a world that has disks stall asks it, because in a
// world that handles things when their time is over somebody has to say how long that is. Both are asked between two
// events, change nothing, and must say what the handler then does if nothing comes in between.
type Writer interface {
	// WritesOnReceive says whether Receive of this message would sync the disk.
	WritesOnReceive(e Envelope) bool

	// WritesOnTimeout says whether Timeout of this timer would sync the disk.
	WritesOnTimeout(t Timer) bool
}

// Envelope is a message on its way, with what makes it traceable.
type Envelope struct {
	ID        CausalID  // names the message: the causal id of the span that sends it
	Root      CausalID  // the causal id of the root of the trace that it belongs to
	From      ProcessID // zero for a word from outside: see sim.Tell
	To        ProcessID
	InReplyTo CausalID // of a reply, the ID of the request; zero for a request and for a one-way message
	Copy      uint32   // which copy this is of a message that the network duplicated: 0 is the first
	Payload   any      // the protocol's own. Receivers share it: it must not be changed after it was sent
}

// Cause is what did something to a message; empty when nothing was done.
type Cause string

// The causes there are.
const (
	CauseNetwork        Cause = "network"        // the link's own rate of what is lost, late or doubled
	CauseCounterfactual Cause = "counterfactual" // asked for by the message's id: -drop, -delay, -duplicate
	CauseFault          Cause = "fault"          // a link that is cut, or a sender or a receiver that is down
)

// Fate is what the network does to a message besides carrying it.
type Fate struct {
	Message   Sized         // what was sent, if it knows how long it is, and nil otherwise
	Drop      Cause         // the first copy is lost: see sim for what that costs its receiver
	Delay     Cause         // the first copy arrives DelayBy later than it would have
	DelayBy   time.Duration // at least 0
	Duplicate Cause         // a second copy arrives, with Copy 1
	CopyLate  time.Duration // the second copy arrives so much later than it would have: the network's doing
}

// Timer is what a process gets back when a timer runs out.
type Timer struct {
	Kind uint8    // the process's own; a world only breaks ties by it
	ID   CausalID // what the timer is for, such as the call to be given up or the election to be started
}

// TimerHandle names a running timer of one process. The zero handle names none.
type TimerHandle uint64

// Disk is an append-only journal. What was appended is sure to be there after a crash once Sync returned.
type Disk interface {
	// Append writes a record at the end. The disk keeps no reference to it. An error means that nothing can be relied
	// on any more: the process must stop.
	Append(record []byte) error

	// Sync makes all that was appended durable. An error means that the process crashed as it wrote: it must do nothing
	// more until it is restarted.
	Sync() error

	// Records yields what is on the disk, oldest first. A record is valid until the next one is yielded. Of one that
	// was not synced when the process crashed, there may be the beginning without the end, and others behind it: a
	// record has to show that it is whole.
	Records() iter.Seq[[]byte]
}
