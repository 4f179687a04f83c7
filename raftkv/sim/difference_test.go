package sim_test

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

const (
	roundTimer uint8 = iota
	silenceTimer
)

func TestARunIsAFunctionOfItsConfig(t *testing.T) {
	steps, outcome := runGossip(t, gossipConfig(), nil)
	again, outcomeAgain := runGossip(t, gossipConfig(), nil)
	if diff := cmp.Diff(steps, again); diff != "" {
		t.Errorf("the second run differs from the first (-first +second):\n%s", diff)
	}
	outcomeIs(t, outcomeAgain, outcome)
	if outcome.Lost == 0 || outcome.Duplicated == 0 || outcome.Deliveries != uint64(len(steps)) || len(steps) < 500 {
		t.Errorf("outcome %+v of %d steps: the run shows too little", outcome, len(steps))
	}
	other := gossipConfig()
	other.Seed++
	if otherSteps, _ := runGossip(t, other, nil); reflect.DeepEqual(otherSteps, steps) {
		t.Error("another seed gives the same run")
	}
}

// cone is from when on each process may differ between two runs: all that is outside must be the same in both.
type cone map[world.ProcessID]time.Duration

func (c cone) reaches(s step) bool {
	from, reached := c[s.Process]
	return reached && s.Began >= from
}

// grow adds what the cone's steps send, until there is no more to add.
func (c cone) grow(runs ...[]step) {
	for grew := true; grew; {
		grew = false
		for _, run := range runs {
			sent := map[world.CausalID]bool{}
			for _, s := range run {
				if c.reaches(s) {
					for _, id := range s.Sent {
						sent[id] = true
					}
				}
			}
			for _, s := range run {
				if sent[s.ID] && !c.reaches(s) {
					c[s.Process] = s.Began
					grew = true
				}
			}
		}
	}
}

func (c cone) outside(run []step) []step {
	return slices.DeleteFunc(slices.Clone(run), c.reaches)
}

// same fails the test unless two runs differ in nothing but the cone, and in the fate of one message and of those that
// a fault lost in one run. It returns how many steps they have in common after a time.
func same(t *testing.T, what string, c cone, message world.CausalID, at time.Duration, one, two []step) (common int) {
	t.Helper()
	c.grow(one, two)
	outside := [2][]step{c.outside(one), c.outside(two)}
	other := map[world.CausalID]bool{message: true}
	for _, id := range slices.Concat(lostToFaults(one), lostToFaults(two)) {
		other[id] = true
	}
	for _, run := range outside {
		for i := range run {
			run[i].Fates = slices.Clone(run[i].Fates)
			for n, id := range run[i].Sent {
				if other[id] {
					run[i].Fates[n] = world.Fate{}
				}
			}
			if run[i].Began > at {
				common++
			}
		}
	}
	if !reflect.DeepEqual(outside[0], outside[1]) {
		t.Fatalf("%s changes what it did not cause (-without +with):\n%s", what, cmp.Diff(outside[0], outside[1]))
	}
	return common / 2
}

func lostToFaults(run []step) (lost []world.CausalID) {
	for _, s := range run {
		for n, fate := range s.Fates {
			if fate.Drop == world.CauseFault {
				lost = append(lost, s.Sent[n])
			}
		}
	}
	return lost
}

// Every so many messages of a run, one is lost, delayed and duplicated instead: what it did not cause stays as it was,
// to the nanosecond and in the same order.
func TestOneMessageChangesOnlyWhatItCauses(t *testing.T) {
	t.Run("in time", func(t *testing.T) { oneMessageChanges(t, gossipConfig) })
	t.Run("some late", func(t *testing.T) {
		oneMessageChanges(t, func() sim.Config {
			c := gossipConfig()
			c.Late, c.LateBy = 0.1, world.Range{Min: 5 * ms, Max: 30 * ms}
			return c
		})
	})
}

func oneMessageChanges(t *testing.T, config func() sim.Config) {
	t.Helper()
	base, _ := runGossip(t, config(), nil)
	changes, common := 0, 0
	for i, s := range base {
		if i%11 != 0 || s.Copy != 0 || !isMessage(base, s.ID) {
			continue
		}
		for what, change := range map[string]func(*sim.Config){
			"a loss":        func(c *sim.Config) { c.Drop = []world.CausalID{s.ID} },
			"a delay":       func(c *sim.Config) { c.Delay = map[world.CausalID]time.Duration{s.ID: 7 * ms} },
			"a second copy": func(c *sim.Config) { c.Duplicated = []world.CausalID{s.ID} },
		} {
			c := config()
			change(&c)
			changed, outcome := runGossip(t, c, nil)
			if outcome.Unmet != nil {
				t.Fatalf("there was no message %s", s.ID)
			}
			first := cone{s.Process: earliest(s.ID, base, changed)}
			common += same(t, what+" of "+s.ID.String(), first, s.ID, s.Began, base, changed)
			changes++
		}
	}
	if changes < 150 || common < 100*changes {
		t.Errorf("%d changes left %d steps after them as they were: too few to say anything", changes, common)
	}
}

func isMessage(steps []step, id world.CausalID) bool {
	return slices.ContainsFunc(steps, func(s step) bool { return slices.Contains(s.Sent, id) })
}

// earliest is when a message may first make a difference to its receiver: when it began to handle a copy that it has in
// one run and not, or not then, in the other.
func earliest(id world.CausalID, one, two []step) time.Duration {
	at := time.Duration(math.MaxInt64)
	for _, run := range [][]step{one, two} {
		for _, s := range run {
			if s.ID == id {
				at = min(at, s.Began)
			}
		}
	}
	return at
}

// A crash reaches what the process would have done, and no further than by messages.
func TestACrashChangesOnlyWhatItCauses(t *testing.T) {
	base, _ := runGossip(t, gossipConfig(), nil)
	for i := range uint32(gossips) {
		crashed, _ := runGossip(t, gossipConfig(), func(s *sim.Sim) {
			crashAt(s, 60*ms, node(i+1))
			restartAt(s, 80*ms, node(i+1))
		})
		// The step that was under way began before.
		first := cone{node(i + 1): 60*ms - gossipConfig().StepTime.Max}
		if common := same(t, "a crash of "+node(i+1).String(), first, 0, 60*ms, base, crashed); common < 100 {
			t.Errorf("a crash of %s left %d steps after it as they were: too few to say anything", node(i+1), common)
		}
	}
}

// What is done to one process, from 60ms to 80ms, reaches what it would have done, and no further than by messages.
func TestAFaultOfOneProcessChangesOnlyWhatItCauses(t *testing.T) {
	base, _ := runGossip(t, gossipConfig(), nil)
	for what, fault := range map[string]func(*sim.Sim, world.ProcessID){
		"a pause":        func(s *sim.Sim, p world.ProcessID) { s.Pause(p) },
		"slowness":       func(s *sim.Sim, p world.ProcessID) { s.Slow(p, 2*ms) },
		"a fast clock":   func(s *sim.Sim, p world.ProcessID) { s.Rate(p, 3) },
		"a slow clock":   func(s *sim.Sim, p world.ProcessID) { s.Rate(p, 0.2) },
		"a jump ahead":   func(s *sim.Sim, p world.ProcessID) { s.Skew(p, 7*ms) },
		"a jump back":    func(s *sim.Sim, p world.ProcessID) { s.Skew(p, -40*ms) },
		"nothing at all": func(s *sim.Sim, p world.ProcessID) { s.Heal(p) },
	} {
		differ := 0
		for i := range uint32(gossips) {
			p := node(i + 1)
			faulty, _ := runGossip(t, gossipConfig(), func(s *sim.Sim) {
				at(s, 60*ms, func() { fault(s, p) })
				at(s, 80*ms, func() { s.Heal(p) })
			})
			first := cone{p: 60*ms - gossipConfig().StepTime.Max}
			if common := same(t, what+" of "+p.String(), first, 0, 60*ms, base, faulty); common < 100 {
				t.Errorf("%s of %s left %d steps after it as they were: too few to say anything", what, p, common)
			}
			if !reflect.DeepEqual(base, faulty) {
				differ++
			}
		}
		if want := what != "nothing at all"; want != (differ > gossips/2) {
			t.Errorf("%s changed the run for %d of %d processes", what, differ, gossips)
		}
	}
}

// A cut reaches those who would have heard what it loses, from when they would have.
func TestACutChangesOnlyWhatItLoses(t *testing.T) {
	base, _ := runGossip(t, gossipConfig(), nil)
	total := 0
	for i := range uint32(gossips) {
		alone, others := []world.ProcessID{node(i + 1)}, []world.ProcessID{}
		for other := range uint32(gossips) {
			if other != i {
				others = append(others, node(other+1))
			}
		}
		cut, _ := runGossip(t, gossipConfig(), func(s *sim.Sim) {
			at(s, 60*ms, func() { s.Cut(alone, others) })
			at(s, 70*ms, func() { s.Heal(alone[0]) })
		})
		first, lost := cone{}, lostToFaults(cut)
		total += len(lost)
		for _, run := range [][]step{base, cut} {
			for _, s := range run {
				if from, known := first[s.Process]; slices.Contains(lost, s.ID) && (!known || s.Began < from) {
					first[s.Process] = s.Began
				}
			}
		}
		if common := same(t, "a cut of "+alone[0].String(), first, 0, 60*ms, base, cut); common < 100 {
			t.Errorf("a cut of %s left %d steps after it as they were: too few to say anything", alone[0], common)
		}
	}
	if total < 2*gossips {
		t.Errorf("the cuts lost %d messages: too few to say anything", total)
	}
}

// Schedules with every fault there is, played twice, and once more with one fault in addition: all that comes before it
// is as it was, and the first that is not so comes at its time at the earliest.
func TestOneMoreFaultChangesNothingBefore(t *testing.T) {
	changed, before := 0, 0
	const schedules = 1500
	for seed := range uint64(schedules) {
		base, outcome := playReal(t, seed, nil)
		again, outcomeAgain := playReal(t, seed, nil)
		if diff := cmp.Diff(outcome, outcomeAgain); diff != "" || !slices.Equal(base, again) {
			t.Fatalf("schedule %d: the second run is not the first\n%s", seed, diff)
		}
		l := &chance{seed: seed + 1<<32}
		from := l.upTo(outcome.End)
		more, _ := playReal(t, seed, func(b saboteur) { b.stage.At(from, 0, b.fault(l)) })
		n := 0
		for n < min(len(base), len(more)) && base[n] == more[n] {
			n++
		}
		for _, run := range [][]moment{base, more} {
			if n < len(run) && run[n].now < from {
				t.Fatalf("schedule %d: a fault at %s, and already at %s there is\n%+v\nwith and without it; moment %d of %d and of %d", seed, from, run[n].now, run[n], n, len(base), len(more))
			}
		}
		if before += n; n < len(base) || n < len(more) {
			changed++
		}
	}
	if changed < schedules/4 || before < 20*schedules {
		t.Errorf("of %d faults, %d changed anything, and %d moments were before them: too few to say anything", schedules,
			changed, before)
	}
}

// A process that is there and says nothing to anybody changes nothing.
func TestOneMoreProcessChangesNoOther(t *testing.T) {
	base, outcome := runGossip(t, gossipConfig(), nil)
	more, moreOutcome := runGossip(t, gossipConfig(), func(s *sim.Sim) {
		s.Add(&caller{
			id: world.NewProcessID(world.ClientGroup, 1), partner: world.NewProcessID(world.ClientGroup, 2),
			budget: new(int), name: nameRumour,
		})
		s.Add(&caller{
			id: world.NewProcessID(world.ClientGroup, 2), partner: world.NewProcessID(world.ClientGroup, 1),
			budget: new(int), name: nameRumour,
		})
	})
	if diff := cmp.Diff(base, more); diff != "" {
		t.Errorf("two clients that call each other change the nodes (-without +with):\n%s", diff)
	}
	if moreOutcome.Deliveries <= outcome.Deliveries {
		t.Error("the two clients did nothing")
	}
}
