package rules

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// learnStep notes that a step of a server is over, and that another one begins.
func (c *cluster) learnStep(s *server, m *moment) {
	c.learnDisk(s)
	s.at, s.step, s.commitBefore, s.changed, s.ends, s.due, s.dueBy = m.at, m.step, s.commit, nil, nil, 0, nil
}

// learnDisk notes what a disk holds at the end of a step: the server's log.
func (c *cluster) learnDisk(s *server) {
	d, last := &s.disk, uint64(len(s.log))
	if !d.known || s.last == nil || s.last.Crashed && d.Last != last {
		return
	}
	d.Last = last
	if len(c.liars[s.process]) > 0 {
		if n := len(d.kept); n == 0 || d.kept[n-1].Durable != d.Durable || s.changed != nil {
			d.kept = append(d.kept, onDisk{d.Durable, slices.Clone(s.log)})
		}
	}
}

// learnPersisted notes what a server made durable.
func (c *cluster) learnPersisted(s *server, of *Span, now kept.Durable) {
	if now.VotedFor != kept.Nobody && now.VotedFor != "" {
		c.learnVote(of, s.process, now.Term, now.VotedFor, false)
	}
	s.disk.Durable, s.disk.known, s.disk.by = now, c.Tells, of
}

// learnStart notes that a server starts, with what its disk holds. It need not be empty when it starts for the first
// time: see start_term of the config.
func (c *cluster) learnStart(s *server, of *Span, f *kept.Start) {
	if s.starts++; s.starts == 1 {
		s.role, s.roleBy, s.term, s.termBy = of.Role, of, of.Term, of
		if f.VotedFor != "" {
			s.disk = disk{Durable: f.Durable, known: c.Tells, by: of}
			c.learnLog(s, f)
		}
		return
	}
	s.diedWriting = c.diedWriting(s)
	if f.VotedFor != "" && s.disk.known {
		c.learnReadBack(s, of, f)
	}
	s.restarted, s.startedAt = true, s.at
	s.told, s.owed, s.loose = 0, 0, false
	s.commit, s.commitBefore, s.applied, s.commitBy = 0, 0, 0, nil
	s.leader.term, s.leader.commit, s.leader.match, s.due = 0, 0, 0, 0
	s.appliedOf, s.applyTo = 0, 0
}

// learnUnsaid notes that the role of a server is not known that started again and does not say what it was.
func (s *server) learnUnsaid(of *Span) {
	if s.restarted && !restarts(of) {
		s.restarted, s.role = false, ""
	}
}

// learnReadBack notes what a server starts again with. What its disk lost does not bind it any more, as far as others
// do not know better.
func (c *cluster) learnReadBack(s *server, of *Span, f *kept.Start) {
	held := s.holds(f)
	if left, is := s.heldOnce(f); !held && is && c.lies(s) {
		s.log = s.log[:0]
		if left > 0 {
			s.log = slices.Clone(s.disk.kept[left-1].log)
		}
		s.disk.kept = s.disk.kept[:left]
	} else if !held {
		c.learnLog(s, f)
	}
	s.disk.Durable, s.disk.by = f.Durable, of
	if held {
		return
	}
	s.lost++
	s.term, s.termBy = f.Term, of
	s.highest, s.highestBy = 0, nil
	for b := range c.votes {
		if b.process == s.process && b.term >= f.Term {
			delete(c.votes, b)
		}
	}
	if f.VotedFor != kept.Nobody {
		c.votes[ballot{s.process, f.Term}] = cast{f.VotedFor, of}
	}
}

// learnLog has a server's log end where it says, with entries of which no span tells.
func (c *cluster) learnLog(s *server, f *kept.Start) {
	if f.Last > c.longestLog() {
		return
	}
	s.log = append(s.log[:0], make([]kept.Entry, f.Last)...)
	if f.Last > 0 {
		s.log[f.Last-1].Term = f.LastTerm
	}
}

// learnRoleChange notes that a server has another role from now on.
func (c *cluster) learnRoleChange(s *server, of *Span, f *kept.RoleChange) {
	if f.Event == kept.Restart {
		if s.restarted && of.Term < s.term && !s.disk.known {
			s.term, s.termBy = of.Term, of
		}
		s.forgot, s.restarted = "", false
	}
	s.role, s.roleBy, s.election = of.Role, of, nil
	switch of.Role {
	case kept.Candidate:
		c.learnVote(of, s.process, of.Term, s.process, true)
		s.voters = append(s.voters[:0], s.process)
		if of.Parent.Is(spans.ElectionID) {
			s.election = of.Parent
		}
	case kept.Leader:
		s.matched = map[string]uint64{}
	}
}

// learnRole notes the role that a span tells. In a step whose write fails, a change of role was to be told after it.
func (c *cluster) learnRole(s *server, of *Span) {
	switch {
	case of.Role == "" || s.role == "" || of.Role == s.role:
	case c.diesChanging(s, of):
		s.forgot, s.forgotBy = of.Role, of
	default:
		s.role, s.roleBy = of.Role, of
	}
}

// learnTerm notes the term that a span tells.
func (s *server) learnTerm(of *Span) {
	if of.Role == "" && of.Term == 0 {
		return
	}
	known, _ := s.latestTerm()
	if of.Term >= known && of.Term < s.owed && s.owedAt < s.at {
		s.owed = 0
	}
	s.loose = s.loose && of.Term <= known
	if of.Is(spans.LateReplyID, spans.CommitNotificationConsumerID) {
		if of.Term > s.told { // it is told before the term is on the disk
			s.told, s.toldBy = of.Term, of
		}
		return
	}
	if of.Term >= s.term {
		s.term, s.termBy = of.Term, of
	}
}

// learnVote notes a vote. A candidate is told of it, or it is on the disk only.
func (c *cluster) learnVote(of *Span, voter string, term uint64, candidate string, told bool) {
	if b := (ballot{voter, term}); c.votes[b].by == nil {
		c.votes[b] = cast{candidate, of}
	}
	if to := (ballot{candidate, term}); told && !slices.Contains(c.grants[to], voter) {
		c.grants[to] = append(c.grants[to], voter)
	}
}

// learnLateReply notes what a reply tells that came late. To where a leader goes back for it, it does not say.
func (s *server) learnLateReply(of *Span) {
	answer := of.Parent
	if answer == nil || answer.Kind == nil || !answer.Kind.Receives || answer.Reply != of.Reply {
		return
	}
	s.learnReply(answer, uint64(of.Facts.(kept.LateTerm)), of.Peer)
	if of.Reply == kept.EntriesRejected && s.role == kept.Leader {
		s.goesBack(of.Peer, back{term: of.Term, at: of.End, step: s.step, sent: true})
	}
}

// learnAnswer notes what the reply to a call tells, and the term that its caller has then.
func (c *cluster) learnAnswer(s *server, of *Span) {
	ends := endsOf(of)
	if ends.ReplyTerm == 0 {
		s.loose = s.loose || of.Doubled
	}
	if by := of.Answerer(); by != nil && by.Reply == of.Reply && by.Term > s.owed {
		s.owed, s.owedBy, s.owedAt = by.Term, by, s.at
	}
	s.learnReply(of, ends.ReplyTerm, of.Peer)
	if !c.Tells || ends.ReplyTerm == 0 {
		return
	}
	s.ends = of
	if known, _ := s.latestTerm(); termAfter(of) > known {
		s.term, s.termBy = termAfter(of), of
	}
}

// learnReply notes a vote, or how far a follower holds the log, as the span of either end tells it: a reply that is no
// refusal is of the same term as what it answers.
func (s *server) learnReply(of *Span, term uint64, peer string) {
	if term == 0 { // it does not say
		term = of.Term
	}
	if term != s.term {
		return
	}
	switch facts := of.Facts.(type) {
	case *kept.Vote:
		if of.Reply == kept.VoteGranted && s.role == kept.Candidate && !slices.Contains(s.voters, peer) {
			s.voters = append(s.voters, peer)
		}
	case *kept.Replication:
		if of.Reply == kept.EntriesOk && s.role == kept.Leader && s.matched != nil {
			s.matched[peer] = max(s.matched[peer], facts.Match)
		}
	}
}

// learnBack notes where a leader goes back to in its log.
func (s *server) learnBack(of *Span, e *kept.Replication) {
	if e.Next == 0 {
		return
	}
	s.goesBack(of.Peer, back{term: of.Term, next: e.Next, at: of.End, step: s.step})
	if s.matched != nil && s.refusedWhatFollows(of, e) {
		s.matched[of.Peer] = 0
	}
}

func (s *server) goesBack(follower string, to back) {
	if s.backs == nil {
		s.backs = map[string]back{}
	}
	s.backs[follower] = to
}

// learnRefusal counts how often an AppendEntries was refused as the same was before; 0 where it had been sent by then.
// It returns the span of the first time.
func (c *cluster) learnRefusal(of *Span, e *kept.Replication) (times int, first *Span) {
	key := [2]string{of.Process, of.Peer}
	last := c.stuck[key]
	if last == nil || last.term != of.Term || last.prev != e.PrevIndex {
		last = &refusals{term: of.Term, prev: e.PrevIndex, of: of}
		c.stuck[key] = last
	} else if of.Start < last.handled {
		return 0, nil
	}
	last.count++
	last.handled = of.End
	return last.count, last.of
}

// learnSent notes that a leader goes on from where it went back to.
func (s *server) learnSent(of *Span, e *kept.Replication) {
	if b := s.backs[of.Peer]; s.goesOnNow(of, e) {
		b.sent = true
		s.backs[of.Peer] = b
	}
}

// learnAppended notes an entry that a leader took into its log, and returns it.
func (c *cluster) learnAppended(s *server, of *Span, a *kept.Appended) kept.Entry {
	taken := kept.Entry{Term: a.Term, Command: a.Command}
	if r, is := of.Facts.(*kept.Request); is {
		taken.Request = r.Request.Request
	}
	c.write(s, of, a.Index, []kept.Entry{taken})
	return taken
}

// write puts entries into a log, in place of what it holds from there on.
func (c *cluster) write(s *server, of *Span, index uint64, entries []kept.Entry) {
	if index+uint64(len(entries)) > c.longestLog() {
		return
	}
	for uint64(len(s.log)) < index-1 {
		s.log = append(s.log, kept.Entry{})
	}
	s.log = append(s.log[:index-1], entries...)
	s.changed = of
}

// learnEntries notes what a follower takes of the entries that it is sent: those that are there stay, and what
// conflicts is cut off (§5.3). In the same step it commits what its leader told.
func (c *cluster) learnEntries(s *server, of *Span, e *kept.Replication) {
	if i := s.stored(e); i < len(e.Entries) {
		index, l := e.PrevIndex+uint64(i)+1, &s.leader
		if s.role != kept.Leader && index <= uint64(len(s.log)) && index <= l.match && l.term == of.Term {
			l.match = index - 1
		}
		c.write(s, of, index, e.Entries[i:])
	}
	l, match := s.follow(of.Term), e.PrevIndex+uint64(len(e.Entries))
	l.match, l.matchBy = max(l.match, match), of
	s.learnLeaderCommit(of, e.Commit)
	if due := min(e.Commit, match); due > s.due {
		s.due, s.dueBy = due, of
	}
}

// learnLogEnd has a follower's log end where it says.
func (c *cluster) learnLogEnd(s *server, e *kept.Replication) {
	switch last := uint64(len(s.log)); {
	case !c.Tells:
	case e.Last < last:
		s.log = s.log[:e.Last]
	case e.Last <= c.longestLog():
		s.log = append(s.log, make([]kept.Entry, e.Last-last)...)
	}
}

// follow returns what a follower knows of the leader of a term, and forgets what another leader told.
func (s *server) follow(term uint64) *leadership {
	if s.leader.term != term {
		s.leader = leadership{term: term}
	}
	return &s.leader
}

// learnLeaderCommit notes a commit index that the leader of a term told.
func (s *server) learnLeaderCommit(of *Span, index uint64) {
	if above := of.Parent; above.Is(spans.CommitNotificationProducerID) && above.Term < of.Term {
		return // of a term that is over
	}
	if l := s.follow(of.Term); index > l.commit {
		l.commit, l.commitBy = index, of
	}
}

// learnCommit notes that a commit index rises.
func (s *server) learnCommit(of *Span, to *kept.Commit) {
	s.commit, s.commitBy = to.To, of
	s.appliedOf, s.applyTo = to.From, to.To
	if to.To > s.highest {
		s.highest, s.highestBy = to.To, of
	}
}

// learnApplied notes an entry that a state machine took.
func (s *server) learnApplied(a *kept.Apply) {
	s.applied, s.appliedOf = a.Index, max(s.appliedOf, a.Index)
}
