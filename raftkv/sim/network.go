package sim

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/world"
)

// dice are for what the network does and for the processes' pace. A second copy has its own chance.
type dice struct {
	loss, late, lateBy, latency, step [2]world.Dice
	duplicate, timer                  world.Dice
}

func diceFor(seed uint64) dice {
	of := func(purpose string) world.Dice { return world.DiceFor(seed, world.NameOf("sim."+purpose)) }
	return dice{
		loss:      [2]world.Dice{of("loss"), of("loss of the copy")},
		late:      [2]world.Dice{of("late"), of("late copy")},
		lateBy:    [2]world.Dice{of("late by"), of("late copy by")},
		latency:   [2]world.Dice{of("latency"), of("latency of the copy")},
		step:      [2]world.Dice{of("step"), of("step for the copy")},
		duplicate: of("duplicate"),
		timer:     of("step for a timer"),
	}
}

// counterfactual is what was asked to be done to one message.
type counterfactual struct {
	drop, duplicate bool
	delay           time.Duration
	met             bool // there was such a message
}

// counterfactuals gathers what a config asks for by the message it names.
func counterfactuals(c *Config) map[world.CausalID]*counterfactual {
	asked := make(map[world.CausalID]*counterfactual, len(c.Drop)+len(c.Delay)+len(c.Duplicated))
	of := func(id world.CausalID) *counterfactual {
		if asked[id] == nil {
			asked[id] = &counterfactual{}
		}
		return asked[id]
	}
	for _, id := range c.Drop {
		of(id).drop = true
	}
	for _, id := range c.Duplicated {
		of(id).duplicate = true
	}
	for id, by := range c.Delay {
		of(id).delay = by
	}
	return asked
}

// unmet lists the counterfactuals whose message there never was.
func (s *Sim) unmet() []world.CausalID {
	var ids []world.CausalID
	for id, c := range s.asked {
		if !c.met {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// decide says what happens to a message, by its id and its link alone: so it is the same whatever else the run does.
// What was asked for goes before what is drawn; but nothing crosses a link that is cut, not even a second copy that was
// asked for. It returns the link's rates, and by how much the first copy is late: a lost one, too, since a loss must
// not change when its receiver is busy.
func (s *Sim) decide(fate *world.Fate, e *world.Envelope) (r *rates, late time.Duration) {
	r = s.ratesOf(link{e.From, e.To})
	if world.Happens(s.dice.loss[0].Draw(e.ID), r.loss) {
		fate.Drop = world.CauseNetwork
	}
	if world.Happens(s.dice.duplicate.Draw(e.ID), r.duplicate) && !world.Happens(s.dice.loss[1].Draw(e.ID), r.loss) {
		fate.Duplicate = world.CauseNetwork
	}
	cut := s.cuts[link{e.From, e.To}]
	if cut {
		fate.Drop, fate.Duplicate = world.CauseFault, ""
	}
	if len(s.asked) > 0 {
		s.amend(fate, e.ID, cut)
	}
	if fate.Duplicate != "" {
		fate.CopyLate = s.lateness(1, e.ID, r)
	}
	late = s.lateness(0, e.ID, r)
	switch {
	case fate.Delay != "":
		late = fate.DelayBy
	case late > 0 && fate.Drop == "":
		fate.Delay, fate.DelayBy = world.CauseNetwork, late
	}
	return r, late
}

// lateness is by how much a link has a copy of a message come late; 0 when it does not.
func (s *Sim) lateness(number int, id world.CausalID, r *rates) time.Duration {
	if !world.Happens(s.dice.late[number].Draw(id), r.late) {
		return 0
	}
	return r.lateBy.Pick(s.dice.lateBy[number].Draw(id))
}

// amend has a message's fate be what was asked for.
func (s *Sim) amend(fate *world.Fate, id world.CausalID, cut bool) {
	c := s.asked[id]
	if c == nil {
		return
	}
	c.met = true
	if c.drop {
		fate.Drop = world.CauseCounterfactual
	}
	if c.duplicate && !cut {
		fate.Duplicate = world.CauseCounterfactual
	}
	if c.delay > 0 && fate.Drop == "" {
		fate.Delay, fate.DelayBy = world.CauseCounterfactual, c.delay
	}
}

// damaged is what a lost message carries: it arrives like any other, and costs its receiver the time to see that there
// is nothing to be learnt from it. So a loss moves nobody's clock by itself, and two runs that differ in one lost
// message differ in what it would have said, and in nothing else.
type damaged struct{}

// isDamaged says whether a message was lost on its way.
func isDamaged(e *world.Envelope) bool {
	_, is := e.Payload.(damaged)
	return is
}

// send decides a message's fate, and puts its copies on their way.
func (s *Sim) send(e *world.Envelope, fate *world.Fate) {
	r, late := &s.rates, time.Duration(0)
	if s.meddles {
		r, late = s.decide(fate, e)
	}
	to := s.find(e.To)
	if fate.Drop != "" || to == nil {
		s.outcome.Lost++
	}
	payload := e.Payload
	if fate.Drop != "" {
		e.Payload = damaged{}
	}
	if to != nil {
		s.launch(to, e, r, late)
	}
	e.Payload = payload
	if fate.Duplicate != "" {
		s.sendCopy(to, e, r, fate.CopyLate)
	}
	if s.config.Sent != nil {
		s.tellSent(*e, *fate)
	}
}

// tellSent hands on a copy of the message, as it was sent: a pointer to the sender's own would have every message of
// every run live on the heap.
func (s *Sim) tellSent(e world.Envelope, fate world.Fate) {
	e.Copy = 0
	s.config.Sent(&e, fate)
}

func (s *Sim) tellHandled(message uint32) {
	if s.config.Handled != nil {
		s.config.Handled(&s.flights.envelopes[message])
	}
}

func (s *Sim) tellLost(message uint32) {
	if s.config.Lost != nil {
		s.config.Lost(&s.flights.envelopes[message])
	}
}

func (s *Sim) sendCopy(to *actor, e *world.Envelope, r *rates, late time.Duration) {
	s.outcome.Duplicated++
	if to == nil {
		s.outcome.Lost++
		return
	}
	e.Copy = 1
	s.launch(to, e, r, late)
}

// launch has a copy arrive after its latency, and late. Links are not first-in-first-out: each copy takes its own time,
// whatever else is on the way.
func (s *Sim) launch(to *actor, e *world.Envelope, r *rates, late time.Duration) {
	draw := s.dice.latency[e.Copy].Draw(e.ID)
	if s.config.Latencies != nil && !isDamaged(e) {
		draw = s.config.Latencies()
	}
	at := after(after(s.now, r.latency.Pick(draw)), late)
	s.open++
	s.queue.push(event{at: at, id: e.ID, rank: to.rank(kindArrival), ref: e.Copy<<copyShift | s.flights.put(e)})
}

// flights keeps the messages that are on their way, wait in a mailbox, or keep a process busy.
type flights struct {
	envelopes []world.Envelope
	free      []uint32
}

func (f *flights) put(e *world.Envelope) uint32 {
	if last := len(f.free) - 1; last >= 0 {
		place := f.free[last]
		f.free = f.free[:last]
		f.envelopes[place] = *e
		return place
	}
	if uint64(len(f.envelopes)) == maxFlights {
		panic("sim: 2^31 messages are on their way at once")
	}
	f.envelopes = append(f.envelopes, *e)
	return uint32(len(f.envelopes) - 1)
}

func (f *flights) release(place uint32) {
	f.envelopes[place].Payload = nil // or it would be kept alive
	f.free = append(f.free, place)
}
