package sim_test

import (
	"maps"
	"math"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// What can go wrong in the model.

func (m *model) do(do func()) {
	switch {
	case m.over:
	case m.running:
		do()
	default:
		m.early = append(m.early, do)
	}
}

func (m *model) with(id world.ProcessID, do func(*place)) { m.do(func() { do(m.find(id)) }) }

func (m *model) Crash(id world.ProcessID) { m.with(id, (*place).crash) }

func (m *model) Restart(id world.ProcessID) {
	m.with(id, func(p *place) {
		p.rises = p.down
		if !p.inside {
			p.leave()
		}
	})
}

func (m *model) Pause(id world.ProcessID) {
	m.with(id, func(p *place) {
		if p.down || p.paused {
			return
		}
		p.paused = true
		if p.step != nil && !p.inside {
			p.left = p.step.at - p.now
			p.cancel(p.step)
		}
	})
}

func (m *model) Slow(id world.ProcessID, by time.Duration) {
	m.with(id, func(p *place) { p.slow = max(by, 0) })
}

// running are the timers that did not run out.
func (p *place) running() []*alarm {
	return slices.DeleteFunc(slices.Collect(maps.Values(p.alarms)),
		func(a *alarm) bool { return !slices.Contains(p.events, a.event) })
}

func (m *model) Skew(id world.ProcessID, by time.Duration) {
	m.with(id, func(p *place) {
		for _, a := range p.running() {
			a.event.at = max(p.now, a.event.at-by*1e6/time.Duration(p.rate))
		}
	})
}

func (m *model) Rate(id world.ProcessID, rate float64) {
	m.with(id, func(p *place) { p.setRate(int64(math.Round(rate * 1e6))) })
}

func (p *place) setRate(rate int64) {
	for _, a := range p.running() {
		a.event.at = p.now + (a.event.at-p.now)*time.Duration(p.rate)/time.Duration(rate)
	}
	p.rate = rate
}

func (m *model) Heal(id world.ProcessID) {
	m.do(func() {
		for _, p := range m.places {
			if id == 0 || id == p.process.ID() {
				p.heal()
			}
		}
	})
}

func (p *place) heal() {
	p.slow, p.loss = 0, nil
	p.setRate(1e6)
	for l := range p.cuts {
		if slices.Contains(l[:], p.process.ID()) {
			delete(p.cuts, l)
		}
	}
	if !p.paused {
		return
	}
	p.paused = false
	if p.step != nil && !p.inside {
		p.step.at = p.now + p.left
		p.events = append(p.events, p.step)
	}
	if !p.inside {
		p.next()
	}
}

func (m *model) Cut(from, to []world.ProcessID) {
	m.do(func() {
		for _, f := range from {
			for _, t := range to {
				m.cuts[[2]world.ProcessID{f, t}] = true
			}
		}
	})
}

func (m *model) LoseUnsynced(id world.ProcessID, torn bool, happened func()) {
	m.with(id, func(p *place) {
		p.loss = func() {
			if last := len(p.records) - 1; torn && last >= p.synced {
				whole := p.records[last]
				p.records = p.records[:last]
				if len(whole) > 1 {
					name := world.NameOf("sim.torn record")
					draw := world.Draw(p.config.Seed, name, world.RootID(id, name, p.losses, 0))
					p.records = append(p.records, whole[:1+draw%uint64(len(whole)-1)])
				}
				p.synced = len(p.records)
			}
			p.crash()
			happened()
		}
	})
}
