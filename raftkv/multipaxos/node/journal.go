package node

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/world"
)

// isPersist says whether an effect makes something durable.
func isPersist(effect protocol.Effect) bool {
	switch effect.(type) {
	case protocol.PersistPromise, protocol.PersistRound, protocol.PersistChosen:
		return true
	case protocol.Send, protocol.Reply, protocol.Answer, protocol.Propose, protocol.Choose, protocol.Apply,
		protocol.SetTimer, protocol.StopTimer, protocol.RoleChange:
	}
	return false
}

// persist makes durable what an effect says: a record of the journal.
func (p *process) persist(effect protocol.Effect) error {
	p.record = protocol.AppendEffect(p.record[:0], effect)
	disk := p.world.Disk()
	if err := disk.Append(p.record); err != nil {
		return err
	}
	return disk.Sync()
}

// WritesOnReceive implements world.Writer.
func (p *process) WritesOnReceive(e world.Envelope) bool {
	switch payload := e.Payload.(type) {
	case protocol.Lead:
		return p.writes(payload)
	case protocol.Message:
		return p.writes(protocol.Receive{From: processOf(e.From), Message: payload})
	case kv.Message:
		return p.writes(protocol.Request{Message: payload})
	}
	return false
}

// WritesOnTimeout implements world.Writer. A call that is given up writes nothing.
func (p *process) WritesOnTimeout(t world.Timer) bool {
	switch t.Kind {
	case timerSuspicion:
		return p.writes(protocol.SuspicionTimeout{})
	case timerCatchUp:
		return p.writes(protocol.CatchUpTimeout{})
	}
	return false
}

// writes says whether a step with an input would persist anything. A process whose disk failed does nothing.
func (p *process) writes(input protocol.Input) bool { return !p.failed && p.algorithm.Writes(input) }

// kept is what a journal holds, of whatever process it is.
type kept struct {
	promised protocol.Ballot
	accepted []protocol.Proposal // in the order in which they were accepted; the last of a slot counts
	round    protocol.Round
	chosen   []protocol.Decision
}

// replay reads from the journal what the process knew when it stopped (PMS §2.5). A record that does not decode is one
// that a crash cut short: part of a record never decodes, as each says how long it is. It was not synced, so that
// nothing that the process sent depends on it, and it is passed over; those that were written after the restart come
// behind it.
func (p *process) replay() (k kept, err error) {
	for record := range p.world.Disk().Records() {
		effect, _, err := protocol.DecodeEffect(record)
		if err != nil {
			continue
		}
		switch e := effect.(type) {
		case protocol.PersistPromise:
			k.promised, k.accepted = e.Promised, append(k.accepted, e.Accepted...)
		case protocol.PersistRound:
			k.round = e.Round
		case protocol.PersistChosen:
			k.chosen = append(k.chosen, e.Chosen...)
		case protocol.Send, protocol.Reply, protocol.Answer, protocol.Propose, protocol.Choose, protocol.Apply,
			protocol.SetTimer, protocol.StopTimer, protocol.RoleChange:
			return kept{}, fmt.Errorf("journal of %s: a record is a %T", p.id, effect)
		}
	}
	return k, nil
}
