package sim

import (
	"maps"

	"github.com/raftkv/raftkv/raftkv/world"
)

// Link is one directed link whose rates are not those of the config.
type Link struct {
	From, To   world.ProcessID
	Loss       float64     // the probability that a copy is lost
	Late       float64     // the probability that a copy is late
	LateBy     world.Range // by how much it is then
	Duplicate  float64     // the probability that there is a second copy
	Latency    world.Range // of each copy, if HasLatency; if not, the config's
	HasLatency bool
}

// link is the way from one process to another.
type link struct{ from, to world.ProcessID }

func (l link) touches(p world.ProcessID) bool { return l.from == p || l.to == p }

// rates are how a link treats what it carries.
type rates struct {
	loss, duplicate, late float64
	latency, lateBy       world.Range
}

// addLinks takes in the links that have rates of their own.
func (s *Sim) addLinks() {
	if len(s.config.Links) == 0 {
		return
	}
	s.links = make(map[link]*rates, len(s.config.Links))
	for _, l := range s.config.Links {
		at := link{l.From, l.To}
		if s.links[at] != nil {
			s.fail("the link from %s to %s is there twice", l.From, l.To)
			continue
		}
		r := rates{loss: l.Loss, duplicate: l.Duplicate, late: l.Late, latency: l.Latency, lateBy: l.LateBy}
		if !l.HasLatency {
			r.latency = s.config.Latency
		}
		s.links[at] = &r
	}
}

// checkLinks refuses links of processes that there are not.
func (s *Sim) checkLinks() {
	for _, l := range s.config.Links {
		for _, id := range []world.ProcessID{l.From, l.To} {
			if s.find(id) == nil {
				s.fail("the link from %s to %s: there is no process %s", l.From, l.To, id)
			}
		}
	}
}

func (s *Sim) ratesOf(l link) *rates {
	if r := s.links[l]; r != nil {
		return r
	}
	return &s.rates
}

// Cut has everything be lost, from now on, that any of the former sends to any of the latter. It is directed: a
// partition is a cut each way. A link is cut once, however many cuts cover it. What is on its way already arrives. What
// is lost arrives damaged, as anything that is lost (see damaged).
func (s *Sim) Cut(from, to []world.ProcessID) {
	s.atOnce(func() {
		for _, f := range from {
			for _, t := range to {
				if s.known(f) != nil && s.known(t) != nil {
					s.cuts[link{f, t}] = true
				}
			}
		}
		s.meddles = s.fragile || len(s.cuts) > 0
	})
}

// mend undoes all cuts that touch a process, or with none, all cuts.
func (s *Sim) mend(p world.ProcessID) {
	maps.DeleteFunc(s.cuts, func(l link, _ bool) bool { return p == 0 || l.touches(p) })
	s.meddles = s.fragile || len(s.cuts) > 0
}
