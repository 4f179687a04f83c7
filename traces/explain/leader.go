package explain

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// isElection says whether a word asks for an election.
func isElection(word string) bool {
	return word == "leader" || word == "election" || word == "elections"
}

// termQuestion is the question about the election of a term.
func termQuestion(term int64) string { return "leader term " + strconv.FormatInt(term, 10) }

// whichTerm says of a question about an election that it does not say which one, and which there are.
func (e *Explainer) whichTerm(question string) error {
	const most = 6
	said := fmt.Sprintf("cannot tell what %q asks: of which term it does not say", question)
	if len(e.elections) == 0 {
		return errors.New(said + ", and nobody stood for election in this run")
	}
	var terms []int64
	for _, s := range e.elections {
		terms = append(terms, termOf(s))
	}
	slices.Sort(terms)
	terms = slices.Compact(terms)
	first, last := strconv.FormatInt(terms[0], 10), strconv.FormatInt(terms[len(terms)-1], 10)
	switch n := len(terms); {
	case n == 1:
		said += ", and there were elections in term " + first + " alone"
	case n <= most:
		all := make([]string, n)
		for i, term := range terms {
			all[i] = strconv.FormatInt(term, 10)
		}
		said += ", and there were elections in the terms " + words.AndList(all)
	default:
		said += fmt.Sprintf(", and there were elections in %d terms, from %s to %s", n, first, last)
	}
	return &QuestionError{Message: said, Nearest: termQuestion(terms[0])}
}

// winner is the first election of a term that was won; nil if none was.
func (e *Explainer) winner(term int64) *traces.Span {
	for _, s := range e.elections {
		if termOf(s) == term && shown(s, spans.RaftOutcomeKey) == spans.OutcomeWon {
			return s
		}
	}
	return nil
}

// explainTerm says why a server won the election of a term, or why nobody did.
func (e *Explainer) explainTerm(term int64) (*Explanation, error) {
	var candidates []*traces.Span
	for _, s := range e.elections {
		if termOf(s) == term {
			candidates = append(candidates, s)
		}
	}
	winner := e.winner(term)
	switch {
	case len(candidates) == 0:
		return nil, e.noSuchTerm(term)
	case winner == nil:
		return e.explainNoLeader(term, candidates), nil
	}
	x := e.explainWinner(winner)
	var others, twice []ExplanationStep
	for _, s := range candidates {
		switch {
		case s == winner:
		case shown(s, spans.RaftOutcomeKey) == spans.OutcomeWon:
			twice = append(twice, step(e.end(s), "%s became the leader of term %d as well. That breaks the rule that a "+
				"term has at most one leader (§5.2).", s.Service, term).breaks(RuleOneVote))
		default:
			others = append(others, step(e.begin(s), "%s stood in term %d, too: %s.", s.Service, term, e.outcomeSaid(s)))
		}
	}
	x.Parts = append(x.Parts, because("Who else stood", others), because("Which rule was broken", twice),
		because("What it did first", e.firstDeeds(winner)))
	var next []string
	for _, s := range e.elections {
		if termOf(s) > term {
			next = append(next, termQuestion(termOf(s)))
			break
		}
	}
	if i := e.lastIndex(winner.Service); i > 0 {
		next = append(next, fmt.Sprintf("index %d %s", i, winner.Service))
	}
	return e.finish(x, termQuestion(term), append(next, e.others(winner)...)...), nil
}

// noSuchTerm says that nobody stood in a term, and which is the nearest in which somebody did.
func (e *Explainer) noSuchTerm(term int64) error {
	near := &QuestionError{Message: fmt.Sprintf("nobody stood for election in term %d", term)}
	least := int64(0)
	for _, s := range e.elections {
		if away := max(termOf(s)-term, term-termOf(s)); near.Nearest == "" || away < least {
			near.Nearest, least = termQuestion(termOf(s)), away
		}
	}
	return near
}

// explainWinner says why an election was won.
func (e *Explainer) explainWinner(winner *traces.Span) *Explanation {
	return &Explanation{Answer: e.wonSaid(winner), Parts: []ExplanationPart{
		because("Why "+winner.Service+" stood for election", e.whyStood(winner)),
		because("Why it won", e.votes(winner)),
	}}
}

func (e *Explainer) wonSaid(s *traces.Span) Sentence {
	var of Sentence
	if e.peers != nil {
		of = say(" of %s", words.Counted(int64(len(e.nodes)), "server")).on(e.end(e.peers))
	}
	votes := int(integer(s, spans.RaftVotesKey))
	said := say("%s became the leader of term %d at %s. It had stood for election at %s, and after %s it counted %s, "+
		"its own included; %d%s are a majority.",
		s.Service, termOf(s), e.end(s), e.begin(s), interval{e.begin(s), e.end(s)}, words.Counted(int64(votes),
			"vote"), quorum(s), of)
	if voters := e.voters(s); len(voters) < quorum(s) {
		said = joined(said, say(" But the trace has the votes of %s only: see below.", words.AndList(voters)))
	}
	return said
}

// outcomeSaid says how an election ended for its candidate, as a sentence without an end.
func (e *Explainer) outcomeSaid(s *traces.Span) Sentence {
	said := e.electionEnd(s)
	return said.Sentence
}

// electionEnd says how an election ended, and what ended it if it was not won.
func (e *Explainer) electionEnd(s *traces.Span) reason {
	outcome := shown(s, spans.RaftOutcomeKey)
	had := say("it had %s of the %d that it needed", words.Counted(integer(s, spans.RaftVotesKey), "vote"), quorum(s)).on(e.end(s))
	switch {
	case outcome == spans.OutcomeWon:
		return reason{Sentence: say("it won at %s", e.end(s)), at: e.end(s)}
	case outcome == spans.OutcomeLost:
		why := e.whyLostElection(s)
		return reason{
			Sentence: say("%s when, at %s, %s", had, e.end(s), why.Sentence), at: why.at, rule: why.rule,
			event: why.event,
		}
	case outcome != "":
		return ruled(RuleVotes, e.end(s), say("%s when, at %s, %s (§5.2)", had, e.end(s), e.whyNoWinner(s)))
	case s.Status.Code == codes.Error && shown(s, spans.ErrorTypeKey) == spans.ErrorTypeCrash:
		return kept(Crashed, e.end(s), say("it crashed at %s before there was a result", e.end(s)))
	}
	return kept(RunEnded, e.end(s), say("there was no result when the run ended at %s", e.end(s)))
}

// whyNoWinner says what made a candidate stand anew.
func (e *Explainer) whyNoWinner(election *traces.Span) Sentence {
	for s := range e.of(election.Service, spans.RoleChangeName) {
		if !endStep(s).together(endStep(election)) || shown(s, spans.RaftRoleKey) != protocol.RoleCandidate.String() {
			continue
		}
		switch shown(s, spans.RaftRoleEventKey) {
		case protocol.RoleEventToldToStart.String():
			return say("it was told to stand anew").on(e.end(s))
		case protocol.RoleEventElectionTimeout.String():
			return say("its election timer ran out again").on(e.end(s))
		}
	}
	return say("it was over without a winner")
}

// whyLostElection says what made a candidate a follower again.
func (e *Explainer) whyLostElection(election *traces.Span) reason {
	for s := range e.of(election.Service, spans.RoleChangeName) {
		if !endStep(s).together(endStep(election)) || shown(s, spans.RaftRoleKey) != protocol.RoleFollower.String() {
			continue
		}
		var from Sentence
		if cause := e.spanOf(s.Parent); cause != nil && peerOf(cause) != "" {
			from = say(" from %s", peerOf(cause)).on(e.end(cause))
		}
		switch {
		case shown(s, spans.RaftRoleEventKey) == protocol.RoleEventLeaderDiscovered.String():
			return ruled(RuleOneVote, e.end(s), say("it heard%s that this term has a leader (§5.2)", from).on(e.end(s)))
		case termOf(s) > termOf(election):
			return ruled(RuleTermOver, e.end(s), say("it heard%s of term %d, which is higher (§5.1)", from,
				termOf(s)).on(e.end(s)))
		}
	}
	return kept(NotInTrace, e.end(election), say("it became a follower; why the trace does not tell"))
}

func (e *Explainer) explainNoLeader(term int64, candidates []*traces.Span) *Explanation {
	var names []string
	var stood []Moment
	for _, s := range candidates {
		names, stood = append(names, s.Service), append(stood, e.begin(s))
	}
	slices.Sort(names)
	names = slices.Compact(names)
	x := &Explanation{Answer: say("Nobody became the leader of term %d. %s stood for election in it, and a majority "+
		"is %d votes.", term, words.AndList(names), quorum(candidates[0])).on(stood...)}
	for _, s := range candidates {
		x.Parts = append(x.Parts, because("Why "+s.Service+" stood for election", e.whyStood(s)),
			whyNot("Why "+s.Service+" did not win", e.whyNotWon(s)))
	}
	var next []string
	for _, s := range e.elections {
		if termOf(s) > term {
			next = append(next, termQuestion(termOf(s)))
			break
		}
	}
	return e.finish(x, termQuestion(term), append(next, candidates[0].ID.String())...)
}

// whyNotWon says who voted how in an election that was not won, and what ended it.
func (e *Explainer) whyNotWon(s *traces.Span) []ExplanationStep {
	end := e.electionEnd(s)
	over := step(e.end(s), "That was the end of it: %s.", end.Sentence).because(end)
	over.ID = s.ID
	return byTime(append(e.votes(s), over))
}

// explainElection says what came of an election of which the term's answer does not tell all: one that was not won,
// or the second that was.
func (e *Explainer) explainElection(s *traces.Span) *Explanation {
	if shown(s, spans.RaftOutcomeKey) == spans.OutcomeWon {
		x := e.explainWinner(s)
		if first := e.winner(termOf(s)); first.ID != s.ID {
			x.Parts = append(x.Parts, because("Which rule was broken", []ExplanationStep{
				step(e.end(first), "%s had become the leader of term %d. That breaks the rule that a term has at most one "+
					"leader (§5.2).", first.Service, termOf(s)).breaks(RuleOneVote),
			}))
		}
		return e.finish(x, s.ID.String(), termQuestion(termOf(s)))
	}
	x := &Explanation{Answer: say("%s stood for election in term %d at %s: %s.", s.Service, termOf(s), e.begin(s),
		e.outcomeSaid(s))}
	x.Parts = append(x.Parts, because("Why "+s.Service+" stood for election", e.whyStood(s)),
		whyNot("Why it did not win", e.whyNotWon(s)))
	return e.finish(x, s.ID.String(), termQuestion(termOf(s)))
}

// firstDeeds says what a new leader did first.
func (e *Explainer) firstDeeds(election *traces.Span) []ExplanationStep {
	for s := range e.below(election.ID) {
		if appended := traces.EventOf(s, spans.EventAppend); s.Name == spans.RoleChangeName && appended != nil {
			return []ExplanationStep{step(e.when(s, appended),
				"It appended a no-op at index %s. A leader commits only what is of its own term by counting copies; what "+
					"stands before it is committed with it (§5.4.2, §8).",
				words.Text(appended.Attribute(spans.RaftIndexKey)))}
		}
	}
	return nil
}
