package rules

import (
	"slices"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// Span is what is kept of a span.
type Span = check.Span

// cluster is what is known of the servers when they have come so far. The rules look at it, and at what a span says.
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

// broken finds that an invariant does not hold.
func (c *cluster) broken(name protocol.InvariantName, at *Span, clashes ...*Span) *check.Found {
	return c.Add(kept.Invariants[name], at, clashes...)
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

// Check goes through what the servers did, and looks at what the rules say of it. Where times may have been cut and
// steps have no numbers, steps that are a microsecond apart cannot be told from one: then it is a finding only if it
// is one either way.
func Check(f *check.Facts, history []clients.Operation, found *check.Findings) {
	const microsecond = 1000
	replay(f, moments(f, microsecond), history, found)
	unnumbered := func(s *Span) bool {
		return s.Kind != nil && s.Kind.Service == kvspans.ServiceNode && !f.Numbered[s.ProcessNumber]
	}
	if found.Any() && f.MayBeCut() && slices.ContainsFunc(f.Spans, unnumbered) {
		apart := check.NewFindings()
		replay(f, moments(f, 0), history, apart)
		found.KeepCommon(apart)
	}
	for _, s := range f.Spans {
		fault, is := s.Facts.(*check.Fault)
		if is && (fault.Kind == worldspans.FaultSkipSync || fault.Kind == worldspans.FaultRollback) {
			found.Unknown(kept.UnknownDisk, s, 1)
		}
	}
}

// replay goes through what the servers did, in the order of time.
func replay(f *check.Facts, all []moment, history []clients.Operation, found *check.Findings) {
	c := newCluster(f, found)
	for i := range all {
		m := &all[i]
		s := c.server(m.of.Process)
		if m.at != s.at || m.step != s.step {
			stepEnded(c, s)
			s.at, s.step, s.commitBefore, s.changed, s.ends = m.at, m.step, s.commit, nil, nil
		}
		c.visit(s, m)
	}
	for _, process := range c.order {
		stepEnded(c, c.servers[process])
		allApplied(c, c.servers[process])
	}
	if c.quorum == 0 && len(c.order) > 0 {
		c.Unknown(kept.UnknownMembers, nil, 1)
	}
	results(c, history)
	answers(c)
}

// stepEnded looks at what a step had to have done by its end.
func stepEnded(c *cluster, s *server) {
	committedWhatIsDue(c, s)
	diskHoldsLog(c, s)
	roleAtEnd(c, s)
}

// visit has the rules look at one moment.
func (c *cluster) visit(s *server, m *moment) {
	of := m.of
	s.last = of
	switch {
	case m.rank == rankPersist:
		persisted(c, s, of, of.Persist.Says.(kept.Durable))
		return
	case m.reply:
		replyHandled(c, s, of)
		return
	}
	toldRole(c, s, of)
	switch of.Kind.ID {
	case spans.StartID:
		started(c, s, of)
		return
	case spans.SetPeersID:
		membersTold(c, of)
	case spans.RoleChangeID:
		roleChanged(c, s, of)
	}
	termTold(c, s, of)
	roleTold(c, s, of)
	if of.Is(kept.Senders...) {
		sentIsDurable(c, s, of)
	}
	switch facts := of.Facts.(type) {
	case *kept.RoleChange:
		tookEntry(c, s, of, &facts.Appended)
	case *kept.Request:
		tookEntry(c, s, of, &facts.Appended)
	case kept.Round:
		roundBegan(c, s, of, uint64(facts))
	case *kept.Vote:
		if of.Kind.Sends {
			askedForVote(c, s, of)
		} else {
			voteAnswered(c, s, of)
		}
	case *kept.Replication:
		if of.Kind.Sends {
			entriesSent(c, s, of)
		} else {
			entriesHandled(c, s, of)
		}
	case *kept.Commit:
		commitRose(c, s, of)
	case *kept.Apply:
		entryApplied(c, s, of)
	case *kept.Notice:
		if of.Kind.Sends {
			commitTold(c, s, of, facts.Index)
		} else {
			commitLearned(s, of, facts.Index)
		}
	}
}
