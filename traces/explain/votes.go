package explain

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// voteReply is the answer of a server to a candidate, as it arrived there.
type voteReply struct {
	call    *traces.Span
	arrived *traces.Span // the call itself, or the span of a reply that came late or again
	answer  *traces.Span // the voter's span; nil where the trace lacks it
	granted bool
}

// voteReplies are the answers to the RequestVotes of an election, in the order in which they arrived, and the calls
// that got none.
func (e *Explainer) voteReplies(election *traces.Span) (list []voteReply, unanswered []*traces.Span) {
	for call := range e.below(election.ID) {
		if !isA(call, spans.RequestVoteClientName, trace.SpanKindClient) {
			continue
		}
		receivers := e.receivers(call)
		switch {
		case hasReplied(call, protocol.VoteGranted{}), hasReplied(call, protocol.VoteDenied{}):
			list = append(list, voteReply{call, call, e.answering(call), hasReplied(call, protocol.VoteGranted{})})
		default:
			unanswered = append(unanswered, call)
		}
		for _, r := range receivers {
			for late := range e.below(r.ID) {
				if late.Name == spans.LateReplyName && late.Service == election.Service {
					list = append(list, voteReply{call, late, r, hasReplied(late, protocol.VoteGranted{})})
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b voteReply) int { return a.arrived.End.Compare(b.arrived.End) })
	slices.SortStableFunc(unanswered, func(a, b *traces.Span) int { return a.End.Compare(b.End) })
	return list, unanswered
}

// voters are the servers whose votes had arrived when an election ended, its candidate first.
func (e *Explainer) voters(election *traces.Span) []string {
	voters := []string{election.Service}
	list, _ := e.voteReplies(election)
	for _, b := range list {
		if b.granted && !b.arrived.End.After(election.End) && !slices.Contains(voters, peerOf(b.call)) {
			voters = append(voters, peerOf(b.call))
		}
	}
	return voters
}

// votes says who voted how in an election, and why, in the order in which it became known.
func (e *Explainer) votes(election *traces.Span) []ExplanationStep {
	steps := []ExplanationStep{step(e.begin(election), "%s voted for itself.", election.Service)}
	list, unanswered := e.voteReplies(election)
	voters, refused := []string{election.Service}, map[string]bool{}
	for _, b := range list {
		peer := peerOf(b.call)
		switch {
		case b.granted && slices.Contains(voters, peer):
			steps = append(steps, e.again(election, &b)...)
		case b.granted:
			voters = append(voters, peer)
			steps = append(steps, e.granted(election, &b, len(voters))...)
		case !refused[peer]:
			refused[peer] = true
			why := e.whyDenied(&b)
			s := step(e.end(b.arrived), "%s's refusal arrived: %s.", peer, why.Sentence)
			s.Rule, s.Event, s.Broken = why.rule, why.event, why.broken
			steps = append(steps, s)
		}
	}
	for _, call := range unanswered {
		if peer := peerOf(call); !refused[peer] && !slices.Contains(voters, peer) {
			refused[peer] = true
			why := e.absent(call)
			steps = append(steps, step(e.end(call), "No answer from %s: %s.", peer, why.Sentence).because(why))
		}
	}
	return byTime(append(steps, e.miscounted(election)...))
}

// granted says that a vote arrived, and which rules it was given by; the count is with it.
func (e *Explainer) granted(election *traces.Span, b *voteReply, count int) []ExplanationStep {
	var end, late Sentence
	switch {
	case b.arrived.End.After(election.End):
		end = say(" By then the election was over.").on(e.end(election))
	case count == quorum(election):
		end = say(" That made %d: the majority.", count)
	}
	if b.arrived != b.call {
		late = say(" It was late: the call for it was over at %s.", e.end(b.call))
	}
	first := count == 2
	if b.answer == nil {
		return []ExplanationStep{step(e.end(b.arrived), "%s's vote arrived.%s Why it was given the trace does not tell: "+
			"it lacks the voter's span.%s", peerOf(b.call), late, end)}
	}
	why, broken := e.whyGranted(b, first)
	s := step(e.end(b.arrived), "%s's vote arrived.%s%s%s", peerOf(b.call), late, why, end)
	if b.arrived.End.After(election.End) {
		s = s.because(kept(TooLate, e.end(b.arrived), Sentence{}))
	}
	if len(broken) == 0 {
		return []ExplanationStep{s}
	}
	return append([]ExplanationStep{s}, broken...)
}

// again says that a server's vote arrived a second time.
func (e *Explainer) again(election *traces.Span, b *voteReply) []ExplanationStep {
	if b.arrived.End.After(election.End) {
		return nil
	}
	return []ExplanationStep{step(e.end(b.arrived), "%s's vote arrived again: a server has one vote in a term, "+
		"however often it arrives (§5.2).", peerOf(b.call)).held(RuleOneVote)}
}

// miscounted says that an election was won, or is said to be, with more votes than servers gave.
func (e *Explainer) miscounted(election *traces.Span) []ExplanationStep {
	voters, votes := e.voters(election), int(integer(election, spans.RaftVotesKey))
	won := shown(election, spans.RaftOutcomeKey) == spans.OutcomeWon
	switch {
	case votes > len(voters) && e.arrivedTwice(election):
		return []ExplanationStep{step(e.end(election), "%s counted %s, and they are those of %s only: what arrived "+
			"twice was counted twice. That breaks the rule that a server has one vote in a term (§5.2).",
			election.Service, words.Counted(int64(votes), "vote"), words.AndList(voters)).breaks(RuleOneVote)}
	case votes > len(voters):
		return []ExplanationStep{step(e.end(election), "%s counted %s, and the trace has those of %s only: whose the "+
			"others are it does not tell.",
			election.Service, words.Counted(int64(votes), "vote"), words.AndList(voters)).because(kept(NotInTrace, e.end(election),
			Sentence{}))}
	case won && votes < quorum(election):
		return []ExplanationStep{step(e.end(election), "%s became the leader with %s. That breaks the rule that a "+
			"leader has the votes of a majority, %d (§5.2).",
			election.Service, words.Counted(int64(votes), "vote"), quorum(election)).breaks(RuleVotes)}
	}
	return nil
}

// arrivedTwice says whether a server's vote arrived more than once before an election ended.
func (e *Explainer) arrivedTwice(election *traces.Span) bool {
	list, _ := e.voteReplies(election)
	seen := map[string]bool{}
	for _, b := range list {
		if b.granted && !b.arrived.End.After(election.End) {
			if seen[peerOf(b.call)] {
				return true
			}
			seen[peerOf(b.call)] = true
		}
	}
	return false
}

// otherVote is a vote that a server gave to another candidate of a term, as the moment of it and to whom; ok if the
// trace has one.
func (e *Explainer) otherVote(voter, candidate string, term int64) (at Moment, to string, ok bool) {
	for _, s := range e.elections {
		if s.Service == voter && termOf(s) == term {
			return e.begin(s), voter, true
		}
	}
	for s := range e.of(voter, spans.RequestVoteServerName) {
		if isA(s, spans.RequestVoteServerName, trace.SpanKindServer) && hasReplied(s, protocol.VoteGranted{}) &&
			termOf(s) == term && peerOf(s) != candidate {
			return e.end(s), peerOf(s), true
		}
	}
	return Moment{}, "", false
}

// whyGranted says by which rules a vote was given, where that is wanted, and which rules were broken.
func (e *Explainer) whyGranted(b *voteReply, wanted bool) (why Sentence, broken []ExplanationStep) {
	term, candidate, voter := termOf(b.call), b.call.Service, peerOf(b.call)
	if at, to, ok := e.otherVote(voter, candidate, term); ok {
		whom := "to " + to
		if to == voter {
			whom = "to itself"
		}
		broken = append(broken, step(e.end(b.answer), "%s gave %s its vote of term %d, and %s at %s. That breaks the "+
			"rule that a server has one vote in a term (§5.2).",
			voter, candidate, term, whom, at).breaks(RuleOneVote))
	} else {
		why = say(" The trace has no other vote of it in term %d (§5.2).", term).on(e.end(b.answer))
	}
	index, last, own := e.lastOf(voter, b.answer.End)
	if upToDate(integer(b.call, spans.RaftLastLogIndexKey), integer(b.call, spans.RaftLastLogTermKey), index, last) {
		why = joined(why, say(" %s's log, %s, was no less up to date than its own, %s (§5.4.1).", candidate,
			logSaid(b.call), own).on(e.begin(b.call)))
	} else {
		broken = append(broken, step(e.end(b.answer), "%s gave %s its vote, whose log, %s, was less up to date than its "+
			"own, %s. That breaks the rule of whom a server may vote for (§5.4.1).",
			voter, candidate, logSaid(b.call), own).resting(e.begin(b.call)).breaks(RuleUpToDate))
	}
	if !wanted {
		why = Sentence{}
	}
	return why, broken
}

// whyDenied says why a server refused its vote.
func (e *Explainer) whyDenied(b *voteReply) reason {
	if b.answer == nil {
		return kept(NotInTrace, e.end(b.arrived), say("why the trace does not tell, for it lacks the voter's span"))
	}
	return e.whyVoteDenied(b.call, b.answer)
}

// whyVoteDenied says by which rule a server refused its vote, as its own span has it.
func (e *Explainer) whyVoteDenied(call, answer *traces.Span) reason {
	peer, term := answer.Service, termOf(call)
	said := reason{at: e.end(answer)}
	if termOf(answer) < term {
		said.rule, said.broken = RuleTermOver, true
		said.Sentence = say("it stayed in term %d, though it was asked in term %d (%s). That breaks the rule that a "+
			"newer term makes every server its follower (§5.1)", termOf(answer), term,
			words.Spaced(shown(answer, spans.RaftReasonKey))).
			on(e.begin(call), e.end(answer))
		return said
	}
	switch shown(answer, spans.RaftReasonKey) {
	case protocol.ReasonLogBehind.String():
		said.rule = RuleUpToDate
		index, last, own := e.lastOf(peer, answer.End)
		than := joined(say(", "), own)
		if upToDate(integer(call, spans.RaftLastLogIndexKey), integer(call, spans.RaftLastLogTermKey), index, last) {
			than = Sentence{} // the trace lacks what that log had
		}
		said.Sentence = say("%s's log, %s, was less up to date than its own%s (§5.4.1)", call.Service, logSaid(call),
			than).on(e.begin(call))
	case protocol.ReasonStaleTerm.String():
		said.rule = RuleTermOver
		said.Sentence = say("it was in term %d, and term %d was over (§5.1)", termOf(answer), term).on(e.begin(call))
		if termOf(answer) == term {
			said.broken = true
			said.Sentence = say("it took term %d for over, and was in that term itself. That breaks the rule of which term is "+
				"over (§5.1)", term).on(e.begin(call))
		}
	case protocol.ReasonAlreadyVoted.String():
		said.rule = RuleOneVote
		at, to, ok := e.otherVote(peer, call.Service, term)
		switch {
		case ok && to == peer:
			said.Sentence = say("it stood in term %d itself, and had voted for itself at %s (§5.2)", term, at)
		case ok:
			said.Sentence = say("it had given its vote of term %d to %s at %s (§5.2)", term, to, at)
		default:
			said.Sentence = say("it had voted in term %d already; for whom the trace does not tell (§5.2)",
				term).on(e.begin(call))
		}
	default:
		said.event, said.Sentence = NotInTrace, say("why the trace does not tell")
	}
	said.Sentence = said.on(e.end(answer))
	return said
}

// answering is the span of the server whose reply a call got: of two copies the one that had answered by then, the
// first where both had.
func (e *Explainer) answering(call *traces.Span) *traces.Span {
	var found []*traces.Span
	for _, s := range e.receivers(call) {
		if shown(s, spans.RaftReplyKey) == shown(call, spans.RaftReplyKey) && !s.End.After(call.End) &&
			shown(s, spans.RaftReplyKey) != "" {
			found = append(found, s)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return slices.MinFunc(found, func(a, b *traces.Span) int {
		return cmp.Compare(integer(a, spans.RaftkvCopyKey),
			integer(b, spans.RaftkvCopyKey))
	})
}
