package sim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// keeper is a world with one process that writes a record for each message, named after it, and syncs. A restart
// writes down what its disk holds.
func keeper(t *testing.T, c sim.Config) (s *sim.Sim, d *diary, p *probe) {
	t.Helper()
	s, d = sim.New(c), &diary{}
	p = &probe{id: node(1), diary: d}
	p.receive = func(p *probe, e world.Envelope) {
		write(t, p, fmt.Sprint(uint64(e.ID)))
		if err := p.Disk().Sync(); err != nil {
			t.Error(err)
		}
	}
	p.restart = func(p *probe) { readDisk(d, p) }
	s.Add(p)
	for i := range 5 {
		s.Tell(time.Duration(i+1)*10*ms, p.id, world.CausalID(i+1), nil)
	}
	return s, d, p
}

// disks are the lines of a diary that tell what a disk holds.
func (d *diary) disks() []string {
	var all []string
	for _, line := range d.lines {
		if len(line) > 4 && line[:4] == "disk" {
			all = append(all, line)
		}
	}
	return all
}

// A disk that lies loses in a crash what was written since, and keeps what the first sync after a heal finds; without
// a crash nobody sees it.
func TestALyingDisk(t *testing.T) {
	for _, test := range []struct {
		name  string
		do    func(s *sim.Sim, p world.ProcessID)
		disks string
	}{
		{"it lies until the crash", func(s *sim.Sim, p world.ProcessID) {
			at(s, 15*ms, func() { s.SkipSync(p) })
			crashAt(s, 45*ms, p)
			restartAt(s, 46*ms, p)
		}, `[disk ["1"]]`},
		{"it lies on after the crash, as the disk is the machine's", func(s *sim.Sim, p world.ProcessID) {
			at(s, 15*ms, func() { s.SkipSync(p) })
			for _, crash := range []time.Duration{25 * ms, 45 * ms} {
				crashAt(s, crash, p)
				restartAt(s, crash+ms, p)
			}
		}, `[disk ["1"] disk ["1"]]`},
		{"it is healed, and syncs once more before the crash", func(s *sim.Sim, p world.ProcessID) {
			at(s, 15*ms, func() { s.SkipSync(p) })
			at(s, 35*ms, func() { s.Heal(p) })
			crashAt(s, 45*ms, p)
			restartAt(s, 46*ms, p)
		}, `[disk ["1" "2" "3" "4"]]`},
		{"it is healed, and crashes before it syncs", func(s *sim.Sim, p world.ProcessID) {
			at(s, 15*ms, func() { s.SkipSync(p) })
			at(s, 43*ms, func() { s.Heal(p) })
			crashAt(s, 45*ms, p)
			restartAt(s, 46*ms, p)
		}, `[disk ["1"]]`},
		{"it tells the truth", func(s *sim.Sim, p world.ProcessID) {
			crashAt(s, 45*ms, p)
			restartAt(s, 46*ms, p)
		}, `[disk ["1" "2" "3" "4"]]`},
	} {
		s, d, p := keeper(t, steady())
		test.do(s, p.id)
		run(t, s)
		if got := fmt.Sprint(d.disks()); got != test.disks {
			t.Errorf("%s: %s, want %s", test.name, got, test.disks)
		}
	}
}

// A rollback starts a process again with what was durable at a time: not what was written later, nor what was never
// synced. What comes then lies behind that.
func TestARollback(t *testing.T) {
	for _, test := range []struct {
		name  string
		do    func(s *sim.Sim, p world.ProcessID)
		disks string
	}{
		{"to the middle", func(s *sim.Sim, p world.ProcessID) {
			at(s, 45*ms, func() { s.Rollback(p, 25*ms) })
		}, `[disk ["1" "2"]]`},
		{"to the moment of a sync", func(s *sim.Sim, p world.ProcessID) {
			at(s, 45*ms, func() { s.Rollback(p, 22*ms) })
		}, `[disk ["1" "2"]]`},
		{"to before everything", func(s *sim.Sim, p world.ProcessID) {
			at(s, 45*ms, func() { s.Rollback(p, 0) })
		}, `[disk []]`},
		{"to what it was preloaded with", func(s *sim.Sim, p world.ProcessID) {
			s.Preload(p, []byte("first"))
			at(s, 45*ms, func() { s.Rollback(p, 0) })
		}, `[disk ["first"]]`},
		{"to where it is", func(s *sim.Sim, p world.ProcessID) {
			at(s, 45*ms, func() { s.Rollback(p, 45*ms) })
		}, `[disk ["1" "2" "3" "4"]]`},
		{"of one that is down", func(s *sim.Sim, p world.ProcessID) {
			crashAt(s, 43*ms, p)
			at(s, 45*ms, func() { s.Rollback(p, 15*ms) })
		}, `[disk ["1"]]`},
		{"twice, and what the first took away is gone", func(s *sim.Sim, p world.ProcessID) {
			at(s, 35*ms, func() { s.Rollback(p, 15*ms) })
			at(s, 45*ms, func() { s.Rollback(p, 34*ms) })
		}, `[disk ["1"] disk ["1"]]`},
		{"and then on", func(s *sim.Sim, p world.ProcessID) {
			at(s, 25*ms, func() { s.Rollback(p, 15*ms) })
			crashAt(s, 55*ms, p)
			restartAt(s, 55*ms, p)
		}, `[disk ["1"] disk ["1" "3" "4" "5"]]`},
		{"of a disk that lied then", func(s *sim.Sim, p world.ProcessID) {
			at(s, 15*ms, func() { s.SkipSync(p) })
			at(s, 45*ms, func() { s.Rollback(p, 35*ms) })
		}, `[disk ["1"]]`},
	} {
		c := steady()
		c.Rollbacks = true
		s, d, p := keeper(t, c)
		test.do(s, p.id)
		run(t, s)
		if got := fmt.Sprint(d.disks()); got != test.disks {
			t.Errorf("%s: %s, want %s", test.name, got, test.disks)
		}
	}
	s, _, p := keeper(t, steady())
	at(s, 45*ms, func() { s.Rollback(p.id, 0) })
	if _, err := s.Run(t.Context()); err == nil {
		t.Error("a disk is rolled back in a world that does not remember what it held")
	}
}

// writer is a probe that knows what it writes for: the messages and timers of even numbers.
type writer struct{ *probe }

func (writer) WritesOnReceive(e world.Envelope) bool { return e.ID%2 == 0 }
func (writer) WritesOnTimeout(t world.Timer) bool    { return t.ID%2 == 0 }

// The steps that begin while the disk stalls, and that write, take longer, be it for a message or a timer; a crash
// kills them.
func TestAStalledDisk(t *testing.T) {
	s, d := sim.New(steady()), &diary{}
	p := &probe{id: node(1), diary: d}
	p.start = func(p *probe) {
		p.SetTimer(0, world.Timer{ID: 8}, 60*ms)
		p.SetTimer(0, world.Timer{ID: 9}, 70*ms)
	}
	s.Add(writer{p})
	for i, when := range []time.Duration{0, 10 * ms, 20 * ms, 30 * ms, 40 * ms, 80 * ms, 90 * ms} {
		s.Tell(when, p.id, world.CausalID(i+1), nil)
	}
	at(s, 11*ms, func() { s.Stall(p.id, 3*ms) })
	at(s, 35*ms, func() { s.Stall(p.id, 6*ms) })
	at(s, 75*ms, func() { s.Heal(p.id) })
	at(s, 81*ms, func() { s.Stall(p.id, 20*ms) })
	s.Tell(95*ms, p.id, 10, nil)
	crashAt(s, 100*ms, p.id)
	run(t, s)
	d.is(t, `0s..2ms node-1 receives 1 copy 0 from none
		10ms..12ms node-1 receives 2 copy 0 from none
		20ms..22ms node-1 receives 3 copy 0 from none
		30ms..35ms node-1 receives 4 copy 0 from none
		40ms..42ms node-1 receives 5 copy 0 from none
		60ms..68ms node-1 timer 8
		70ms..72ms node-1 timer 9
		80ms..82ms node-1 receives 6 copy 0 from none
		90ms..92ms node-1 receives 7 copy 0 from none
		100ms node-1 crashes
		100ms node-1 finishes`)
	s, _, one, _ := pair(steady())
	s.Stall(one.id, ms)
	if _, err := s.Run(t.Context()); err == nil {
		t.Error("the disk stalls of a process that does not say when it writes")
	}
}
