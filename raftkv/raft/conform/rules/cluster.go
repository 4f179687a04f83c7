package rules

import (
	"iter"
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
func replay(f *check.Facts, all iter.Seq[*moment], history []clients.Operation, found *check.Findings) {
	c := newCluster(f, found)
	for m := range all {
		s := c.server(m.of.Process)
		if m.at != s.at || m.step != s.step {
			stepEnded(c, s)
			c.learnStep(s, m)
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

// broken finds that an invariant does not hold.
func (c *cluster) broken(name protocol.InvariantName, at *Span, clashes ...*Span) *check.Found {
	return c.Add(kept.Invariants[name], at, clashes...)
}

// stepEnded looks at what a step had to have done by its end.
func stepEnded(c *cluster, s *server) {
	committedWhatIsDue(c, s)
	diskHoldsLog(c, s)
	roleAtEnd(c, s)
}

// visit has the rules look at one moment with what was known before, and then learns what it tells.
func (c *cluster) visit(s *server, m *moment) {
	of := m.of
	s.last = of
	switch {
	case m.rank == rankPersist:
		now := of.Persist.Says.(kept.Durable)
		durableStays(c, s, of, now)
		c.learnPersisted(s, of, now)
		return
	case m.reply:
		c.visitReply(s, of)
		return
	}
	saidWhatItIs(c, s, of)
	s.learnUnsaid(of)
	switch facts := of.Facts.(type) {
	case *kept.Start:
		started(c, s, of, facts)
		c.learnStart(s, of, facts)
		return
	case *kept.Peers:
		membersTold(c, of, c.firstMembers(of, facts))
	case *kept.RoleChange:
		if of.Role != "" && facts.From != "" && facts.Event != "" { // what is missing is found elsewhere
			roleChanged(c, s, of, facts)
			c.learnRoleChange(s, of, facts)
		}
	}
	termTold(c, s, of)
	s.learnTerm(of)
	roleTold(c, s, of)
	c.learnRole(s, of)
	if of.Is(kept.Senders...) {
		persistBeforeSend(c, s, of)
	}
	c.visitFacts(s, of)
}

// visitReply is visit for a reply that a server handles, or a call that it gives up.
func (c *cluster) visitReply(s *server, of *Span) {
	if of.Is(spans.LateReplyID) {
		s.learnLateReply(of)
		return
	}
	if !of.Failed {
		termAtEnd(c, s, of)
		c.learnAnswer(s, of)
	}
	e, is := of.Facts.(*kept.Replication)
	if !is {
		return
	}
	if !of.Failed && of.Reply == kept.EntriesRejected && e.ConflictIndex > 0 {
		times, first := c.learnRefusal(of, e)
		refusedAgain(c, of, e, times, first)
	}
	if c.Tells {
		wentBack(c, s, of, e)
		s.learnBack(of, e)
	}
}

// visitFacts is visit for what is particular to a kind of span.
func (c *cluster) visitFacts(s *server, of *Span) {
	switch facts := of.Facts.(type) {
	case *kept.RoleChange:
		c.visitAppended(s, of, &facts.Appended)
	case *kept.Request:
		c.visitAppended(s, of, &facts.Appended)
	case kept.Round:
		roundFollows(c, s, of, uint64(facts))
		s.beatTerm, s.beat = of.Term, uint64(facts)
	case *kept.Vote:
		c.visitVote(s, of, facts)
	case *kept.Replication:
		c.visitEntries(s, of, facts)
	case *kept.Commit:
		allApplied(c, s)
		commitRises(c, s, of, facts)
		if of.Role == kept.Leader {
			leaderCommits(c, s, of, facts)
		} else {
			followerCommits(c, s, of, facts)
		}
		s.learnCommit(of, facts)
	case *kept.Apply:
		appliedNext(c, s, of, facts)
		s.learnApplied(facts)
		if facts.Index > 0 && facts.Index <= c.longestLog() {
			appliedAlike(c, s, of, facts, c.firstApplied(of, facts))
		}
	case *kept.Notice:
		if of.Kind.Sends {
			commitTold(c, s, of, facts.Index)
		} else {
			s.learnLeaderCommit(of, facts.Index)
		}
	}
}

// visitAppended is visit for an entry that a leader takes into its log.
func (c *cluster) visitAppended(s *server, of *Span, a *kept.Appended) {
	if a.Index == 0 || a.Index > c.longestLog() {
		return
	}
	tookEntry(c, s, of, a)
	taken := c.learnAppended(s, of, a)
	logMatching(c, of, a.Index, taken, s.termAt(a.Index-1))
}

// visitVote is visit for a vote that is asked for.
func (c *cluster) visitVote(s *server, of *Span, v *kept.Vote) {
	if of.Kind.Sends {
		askedForVote(c, s, of, v)
		return
	}
	voteAnswered(c, s, of, v)
	if of.Reply == kept.VoteGranted {
		c.learnVote(of, s.process, of.Term, of.Peer, true)
	}
}

// visitEntries is visit for entries that a leader sends, and for what a follower does with them.
func (c *cluster) visitEntries(s *server, of *Span, e *kept.Replication) {
	entriesSeen(c, of, e)
	switch {
	case of.Kind.Sends:
		goesOn(c, s, of, e)
		entriesSent(c, s, of, e)
		s.learnSent(of, e)
		return
	case of.Reply == kept.EntriesOk:
		entriesTaken(c, s, of, e)
		c.learnEntries(s, of, e)
	default:
		rejected(c, s, of, e)
	}
	logEnds(c, s, of, e)
	c.learnLogEnd(s, e)
}
