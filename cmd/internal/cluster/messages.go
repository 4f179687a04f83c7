package cluster

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Recorder takes the spans of a run, and is told what becomes of messages and whom faults hit, so that spans say so.
type Recorder interface {
	span.Sink

	Sent(message uint64, copies int)
	Handled(message uint64)
	Lost(message uint64, copyNumber uint32, at time.Time, fault span.Ref)
	Hit(message uint64, fault span.Ref)
	Explain(call uint64, fault span.Ref)
	Crashed(service string, fault span.Ref)
}

// messages tells the recorder what becomes of messages. A message is named by the span that sends it; a word from
// outside has none.
type messages struct {
	cluster  *Cluster
	recorder Recorder
}

// sent is told of a message that is on its way: see sim.Config.
func (m messages) sent(e *world.Envelope, fate world.Fate) {
	copies := 1
	if fate.Drop != "" {
		copies--
	}
	if fate.Duplicate != "" {
		copies++
	}
	m.recorder.Sent(uint64(e.ID), copies)
	if fate.Drop != world.CauseFault {
		return
	}
	if cut, is := m.cluster.faults.cuts[[2]world.ProcessID{e.From, e.To}]; is {
		m.recorder.Hit(uint64(e.ID), cut)
		if e.InReplyTo != 0 {
			m.recorder.Explain(uint64(e.InReplyTo), cut)
		}
	}
}

// handled is told of a copy that was handled.
func (m messages) handled(e *world.Envelope) {
	if e.From != 0 {
		m.recorder.Handled(uint64(e.ID))
	}
}

// lost is told of a copy that is lost where it arrived.
func (m messages) lost(e *world.Envelope) {
	if e.From != 0 {
		// after the fault, should that be at the same moment
		at := m.cluster.config.StartTime.Add(m.cluster.sim.HappensAt())
		m.recorder.Lost(uint64(e.ID), e.Copy, at, m.cluster.faults.thatCrashed(e.To))
	}
}
