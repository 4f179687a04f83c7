package explain

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// votes says who voted how in an election, and why, in the order in which it became known.
func (e *raft) votes(election *span.Span) []explain.Step {
	steps := []explain.Step{step(e.Begin(election), "%s voted for itself.", election.Service)}
	list, unanswered := e.VoteReplies(election)
	voters, refused := []string{election.Service}, map[string]bool{}
	for _, b := range list {
		peer := peerOf(b.Call)
		switch {
		case b.Granted && slices.Contains(voters, peer):
			if !b.Arrived.End.After(election.End) {
				steps = append(steps, step(e.End(b.Arrived), "%s's vote arrived again: a server has one vote in a term, "+
					"however often it arrives (§5.2).", peer).Held(OneVote))
			}
		case b.Granted:
			voters = append(voters, peer)
			steps = append(steps, e.granted(election, &b, len(voters))...)
		case !refused[peer]:
			refused[peer] = true
			why := e.whyDenied(&b)
			refusal := step(e.End(b.Arrived), "%s's refusal arrived: %s.", peer, why).Because(why)
			refusal.ID = b.Arrived.ID
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
func (e *raft) granted(election *span.Span, b *state.VoteReply, count int) []explain.Step {
	var end, late explain.Sentence
	tooLate := b.Arrived.End.After(election.End)
	switch {
	case tooLate:
		end = say(" By then the election was over.").On(e.End(election))
	case count == state.Quorum(election):
		end = say(" That made %d: the majority.", count)
	}
	if b.Arrived != b.Call {
		late = say(" It was late: the call for it was over at %s.", e.End(b.Call))
	}
	if b.Answer == nil {
		return []explain.Step{step(e.End(b.Arrived), "%s's vote arrived.%s Why it was given the trace does not tell: "+
			"it lacks the voter's span.%s", peerOf(b.Call), late, end)}
	}
	why, broken := e.whyGranted(b)
	if count > 2 { // it is said of the first
		why = explain.Sentence{}
	}
	s := step(e.End(b.Arrived), "%s's vote arrived.%s%s%s", peerOf(b.Call), late, why, end)
	if tooLate {
		s = s.Kept(explain.TooLate)
	}
	return append([]explain.Step{s}, broken...)
}

// miscounted says that an election was won, or is said to be, with more votes than servers gave.
func (e *raft) miscounted(election *span.Span) []explain.Step {
	voters, twice := e.VotesBy(election)
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
	case state.Won(election) && votes < state.Quorum(election):
		return []explain.Step{step(at, "%s became the leader with %s. That breaks the rule that a leader has the votes "+
			"of a majority, %d (§5.2).", election.Service, counted, state.Quorum(election)).Breaks(Votes)}
	}
	return nil
}

// compared says whether the candidate's log was at least as up to date as its voter's when that answered (§5.4.1), and
// what both were like.
func (e *raft) compared(call, answer *span.Span) (upToDate bool, candidate, voter explain.Sentence) {
	index, term := state.LastEntry(call)
	log := e.LogOf(answer.Service, answer.End)
	ownIndex, ownTerm := log.Last()
	voter = say("%s", logEnd(ownIndex, ownTerm))
	if n, ok := log.At(ownIndex); ok {
		voter = voter.On(n.At)
	}
	return term > ownTerm || term == ownTerm && index >= ownIndex, say("%s", logEnd(index, term)).On(e.Begin(call)), voter
}

// whyGranted says by which rules a vote was given, and which rules were broken.
func (e *raft) whyGranted(b *state.VoteReply) (why explain.Sentence, broken []explain.Step) {
	term, candidate, voter, at := state.Term(b.Call), b.Call.Service, b.Answer.Service, e.End(b.Answer)
	if gave, to := e.OtherVote(voter, candidate, term); to != "" {
		if to == voter {
			to = "itself"
		}
		broken = append(broken, step(at, "%s gave %s its vote of term %d, and to %s at %s. That breaks the rule that a "+
			"server has one vote in a term (§5.2).", voter, candidate, term, to, gave).Breaks(OneVote))
	} else {
		why = say(" The trace has no other vote of it in term %d (§5.2).", term).On(at)
	}
	upToDate, its, own := e.compared(b.Call, b.Answer)
	if upToDate {
		return why.Then(" %s's log, %s, was no less up to date than its own, %s (§5.4.1).", candidate, its, own), broken
	}
	return why, append(broken, step(at, "%s gave %s its vote, whose log, %s, was less up to date than its own, %s. That "+
		"breaks the rule of whom a server may vote for (§5.4.1).", voter, candidate, its, own).Breaks(UpToDate))
}

// whyDenied says why a server refused its vote.
func (e *raft) whyDenied(b *state.VoteReply) explain.Step {
	if b.Answer == nil {
		return explain.Kept(explain.NotInTrace, e.End(b.Arrived), say("why the trace does not tell, for it lacks the "+
			"voter's span"))
	}
	return e.whyVoteDenied(b.Call, b.Answer)
}

// whyVoteDenied says by which rule a server refused its vote, as its own span has it.
func (e *raft) whyVoteDenied(call, answer *span.Span) explain.Step {
	peer, term, asked, at := answer.Service, state.Term(call), e.Begin(call), e.End(answer)
	ruled := func(by explain.Rule, said explain.Sentence) explain.Step { return explain.Ruled(by, at, said.On(at)) }
	reason := shown(answer, spans.RaftReasonKey)
	switch {
	case state.Term(answer) < term:
		return ruled(TermOver, say("it stayed in term %d, though it was asked in term %d (%s). That breaks the rule that a "+
			"newer term makes every server its follower (§5.1)", state.Term(answer), term, words.Spaced(reason)).On(asked)).
			Breaks(TermOver)
	case reason == protocol.ReasonLogBehind.String():
		upToDate, its, own := e.compared(call, answer)
		than := say(", %s", own)
		if upToDate {
			than = explain.Sentence{} // the trace lacks what that log had
		}
		return ruled(UpToDate, say("%s's log, %s, was less up to date than its own%s (§5.4.1)", call.Service, its, than))
	case reason == protocol.ReasonStaleTerm.String() && state.Term(answer) == term:
		return ruled(TermOver, say("it took term %d for over, and was in that term itself. That breaks the rule of which "+
			"term is over (§5.1)", term).On(asked)).Breaks(TermOver)
	case reason == protocol.ReasonStaleTerm.String():
		return ruled(TermOver, say("it was in term %d, and term %d was over (§5.1)", state.Term(answer), term).On(asked))
	case reason == protocol.ReasonAlreadyVoted.String():
		gave, to := e.OtherVote(peer, call.Service, term)
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

// logEnd says what a log was like.
func logEnd(index, term int64) string {
	if index == 0 {
		return "which was empty"
	}
	return fmt.Sprintf("which ended with index %d of term %d", index, term)
}
