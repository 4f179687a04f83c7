package explain

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// voteReply is the answer of a server to a candidate, as it arrived there.
type voteReply struct {
	call    *explain.Span
	arrived *explain.Span // the call itself, or the span of a reply that came late or again
	answer  *explain.Span // the voter's span; nil where the trace lacks it
	granted bool
}

// voteReplies are the answers to the RequestVotes of an election, in the order in which they arrived, and the calls
// that got none.
func (e *raft) voteReplies(election *explain.Span) (list []voteReply, unanswered []*explain.Span) {
	for call := range e.Below(election.ID, spans.RequestVoteClientID) {
		granted := hasReplied(call, protocol.VoteGranted{})
		if granted || hasReplied(call, protocol.VoteDenied{}) {
			list = append(list, voteReply{call, call, e.Answering(call), granted})
		} else {
			unanswered = append(unanswered, call)
		}
		for _, r := range e.Receivers(call) {
			for late := range e.Below(r.ID, spans.LateReplyID) {
				if late.Service == election.Service {
					list = append(list, voteReply{call, late, r, hasReplied(late, protocol.VoteGranted{})})
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b voteReply) int { return a.arrived.End.Compare(b.arrived.End) })
	slices.SortStableFunc(unanswered, func(a, b *explain.Span) int { return a.End.Compare(b.End) })
	return list, unanswered
}

// voters are the servers whose votes had arrived when an election ended, its candidate first.
func (e *raft) voters(election *explain.Span) []string {
	voters, _ := e.votesBy(election)
	return voters
}

// votesBy are the voters, and whether a vote of one of them had arrived twice.
func (e *raft) votesBy(election *explain.Span) (voters []string, twice bool) {
	voters = []string{election.Service}
	list, _ := e.voteReplies(election)
	seen := map[string]bool{}
	for _, b := range list {
		if peer := peerOf(b.call); b.granted && !b.arrived.End.After(election.End) {
			twice, seen[peer] = twice || seen[peer], true
			if !slices.Contains(voters, peer) {
				voters = append(voters, peer)
			}
		}
	}
	return voters, twice
}

// votes says who voted how in an election, and why, in the order in which it became known.
func (e *raft) votes(election *explain.Span) []explain.Step {
	steps := []explain.Step{step(e.Begin(election), "%s voted for itself.", election.Service)}
	list, unanswered := e.voteReplies(election)
	voters, refused := []string{election.Service}, map[string]bool{}
	for _, b := range list {
		peer := peerOf(b.call)
		switch {
		case b.granted && slices.Contains(voters, peer):
			if !b.arrived.End.After(election.End) {
				steps = append(steps, step(e.End(b.arrived), "%s's vote arrived again: a server has one vote in a term, "+
					"however often it arrives (§5.2).", peer).Held(OneVote))
			}
		case b.granted:
			voters = append(voters, peer)
			steps = append(steps, e.granted(election, &b, len(voters))...)
		case !refused[peer]:
			refused[peer] = true
			why := e.whyDenied(&b)
			refusal := step(e.End(b.arrived), "%s's refusal arrived: %s.", peer, why).Because(why)
			refusal.ID = b.arrived.ID
			steps = append(steps, refusal)
		}
	}
	for _, call := range unanswered {
		if peer := peerOf(call); !refused[peer] && !slices.Contains(voters, peer) {
			refused[peer] = true
			why := e.Absent(call)
			steps = append(steps, step(e.End(call), "No answer from %s: %s.", peer, why).Because(why))
		}
	}
	return explain.ByTime(append(steps, e.miscounted(election)...))
}

// granted says that a vote arrived, and which rules it was given by; the count is with it.
func (e *raft) granted(election *explain.Span, b *voteReply, count int) []explain.Step {
	var end, late explain.Sentence
	tooLate := b.arrived.End.After(election.End)
	switch {
	case tooLate:
		end = say(" By then the election was over.").On(e.End(election))
	case count == quorum(election):
		end = say(" That made %d: the majority.", count)
	}
	if b.arrived != b.call {
		late = say(" It was late: the call for it was over at %s.", e.End(b.call))
	}
	if b.answer == nil {
		return []explain.Step{step(e.End(b.arrived), "%s's vote arrived.%s Why it was given the trace does not tell: "+
			"it lacks the voter's span.%s", peerOf(b.call), late, end)}
	}
	why, broken := e.whyGranted(b)
	if count > 2 { // it is said of the first
		why = explain.Sentence{}
	}
	s := step(e.End(b.arrived), "%s's vote arrived.%s%s%s", peerOf(b.call), late, why, end)
	if tooLate {
		s = s.Kept(explain.TooLate)
	}
	return append([]explain.Step{s}, broken...)
}

// miscounted says that an election was won, or is said to be, with more votes than servers gave.
func (e *raft) miscounted(election *explain.Span) []explain.Step {
	voters, twice := e.votesBy(election)
	votes, at := int(integer(election, spans.RaftVotesKey)), e.End(election)
	counted := words.Counted(votes, "vote")
	switch {
	case votes > len(voters) && twice:
		return []explain.Step{step(at, "%s counted %s, and they are those of %s only: what arrived twice was counted "+
			"twice. That breaks the rule that a server has one vote in a term (§5.2).", election.Service, counted,
			words.AndList(voters)).Breaks(OneVote)}
	case votes > len(voters):
		return []explain.Step{step(at, "%s counted %s, and the trace has those of %s only: whose the others are it does "+
			"not tell.", election.Service, counted, words.AndList(voters)).Kept(explain.NotInTrace)}
	case isWon(election) && votes < quorum(election):
		return []explain.Step{step(at, "%s became the leader with %s. That breaks the rule that a leader has the votes "+
			"of a majority, %d (§5.2).", election.Service, counted, quorum(election)).Breaks(Votes)}
	}
	return nil
}

// otherVote is a vote that a server gave to another candidate of a term, as the moment of it and to whom; nobody if the
// trace has none.
func (e *raft) otherVote(voter, candidate string, term int64) (at explain.Moment, to string) {
	for _, s := range e.elections {
		if s.Service == voter && termOf(s) == term {
			return e.Begin(s), voter
		}
	}
	for s := range e.Of(voter, spans.RequestVoteServerID) {
		if hasReplied(s, protocol.VoteGranted{}) && termOf(s) == term && peerOf(s) != candidate {
			return e.End(s), peerOf(s)
		}
	}
	return explain.Moment{}, ""
}

// lastEntry is the end of a candidate's log, as its RequestVote says.
func lastEntry(call *explain.Span) (index, term int64) {
	return integer(call, spans.RaftLastLogIndexKey), integer(call, spans.RaftLastLogTermKey)
}

// compared says whether the candidate's log was at least as up to date as its voter's when that answered (§5.4.1), and
// what both were like.
func (e *raft) compared(call, answer *explain.Span) (upToDate bool, candidate, voter explain.Sentence) {
	index, term := lastEntry(call)
	log := e.logOf(answer.Service, answer.End)
	ownIndex, ownTerm := log.last()
	voter = say("%s", logEnd(ownIndex, ownTerm))
	if n, ok := log.at(ownIndex); ok {
		voter = voter.On(n.at)
	}
	return term > ownTerm || term == ownTerm && index >= ownIndex, say("%s", logEnd(index, term)).On(e.Begin(call)), voter
}

// whyGranted says by which rules a vote was given, and which rules were broken.
func (e *raft) whyGranted(b *voteReply) (why explain.Sentence, broken []explain.Step) {
	term, candidate, voter, at := termOf(b.call), b.call.Service, b.answer.Service, e.End(b.answer)
	if gave, to := e.otherVote(voter, candidate, term); to != "" {
		if to == voter {
			to = "itself"
		}
		broken = append(broken, step(at, "%s gave %s its vote of term %d, and to %s at %s. That breaks the rule that a "+
			"server has one vote in a term (§5.2).", voter, candidate, term, to, gave).Breaks(OneVote))
	} else {
		why = say(" The trace has no other vote of it in term %d (§5.2).", term).On(at)
	}
	upToDate, its, own := e.compared(b.call, b.answer)
	if upToDate {
		return why.Then(" %s's log, %s, was no less up to date than its own, %s (§5.4.1).", candidate, its, own), broken
	}
	return why, append(broken, step(at, "%s gave %s its vote, whose log, %s, was less up to date than its own, %s. That "+
		"breaks the rule of whom a server may vote for (§5.4.1).", voter, candidate, its, own).Breaks(UpToDate))
}

// whyDenied says why a server refused its vote.
func (e *raft) whyDenied(b *voteReply) explain.Step {
	if b.answer == nil {
		return explain.Kept(explain.NotInTrace, e.End(b.arrived), say("why the trace does not tell, for it lacks the "+
			"voter's span"))
	}
	return e.whyVoteDenied(b.call, b.answer)
}

// whyVoteDenied says by which rule a server refused its vote, as its own span has it.
func (e *raft) whyVoteDenied(call, answer *explain.Span) explain.Step {
	peer, term, asked, at := answer.Service, termOf(call), e.Begin(call), e.End(answer)
	ruled := func(by explain.Rule, said explain.Sentence) explain.Step { return explain.Ruled(by, at, said.On(at)) }
	reason := shown(answer, spans.RaftReasonKey)
	switch {
	case termOf(answer) < term:
		return ruled(TermOver, say("it stayed in term %d, though it was asked in term %d (%s). That breaks the rule that a "+
			"newer term makes every server its follower (§5.1)", termOf(answer), term, words.Spaced(reason)).On(asked)).
			Breaks(TermOver)
	case reason == protocol.ReasonLogBehind.String():
		upToDate, its, own := e.compared(call, answer)
		than := say(", %s", own)
		if upToDate {
			than = explain.Sentence{} // the trace lacks what that log had
		}
		return ruled(UpToDate, say("%s's log, %s, was less up to date than its own%s (§5.4.1)", call.Service, its, than))
	case reason == protocol.ReasonStaleTerm.String() && termOf(answer) == term:
		return ruled(TermOver, say("it took term %d for over, and was in that term itself. That breaks the rule of which "+
			"term is over (§5.1)", term).On(asked)).Breaks(TermOver)
	case reason == protocol.ReasonStaleTerm.String():
		return ruled(TermOver, say("it was in term %d, and term %d was over (§5.1)", termOf(answer), term).On(asked))
	case reason == protocol.ReasonAlreadyVoted.String():
		gave, to := e.otherVote(peer, call.Service, term)
		switch to {
		case "":
			return ruled(OneVote, say("it had voted in term %d already; for whom the trace does not tell (§5.2)", term).
				On(asked))
		case peer:
			return ruled(OneVote, say("it stood in term %d itself, and had voted for itself at %s (§5.2)", term, gave))
		}
		return ruled(OneVote, say("it had given its vote of term %d to %s at %s (§5.2)", term, to, gave))
	}
	return explain.Kept(explain.NotInTrace, at, say("why the trace does not tell").On(at))
}
