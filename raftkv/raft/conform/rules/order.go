package rules

import (
	"cmp"
	"iter"
	"math"
	"slices"
	"sync"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/index"
)

// moment is when a server was in the state that a span tells of. All moments of a step have the same time, the latest
// that its spans tell, and the order of what a step does: what a span says is so after the step.
type moment struct {
	at      int64
	process int32 // its number
	rank    rank
	reply   bool   // a reply was handled
	step    uint32 // its number; 0 where steps have none
	key     uint64 // orders what is of the same rank
	of      *Span
}

// rank orders what one step did, as a step does it. The order of the lines of a file does not matter: spans may have
// been elsewhere in between.
type rank uint8

const (
	rankStart   rank = iota
	rankPersist      // what is durable comes before all that depends on it
	rankReply        // a reply comes first: what a step does follows from it
	rankRole
	rankReceive
	rankAppend
	rankCommit
	rankApply
	rankSend
	rankLate
	rankAgain // a server that crashed as the step ended starts again, and is a follower
)

// moments yields those of all servers, in order. Where times may have been cut, those of a server whose steps have no
// numbers are taken for one step if they are no further apart than within, in ns.
func moments(f *check.Facts, within int64) iter.Seq[*moment] {
	if !f.MayBeCut() {
		within = 0
	}
	byProcess := make([][]moment, f.Processes)
	var working sync.WaitGroup
	for process := range byProcess {
		working.Go(func() {
			all := momentsOf(f, process)
			if f.Numbered[process] {
				orderBySteps(all)
			} else {
				orderByTimes(all, within)
			}
			byProcess[process] = all
		})
	}
	working.Wait()
	return byMessages(f, slices.Concat(byProcess...))
}

// momentsOf returns those of one process, in no order.
func momentsOf(f *check.Facts, process int) []moment {
	spans := f.ByProcess[process]
	all := make([]moment, 0, len(spans)*3/2)
	for _, s := range spans {
		if s.Kind != nil && s.Kind.Service == kvspans.ServiceNode {
			all = appendMoments(all, f, s)
		}
		if p := s.Persist; p != nil {
			all = append(all, moment{
				at: p.At, process: s.ProcessNumber, rank: rankPersist, step: p.Step, key: uint64(s.ID), of: s,
			})
		}
	}
	return all
}

// appendMoments appends the moments that a span tells of.
func appendMoments(all []moment, f *check.Facts, s *Span) []moment {
	m := moment{
		at: s.End, process: s.ProcessNumber, step: s.EndStep(), rank: rankLate, of: s, key: uint64(s.ID),
	}
	switch s.Kind.ID {
	case spans.StartID:
		m.rank = rankStart
		if s.Start > f.Epoch {
			m.rank, m.key = rankAgain, lifeKey(s, false)
		}
	case spans.RoleChangeID:
		m.rank, m.key = rankRole, s.Term<<8|uint64(roleNumber(s.Role))
		if restarts(s) {
			m.rank, m.key = rankAgain, lifeKey(s.Parent, true)
		}
	case spans.RequestVoteServerID, spans.AppendEntriesServerID, spans.CommitNotificationConsumerID, spans.SetPeersID:
		m.rank = rankReceive
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		m.rank = rankAppend
		if a := s.Facts.(*kept.Request).Appended; a.Index > 0 {
			m.at, m.step, m.key = a.At, s.Step, a.Index
		}
	case spans.CommitID:
		m.rank, m.key = rankCommit, s.Facts.(*kept.Commit).From
	case spans.ApplyID:
		m.rank, m.key = rankApply, s.Facts.(*kept.Apply).Index
	case spans.RequestVoteClientID, spans.AppendEntriesClientID:
		e, is := s.Facts.(*kept.Replication)
		if s.Reply != "" && !s.Failed || s.Failed && !s.Crashed && is && e.Next > 0 {
			ended := m
			ended.rank, ended.reply = rankReply, true
			all = append(all, ended)
		}
		m.at, m.step, m.rank = s.Start, s.Step, rankSend
	case spans.LateReplyID:
		handled := m
		handled.rank, handled.reply = rankReply, true
		all = append(all, handled)
	case spans.CommitNotificationProducerID, spans.HeartbeatID:
		m.rank = rankSend
	case spans.ElectionID:
		return all // its change of role tells the same, and when
	}
	return append(all, m)
}

// roleNumber returns the number of a role; 0 for none.
func roleNumber(role string) int {
	return 1 + slices.IndexFunc(protocol.RoleValues(), func(r protocol.Role) bool { return r.String() == role })
}

// restarts says whether a span is the change of role by which a server starts again.
func restarts(s *Span) bool {
	change, is := s.Facts.(*kept.RoleChange)
	return is && change.Event == kept.Restart
}

// lifeKey orders the lives that a server began at one moment: each start of the server stands before its change of
// role. Only what it was before the first of them is not known to be a follower.
func lifeKey(start *Span, changes bool) uint64 {
	if start == nil {
		return 0
	}
	key := uint64(start.ID) >> 2 << 1
	if start.Role == kept.Follower {
		key |= 1 << 63
	}
	if changes {
		key |= 1
	}
	return key
}

// compareInStep puts moments of one server, and of one step, in order.
func compareInStep(a, b moment) int {
	switch {
	case a.rank != b.rank:
		return cmp.Compare(a.rank, b.rank)
	case a.key != b.key:
		return cmp.Compare(a.key, b.key)
	}
	return cmp.Compare(a.of.Place, b.of.Place)
}

// orderBySteps puts what a server did in the order of its steps. A step is as late as the latest of what was done in it
// and before it.
func orderBySteps(all []moment) {
	slices.SortStableFunc(all, func(a, b moment) int { // fast, since they are nearly in order
		if a.step != b.step {
			return cmp.Compare(a.step, b.step)
		}
		return compareInStep(a, b)
	})
	latest := int64(math.MinInt64)
	for first, last := 0, 0; first < len(all); first = last {
		for last < len(all) && all[last].step == all[first].step {
			latest = max(latest, all[last].at)
			last++
		}
		step := all[first:last]
		for i := range step {
			step[i].at = latest
		}
	}
}

// orderByTimes puts what a server did whose steps have no numbers in the order of time. What is no further apart than
// within is taken for one step.
func orderByTimes(all []moment, within int64) {
	slices.SortFunc(all, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(all); i++ {
		if before := all[i-1].at; all[i].at <= before+within {
			all[i].at = before
		}
	}
	slices.SortFunc(all, func(a, b moment) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.step, b.step), compareInStep(a, b))
	})
}

// byMessages yields moments in the order of time, but for one thing: no message is taken in before it was sent, which
// times that were cut may not tell. Those of each process are in order.
func byMessages(f *check.Facts, all []moment) iter.Seq[*moment] {
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
		switch call := m.of.Parent; {
		case m.reply && call != nil && m.of.Is(spans.LateReplyID):
			return handled[call.Place]
		case m.reply && m.of.Failed: // it was given up
			return -1
		case m.reply:
			return answered[m.of.Place]
		case m.rank == rankReceive && call != nil:
			return sent[call.Place]
		}
		return -1
	}
	about := func(i int32) index.Happening {
		m := &all[i]
		return index.Happening{Process: m.process, At: m.at, Step: m.step}
	}
	order := index.Ordered(len(all), f.Processes, about, before)
	return func(yield func(*moment) bool) {
		for i := range order {
			if !yield(&all[i]) {
				return
			}
		}
	}
}

// nowhere returns places that are not known.
func nowhere(n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = -1
	}
	return list
}
