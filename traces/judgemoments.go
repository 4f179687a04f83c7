package traces

import (
	"cmp"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// moments are those of all servers, in order. Where times may have been cut, those of a server whose steps have no
// numbers are taken for one step if they are no further apart than within.
func (j *Judge) moments(within int64) []stepMoment {
	moments := make([]stepMoment, 0, len(j.records)*5/4)
	for i := range j.records {
		at := int32(i)
		shape := j.shapeOf(at)
		if shape == nil || shape.Service != spans.ServiceNode {
			continue
		}
		r, o := &j.records[i], &j.origins[i]
		m := stepMoment{at: r.end, process: r.process, step: o.endStep(), rank: rankLate, of: at, key: r.id}
		switch n := shape.number; {
		case starts.has(n):
			m.rank = rankStart
			if r.start > j.epoch {
				m.rank, m.key = rankAgain, j.lifeKey(at, false)
			}
		case roleChanges.has(n):
			m.rank, m.key = rankRole, r.term<<8|uint64(r.role)
			if j.facts.roles[r.fact].event == uint8(protocol.RoleEventRestart)+1 {
				m.rank, m.key = rankAgain, j.lifeKey(j.places.get(j.records, j.origins[i].parent), true)
			}
		case (votesAsked | entriesTaken | noticesHeard | peersSet).has(n):
			m.rank = rankReceive
		case requests.has(n):
			m.rank = rankAppend
			if a := j.facts.requests[r.fact].appended; a.index > 0 {
				m.at, m.step, m.key = a.at, o.step, a.index
			}
		case commits.has(n):
			m.rank, m.key = rankCommit, j.facts.commits[r.fact].from
		case applies.has(n):
			m.rank, m.key = rankApply, j.facts.applies[r.fact].index
		case (voteCalls | entriesSent).has(n):
			if r.reply != noText && r.is&failed == 0 || r.is&failed != 0 && r.is&crashed == 0 && entriesSent.has(n) && j.facts.entries[r.fact].next > 0 {
				heard := m
				heard.rank, heard.reply = rankHear, true
				moments = append(moments, heard)
			}
			m.at, m.step, m.rank = r.start, o.step, rankSend
		case repliesLate.has(n):
			heard := m
			heard.rank, heard.reply = rankHear, true
			moments = append(moments, heard)
		case (notices | heartbeats).has(n):
			m.rank = rankSend
		case elections.has(n):
			continue // its change of role tells the same, and when
		}
		moments = append(moments, m)
	}
	for i := range j.persists {
		p := &j.persists[i]
		moments = append(moments, stepMoment{at: p.at, process: j.records[p.from].process, rank: rankPersist, step: p.step, key: j.records[p.from].id, of: p.from})
	}
	if !j.mayBeCut() {
		within = 0
	}
	j.mendMoments(moments, within)
	return j.byMessages(moments)
}

// lifeKey orders the lives that a server began at one moment: each start of the server stands before its change of
// role. Only what it was before the first of them is not known to be a follower.
func (j *Judge) lifeKey(start int32, changes bool) uint64 {
	if start < 0 {
		return 0
	}
	key := j.records[start].id >> 2 << 1
	if j.records[start].role == uint8(protocol.RoleFollower)+1 {
		key |= 1 << 63
	}
	if changes {
		key |= 1
	}
	return key
}

// compareMoments puts moments in order. It looks no further than it has to: a million of them are compared twenty
// times.
func compareMoments(a, b stepMoment) int {
	switch {
	case a.at != b.at:
		return cmp.Compare(a.at, b.at)
	case a.process != b.process:
		return cmp.Compare(a.process, b.process)
	case a.step != b.step:
		return cmp.Compare(a.step, b.step)
	case a.rank != b.rank:
		return cmp.Compare(a.rank, b.rank)
	case a.key != b.key:
		return cmp.Compare(a.key, b.key)
	}
	return cmp.Compare(a.of, b.of)
}
