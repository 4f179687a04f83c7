package invariants

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// InFlightWasSent implements protocol.Invariants.
func (c *Checker) InFlightWasSent(v *View) error {
	s := c.of(v)
	if s == nil || s.now.role != protocol.RoleLeader {
		return nil
	}
	for i := range v.State.InFlight {
		id := kv.NodeID(i)
		if id == 0 || id == s.id || s.asBefore(v.State, id) {
			continue
		}
		if wrong := c.wrongInFlight(s, v, id); wrong != "" {
			return check.Fact("%s leads term %d, and its log ends at index %d", s.id, s.now.term, s.log.last()).But("%s", wrong)
		}
	}
	return nil
}

// asBefore says whether a leader believes of a follower what it did before the event, so that nothing is new on the
// way.
func (s *server) asBefore(state *protocol.State, id kv.NodeID) bool {
	return s.led.term == s.now.term && int(id) < len(s.led.inFlight) && s.led.match[id] == state.MatchIndex[id] &&
		s.led.next[id] == state.NextIndex[id] &&
		s.led.round[id] == state.Round[id] && s.led.window[id] == state.Window[id] && slices.Equal(
		s.led.inFlight[id], state.InFlight[id],
	)
}

// wrongInFlight says what is wrong with what a leader takes to be on the way to a follower; nothing if it is right.
func (c *Checker) wrongInFlight(s *server, v *View, id kv.NodeID) string {
	state := v.State
	match, next, window, inFlight := state.MatchIndex[id], state.NextIndex[id], state.Window[id], state.InFlight[id]
	var before []protocol.InFlight
	var round protocol.Round
	if s.led.term == s.now.term && int(id) < len(s.led.inFlight) {
		before, round = s.led.inFlight[id], s.led.round[id]
	}
	room := max(int(window), len(before)) // what was on the way stays there when the window shrinks
	if state.Round[id] != round {
		room = max(room, len(before)+1) // and what the leader goes back to is sent at once
	}
	switch most := c.options.Timing.MaxInFlight; {
	case next <= match || next > s.log.last()+1:
		return fmt.Sprintf(
			"it would send index %d to %s next, and takes it to hold the log up to index %d", next, id, match,
		)
	case window == 0 || most > 0 && window > uint64(most):
		return fmt.Sprintf("it may have %d AppendEntries on the way to %s, and the most is %d", window, id, most)
	case state.Round[id] != round && window != 1:
		return fmt.Sprintf(
			"it went back in its log for %s, and may have %d AppendEntries on the way to it before one is answered", id,
			window,
		)
	case round > 0 && state.Round[id] == round && window > s.led.window[id]+1:
		return fmt.Sprintf(
			"it may have %d AppendEntries on the way to %s, which it went back for, and might have %d before one was "+
				"answered",
			window, id, s.led.window[id],
		)
	case len(inFlight) > room:
		return fmt.Sprintf(
			"it has %d AppendEntries on the way to %s, where its window is %d and %d were on the way before",
			len(inFlight), id, window, len(before),
		)
	}
	sent := protocol.LogIndex(0)
	for _, f := range inFlight {
		switch {
		case f.PrevLogIndex >= f.LastIndex || f.PrevLogIndex < sent || f.LastIndex >= next:
			return fmt.Sprintf(
				"it takes %s to be on the way to %s, behind those up to %d, and would send index %d next",
				entriesText(f), id, sent, next,
			)
		case f.LastIndex <= match:
			return fmt.Sprintf(
				"it takes %s to be on the way to %s, and it to hold the log up to index %d", entriesText(f), id, match,
			)
		case !slices.Contains(before, f) && !justSent(v, id, f, state.Round[id]):
			return fmt.Sprintf("it takes %s to be on the way to %s, which it did not send there", entriesText(f), id)
		}
		sent = f.LastIndex
	}
	return unheeded(v, id, inFlight)
}

func entriesText(f protocol.InFlight) string {
	return fmt.Sprintf("entries %d to %d", f.PrevLogIndex+1, f.LastIndex)
}

// entriesTo is what of the entries that an event sent is on the way to a follower, and in which round.
func entriesTo(sent *Sent, to kv.NodeID) (f protocol.InFlight, round protocol.Round, ok bool) {
	m, is := sent.Message.(protocol.AppendEntries)
	if !is || sent.To != to || len(m.Entries) == 0 {
		return f, 0, false
	}
	f.PrevLogIndex, f.LastIndex = m.PrevLogIndex, m.PrevLogIndex+protocol.LogIndex(len(m.Entries))
	return f, m.Round, true
}

func justSent(v *View, to kv.NodeID, wanted protocol.InFlight, in protocol.Round) bool {
	for i := range v.Sent {
		if f, round, ok := entriesTo(&v.Sent[i], to); ok && f == wanted && round == in {
			return true
		}
	}
	return false
}

// unheeded says what an event sent to a follower that its leader does not take to be on the way.
func unheeded(v *View, to kv.NodeID, inFlight []protocol.InFlight) string {
	for i := range v.Sent {
		if f, _, ok := entriesTo(&v.Sent[i], to); ok && !slices.Contains(inFlight, f) {
			return fmt.Sprintf("it sent %s to %s, and does not take them to be on the way", entriesText(f), to)
		}
	}
	return ""
}
