package sim_test

import (
	"testing"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// The message keeps node-2 busy from 10ms to 12ms.
func TestACrashKillsTheStepThatIsUnderWay(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) { p.send(1, two.id) }
	crashAt(s, 11*ms, two.id)
	outcome := run(t, s)
	d.is(t, `11ms node-2 crashes
		11ms node-1 finishes
		11ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 11 * ms, Messages: 1, Lost: 1})
}

func TestACrashAtTheEndOfAStepKillsIt(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) { p.send(1, two.id) }
	crashAt(s, 12*ms, two.id)
	run(t, s)
	d.is(t, `12ms node-2 crashes
		12ms node-1 finishes
		12ms node-2 finishes`)
}

// After the restart node-2 is busy again when the step that the crash killed would have ended.
func TestAKilledStepDoesNotEndTheNextOne(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) { p.send(1, two.id) }
	crashAt(s, 11*ms, two.id)
	restartAt(s, 11*ms, two.id)
	s.Tell(11*ms, two.id, 2, nil)
	outcome := run(t, s)
	d.is(t, `11ms node-2 crashes
		11ms node-2 restarts
		11ms..13ms node-2 receives 2 copy 0 from none
		13ms node-1 finishes
		13ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 13 * ms, Deliveries: 1, Messages: 1, Lost: 1})
}

func TestACrashTakesMailboxAndTimers(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) {
		p.send(1, two.id)
		p.send(2, two.id) // waits in the mailbox
	}
	var before world.TimerHandle
	two.start = func(p *probe) {
		p.SetTimer(0, world.Timer{ID: 3}, 10*ms) // waits in the mailbox
		before = p.SetTimer(0, world.Timer{ID: 4}, 30*ms)
	}
	two.restart = func(p *probe) {
		p.SetTimer(0, world.Timer{ID: 5}, 5*ms)
		p.StopTimer(before) // names none any more
	}
	crashAt(s, 11*ms, two.id)
	restartAt(s, 20*ms, two.id)
	outcome := run(t, s)
	d.is(t, `11ms node-2 crashes
		20ms node-2 restarts
		25ms..27ms node-2 timer 5
		27ms node-1 finishes
		27ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 27 * ms, Deliveries: 1, Messages: 2, Lost: 2})
}

func TestWhatComesToAProcessThatIsDownIsLost(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) { p.send(1, two.id) }
	crashAt(s, 5*ms, two.id)
	crashAt(s, 6*ms, two.id) // it is down already
	s.Tell(7*ms, two.id, 2, nil)
	restartAt(s, 11*ms, two.id)
	restartAt(s, 12*ms, two.id) // it is up already
	outcome := run(t, s)
	d.is(t, `5ms node-2 crashes
		11ms node-2 restarts
		12ms node-1 finishes
		12ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 12 * ms, Messages: 1, Lost: 2})
}

// What a process sent before it crashed is on its way.
func TestACrashTakesBackNoMessage(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) { p.send(1, two.id) }
	crashAt(s, 1*ms, one.id)
	run(t, s)
	d.is(t, `1ms node-1 crashes
		10ms..12ms node-2 receives 1 copy 0 from node-1
		12ms node-1 finishes
		12ms node-2 finishes`)
}

// A crash that depends on what happens is scheduled while it does: after the step that asked for it.
func TestAHandlerCanScheduleACrash(t *testing.T) {
	s, d, one, two := pair(steady())
	one.start = func(p *probe) {
		p.send(1, two.id)
		p.send(2, two.id)
	}
	two.receive = func(p *probe, _ world.Envelope) {
		crashAt(s, p.Now(), two.id)
		restartAt(s, p.Now()+1*ms, two.id)
		p.send(3, one.id)
	}
	run(t, s)
	d.is(t, `10ms..12ms node-2 receives 1 copy 0 from node-1
		12ms node-2 crashes
		13ms node-2 restarts
		22ms..24ms node-1 receives 3 copy 0 from node-2
		24ms node-1 finishes
		24ms node-2 finishes`)
}

// crashing is a process that acts in its Crash, as none should.
type crashing struct{ probe }

func (c *crashing) Crash() {
	c.diary.write("%s fate %q, timer %d", c.id, c.send(9, node(2)).Drop, c.SetTimer(0, world.Timer{ID: 9}, 1*ms))
}

func TestNobodyHearsAProcessThatIsDown(t *testing.T) {
	d := &diary{}
	s := sim.New(steady())
	s.Add(&crashing{probe{id: node(1), diary: d}})
	s.Add(&probe{id: node(2), diary: d})
	crashAt(s, 1*ms, node(1))
	outcome := run(t, s)
	d.is(t, `node-1 fate "fault", timer 0
		1ms node-1 finishes
		1ms node-2 finishes`)
	outcomeIs(t, outcome, sim.Outcome{End: 1 * ms, Messages: 1, Lost: 1})
}

func TestACrashKeepsWhatTheDiskSynced(t *testing.T) {
	s, d, one, _ := pair(steady())
	one.start = func(p *probe) {
		for i, record := range []string{"one", "", "three"} {
			if err := p.Disk().Append([]byte(record)); err != nil {
				t.Error(err)
			}
			if i == 1 {
				if err := p.Disk().Sync(); err != nil {
					t.Error(err)
				}
			}
		}
		readDisk(d, p)
	}
	one.restart = func(p *probe) {
		readDisk(d, p)
		if err := p.Disk().Append([]byte("four")); err != nil {
			t.Error(err)
		}
		readDisk(d, p)
	}
	crashAt(s, 1*ms, one.id)
	restartAt(s, 2*ms, one.id)
	run(t, s)
	d.is(t, `disk ["one" "" "three"]
		1ms node-1 crashes
		2ms node-1 restarts
		disk ["one" ""]
		disk ["one" "" "four"]
		2ms node-1 finishes
		2ms node-2 finishes`)
}

func readDisk(d *diary, p *probe) {
	var records []string
	for record := range p.Disk().Records() {
		records = append(records, string(record))
	}
	d.write("disk %q", records)
}
