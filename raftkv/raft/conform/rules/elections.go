package rules

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/raftkv/raftkv/raftkv/raft/conform/kept"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// stood looks at who stands for election: it gives its vote to itself, in the next term.
func stood(c *cluster, s *server, of *Span) {
	known, name := max(s.term, s.told), check.Name(s.process)
	if s.owedAt < s.at {
		known = max(known, s.owed)
	}
	if of.Term > known+1 && s.termBy != nil {
		c.broken(protocol.InvariantTermAndVote, of, s.termBy).
			Got("%s stands for election in term %d", name, of.Term).Want("term %d, the one after its own", known+1)
	}
	oneVote(c, of, s.process, of.Term, s.process)
	above := of.Parent
	if !above.Is(spans.ElectionID) {
		return
	}
	if above.Role != of.Role {
		c.broken(protocol.InvariantTraceIntegrity, above, of).
			Got("it is not that of a candidate, by its role").Want("a candidate's")
	}
	if got := above.Facts.(*kept.Election).VotedFor; c.Tells && got != s.process {
		c.broken(protocol.InvariantTermAndVote, above, of).
			Got("%s stands for election in term %d, and its vote is %s", name, of.Term, kept.VoteText(got)).
			Want("its own vote: a candidate votes for itself (§5.2)")
	}
	if above.Term != of.Term {
		c.broken(protocol.InvariantTraceIntegrity, of, above).
			Got("a candidate of term %d", of.Term).Want("of term %d, as its election is", above.Term)
	}
}

// askedForVote compares what a candidate says of its log with it.
func askedForVote(c *cluster, s *server, of *Span, v *kept.Vote) {
	name := check.Name(s.process)
	if last, term := s.lastEntry(); v.LastIndex != last || term != unknownTerm && v.LastTerm != term {
		c.broken(protocol.InvariantTraceIntegrity, of).
			Got("%s says that its log ends with index %d of term %d", name, v.LastIndex, v.LastTerm).
			Want("index %d of term %s, as what it wrote tells", last, termText(term))
	}
	if of.Role != "" && of.Role != kept.Candidate {
		c.Add(kept.RuleIllegalTransition, of, s.roleBy).
			Got("%s asks for votes as a %s", name, of.Role).Want("a candidate: nobody else does")
	}
}

func termText(term uint64) string {
	if term == unknownTerm {
		return "unknown"
	}
	return strconv.FormatUint(term, 10)
}

// voteAnswered looks at a vote that was asked for.
func voteAnswered(c *cluster, s *server, of *Span, v *kept.Vote) {
	granted := of.Reply == kept.VoteGranted
	if granted {
		oneVote(c, of, s.process, of.Term, of.Peer)
	}
	if s.disk.known && v.VotedFor != s.disk.VotedFor {
		c.broken(protocol.InvariantPersistBeforeSend, of, s.disk.by).
			Got("the vote of %s in term %d is %s, as it says", check.Name(s.process), of.Term, kept.VoteText(v.VotedFor)).
			Want("what its disk holds: in term %d, %s", s.disk.Term, kept.VoteText(s.disk.VotedFor))
	}
	if !of.Parent.Is(spans.RequestVoteClientID) {
		return
	}
	asked := of.Parent.Facts.(*kept.Vote)
	if !granted {
		denied(c, s, of, asked)
		return
	}
	if last, term := s.lastEntry(); term != unknownTerm && asked.IsBehind(last, term) {
		c.Add(kept.RuleWrongVote, of, of.Parent).
			Got("%s votes for %s, whose log ends with index %d of term %d; its own ends with index %d of term %d",
				check.Name(s.process), check.Name(of.Peer), asked.LastIndex, asked.LastTerm, last, term).
			Want("a refusal: the candidate's log is less up to date than the voter's (§5.4.1)")
	}
}

// denied compares why a vote was refused with what is known of the voter.
func denied(c *cluster, s *server, of *Span, asked *kept.Vote) {
	wrong := func(why string) *check.Found {
		return c.Add(kept.RuleWrongVote, of, of.Parent).
			Got("%s refuses %s its vote, because %s", check.Name(s.process), check.Name(of.Peer), why)
	}
	switch of.Facts.(*kept.Vote).Reason {
	case protocol.ReasonStaleTerm.String():
		if of.Parent.Term >= of.Term {
			wrong("the candidate's term is over").Want("another reason, or the vote: both are in term %d", of.Term)
		}
	case protocol.ReasonAlreadyVoted.String():
		given := fmt.Sprintf("its vote of term %d is given", of.Term)
		if first, voted := c.votes[ballot{s.process, of.Term}]; !voted {
			wrong(given).Want("another reason, or the vote: no span tells that it gave it to anybody")
		} else if first.to == of.Peer {
			wrong(given).Want("the vote: it was given to this candidate")
		}
	case protocol.ReasonLogBehind.String():
		if last, term := s.lastEntry(); term != unknownTerm && !asked.IsBehind(last, term) {
			wrong("the candidate's log is behind").
				Want("another reason, or the vote: its own log ends with index %d of term %d, and the candidate's "+
					"with index %d of term %d", last, term, asked.LastIndex, asked.LastTerm)
		}
	}
}

// oneVote finds a vote that goes to another candidate than that which got it in its term (§5.2).
func oneVote(c *cluster, of *Span, voter string, term uint64, candidate string) {
	if first, voted := c.votes[ballot{voter, term}]; voted && first.to != candidate {
		c.broken(protocol.InvariantTermAndVote, of, first.by).
			Got("%s gives its vote of term %d to %s", check.Name(voter), term, check.Name(candidate)).
			Want("no vote but for %s, which got that of this term before", check.Name(first.to))
	}
}

// electionEnded compares what an election's span says with what came of it, and with the votes that arrived.
func electionEnded(c *cluster, s *server, of *Span) {
	by, arrived := s.election, uint64(len(s.voters))
	if by == nil || by.Failed || by.Unfinished {
		return
	}
	e, to := by.Facts.(*kept.Election), of.Role
	outcomes := map[string]string{
		kept.Leader: spans.OutcomeWon, kept.Follower: spans.OutcomeLost, kept.Candidate: spans.OutcomeNoWinner,
	}
	outcome := outcomes[to]
	miscounted := func(name protocol.InvariantName) {
		c.broken(name, by, of).
			Got("it counts %s, and those of %s arrived",
				words.Counted(e.Votes, "vote"), words.Counted(arrived, "server")).
			Want("one vote of each server, the candidate's own included")
	}
	switch {
	case e.Outcome != outcome:
		c.Add(check.RuleMissingSpan, by, of).
			Got("its outcome is %s, and its candidate became a %s", words.Printable(e.Outcome), to).Want("%s", outcome)
	case to == kept.Leader && e.Votes < e.Quorum:
		c.broken(protocol.InvariantElectionSafety, by, of).
			Got("it is won with %s", words.Counted(e.Votes, "vote")).Want("%s, a majority", words.Counted(e.Quorum, "vote"))
	case e.Votes > arrived:
		miscounted(protocol.InvariantElectionSafety)
	case e.Votes < arrived:
		miscounted(protocol.InvariantTraceIntegrity)
	}
	majority(c, by, e.Quorum)
}

// electionSafety compares who leads a term with who led it first.
func electionSafety(c *cluster, of, first *Span) {
	if first.Process != of.Process {
		c.broken(protocol.InvariantElectionSafety, of, first).
			Got("%s leads term %d", check.Name(of.Process), of.Term).
			Want("no other leader of that term than %s", check.Name(first.Process))
	}
}

// won looks at who became leader: by the votes of a majority, with all that was committed in its log.
func won(c *cluster, s *server, of *Span) {
	voters, arrived := uint64(len(c.grants[ballot{s.process, of.Term}])), uint64(len(s.voters))
	tooFew := func() *check.Found {
		return c.broken(protocol.InvariantElectionSafety, of, c.quorumBy).
			Want("the votes of %d, which make a majority", c.quorum)
	}
	if voters < c.quorum {
		tooFew().Got("%s leads term %d by the votes of %s",
			check.Name(s.process), of.Term, words.Counted(voters, "server"))
	}
	if arrived < c.quorum && arrived < voters {
		tooFew().Got("%s leads term %d when the votes of %s had arrived",
			check.Name(s.process), of.Term, words.Counted(arrived, "server"))
	}
	holdsCommitted(c, s, of, of.Term)
}

// membersTold compares the servers of the cluster that a server is told with those that one was told first.
func membersTold(c *cluster, of, first *Span) {
	p, name := of.Facts.(*kept.Peers), check.Name(of.Process)
	told, want := words.Counted(len(p.Peers), "server"), majorityOf(p)
	if !slices.Equal(c.members, slices.Sorted(slices.Values(p.Peers))) {
		c.Add(check.RuleMalformedValue, of, first).
			Got("%s is told %s", name, told).
			Want("the %d that another server was told: the cluster does not change", len(c.members))
	}
	if p.Quorum != want {
		c.Add(check.RuleMalformedValue, of).Got("raft.quorum is %d", p.Quorum).Want("%d, the majority of %s", want, told)
	}
}

// majorityOf returns how many servers make a majority.
func majorityOf(p *kept.Peers) uint64 { return uint64(len(p.Peers))/2 + 1 }

// majority compares what a span takes for one with the cluster.
func majority(c *cluster, of *Span, quorum uint64) {
	if c.quorumBy != nil && quorum != c.quorum {
		c.Add(check.RuleMalformedValue, of, c.quorumBy).
			Got("raft.quorum is %d", quorum).
			Want("%d, the majority of %s", c.quorum, words.Counted(len(c.members), "server"))
	}
}

// roundFollows looks at the number of a heartbeat round, of which none is left out.
func roundFollows(c *cluster, s *server, of *Span, number uint64) {
	before := uint64(0)
	if s.beatTerm == of.Term {
		before = s.beat
	}
	if number != before+1 {
		c.Add(check.RuleMissingSpan, of).
			Got("it is round %d of term %d, and round %d was the one before", number, of.Term, before).
			Want("round %d", before+1)
	}
}
