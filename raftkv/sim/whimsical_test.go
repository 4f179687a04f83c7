package sim_test

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// whimsical is a process that does at each occasion what comes to its mind, among all that a process can do.
type whimsical struct {
	world.World
	id     world.ProcessID
	chance chance
	saboteur
	budget  int
	others  uint64
	sent    uint64
	set     uint64
	handles []world.TimerHandle
}

var nameMessage, nameTimer, nameWord = world.NameOf("message"), world.NameOf("timer"), world.NameOf("word")

func (w *whimsical) note(what string, id world.CausalID, began time.Duration, detail string) {
	*w.moments = append(*w.moments,
		moment{now: w.Now(), began: began, process: w.id, what: what, id: id, number: w.Step(), detail: detail})
}

// began is when a process began with what it handled last. Only tests ask for that.
func began(w world.World) time.Duration {
	if p, is := w.(*place); is {
		return p.began
	}
	return sim.Began(w)
}

func (w *whimsical) ID() world.ProcessID { return w.id }

func (w *whimsical) Start(in world.World) {
	w.World = in
	w.act()
}

func (w *whimsical) Receive(e world.Envelope) {
	w.note("receive", e.ID, began(w.World), fmt.Sprintf("copy %d from %s, payload %v", e.Copy, e.From, e.Payload))
	w.act()
}

func (w *whimsical) Timeout(t world.Timer) {
	w.note("timer", t.ID, began(w.World), fmt.Sprintf("kind %d", t.Kind))
	w.act()
}

func (w *whimsical) Crash() { w.note("crash", 0, 0, "") }

func (w *whimsical) Restart() {
	disk := ""
	for record := range w.Disk().Records() {
		disk += string(record) + ";"
	}
	w.note("restart", 0, 0, disk)
	w.act()
}

func (w *whimsical) Finish() {
	w.act()
	w.note("finish", 0, 0, "")
}

func (w *whimsical) act() {
	for range w.chance.below(5) {
		if w.budget == 0 {
			return
		}
		w.budget--
		switch w.chance.below(16) {
		case 0, 1, 2, 3:
			w.sent++
			id := world.RootID(w.id, nameMessage, w.sent, 0)
			to := node(uint32(1 + w.chance.below(w.others+1))) // the last of which there is not
			fate := w.Send(world.Envelope{ID: id, To: to, Payload: w.sent})
			w.note("send", id, 0, fmt.Sprintf("%+v", fate))
		case 4, 5, 6:
			w.setTimer(0)
		case 7, 8, 9:
			w.setTimer(w.anyHandle())
		case 10, 11:
			w.StopTimer(w.anyHandle())
		case 12:
			if err := w.Disk().Append([]byte("the record that is written at last"[:w.chance.below(30)])); err != nil {
				w.note("no disk", 0, 0, "")
			}
		case 13:
			if err := w.Disk().Sync(); err != nil {
				w.note("lost write", 0, 0, "")
			}
		case 14:
			w.note("random", 0, 0, fmt.Sprint(w.Random(nameTimer, world.CausalID(w.budget))))
		case 15:
			w.meddle()
		}
	}
}

// anyHandle is one that it got, running or not.
func (w *whimsical) anyHandle() world.TimerHandle {
	if len(w.handles) == 0 {
		return 0
	}
	return w.handles[w.chance.below(uint64(len(w.handles)))]
}

func (w *whimsical) setTimer(running world.TimerHandle) {
	w.set++
	after := w.chance.upTo(6)
	if w.chance.below(3) == 0 {
		after *= 8
	}
	timer := world.Timer{Kind: uint8(w.chance.below(3)), ID: world.RootID(w.id, nameTimer, w.set, 0)}
	w.handles = append(w.handles, w.SetTimer(running, timer, after))
}

// meddle schedules something from within a handler.
func (w *whimsical) meddle() {
	at := w.Now() + w.chance.upTo(4) - 1
	if w.chance.below(3) == 0 {
		w.stage.Tell(at, node(uint32(1+w.chance.below(w.others))), world.RootID(w.id, nameWord, uint64(w.budget), 0),
			w.budget)
		return
	}
	w.stage.At(at, world.CausalID(w.chance.below(3)), w.fault(&w.chance))
}
