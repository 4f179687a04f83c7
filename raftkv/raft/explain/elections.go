package explain

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// whichTerm says of a question about an election that it does not say which one, and which there are.
func (e *raft) whichTerm(question string) error {
	const most = 6
	said := fmt.Sprintf("cannot tell what %q asks: of which term it does not say", question)
	if len(e.Elections) == 0 {
		return errors.New(said + ", and nobody stood for election in this run")
	}
	var terms []int64
	for _, s := range e.Elections {
		terms = append(terms, state.Term(s))
	}
	slices.Sort(terms)
	terms = slices.Compact(terms)
	switch n := len(terms); {
	case n == 1:
		said += fmt.Sprintf(", and there were elections in term %d alone", terms[0])
	case n <= most:
		all := make([]string, n)
		for i, term := range terms {
			all[i] = strconv.FormatInt(term, 10)
		}
		said += ", and there were elections in the terms " + words.AndList(all)
	default:
		said += fmt.Sprintf(", and there were elections in %d terms, from %d to %d", n, terms[0], terms[n-1])
	}
	return &explain.QuestionError{Message: said, Nearest: termQuestion(terms[0])}
}

// explainTerm says why a server won the election of a term, or why nobody did.
func (e *raft) explainTerm(term int64) (*explain.Explanation, error) {
	var candidates []*span.Span
	next := ""
	for _, s := range e.Elections {
		switch {
		case state.Term(s) == term:
			candidates = append(candidates, s)
		case state.Term(s) > term && next == "":
			next = termQuestion(state.Term(s))
		}
	}
	if len(candidates) == 0 {
		return nil, e.noSuchTerm(term)
	}
	winner := e.Winner(term)
	if winner == nil {
		return e.explainNoLeader(term, candidates).Suggest(next, candidates[0].ID.String()), nil
	}
	x := e.explainWinner(winner)
	x.Question = termQuestion(term)
	var others, twice []explain.Step
	for _, s := range candidates {
		switch {
		case s == winner:
		case state.Won(s):
			twice = append(twice, step(e.End(s), "%s became the leader of term %d as well. That breaks the rule that a "+
				"term has at most one leader (§5.2).", s.Service, term).Breaks(OneVote))
		default:
			others = append(others, step(e.Begin(s), "%s stood in term %d, too: %s.", s.Service, term, e.electionEnd(s)))
		}
	}
	x.Parts = append(x.Parts, explain.Because("Who else stood", others...),
		explain.Because("Which rule was broken", twice...), explain.Because("What it did first", e.firstDeeds(winner)...))
	x.Suggest(next)
	if i := e.LastIndex(winner.Service); i > 0 {
		x.Suggest(entryQuestion(i, winner.Service))
	}
	return x.Suggest(e.Others(winner)...), nil
}

// noSuchTerm says that nobody stood in a term, and which is the nearest in which somebody did.
func (e *raft) noSuchTerm(term int64) error {
	near := &explain.QuestionError{Message: fmt.Sprintf("nobody stood for election in term %d", term)}
	least := int64(0)
	for _, s := range e.Elections {
		if away := max(state.Term(s)-term, term-state.Term(s)); near.Nearest == "" || away < least {
			near.Nearest, least = termQuestion(state.Term(s)), away
		}
	}
	return near
}

// explainWinner says why an election was won.
func (e *raft) explainWinner(s *span.Span) *explain.Explanation {
	var of explain.Sentence
	if e.Peers != nil {
		of = say(" of %s", words.Counted(len(e.Nodes), "server")).On(e.End(e.Peers))
	}
	said := say("%s became the leader of term %d at %s. It had stood for election at %s, and after %s it counted %s, "+
		"its own included; %d%s are a majority.", s.Service, state.Term(s), e.End(s), e.Begin(s),
		explain.Between(e.Begin(s), e.End(s)), words.Counted(integer(s, spans.RaftVotesKey), "vote"), state.Quorum(s), of)
	if voters := e.Voters(s); len(voters) < state.Quorum(s) {
		said = said.Then(" But the trace has the votes of %s only: see below.", words.AndList(voters))
	}
	return &explain.Explanation{Answer: said, Parts: []explain.Part{
		explain.Because("Why "+s.Service+" stood for election", e.whyStood(s)...),
		explain.Because("Why it won", e.votes(s)...),
	}}
}

// electionEnd says how an election ended for its candidate, and what ended it if it was not won.
func (e *raft) electionEnd(s *span.Span) explain.Step {
	had := say("it had %s of the %d that it needed", words.Counted(integer(s, spans.RaftVotesKey), "vote"),
		state.Quorum(s)).
		On(e.End(s))
	switch outcome := shown(s, spans.RaftOutcomeKey); {
	case state.Won(s):
		return explain.Kept("", e.End(s), say("it won at %s", e.End(s)))
	case outcome == spans.OutcomeLost:
		why := e.whyLostElection(s)
		why.Sentence = say("%s when, at %s, %s", had, e.End(s), why)
		return why
	case outcome != "":
		return explain.Ruled(Votes, e.End(s), say("%s when, at %s, %s (§5.2)", had, e.End(s), e.whyNoWinner(s)))
	case s.Status.Code == codes.Error && explain.IsCrashed(s):
		return explain.Kept(explain.Crashed, e.End(s), say("it crashed at %s before there was a result", e.End(s)))
	}
	return explain.Kept(explain.RunEnded, e.End(s), say("there was no result when the run ended at %s", e.End(s)))
}

// roleAtEnd is the change to a role in the step that an election ended in; nil if there is none.
func (e *raft) rolesAtEnd(election *span.Span, role protocol.Role) (list []*span.Span) {
	for s := range e.Of(election.Service, spans.RoleChangeID) {
		if explain.EndTogether(s, election) && state.Is(s, spans.RaftRoleKey, role) {
			list = append(list, s)
		}
	}
	return list
}

// whyNoWinner says what made a candidate stand anew.
func (e *raft) whyNoWinner(election *span.Span) explain.Sentence {
	for _, s := range e.rolesAtEnd(election, protocol.RoleCandidate) {
		switch {
		case state.Is(s, spans.RaftRoleEventKey, protocol.RoleEventToldToStart):
			return say("it was told to stand anew").On(e.End(s))
		case state.Is(s, spans.RaftRoleEventKey, protocol.RoleEventElectionTimeout):
			return say("its election timer ran out again").On(e.End(s))
		}
	}
	return say("it was over without a winner")
}

// whyLostElection says what made a candidate a follower again.
func (e *raft) whyLostElection(election *span.Span) explain.Step {
	for _, s := range e.rolesAtEnd(election, protocol.RoleFollower) {
		var from explain.Sentence
		if cause := e.Span(s.Parent); cause != nil && peerOf(cause) != "" {
			from = say(" from %s", peerOf(cause)).On(e.End(cause))
		}
		switch {
		case state.Is(s, spans.RaftRoleEventKey, protocol.RoleEventLeaderDiscovered):
			return explain.Ruled(OneVote, e.End(s), say("it heard%s that this term has a leader (§5.2)", from).On(e.End(s)))
		case state.Term(s) > state.Term(election):
			return explain.Ruled(TermOver, e.End(s), say("it heard%s of term %d, which is higher (§5.1)", from, state.Term(s)).
				On(e.End(s)))
		}
	}
	return explain.Kept(explain.NotInTrace, e.End(election), say("it became a follower; why the trace does not tell"))
}

func (e *raft) explainNoLeader(term int64, candidates []*span.Span) *explain.Explanation {
	x := &explain.Explanation{Question: termQuestion(term)}
	var names []string
	var stood []explain.Moment
	for _, s := range candidates {
		names, stood = append(names, s.Service), append(stood, e.Begin(s))
		x.Parts = append(x.Parts, explain.Because("Why "+s.Service+" stood for election", e.whyStood(s)...),
			explain.WhyNot("Why "+s.Service+" did not win", e.whyNotWon(s)...))
	}
	slices.Sort(names)
	x.Answer = say("Nobody became the leader of term %d. %s stood for election in it, and a majority is %d votes.", term,
		words.AndList(slices.Compact(names)), state.Quorum(candidates[0])).On(stood...)
	return x
}

// whyNotWon says who voted how in an election that was not won, and what ended it.
func (e *raft) whyNotWon(s *span.Span) []explain.Step {
	end := e.electionEnd(s)
	over := step(e.End(s), "That was the end of it: %s.", end).Because(end)
	over.ID = s.ID
	return explain.ByTime(append(e.votes(s), over))
}

// explainElection says what came of an election of which the term's answer does not tell all: one that was not won,
// or the second that was.
func (e *raft) explainElection(s *span.Span) *explain.Explanation {
	if !state.Won(s) {
		x := &explain.Explanation{
			Answer: say("%s stood for election in term %d at %s: %s.", s.Service, state.Term(s), e.Begin(s), e.electionEnd(s)),
			Parts: []explain.Part{
				explain.Because("Why "+s.Service+" stood for election", e.whyStood(s)...),
				explain.WhyNot("Why it did not win", e.whyNotWon(s)...),
			},
		}
		return x.Suggest(termQuestion(state.Term(s)))
	}
	x, first := e.explainWinner(s), e.Winner(state.Term(s))
	x.Parts = append(x.Parts, explain.Because("Which rule was broken", step(e.End(first), "%s had become the leader of "+
		"term %d. That breaks the rule that a term has at most one leader (§5.2).", first.Service, state.Term(s)).
		Breaks(OneVote)))
	return x.Suggest(termQuestion(state.Term(s)))
}

// firstDeeds says what a new leader did first.
func (e *raft) firstDeeds(election *span.Span) []explain.Step {
	for s := range e.Below(election.ID, spans.RoleChangeID) {
		if appended := traces.EventOf(s, spans.EventAppend); appended != nil {
			return []explain.Step{step(e.When(s, appended), "It appended a no-op at index %s. A leader commits only what is "+
				"of its own term by counting copies; what stands before it is committed with it (§5.4.2, §8).",
				words.Text(appended.Attribute(spans.RaftIndexKey)))}
		}
	}
	return nil
}
