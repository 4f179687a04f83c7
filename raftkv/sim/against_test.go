package sim_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// chance is a stream of numbers for the making of a schedule and for one process's whims. Nothing but a test may have
// one.
type chance struct{ seed, drawn uint64 }

func (l *chance) below(n uint64) uint64 {
	l.drawn++
	return world.Draw(l.seed, 0, world.CausalID(l.drawn)) % n
}

func (l *chance) upTo(d time.Duration) time.Duration { return time.Duration(l.below(uint64(d) + 1)) }

// moment is a line of the diary of a schedule.
type moment struct {
	now, began time.Duration
	process    world.ProcessID
	what       string
	id         world.CausalID
	number     uint64
	detail     string
}

// stage is what the real world and the model have in common.
type stage interface {
	Add(world.Process)
	Tell(time.Duration, world.ProcessID, world.CausalID, any)
	At(time.Duration, world.CausalID, func())
	Now() time.Duration
	Crash(world.ProcessID)
	Restart(world.ProcessID)
	Pause(world.ProcessID)
	Slow(world.ProcessID, time.Duration)
	Skew(world.ProcessID, time.Duration)
	Rate(world.ProcessID, float64)
	Heal(world.ProcessID)
	Cut(from, to []world.ProcessID)
	LoseUnsynced(p world.ProcessID, torn bool, happened func())
}

// saboteur knows all that can go wrong on a stage.
type saboteur struct {
	stage     stage
	processes uint64
	moments   *[]moment
}

func (b saboteur) any(l *chance) world.ProcessID { return node(uint32(1 + l.below(b.processes))) }

func (b saboteur) some(l *chance) []world.ProcessID {
	var some []world.ProcessID
	for i := range b.processes {
		if l.below(2) == 0 {
			some = append(some, node(uint32(1+i)))
		}
	}
	return some
}

func (b saboteur) note(what string, p world.ProcessID, id world.CausalID, detail string) {
	*b.moments = append(*b.moments, moment{now: b.stage.Now(), process: p, what: what, id: id, detail: detail})
}

// fault is one that is drawn, to be done when it is called.
func (b saboteur) fault(l *chance) func() {
	s, p := b.stage, b.any(l)
	switch l.below(12) {
	case 0:
		return func() { s.Crash(p); s.Restart(p) }
	case 1:
		later := l.upTo(9)
		return func() { s.Crash(p); s.At(s.Now()+later, world.CausalID(p), func() { s.Restart(p) }) }
	case 2:
		return func() { s.Restart(p) }
	case 3, 4:
		later := l.upTo(9)
		return func() { s.Pause(p); s.At(s.Now()+later, world.CausalID(p), func() { s.Heal(p) }) }
	case 5:
		by := l.upTo(5) - 1
		return func() { s.Slow(p, by) }
	case 6:
		by := l.upTo(20) - 8
		return func() { s.Skew(p, by) }
	case 7:
		rate := []float64{0.25, 0.7, 1, 1.5, 2, 3}[l.below(6)]
		return func() { s.Rate(p, rate) }
	case 8:
		return func() { s.Heal(p) }
	case 9:
		return func() { s.Heal(0) }
	case 10:
		from, to := b.some(l), b.some(l)
		return func() { s.Cut(from, to) }
	default:
		torn, then := l.below(2) == 0, func() {}
		if l.below(2) == 0 {
			then = b.fault(l)
		}
		return func() { s.LoseUnsynced(p, torn, func() { b.note("a write is lost", p, 0, ""); then() }) }
	}
}

// watch does something about what happens, now and then: few times, or a fault that calls for the next would go on for
// ever.
func (b saboteur) watch(l *chance, c *sim.Config) {
	left := l.below(6)
	act := func(odds uint64) {
		if left > 0 && l.below(odds) == 0 {
			left--
			b.fault(l)()
		}
	}
	c.After = func() {
		b.note("after", 0, 0, "")
		act(40)
	}
	c.Handled = func(e *world.Envelope) { b.note("handled", e.To, e.ID, fmt.Sprintf("copy %d", e.Copy)) }
	c.Lost = func(e *world.Envelope) { b.note("lost", e.To, e.ID, fmt.Sprintf("copy %d", e.Copy)) }
	c.Sent = func(e *world.Envelope, fate world.Fate) {
		if fate == (world.Fate{}) {
			b.note("sent", e.From, e.ID, "")
			return
		}
		b.note("fated", e.From, e.ID, fmt.Sprintf("%+v copy %d to %s, payload %v", fate, e.Copy, e.To, e.Payload))
		act(10)
	}
}

// schedule makes a world's config of a number. Its times are a few nanoseconds, so that much takes place at once.
func schedule(seed uint64) (c sim.Config, processes uint64, l *chance) {
	l = &chance{seed: seed}
	processes = 1 + l.below(5)
	c.Seed = l.below(1000)
	c.Latency.Max = l.upTo(4)
	c.Latency.Min = min(l.upTo(4), c.Latency.Max)
	c.StepTime.Max = l.upTo(3)
	c.Loss = float64(l.below(2)) * 0.2
	c.Duplicate = float64(l.below(2)) * 0.3
	c.Late = float64(l.below(2)) * 0.3
	c.LateBy.Min = l.upTo(9)
	c.LateBy.Max = c.LateBy.Min + l.upTo(30)
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
	for range l.below(2) * l.below(4) {
		at := sim.Link{From: node(uint32(1 + l.below(processes))), To: node(uint32(1 + l.below(processes)))}
		if slices.ContainsFunc(c.Links, func(l sim.Link) bool { return l.From == at.From && l.To == at.To }) {
			continue
		}
		at.Loss, at.Duplicate, at.HasLatency = float64(l.below(3))*0.4, float64(l.below(3))*0.4, l.below(2) == 0
		at.Late, at.LateBy = float64(l.below(3))*0.4, c.LateBy
		at.Latency.Min = l.upTo(9)
		at.Latency.Max = at.Latency.Min + l.upTo(9)
		c.Links = append(c.Links, at)
	}
	return c, processes, l
}

// play puts the processes of a schedule on a stage, and the faults and words.
func play(s stage, c *sim.Config, processes uint64, l *chance, moments *[]moment) {
	b := saboteur{s, processes, moments}
	for range l.below(3) * l.below(3) {
		b.fault(l)()
	}
	for i := range processes {
		s.Add(&whimsical{
			id: node(uint32(processes - i)), chance: chance{seed: l.below(1 << 60)}, saboteur: b, budget: int(20 +
				l.below(40)), others: processes,
		})
	}
	for range l.below(6) {
		to := node(uint32(1 + l.below(processes)))
		s.Tell(l.upTo(20), to, world.CausalID(1+l.below(1<<40)), "a word")
	}
	for range l.below(10) {
		s.At(l.upTo(30), world.CausalID(l.below(3)), b.fault(l))
	}
	if l.below(2) == 0 {
		b.watch(&chance{seed: l.below(1 << 60)}, c)
	}
	if l.below(2) == 0 {
		enough := int(l.below(100))
		c.Finished = func() bool { return len(*moments) > enough }
	}
}

// TestAgainstTheModel has thousands of schedules played by the real world and by the model, and compares all that the
// processes saw, one moment after the other. The model knows neither a heap nor a slot: so the order of events depends
// on none of the means by which the real one is fast.
func TestAgainstTheModel(t *testing.T) {
	const schedules = 4000
	played, seen := 0, map[string]int{}
	for seed := range uint64(schedules) {
		passed := t.Run(fmt.Sprintf("schedule=%d", seed), func(t *testing.T) {
			played++
			want, wanted := playModel(seed)
			got, outcome := playReal(t, seed, nil)
			again := fmt.Sprintf("go test ./raftkv/sim -run 'TestAgainstTheModel/schedule=%d$'", seed)
			for i := range max(len(want), len(got)) {
				if i >= len(want) || i >= len(got) || want[i] != got[i] {
					t.Fatalf("moment %d of %d:\nwant %+v\ngot  %+v\n%s", i, len(want), want[min(i, len(want)):min(i+1, len(want))],
						got[min(i, len(got)):min(i+1, len(got))], again)
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
	for what, least := range map[string]int{
		"receive": schedules, "timer": schedules, "crash": schedules, "restart": schedules, "send": schedules,
		"random": schedules, "finish": schedules,
		"after": schedules, "fated": schedules, "lost write": schedules / 10, "a write is lost": schedules / 10,
	} {
		if played == schedules && seen[what] < least {
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

func playReal(t *testing.T, seed uint64, more func(saboteur)) (moments []moment, outcome sim.Outcome) {
	t.Helper()
	config, processes, l := schedule(seed)
	// The config is handed over before the schedule says when it is finished, and who watches.
	asked := config
	config.Finished = func() bool { return asked.Finished != nil && asked.Finished() }
	config.After = func() {
		if asked.After != nil {
			asked.After()
		}
	}
	config.Sent = func(e *world.Envelope, fate world.Fate) {
		if asked.Sent != nil {
			asked.Sent(e, fate)
		}
	}
	tell := func(whom func(*world.Envelope), e *world.Envelope) {
		if whom != nil {
			whom(e)
		}
	}
	config.Handled = func(e *world.Envelope) { tell(asked.Handled, e) }
	config.Lost = func(e *world.Envelope) { tell(asked.Lost, e) }
	s := sim.New(config)
	play(s, &asked, processes, l, &moments)
	if more != nil {
		more(saboteur{s, processes, &moments})
	}
	return moments, run(t, s)
}
