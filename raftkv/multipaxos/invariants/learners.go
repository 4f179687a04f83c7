package invariants

import (
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// LearntIsChosen implements protocol.Invariants.
func (c *Checker) LearntIsChosen(v *View) error {
	for _, d := range v.Learnt {
		known := c.at(d.Slot)
		switch {
		case known == nil:
			return check.Fact("nothing is chosen in slot %d", d.Slot).But("%s learns %s", v.Process, d.Value)
		case known.value != d.Value:
			return check.Fact("%s is chosen in slot %d", known.value, d.Slot).But("%s learns %s", v.Process, d.Value).
				Since(known.at)
		}
	}
	return nil
}

// SameOrder implements protocol.Invariants: slot by slot, and in each what is chosen there.
func (c *Checker) SameOrder(v *View) error {
	m := c.of(v)
	if m == nil {
		return nil
	}
	for i := range v.Applied {
		a := &v.Applied[i]
		if a.Slot != m.applied+1 {
			return check.Fact("%s has applied everything up to slot %d", m.id, m.applied).
				But("it applies %s in slot %d", a.Value, a.Slot)
		}
		if known := c.at(a.Slot); known == nil || known.value != a.Value {
			return c.LearntIsChosen(&View{
				Process: v.Process, Learnt: []protocol.Decision{{Slot: a.Slot, Value: a.Value}},
			})
		}
		m.applied++
	}
	if m.now.applied > m.applied {
		return check.Fact("%s applied nothing in slot %d", m.id, m.applied+1).
			But("it takes everything up to slot %d for applied", m.now.applied)
	}
	return nil
}

// Monotonic implements protocol.Invariants.
func (c *Checker) Monotonic(v *View) error {
	m := c.of(v)
	if m == nil || v.Event == Restarted {
		return nil
	}
	if m.now.applied < m.was.applied {
		return check.Fact("%s had applied up to slot %d", m.id, m.was.applied).But("it says %d now", m.now.applied)
	}
	if m.now.known < m.was.known {
		return check.Fact("%s knew what is chosen up to slot %d", m.id, m.was.known-1).
			But("it knows it up to slot %d now", m.now.known-1)
	}
	return nil
}

// TraceIntegrity implements protocol.Invariants: what a process announces, as its spans do, agrees with its state.
func (c *Checker) TraceIntegrity(v *View) error {
	m := c.of(v)
	if m == nil || m.now.applied == m.applied {
		return nil
	}
	return check.Fact("%s announced that it applied up to slot %d", m.id, m.applied).
		But("its state says %d", m.now.applied)
}
