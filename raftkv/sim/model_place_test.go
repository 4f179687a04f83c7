package sim_test

import (
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

type place struct {
	*model
	process world.Process
	down    bool
	inside  bool // it did not start, or one of its methods runs
	falls   bool
	rises   bool
	paused  bool
	began   time.Duration // with the step
	left    time.Duration // of the step, while it is paused
	slow    time.Duration
	rate    int64 // of its clock, in millionths
	loss    func()
	losses  uint64
	step    *happening
	doing   item
	mailbox []item
	alarms  map[world.TimerHandle]*alarm
	handles world.TimerHandle
	number  uint64 // of the step
	records [][]byte
	synced  int
}

func (p *place) draw(purpose string, id world.CausalID) uint64 {
	return world.Draw(p.config.Seed, world.NameOf("sim."+purpose), id)
}

func (p *place) arrive(e *world.Envelope) {
	if p.down {
		p.open--
		p.lose(e)
		return
	}
	p.receive(item{message: e})
}

func (p *place) lose(e *world.Envelope) {
	if e != nil && e.Payload != broken {
		p.outcome.Lost++
		p.tell(p.config.Lost, e)
	}
}

func (p *place) tell(whom func(*world.Envelope), e *world.Envelope) {
	if whom != nil {
		whom(e)
	}
}

func (p *place) receive(i item) {
	p.mailbox = append(p.mailbox, i)
	p.next()
}

// next begins what waits, unless the process is busy.
func (p *place) next() {
	for p.step == nil && !p.paused && len(p.mailbox) > 0 {
		i := p.mailbox[0]
		p.mailbox = p.mailbox[1:]
		if i.message != nil {
			purpose := "step"
			if i.message.Copy == 1 {
				purpose = "step for the copy"
			}
			p.begin(i, p.draw(purpose, i.message.ID), func() { p.process.Receive(*i.message) })
		} else if a := p.alarms[i.timer]; a != nil {
			delete(p.alarms, i.timer)
			p.open++
			p.begin(i, p.draw("step for a timer", a.timer.ID), func() { p.process.Timeout(a.timer) })
		}
	}
}

func (p *place) begin(i item, random uint64, handle func()) {
	p.doing, p.began = i, p.now
	p.step = p.at(p.now+p.config.StepTime.Pick(random)+p.slow, happening{process: p.process.ID(), kind: endsStep}, func() {
		p.open--
		p.number++
		if i.message == nil || i.message.Payload != broken {
			p.outcome.Deliveries++
			p.inside = true
			handle()
			switch {
			case i.message != nil && p.falls:
				p.tell(p.config.Lost, i.message)
			case i.message != nil:
				p.tell(p.config.Handled, i.message)
			}
			p.leave()
			p.unseen = true
			p.step = nil
			p.settle()
		}
		p.step = nil
		p.next()
	})
}

func (p *place) crash() {
	if p.down {
		p.rises = false
		return
	}
	p.down, p.falls, p.paused = true, true, false
	p.stopAll()
	if p.step != nil && !p.inside {
		p.cancel(p.step)
		p.step = nil
		p.open--
		p.lose(p.doing.message)
	}
	for _, i := range p.mailbox {
		if i.message != nil {
			p.open--
			p.lose(i.message)
		}
	}
	p.mailbox = nil
	p.records = p.records[:p.synced]
	if !p.inside {
		p.leave()
	}
}

// leave tells a process that is in none of its methods any more what became of it.
func (p *place) leave() {
	p.inside = true
	for {
		switch {
		case p.falls:
			p.falls = false
			p.number++
			p.process.Crash()
		case p.rises:
			p.rises, p.down = false, false
			p.number++
			p.process.Restart()
		default:
			p.inside = false
			return
		}
		p.unseen = true
	}
}

func (p *place) Step() uint64 { return p.number }

// BeginsAt, HappensAt and EndsAt are not the model's: see moments_test.go.
func (p *place) BeginsAt() time.Duration { return p.now }

func (p *place) HappensAt() time.Duration { return p.now }
func (p *place) EndsAt() time.Duration    { return p.now }

func (p *place) Send(e world.Envelope) world.Fate {
	p.outcome.Messages++
	if p.down || p.over {
		p.outcome.Lost++
		return world.Fate{Drop: world.CauseFault}
	}
	from := p.process.ID()
	on := sim.Link{
		Loss: p.config.Loss, Duplicate: p.config.Duplicate, Late: p.config.Late, LateBy: p.config.LateBy,
		Latency: p.config.Latency,
	}
	for _, l := range p.config.Links {
		if l.From == from && l.To == e.To {
			if !l.HasLatency {
				l.Latency = on.Latency
			}
			on = l
		}
	}
	lost := func(purpose string) bool { return world.Happens(p.draw(purpose, e.ID), on.Loss) }
	cut := p.cuts[[2]world.ProcessID{from, e.To}]
	var fate world.Fate
	if lost("loss") {
		fate.Drop = world.CauseNetwork
	}
	if cut {
		fate.Drop = world.CauseFault
	}
	if world.Happens(p.draw("duplicate", e.ID), on.Duplicate) && !lost("loss of the copy") && !cut {
		fate.Duplicate = world.CauseNetwork
	}
	if slices.Contains(p.config.Drop, e.ID) {
		fate.Drop, p.met[e.ID] = world.CauseCounterfactual, true
	}
	if slices.Contains(p.config.Duplicated, e.ID) {
		p.met[e.ID] = true
		if !cut {
			fate.Duplicate = world.CauseCounterfactual
		}
	}
	if by, asked := p.config.Delay[e.ID]; asked {
		p.met[e.ID] = true
		if by > 0 && fate.Drop == "" {
			fate.Delay, fate.DelayBy = world.CauseCounterfactual, by
		}
	}
	late := func(purpose string) time.Duration {
		if !world.Happens(p.draw(purpose, e.ID), on.Late) {
			return 0
		}
		return on.LateBy.Pick(p.draw(purpose+" by", e.ID))
	}
	lateBy := late("late")
	if fate.Delay != "" {
		lateBy = fate.DelayBy
	} else if lateBy > 0 && fate.Drop == "" {
		fate.Delay, fate.DelayBy = world.CauseNetwork, lateBy
	}
	if fate.Duplicate != "" {
		fate.CopyLate = late("late copy")
	}
	first := e
	if fate.Drop != "" {
		p.outcome.Lost++
		first.Payload = broken
	}
	p.launch(first, 0, "latency", on.Latency, lateBy)
	if fate.Duplicate != "" {
		p.outcome.Duplicated++
		p.launch(e, 1, "latency of the copy", on.Latency, fate.CopyLate)
	}
	if e.From = from; p.config.Sent != nil {
		p.config.Sent(&e, fate)
	}
	return fate
}

func (p *place) launch(e world.Envelope, number uint32, purpose string, latency world.Range, delay time.Duration) {
	e.From, e.Copy = p.process.ID(), number
	to := p.find(e.To)
	if to == nil {
		if e.Payload != broken {
			p.outcome.Lost++
		}
		return
	}
	p.open++
	at := p.now + latency.Pick(p.draw(purpose, e.ID)) + delay
	p.at(at, happening{process: e.To, kind: getsMessage, id: e.ID, copy: number}, func() { to.arrive(&e) })
}

func (p *place) SetTimer(running world.TimerHandle, timer world.Timer, after time.Duration) world.TimerHandle {
	p.StopTimer(running)
	if p.down || p.drain {
		return 0
	}
	p.handles++
	h := p.handles
	event := p.at(p.now+after*1e6/time.Duration(p.rate),
		happening{
			process: p.process.ID(), kind: hasAlarm, timerKind: timer.Kind,
			id: timer.ID,
		}, func() { p.receive(item{timer: h}) })
	p.alarms[h] = &alarm{timer: timer, event: event}
	return h
}

func (p *place) StopTimer(h world.TimerHandle) {
	if a := p.alarms[h]; a != nil {
		p.cancel(a.event)
		delete(p.alarms, h)
	}
}

func (p *place) stopAll() {
	for _, a := range p.alarms {
		p.cancel(a.event)
	}
	clear(p.alarms)
}

func (p *place) Random(purpose world.Name, key world.CausalID) uint64 {
	return world.Draw(p.config.Seed, purpose, key)
}

func (p *place) Disk() world.Disk { return p }

var errCrashed = errors.New("the process crashed")

func (p *place) Append(record []byte) error {
	if p.down {
		return errCrashed
	}
	p.records = append(p.records, slices.Clone(record))
	return nil
}

func (p *place) Sync() error {
	if loss := p.loss; loss != nil && !p.down && !p.over {
		p.loss = nil
		p.losses++
		loss()
	}
	if p.down {
		return errCrashed
	}
	p.synced = len(p.records)
	return nil
}

func (p *place) Records() iter.Seq[[]byte] { return slices.Values(p.records) }
