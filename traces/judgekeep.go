package traces

// keep adds to the judge's facts one of a digest, with the judge's numbers, and returns where in its list.
func (j *Judge) keep(d *digest, list factList, at int32) int32 {
	f, from, n := &j.facts, &d.facts, d.numbers
	text := func(of uint32) uint32 { return j.textOf(n, of) }
	switch list {
	case listVotes:
		v := from.votes[at]
		v.reason, v.votedFor = text(v.reason), j.voteOf(n, v.votedFor)
		return push(&f.votes, v)
	case listEntries:
		e := from.entries[at]
		e.reason = text(e.reason)
		e.entries = j.keepSlots(d, e.entries)
		return push(&f.entries, e)
	case listRoles:
		r := from.roles[at]
		r.appended.command = text(r.appended.command)
		return push(&f.roles, r)
	case listCommits:
		c := from.commits[at]
		c.acks = j.keepProcesses(d, c.acks)
		return push(&f.commits, c)
	case listApplies:
		a := from.applies[at]
		a.command, a.request, a.result = text(a.command), text(a.request), text(a.result)
		return push(&f.applies, a)
	case listRequests, listOperations:
		r := from.requests[at]
		r.request, r.result, r.command, r.appended.command = text(r.request), text(r.result), text(r.command), text(r.appended.command)
		r.key, r.value = text(r.key), text(r.value)
		r.leader = j.processOf(n, r.leader)
		return push(&f.requests, r)
	case listElections:
		e := from.elections[at]
		e.outcome, e.votedFor = text(e.outcome), j.voteOf(n, e.votedFor)
		return push(&f.elections, e)
	case listTold, listBeats:
		return push(&f.told, from.told[at])
	case listFaults:
		return push(&f.faults, faultFact{text(from.faults[at].kind), text(from.faults[at].target)})
	case listPeers:
		p := from.peers[at]
		p.peers = j.keepProcesses(d, p.peers)
		return push(&f.peers, p)
	case listStarts:
		s := from.starts[at]
		s.votedFor = j.voteOf(n, s.votedFor)
		return push(&f.starts, s)
	case listLate:
		return push(&f.late, from.late[at])
	case listBuilds:
		return push(&f.builds, text(from.builds[at]))
	case listNone:
	}
	return -1
}

func (j *Judge) keepSlots(d *digest, l list) list {
	from := uint32(len(j.facts.slots))
	for _, s := range d.facts.slots[l.from:l.to] {
		j.facts.slots = append(j.facts.slots, slot{s.term, j.textOf(d.numbers, s.command), j.textOf(d.numbers, s.request)})
	}
	return list{from, uint32(len(j.facts.slots))}
}

func (j *Judge) keepProcesses(d *digest, l list) list {
	from := uint32(len(j.facts.acks))
	for _, p := range d.facts.acks[l.from:l.to] {
		j.facts.acks = append(j.facts.acks, j.processOf(d.numbers, p))
	}
	return list{from, uint32(len(j.facts.acks))}
}

func push[T any](list *[]T, item T) int32 {
	*list = append(*list, item)
	return int32(len(*list) - 1)
}
