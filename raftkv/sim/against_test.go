package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// luck is a stream of numbers for the making of a schedule and for one process's whims. Nothing but a test may have one.
type luck struct{ seed, drawn uint64 }

func (l *luck) below(n uint64) uint64 {
	l.drawn++
	return world.Draw(l.seed, 0, world.CausalID(l.drawn)) % n
}

func (l *luck) upTo(d time.Duration) time.Duration { return time.Duration(l.below(uint64(d) + 1)) }

// moment is a line of the diary of a schedule.
type moment struct {
	now, began time.Duration
	process    world.ProcessID
	what       string
	id         world.CausalID
	detail     string
}

// stage is what the real world and the model have in common.
type stage interface {
	Add(world.Process)
	Tell(time.Duration, world.ProcessID, world.CausalID, any)
	Crash(time.Duration, world.ProcessID)
	Restart(time.Duration, world.ProcessID)
}

// whimsical is a process that does at each occasion what comes to its mind, among all that a process can do.
type whimsical struct {
	world.World
	id      world.ProcessID
	luck    luck
	stage   stage
	moments *[]moment
	budget  int
	others  uint64
	sent    uint64
	set     uint64
	handles []world.TimerHandle
}

var nameMessage, nameTimer, nameWord = world.NameOf("message"), world.NameOf("timer"), world.NameOf("word")

func (w *whimsical) note(what string, id world.CausalID, began time.Duration, detail string) {
	*w.moments = append(*w.moments, moment{now: w.Now(), began: began, process: w.id, what: what, id: id, detail: detail})
}

func (w *whimsical) ID() world.ProcessID { return w.id }

func (w *whimsical) Start(in world.World) {
	w.World = in
	w.act()
}

func (w *whimsical) Receive(e world.Envelope, began time.Duration) {
	w.note("receive", e.ID, began, fmt.Sprintf("copy %d from %s, payload %v", e.Copy, e.From, e.Payload))
	w.act()
}

func (w *whimsical) Timeout(t world.Timer, began time.Duration) {
	w.note("timer", t.ID, began, fmt.Sprintf("kind %d", t.Kind))
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
	for range w.luck.below(5) {
		if w.budget == 0 {
			return
		}
		w.budget--
		switch w.luck.below(16) {
		case 0, 1, 2, 3:
			w.sent++
			id := world.RootID(w.id, nameMessage, w.sent, 0)
			to := node(uint32(1 + w.luck.below(w.others+1))) // the last of which there is not
			fate := w.Send(world.Envelope{ID: id, To: to, Payload: w.sent})
			w.note("send", id, 0, fmt.Sprintf("%+v", fate))
		case 4, 5, 6:
			w.setTimer(0)
		case 7, 8, 9:
			w.setTimer(w.anyHandle())
		case 10, 11:
			w.StopTimer(w.anyHandle())
		case 12:
			w.write(fmt.Sprint(w.budget))
		case 13:
			if w.Disk().Sync() != nil {
				panic("a disk in memory failed")
			}
		case 14:
			w.note("random", 0, 0, fmt.Sprint(w.Random(nameTimer, world.CausalID(w.budget))))
		case 15:
			w.meddle()
		}
	}
}

func (w *whimsical) write(record string) {
	if w.Disk().Append([]byte(record)) != nil {
		panic("a disk in memory failed")
	}
}

// anyHandle is one that it got, running or not.
func (w *whimsical) anyHandle() world.TimerHandle {
	if len(w.handles) == 0 {
		return 0
	}
	return w.handles[w.luck.below(uint64(len(w.handles)))]
}

func (w *whimsical) setTimer(running world.TimerHandle) {
	w.set++
	after := w.luck.upTo(6)
	if w.luck.below(3) == 0 {
		after *= 8
	}
	timer := world.Timer{Kind: uint8(w.luck.below(3)), ID: world.RootID(w.id, nameTimer, w.set, 0)}
	w.handles = append(w.handles, w.SetTimer(running, timer, after))
}

// meddle schedules something from within a handler.
func (w *whimsical) meddle() {
	at, to := w.Now()+w.luck.upTo(4)-1, node(uint32(1+w.luck.below(w.others)))
	switch w.luck.below(3) {
	case 0:
		w.stage.Crash(at, to)
		w.stage.Restart(at+w.luck.upTo(3), to)
	case 1:
		w.stage.Restart(at, to)
	case 2:
		w.stage.Tell(at, to, world.RootID(w.id, nameWord, uint64(w.budget), 0), w.budget)
	}
}

// schedule makes a world's config of a number. Its times are a few nanoseconds, so that much takes place at once.
func schedule(seed uint64) (c sim.Config, processes uint64, l *luck) {
	l = &luck{seed: seed}
	processes = 1 + l.below(5)
	c.Seed = l.below(1000)
	c.Latency.Max = l.upTo(4)
	c.Latency.Min = min(l.upTo(4), c.Latency.Max)
	c.StepTime.Max = l.upTo(3)
	c.Loss = float64(l.below(2)) * 0.2
	c.Duplicate = float64(l.below(2)) * 0.3
	if l.below(3) == 0 {
		c.MaxDuration = 1 + l.upTo(60)
	}
	c.Delay = map[world.CausalID]time.Duration{}
	for range l.below(4) {
		message := func() world.CausalID {
			return world.RootID(node(uint32(1+l.below(processes))), nameMessage, 1+l.below(12), 0)
		}
		c.Drop = append(c.Drop, message())
		c.Duplicated = append(c.Duplicated, message())
		c.Delay[message()] = l.upTo(9)
	}
	return c, processes, l
}

// play puts the processes of a schedule on a stage, and the faults and words.
func play(s stage, c *sim.Config, processes uint64, l *luck, moments *[]moment) {
	for i := range processes {
		s.Add(&whimsical{
			id: node(uint32(processes - i)), luck: luck{seed: l.below(1 << 60)}, stage: s, moments: moments, budget: int(20 + l.below(40)), others: processes,
		})
	}
	for range l.below(6) {
		to := node(uint32(1 + l.below(processes)))
		s.Tell(l.upTo(20), to, world.CausalID(1+l.below(1<<40)), "a word")
	}
	for range l.below(4) {
		to, at := node(uint32(1+l.below(processes))), l.upTo(30)
		s.Crash(at, to)
		s.Restart(at+l.upTo(10), to)
	}
	if l.below(2) == 0 {
		enough := int(l.below(100))
		c.Finished = func() bool { return len(*moments) > enough }
	}
}

// TestAgainstTheModel has thousands of schedules played by the real world and by the model, and compares all that the processes saw, one moment after the other.
// The model knows neither a heap nor a slot: so the order of events depends on none of the means by which the real one is fast.
func TestAgainstTheModel(t *testing.T) {
	const schedules = 4000
	played, seen := 0, map[string]int{}
	for seed := range uint64(schedules) {
		passed := t.Run(fmt.Sprintf("schedule=%d", seed), func(t *testing.T) {
			played++
			want, wanted := playModel(seed)
			got, outcome := playReal(t, seed)
			again := fmt.Sprintf("go test ./raftkv/sim -run 'TestAgainstTheModel/schedule=%d$'", seed)
			for i := range max(len(want), len(got)) {
				if i >= len(want) || i >= len(got) || want[i] != got[i] {
					t.Fatalf("moment %d of %d:\nwant %+v\ngot  %+v\n%s", i, len(want), want[min(i, len(want)):min(i+1, len(want))], got[min(i, len(got)):min(i+1, len(got))], again)
				}
				seen[want[i].what]++
			}
			if diff := cmp.Diff(wanted, outcome); diff != "" {
				t.Errorf("outcome (-want +got):\n%s%s", diff, again)
			}
		})
		if !passed {
			return
		}
	}
	for _, what := range []string{"receive", "timer", "crash", "restart", "send", "random", "finish"} {
		if played == schedules && seen[what] < schedules {
			t.Errorf("%d moments of %q in all schedules: too few to say anything", seen[what], what)
		}
	}
}

func playModel(seed uint64) (moments []moment, outcome sim.Outcome) {
	config, processes, l := schedule(seed)
	m := newModel(config)
	play(m, &m.config, processes, l, &moments)
	return moments, m.Run()
}

func playReal(t *testing.T, seed uint64) (moments []moment, outcome sim.Outcome) {
	t.Helper()
	config, processes, l := schedule(seed)
	// The config is handed over before the schedule says when it is finished.
	asked := config
	config.Finished = func() bool { return asked.Finished != nil && asked.Finished() }
	s := sim.New(config)
	play(s, &asked, processes, l, &moments)
	return moments, run(t, s)
}
