package rules

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// cluster is what is known of the servers when they have come so far.
type cluster struct {
	*check.Facts
	*check.Findings

	servers   map[string]*server
	order     []string         // of the servers, as they appear
	leaders   map[uint64]*Span // of each term, the first span that says who leads it
	votes     map[ballot]cast  // of each voter and term
	grants    map[ballot][]string
	elected   map[uint64]bool // terms that a server stood for election in
	members   []string        // of the cluster
	quorum    uint64
	quorumBy  *Span // nil while it is not known
	seen      []sight
	committed []committed
	stuck     map[[2]string]*refusals

	liars      map[string][]int64 // servers whose disks were made to lose what they had said that they keep, and when
	lostWrites map[string][]int64 // of each server, when it crashed in a write
}

// ballot names who votes, or is voted for, in a term.
type ballot struct {
	process string
	term    uint64
}

// cast is a vote, and the span that says first whom it went to.
type cast struct {
	to string
	by *Span
}

// sight is what was first seen of an entry, anywhere. Those of one index and other terms follow.
type sight struct {
	kept.Entry
	before uint64 // the term of the entry before it
	by     *Span  // nil where none was seen
	other  *sight
}

// committed is an entry that was committed, as the first server that applied it tells.
type committed struct {
	*kept.Apply
	in uint64 // the lowest term in which a server took it for committed
	by *Span  // nil when no span tells
}

// refusals are those of the same AppendEntries, one after the other.
type refusals struct {
	term, prev uint64
	handled    int64
	count      int
	of         *Span
}

// server is what is known of one server. The spans are those that say so; nil where none does.
type server struct {
	process string
	at      int64 // of the step that is being looked at
	step    uint32

	term, told, owed       uint64 // its term; one that it may have forgotten in a crash; one that a reply told it
	termBy, toldBy, owedBy *Span
	owedAt                 int64
	loose                  bool   // it may have a term that a reply told of, and nobody can tell which reply that was
	role                   string // empty when it is not known
	roleBy                 *Span

	starts      int
	startedAt   int64
	restarted   bool   // and has not told its term since
	diedWriting bool   // before it started last
	forgot      string // the role that it had in its memory only when it crashed in a write; empty when no span tells
	forgotBy    *Span

	election       *Span             // that it stands in
	voters         []string          // whose votes arrived in it
	matched        map[string]uint64 // of a leader: up to where each server said that it holds its log
	backs          map[string]back   // of a leader: where it went back to last, for each follower
	beatTerm, beat uint64            // its latest heartbeat round

	disk    disk
	lost    int   // how often its disk lost what it had said that it keeps
	last    *Span // the span of this step that was looked at last
	changed *Span // the span of this step that changed the log
	ends    *Span // the call that was answered in this step

	log          []kept.Entry
	commit       uint64
	commitBefore uint64 // before this step
	commitBy     *Span  // the commit that is being applied; nil before the first
	applied      uint64
	highest      uint64 // the highest commit index, crashes included
	highestBy    *Span

	leader             leadership
	due                uint64 // what it has to have committed by the end of this step
	dueBy              *Span
	appliedOf, applyTo uint64 // of the latest commit: how far it was applied, and has to be
}

// leadership is what a follower knows of what the leader of a term committed.
type leadership struct {
	term              uint64
	commit, match     uint64 // the highest commit index that it told; up to where the log is known to equal its log
	commitBy, matchBy *Span
}

// back is where a leader went back to in its log for a follower, and when.
type back struct {
	term, next uint64
	at         int64
	step       uint32
	sent       bool // the AppendEntries that goes on from there
}

// disk is what a server's disk holds, as its spans tell it.
type disk struct {
	kept.Durable
	known bool
	by    *Span    // the span that says so
	kept  []onDisk // what it held before, where it was made to lose that
}

// onDisk is what a disk held, its log included.
type onDisk struct {
	kept.Durable
	log []kept.Entry
}

func newCluster(f *check.Facts, found *check.Findings) *cluster {
	c := &cluster{
		Facts: f, Findings: found, servers: map[string]*server{}, leaders: map[uint64]*Span{},
		votes: map[ballot]cast{}, grants: map[ballot][]string{}, elected: map[uint64]bool{},
		stuck: map[[2]string]*refusals{}, liars: map[string][]int64{}, lostWrites: map[string][]int64{},
	}
	for _, s := range f.Spans {
		if s.Is(spans.ElectionID) || s.Is(spans.RoleChangeID) && s.Role == kept.Candidate {
			c.elected[s.Term] = true
		}
		fault, is := s.Facts.(*check.Fault)
		switch {
		case !is:
		case fault.Kind == worldspans.FaultLoseUnsynced:
			c.lostWrites[fault.Target] = append(c.lostWrites[fault.Target], s.Start)
		case fault.Kind == worldspans.FaultSkipSync, fault.Kind == worldspans.FaultRollback:
			c.liars[fault.Target] = append(c.liars[fault.Target], s.Start)
		}
	}
	return c
}

func (c *cluster) server(process string) *server {
	s := c.servers[process]
	if s == nil {
		s = &server{process: process}
		c.servers[process] = s
		c.order = append(c.order, process)
	}
	return s
}

// longestLog is how long a log may be that is put together from a trace: far longer than one of whose every entry a
// span of it tells, and a bound on what a wrong index can make us ask for.
func (c *cluster) longestLog() uint64 { return 1<<16 + 64*uint64(len(c.Spans)) }

// same says whether two entries are the same. Traces of earlier builds do not tell who asked for one.
func (c *cluster) same(a, b kept.Entry) bool {
	return a.Term == b.Term && a.Command == b.Command &&
		(a.Request == b.Request || !c.Tells && (a.Request == "" || b.Request == ""))
}

// unknownTerm is the term of an entry that no span told.
const unknownTerm = ^uint64(0)

// termAt returns the term of a server's entry; 0 before the first, unknownTerm where it is not known.
func (s *server) termAt(index uint64) uint64 {
	switch {
	case index == 0:
		return 0
	case index > uint64(len(s.log)) || s.log[index-1].Term == 0:
		return unknownTerm
	}
	return s.log[index-1].Term
}

// lastEntry returns where a server's log ends; the term is unknownTerm where no span tells it.
func (s *server) lastEntry() (index, term uint64) {
	index = uint64(len(s.log))
	return index, s.termAt(index)
}

// latestTerm returns the highest term that a server was in, what it may have forgotten since included.
func (s *server) latestTerm() (term uint64, by *Span) {
	if s.told > s.term {
		return s.told, s.toldBy
	}
	return s.term, s.termBy
}

// stored is how many of the entries that a server is sent it has: what comes after them it puts into its log.
func (s *server) stored(e *kept.Replication) int {
	for i := range e.Entries {
		if s.termAt(e.PrevIndex+uint64(i)+1) != e.Entries[i].Term {
			return i
		}
	}
	return len(e.Entries)
}

// lies says whether a server's disk was made to lose what it had said that it keeps, by now.
func (c *cluster) lies(s *server) bool {
	return slices.ContainsFunc(c.liars[s.process], func(at int64) bool { return at <= s.at+check.OneMoment })
}

// diedWriting says whether a server that starts again crashed in a write.
func (c *cluster) diedWriting(s *server) bool {
	return slices.ContainsFunc(c.lostWrites[s.process], func(at int64) bool {
		return !check.Later(s.startedAt, at) && at <= s.at+check.OneMoment
	})
}

// holds says whether a server starts again with what its disk held last.
func (s *server) holds(f *kept.Start) bool {
	return s.disk.Durable == f.Durable &&
		(f.Last == 0 || s.termAt(f.Last) == unknownTerm || s.termAt(f.Last) == f.LastTerm)
}

// heldOnce says whether a server's disk ever held what is read back: it returns how many of the states that are kept
// of it are left then, 0 where it holds nothing.
func (s *server) heldOnce(f *kept.Start) (left int, is bool) {
	for i := len(s.disk.kept) - 1; i >= 0; i-- {
		k := &s.disk.kept[i]
		if k.Durable == f.Durable && (f.Last == 0 || k.log[f.Last-1].Term == f.LastTerm) {
			return i + 1, true
		}
	}
	return 0, f.Last == 0 && f.Term <= s.term
}

// firstSeen returns what was seen first of an entry's index and term, which may be this one. A term before of
// unknownTerm is not known.
func (c *cluster) firstSeen(of *Span, index uint64, e kept.Entry, before uint64) *sight {
	for uint64(len(c.seen)) < index {
		c.seen = append(c.seen, sight{})
	}
	at := &c.seen[index-1]
	for at.by != nil && at.Term != e.Term {
		if at.other == nil {
			at.other = &sight{}
		}
		at = at.other
	}
	switch {
	case at.by == nil:
		*at = sight{Entry: e, before: before, by: of}
	case at.before == unknownTerm && c.same(at.Entry, e):
		at.before = before
	}
	return at
}

// firstApplied returns what was applied first at an entry's index, which may be this one.
func (c *cluster) firstApplied(of *Span, a *kept.Apply) *committed {
	for uint64(len(c.committed)) < a.Index {
		c.committed = append(c.committed, committed{})
	}
	first := &c.committed[a.Index-1]
	if first.by == nil {
		*first = committed{Apply: a, in: of.Term, by: of}
	}
	first.in = min(first.in, of.Term)
	return first
}

// firstMembers returns the span that says first which servers there are, which may be this one.
func (c *cluster) firstMembers(of *Span, p *kept.Peers) *Span {
	if c.quorumBy == nil {
		c.members, c.quorum, c.quorumBy = slices.Sorted(slices.Values(p.Peers)), majorityOf(p), of
	}
	return c.quorumBy
}

// firstLeader returns the first span that says who leads its term, which may be this one.
func (c *cluster) firstLeader(of *Span) *Span {
	if c.leaders[of.Term] == nil {
		c.leaders[of.Term] = of
	}
	return c.leaders[of.Term]
}
