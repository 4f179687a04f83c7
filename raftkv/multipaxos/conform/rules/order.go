package rules

import (
	"cmp"
	"slices"

	"github.com/raftkv/raftkv/raftkv/multipaxos/conform/kept"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/index"
)

// moment is when a process did what a span tells of, or a part of it. All moments of a step have the same time, the
// latest that its spans tell, and the order of what a step does.
type moment struct {
	at      int64
	process int32 // its number
	step    uint32
	rank    rank
	key     uint64 // orders what is of the same rank
	of      *Span
}

// rank orders what one step did, as a step does it. The order of the lines of a file does not matter: spans may have
// been elsewhere in between.
type rank uint8

const (
	rankStart   rank = iota
	rankPersist      // what is durable comes before all that depends on it
	rankReply        // the reply to a call, or one that came late: a step does the rest because of it
	rankReceive      // a message, or a client's request
	rankBallot
	rankRole
	rankChosen
	rankApply
	rankSend
	rankAnswer // a client's, or how phase 1 ended
)

// isOurs says whether a span is of a process of the protocol.
func isOurs(s *Span) bool {
	return s.Kind != nil && slices.Contains([]string{
		spans.ServiceProcess, spans.ServiceLearner, spans.ServiceAcceptor, spans.ServiceLeader, spans.ServiceReplica,
	}, s.Kind.Service)
}

// moments returns those of all processes, in order.
func moments(f *check.Facts) []moment {
	all := make([]moment, 0, len(f.Spans)*5/4)
	for _, s := range f.Spans {
		if !isOurs(s) {
			continue
		}
		all = appendMoments(all, s)
		if p := s.Persist; p != nil {
			all = append(all, moment{at: p.At, process: s.ProcessNumber, step: p.Step, rank: rankPersist, of: s})
		}
	}
	joinSteps(all)
	return byMessages(f, all)
}

// appendMoments appends the moments that a span tells of.
func appendMoments(all []moment, s *Span) []moment {
	m := moment{at: s.Start, process: s.ProcessNumber, step: s.Step, rank: rankReceive, of: s, key: uint64(s.ID)}
	ended := m
	ended.at, ended.step = s.End, s.EndStep()
	switch s.Kind.ID {
	case spans.StartID:
		m.rank = rankStart
	case spans.Phase1ID:
		m.rank, ended.rank = rankBallot, rankAnswer
		all = append(all, ended)
	case spans.RoleChangeID:
		m.rank = rankRole
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		ended.rank = rankAnswer
		all = append(all, ended)
	case spans.PrepareClientID, spans.AcceptClientID, spans.CatchUpClientID:
		m.rank = rankSend
		if s.Reply != "" && !s.Failed {
			ended.rank = rankReply
			all = append(all, ended)
		}
	case spans.LateReplyID:
		m.rank = rankReply
	case spans.ChosenID:
		m.rank = rankChosen
	case spans.ApplyID:
		m.rank, m.key = rankApply, s.Facts.(*kept.Apply).Slot
	case spans.CommitProducerID, spans.HeartbeatID, spans.HeartbeatProducerID:
		m.rank = rankSend
	}
	return append(all, m)
}

// joinSteps has what a process did in one step be at one time, the latest of them, and puts all in order.
func joinSteps(all []moment) {
	slices.SortFunc(all, func(a, b moment) int {
		return cmp.Or(cmp.Compare(a.process, b.process), cmp.Compare(a.step, b.step), cmp.Compare(a.rank, b.rank),
			cmp.Compare(a.key, b.key), cmp.Compare(a.of.Place, b.of.Place))
	})
	for first := 0; first < len(all); {
		last, latest := first, all[first].at
		for last+1 < len(all) && all[last+1].process == all[first].process && all[last+1].step == all[first].step {
			last++
			latest = max(latest, all[last].at)
		}
		for ; first <= last; first++ {
			all[first].at = latest
		}
	}
}

// byMessages puts moments into an order in which no message is taken in before it was sent, which times that were cut
// may not tell.
func byMessages(f *check.Facts, all []moment) []moment {
	sent, handled, answered := nowhere(len(f.Spans)), nowhere(len(f.Spans)), nowhere(len(f.Spans))
	for i := range all {
		switch m := &all[i]; m.rank { //nolint:exhaustive // the other moments are no message's
		case rankSend:
			sent[m.of.Place] = int32(i)
		case rankReceive:
			handled[m.of.Place] = int32(i)
			if call := m.of.Parent; call != nil && (m.of.Copy > 0) == call.AnsweredSecond { // of two copies, that one
				answered[call.Place] = int32(i)
			}
		}
	}
	before := func(i int32) int32 {
		m := &all[i]
		switch above := m.of.Parent; {
		case m.rank == rankReply && m.of.Kind.Sends:
			return answered[m.of.Place]
		case m.rank == rankReply && above != nil:
			return handled[above.Place]
		case m.rank == rankReceive && above != nil:
			return sent[above.Place]
		}
		return index.None
	}
	about := func(i int32) index.Happening {
		m := &all[i]
		return index.Happening{Process: m.process, At: m.at, Step: m.step}
	}
	inOrder := make([]moment, 0, len(all))
	for i := range index.Ordered(len(all), f.Processes, about, before) {
		inOrder = append(inOrder, all[i])
	}
	return inOrder
}

// nowhere returns places that are not known.
func nowhere(n int) []int32 { return slices.Repeat([]int32{index.None}, n) }
