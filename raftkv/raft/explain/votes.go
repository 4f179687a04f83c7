package explain

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// voteReply is the answer of a server to a candidate, as it arrived there.
type voteReply struct {
	call    *span.Span
	arrived *span.Span // the call itself, or the span of a reply that came late or again
	answer  *span.Span // the voter's span; nil where the trace lacks it
}

// voteReplies are the answers to the RequestVotes of an election, in the order in which they arrived, and the calls
// that got none.
func (e *raft) voteReplies(election *span.Span) (list []voteReply, unanswered []*span.Span) {
	for call := range e.Below(election.ID, spans.RequestVoteClientID) {
		if granted(call) || denied(call) {
			list = append(list, voteReply{call, call, e.Answering(call)})
		} else {
			unanswered = append(unanswered, call)
		}
		for _, r := range e.Receivers(call) {
			for late := range e.Below(r.ID, spans.LateReplyID) {
				if late.Service == election.Service {
					list = append(list, voteReply{call, late, r})
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b voteReply) int { return a.arrived.End.Compare(b.arrived.End) })
	slices.SortStableFunc(unanswered, func(a, b *span.Span) int { return a.End.Compare(b.End) })
	return list, unanswered
}

// voters are the servers whose votes had arrived when an election ended, its candidate first, and whether a vote of one
// of them had arrived twice.
func (e *raft) voters(election *span.Span) (voters []string, twice bool) {
	voters = []string{election.Service}
	list, _ := e.voteReplies(election)
	for _, b := range list {
		if !granted(b.arrived) || b.arrived.End.After(election.End) {
			continue
		}
		if slices.Contains(voters, peerOf(b.call)) {
			twice = true
		} else {
			voters = append(voters, peerOf(b.call))
		}
	}
	return voters, twice
}

// votes says who voted how in an election, and why, in the order in which it became known.
func (e *raft) votes(election *span.Span) []step {
	steps := one(tell(e.Begin(election), "%s voted for itself.", election.Service))
	list, unanswered := e.voteReplies(election)
	voters, refused := []string{election.Service}, map[string]bool{}
	for _, b := range list {
		peer := peerOf(b.call)
		switch {
		case granted(b.arrived) && slices.Contains(voters, peer):
			if !b.arrived.End.After(election.End) {
				steps = append(steps, tell(e.End(b.arrived), "%s's vote arrived again: a server has one vote in a term, however "+
					"often it arrives (§5.2).", peer).Held(OneVote))
			}
		case granted(b.arrived):
			voters = append(voters, peer)
			steps = append(steps, e.granted(election, &b, len(voters))...)
		case !refused[peer]:
			refused[peer] = true
			refusal := because(e.whyDenied(&b), e.End(b.arrived), "%s's refusal arrived", peer)
			refusal.ID = b.arrived.ID
			steps = append(steps, refusal)
		}
	}
	for _, call := range unanswered {
		if peer := peerOf(call); !refused[peer] && !slices.Contains(voters, peer) {
			refused[peer] = true
			steps = append(steps, because(e.Absent(call), e.End(call), "No answer from %s", peer))
		}
	}
	return explain.ByTime(append(steps, e.miscounted(election)...))
}

// granted says that a vote arrived, and which rules it was given by; the count is with it.
func (e *raft) granted(election *span.Span, b *voteReply, count int) []step {
	var end, late sentence
	tooLate := b.arrived.End.After(election.End)
	switch {
	case tooLate:
		end = say(" By then the election was over.").On(e.End(election))
	case count == quorumOf(election):
		end = say(" That made %d: the majority.", count)
	}
	if b.arrived != b.call {
		late = say(" It was late: the call for it was over at %s.", e.End(b.call))
	}
	if b.answer == nil {
		return one(tell(e.End(b.arrived), "%s's vote arrived.%s Why it was given the trace does not tell.%s", peerOf(b.call),
			late, end))
	}
	why, broken := e.whyGranted(b)
	if count > 2 { // it is said of the first
		why = sentence{}
	}
	s := tell(e.End(b.arrived), "%s's vote arrived.%s%s%s", peerOf(b.call), late, why, end)
	if tooLate {
		s = s.Kept(explain.TooLate)
	}
	return append(one(s), broken...)
}

// miscounted says that an election was won, or is said to be, with more votes than servers gave.
func (e *raft) miscounted(election *span.Span) []step {
	voters, twice := e.voters(election)
	votes, at := int(integer(election, spans.RaftVotesKey)), e.End(election)
	switch {
	case votes > len(voters) && twice:
		return one(tell(at, "%s counted %s, and they are those of %s only: what arrived twice was counted twice.",
			election.Service, counted(election), words.AndList(voters)).Breaks(OneVote))
	case votes > len(voters):
		return one(tell(at, "%s counted %s, and the trace has those of %s only: whose the others are it does not tell.",
			election.Service, counted(election), words.AndList(voters)).Kept(explain.NotInTrace))
	case won(election) && votes < quorumOf(election):
		return one(tell(at, "%s became the leader with %s, and a majority is %d.", election.Service, counted(election),
			quorumOf(election)).Breaks(Votes))
	}
	return nil
}

// compared says whether the candidate's log was at least as up to date as its voter's when that answered (§5.4.1), and
// what both were like.
func (e *raft) compared(call, answer *span.Span) (upToDate bool, candidate, voter sentence) {
	index, term := integer(call, spans.RaftLastLogIndexKey), integer(call, spans.RaftLastLogTermKey)
	own := e.logOf(answer.Service, answer.End)
	ownIndex, ownTerm := own.Last()
	voter = logEnd(ownIndex, ownTerm)
	if n, ok := own.At(ownIndex); ok {
		voter = voter.On(n.At)
	}
	return term > ownTerm || term == ownTerm && index >= ownIndex, logEnd(index, term).On(e.Begin(call)), voter
}

// logEnd says what a log was like.
func logEnd(index, term int64) sentence {
	if index == 0 {
		return say("which was empty")
	}
	return say("which ended with index %d of term %d", index, term)
}

// otherVote is a vote that a server gave to another candidate of a term, as the moment of it and to whom; nobody if the
// trace has none.
func (e *raft) otherVote(voter, candidate string, term int64) (at moment, to string) {
	for _, s := range e.elections {
		if s.Service == voter && termOf(s) == term {
			return e.Begin(s), "itself"
		}
	}
	for s := range e.Of(voter, spans.RequestVoteServerID) {
		if granted(s) && termOf(s) == term && peerOf(s) != candidate {
			return e.End(s), peerOf(s)
		}
	}
	return moment{}, ""
}

// whyGranted says by which rules a vote was given, and which rules were broken.
func (e *raft) whyGranted(b *voteReply) (why sentence, broken []step) {
	term, candidate, voter, at := termOf(b.call), b.call.Service, b.answer.Service, e.End(b.answer)
	if gave, to := e.otherVote(voter, candidate, term); to != "" {
		broken = one(tell(at, "%s gave %s its vote of term %d, and to %s at %s.", voter, candidate, term, to, gave).
			Breaks(OneVote))
	} else {
		why = say(" The trace has no other vote of it in term %d (§5.2).", term).On(at)
	}
	upToDate, its, own := e.compared(b.call, b.answer)
	if upToDate {
		return why.Then(" %s's log, %s, was no less up to date than its own, %s (§5.4.1).", candidate, its, own), broken
	}
	return why, append(broken, tell(at, "%s gave %s its vote, whose log, %s, was less up to date than its own, %s.", voter,
		candidate, its, own).Breaks(UpToDate))
}

// whyDenied says by which rule a server refused its vote, as its own span has it.
func (e *raft) whyDenied(b *voteReply) step {
	call, answer := b.call, b.answer
	if answer == nil {
		return tell(e.End(b.arrived), "why the trace does not tell").Kept(explain.NotInTrace)
	}
	term, at := termOf(call), e.End(answer)
	if over := e.termOver(call, answer); over.Text != "" {
		return over
	}
	switch {
	case is(answer, spans.RaftReasonKey, protocol.ReasonLogBehind):
		upToDate, its, own := e.compared(call, answer)
		than := say(", %s", own)
		if upToDate {
			than = sentence{} // the trace lacks what that log had
		}
		return tell(at, "%s's log, %s, was less up to date than its own%s (§5.4.1)", call.Service, its, than).Held(UpToDate)
	case is(answer, spans.RaftReasonKey, protocol.ReasonAlreadyVoted):
		gave, to := e.otherVote(answer.Service, call.Service, term)
		switch to {
		case "":
			return tell(at, "it had voted in term %d already; for whom the trace does not tell (§5.2)", term).
				Resting(e.Begin(call)).Held(OneVote)
		case "itself":
			return tell(at, "it stood in term %d itself, and had voted for itself at %s (§5.2)", term, gave).Held(OneVote)
		}
		return tell(at, "it had given its vote of term %d to %s at %s (§5.2)", term, to, gave).Held(OneVote)
	}
	return tell(at, "why the trace does not tell").Kept(explain.NotInTrace)
}

// termOver says of a message that was refused because of its term whether that was over; empty if it was refused for
// another reason. The call is nil if the trace lacks it.
func (e *raft) termOver(call, answer *span.Span) step {
	at, stale := e.End(answer), is(answer, spans.RaftReasonKey, protocol.ReasonStaleTerm)
	switch {
	case call == nil && stale:
		return tell(at, "it took its term for over (§5.1)").Held(TermOver)
	case call == nil:
		return step{}
	}
	asked, own, term := e.Begin(call), termOf(answer), termOf(call)
	switch {
	case own < term:
		return tell(at, "it stayed in term %d, though it was asked in term %d", own, term).Resting(asked).Breaks(TermOver)
	case !stale:
		return step{}
	case own > term:
		return tell(at, "it was in term %d, and term %d was over (§5.1)", own, term).Resting(asked).Held(TermOver)
	}
	return tell(at, "it took term %d for over, and was in that term itself", term).Resting(asked).Breaks(TermOver)
}
