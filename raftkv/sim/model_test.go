package sim_test

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/sim"
	"github.com/raftkv/raftkv/raftkv/world"
)

// model is the deterministic world as it is described, with no thought for speed: events in a list that is searched
// from end to end, a timer that is stopped is taken out of it, and nothing is kept for a second use.
// TestAgainstTheModel holds the real one against it.
type model struct {
	config  sim.Config
	places  []*place
	events  []*happening
	order   int
	now     time.Duration
	open    int
	running bool
	unseen  bool
	drain   bool
	over    bool
	early   []func()
	cuts    map[[2]world.ProcessID]bool
	met     map[world.CausalID]bool
	outcome sim.Outcome
}

// The kinds of happenings, in the order in which those of one process and one time take place.
const (
	does = iota // of no process, and so before all others of the time
	endsStep
	hearsWord
	getsMessage
	hasAlarm
)

type happening struct {
	at        time.Duration
	process   world.ProcessID
	kind      int
	timerKind uint8
	id        world.CausalID
	copy      uint32
	order     int // of words and of what At does, alone
	act       func()
}

func compare(a, b *happening) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.process, b.process), cmp.Compare(a.kind, b.kind),
		cmp.Compare(a.timerKind, b.timerKind),
		cmp.Compare(a.id, b.id), cmp.Compare(a.copy, b.copy), cmp.Compare(a.order, b.order))
}

type alarm struct {
	timer world.Timer
	event *happening
}

// broken is what a lost message carries.
var broken any = new(byte)

// item is what waits in a mailbox: a message, or a timer by its handle.
type item struct {
	message *world.Envelope
	timer   world.TimerHandle
}

func newModel(c sim.Config) *model {
	return &model{config: c, met: map[world.CausalID]bool{}, cuts: map[[2]world.ProcessID]bool{}}
}

func (m *model) Add(p world.Process) {
	m.places = append(m.places,
		&place{model: m, process: p, inside: true, rate: 1e6, alarms: map[world.TimerHandle]*alarm{}})
}

func (m *model) find(id world.ProcessID) *place {
	for _, p := range m.places {
		if p.process.ID() == id {
			return p
		}
	}
	return nil
}

func (m *model) at(at time.Duration, h happening, act func()) *happening {
	m.order++
	h.at, h.act = max(at, m.now), act
	if h.kind == hearsWord || h.kind == does {
		h.order = m.order
	}
	m.events = append(m.events, &h)
	return &h
}

func (m *model) cancel(h *happening) {
	m.events = slices.DeleteFunc(m.events, func(other *happening) bool { return other == h })
}

func (m *model) Tell(at time.Duration, to world.ProcessID, id world.CausalID, payload any) {
	e := &world.Envelope{ID: id, Root: id, To: to, Payload: payload}
	m.at(at, happening{process: to, kind: hearsWord, id: id}, func() { m.open++; m.find(to).arrive(e) })
}

func (m *model) At(at time.Duration, id world.CausalID, do func()) {
	m.at(at, happening{kind: does, id: id}, func() { do(); m.settle() })
}

func (m *model) Now() time.Duration { return m.now }

func (m *model) Run() sim.Outcome {
	added := slices.Clone(m.places)
	slices.SortFunc(m.places, func(a, b *place) int { return cmp.Compare(a.process.ID(), b.process.ID()) })
	m.running = true
	for _, do := range m.early {
		do()
	}
	for _, p := range added {
		p.number++
		p.process.Start(p)
		p.leave()
	}
	m.settle()
	for len(m.events) > 0 && (!m.drain || m.open > m.held()) {
		next := slices.MinFunc(m.events, compare)
		if m.config.MaxDuration > 0 && next.at > m.config.MaxDuration {
			m.now = m.config.MaxDuration
			break
		}
		m.cancel(next)
		m.now = next.at
		next.act()
	}
	m.outcome.Finished = m.drain && m.open == m.held()
	m.over, m.drain = true, true
	for _, p := range m.places {
		p.number++
		p.process.Finish()
	}
	m.outcome.End = m.now
	m.outcome.Unmet = m.unmet()
	return m.outcome
}

func (m *model) unmet() []world.CausalID {
	var unmet []world.CausalID
	for _, id := range slices.Concat(m.config.Drop, m.config.Duplicated, slices.Collect(maps.Keys(m.config.Delay))) {
		if !m.met[id] {
			unmet = append(unmet, id)
		}
	}
	slices.Sort(unmet)
	return slices.Compact(unmet)
}

// settle asks those who watch, if a process handled anything.
func (m *model) settle() {
	if !m.unseen {
		return
	}
	for m.unseen {
		m.unseen = false
		if m.config.After != nil {
			m.config.After()
		}
	}
	m.ask()
}

// held is how much waits for processes that are paused.
func (m *model) held() (count int) {
	for _, p := range m.places {
		if p.paused && p.step != nil {
			count++
		}
		for _, i := range p.mailbox {
			if p.paused && i.message != nil {
				count++
			}
		}
	}
	return count
}

func (m *model) ask() {
	if m.drain || m.config.Finished == nil || !m.config.Finished() {
		return
	}
	m.drain = true
	for _, p := range m.places {
		p.stopAll()
	}
}
