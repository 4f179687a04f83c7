package explain

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/codes"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/phrases"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// whichTerm says of a question about an election that it does not say which one, and which there are.
func (e *raft) whichTerm(question string) error {
	const most = 6
	said := fmt.Sprintf("cannot tell what %q asks: of which term it does not say", question)
	var terms []int64
	for _, s := range e.elections {
		terms = append(terms, termOf(s))
	}
	slices.Sort(terms)
	terms = slices.Compact(terms)
	switch n := len(terms); {
	case n == 0:
		return errors.New(said + ", and nobody stood for election in this run")
	case n == 1:
		said += fmt.Sprintf(", and there were elections in term %d alone", terms[0])
	case n <= most:
		var all []string
		for _, term := range terms {
			all = append(all, strconv.FormatInt(term, 10))
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
	near := &explain.QuestionError{Message: fmt.Sprintf("nobody stood for election in term %d", term)}
	next, least := "", int64(0)
	for _, s := range e.elections {
		away := max(termOf(s)-term, term-termOf(s))
		if near.Nearest == "" || away < least {
			near.Nearest, least = termQuestion(termOf(s)), away
		}
		switch {
		case away == 0:
			candidates = append(candidates, s)
		case termOf(s) > term && next == "":
			next = termQuestion(termOf(s))
		}
	}
	if len(candidates) == 0 {
		return nil, near
	}
	winner := e.winner(term)
	if winner == nil {
		return e.explainNoLeader(term, candidates).Suggest(next, candidates[0].ID.String()), nil
	}
	x := e.explainWinner(winner)
	x.Question = termQuestion(term)
	var others, twice []step
	for _, s := range candidates {
		switch {
		case s == winner:
		case won(s):
			twice = append(twice, tell(e.End(s), "%s became the leader of term %d as well.", s.Service, term).Breaks(OneVote))
		default:
			others = append(others, tell(e.Begin(s), "%s stood in term %d, too: %s.", s.Service, term, e.electionEnd(s)))
		}
	}
	x.Parts = append(x.Parts, explain.Because("Who else stood", others...), explain.Because("Which rule was broken",
		twice...), explain.Because("What it did first", e.firstDeeds(winner)...))
	x.Suggest(next)
	if i := e.lastIndex(winner.Service); i > 0 {
		x.Suggest(entryQuestion(i, winner.Service))
	}
	return x.Suggest(e.Others(winner)...), nil
}

// explainWinner says why an election was won.
func (e *raft) explainWinner(s *span.Span) *explain.Explanation {
	var of sentence
	if e.peers != nil {
		of = say(" of %s", words.Counted(len(e.nodes), "server")).On(e.End(e.peers))
	}
	said := say("%s became the leader of term %d at %s. It had stood for election at %s, and after %s it counted %s, "+
		"its own included; %d%s are a majority.", s.Service, termOf(s), e.End(s), e.Begin(s), explain.Between(e.Begin(s),
		e.End(s)), counted(s), quorumOf(s), of)
	if voters, _ := e.voters(s); len(voters) < quorumOf(s) {
		said = said.Then(" But the trace has the votes of %s only: see below.", words.AndList(voters))
	}
	return &explain.Explanation{Answer: said, Parts: []part{e.stood(s), explain.Because("Why it won", e.votes(s)...)}}
}

func (e *raft) explainNoLeader(term int64, candidates []*span.Span) *explain.Explanation {
	x := &explain.Explanation{Question: termQuestion(term)}
	var names []string
	var stood []moment
	for _, s := range candidates {
		names, stood = append(names, s.Service), append(stood, e.Begin(s))
		x.Parts = append(x.Parts, e.stood(s), explain.WhyNot("Why "+s.Service+" did not win", e.whyNotWon(s)...))
	}
	slices.Sort(names)
	x.Answer = say("Nobody became the leader of term %d. %s stood for election in it, and a majority is %d votes.", term,
		words.AndList(slices.Compact(names)), quorumOf(candidates[0])).On(stood...)
	return x
}

// explainElection says what came of an election of which the term's answer does not tell all: one that was not won,
// or the second that was.
func (e *raft) explainElection(s *span.Span) *explain.Explanation {
	if !won(s) {
		return (&explain.Explanation{
			Answer: say("%s stood for election in term %d at %s: %s.", s.Service, termOf(s), e.Begin(s), e.electionEnd(s)),
			Parts:  []part{e.stood(s), explain.WhyNot("Why it did not win", e.whyNotWon(s)...)},
		}).Suggest(termQuestion(termOf(s)))
	}
	x, first := e.explainWinner(s), e.winner(termOf(s))
	x.Parts = append(x.Parts, explain.Because("Which rule was broken", tell(e.End(first), "%s had become the leader of "+
		"term %d.", first.Service, termOf(s)).Breaks(OneVote)))
	return x.Suggest(termQuestion(termOf(s)))
}

// firstDeeds says what a new leader did first.
func (e *raft) firstDeeds(election *span.Span) []step {
	for s := range e.Below(election.ID, spans.RoleChangeID) {
		if appended := traces.EventOf(s, spans.EventAppend); appended != nil {
			return one(tell(e.When(s, appended), "It appended a no-op at index %d. A leader commits only what is of its own "+
				"term by counting copies; what stands before it is committed with it (§5.4.2, §8).", e.made(s, appended).Index))
		}
	}
	return nil
}

// whyNotWon says who voted how in an election that was not won, and what ended it.
func (e *raft) whyNotWon(s *span.Span) []step {
	over := because(e.electionEnd(s), e.End(s), "So its election was over")
	over.ID = s.ID
	return explain.ByTime(append(e.votes(s), over))
}

// counted is how many votes a candidate counted.
func counted(election *span.Span) string {
	return words.Counted(integer(election, spans.RaftVotesKey), "vote")
}

// electionEnd says how an election ended for its candidate, and what ended it if it was not won.
func (e *raft) electionEnd(s *span.Span) step {
	end := e.End(s)
	switch outcome := shown(s, spans.RaftOutcomeKey); {
	case won(s):
		return tell(end, "it won at %s", end)
	case outcome != "":
		why := e.whyNoWinner(s, outcome == spans.OutcomeLost)
		why.Sentence = say("it had %s of the %d that it needed when, at %s, %s", counted(s), quorumOf(s), end, why).On(end)
		return why
	case s.Status.Code == codes.Error && explain.IsCrashed(s):
		return tell(end, "it crashed at %s before there was a result", end).Kept(explain.Crashed)
	}
	return tell(end, "there was no result when the run ended at %s", end).Kept(explain.RunEnded)
}

// whyNoWinner says what made a candidate a follower again, if it lost, or else stand anew: a change of its role in the
// step that its election ended in.
func (e *raft) whyNoWinner(election *span.Span, lost bool) step {
	for s := range e.Of(election.Service, spans.RoleChangeID) {
		if !explain.EndTogether(s, election) || lost != is(s, spans.RaftRoleKey, protocol.RoleFollower) {
			continue
		}
		var from sentence
		if cause := e.Span(s.Parent); cause != nil && peerOf(cause) != "" {
			from = say(" from %s", peerOf(cause)).On(e.End(cause))
		}
		switch {
		case is(s, spans.RaftRoleEventKey, protocol.RoleEventToldToStart):
			return tell(e.End(s), "it was told to stand anew (§5.2)").Held(Votes)
		case is(s, spans.RaftRoleEventKey, protocol.RoleEventElectionTimeout):
			return tell(e.End(s), "its election timer ran out again (§5.2)").Held(Votes)
		case is(s, spans.RaftRoleEventKey, protocol.RoleEventLeaderDiscovered):
			return tell(e.End(s), "it heard%s that this term has a leader (§5.2)", from).Held(OneVote)
		case termOf(s) > termOf(election):
			return tell(e.End(s), "it heard%s of term %d, which is higher (§5.1)", from, termOf(s)).Held(TermOver)
		}
	}
	if lost {
		return tell(e.End(election), "it became a follower; why the trace does not tell").Kept(explain.NotInTrace)
	}
	return tell(e.End(election), "it was over without a winner (§5.2)").Held(Votes)
}

// stood is the part that says why a server stood for election.
func (e *raft) stood(election *span.Span) part {
	return explain.Because("Why "+election.Service+" stood for election", e.whyStood(election)...)
}

// whyStood says what made a server stand for election: somebody told it to, or its timer ran out, because of what it
// did not hear.
func (e *raft) whyStood(election *span.Span) []step {
	node, begin := election.Service, e.Begin(election)
	var change, before *span.Span
	for s := range e.Below(election.ID, spans.RoleChangeID) {
		if is(s, spans.RaftRoleKey, protocol.RoleCandidate) {
			change = s
		}
	}
	for _, s := range e.elections {
		if s.Service == node && s.Start.Before(election.Start) {
			before = s
		}
	}
	switch {
	case change == nil:
		return one(tell(begin, "What made %s stand the trace does not tell: it has no change of its role to candidate.",
			node))
	case is(change, spans.RaftRoleEventKey, protocol.RoleEventToldToStart):
		return one(e.toldToStand(election, change))
	case before != nil && is(change, spans.RaftRoleFromKey, protocol.RoleCandidate):
		steps := one(tell(e.Begin(before), "%s had stood for election already, in term %d.", node, termOf(before)))
		return append(explain.ByTime(append(steps, e.votes(before)...)), tell(begin, "After %s without a winner, %s's "+
			"election timer ran out again, and it stood in term %d (§5.2).", explain.Between(e.Begin(before), begin), node,
			termOf(election)).Resting(e.End(change)))
	}
	heard, said, leader := e.lastHeard(election)
	if heard == nil {
		return one(tell(begin, "%s's election timer ran out: the trace has nothing before that would have started it anew "+
			"(§5.2).", node).Resting(e.End(change)))
	}
	steps := one(tell(e.End(heard), "%s", said))
	if leader != "" {
		// a fault can come before what was on its way then
		steps = explain.ByTime(append(steps, e.Silence(leader, heard, election.Start, spans.AppendEntriesClientID)...))
	}
	steps = append(steps, e.unheeded(heard, election)...)
	return append(steps, tell(begin, "So for %s%s nothing had started %s's election timer anew. It ran out, and %s "+
		"stood for election in term %d (§5.2).", explain.Between(e.End(heard), begin), e.ClockFaults(node, heard.End,
		election.Start), node, node, termOf(election)).Resting(e.End(change)))
}

// toldToStand says who told a server to stand.
func (e *raft) toldToStand(election, change *span.Span) step {
	for _, f := range slices.Backward(e.Faults()) {
		if traces.FaultKind(f) == worldspans.FaultElect && explain.Touches(f, election.Service) &&
			!f.Start.After(election.End) && !f.Start.After(change.End) {
			return tell(e.Begin(f), "The scenario told %s to stand for election; no timer was needed.", election.Service).
				Resting(e.End(change))
		}
	}
	told := tell(e.Begin(election), "%s was told to stand.", election.Service).Resting(e.End(change))
	first := "\nfirst_leader = " + strings.TrimPrefix(election.Service, kvspans.ServiceNode+"-") + "\n"
	if run := e.Run(); run != nil && strings.Contains(run.Attribute(worldspans.RaftkvConfigKey).AsString(), first) {
		told.Sentence = say("%s was told to stand: a run names its first leader (raft.first_leader), so that nobody has to "+
			"wait for a timeout.", election.Service).On(told.RestsOn...).On(e.Begin(run))
	}
	return told
}

// lastHeard is what started a server's election timer anew the last time before an election, as a sentence, and the
// leader or candidate that it came from. A message is told before what else its step did.
func (e *raft) lastHeard(election *span.Span) (heard *span.Span, said sentence, from string) {
	for s := range e.Backward(election.Service, spans.AppendEntriesServerID, spans.RequestVoteServerID, spans.StartID,
		spans.SetPeersID, spans.RoleChangeID) {
		later := s.End.After(election.Start) || s.Parent == election.ID
		if heard != nil && (later || !explain.EndTogether(s, heard)) {
			break
		}
		if later {
			continue
		}
		what, from := e.heardFrom(s)
		switch {
		case from != "":
			return s, what, from
		case what.Text != "" && heard == nil:
			heard, said = s, what
		}
	}
	return heard, said, ""
}

// heardFrom says that a span started its server's election timer anew, and whose message that was, if it was one.
func (e *raft) heardFrom(s *span.Span) (said sentence, from string) {
	node, peer := s.Service, peerOf(s)
	switch id := e.ID(s); {
	case id == spans.AppendEntriesServerID && shown(s, kvspans.RaftReplyKey) != "" && !is(s, spans.RaftReasonKey,
		protocol.ReasonStaleTerm):
		what := "a heartbeat"
		if filled(s) {
			what = "an AppendEntries with " + phrases.Entries(s)
		}
		return say("%s heard from %s, the leader of term %d, for the last time: %s.", node, peer, termOf(s), what), peer
	case id == spans.RequestVoteServerID && granted(s):
		return say("%s gave %s its vote in term %d, and waited for what would come of it.", node, peer, termOf(s)), peer
	case id == spans.RoleChangeID && is(s, spans.RaftRoleKey, protocol.RoleFollower) && !is(s, spans.RaftRoleEventKey,
		protocol.RoleEventRestart):
		said = say("%s went from %s to follower in term %d, and waited for a leader.", node, shown(s, spans.RaftRoleFromKey),
			termOf(s))
	case id == spans.SetPeersID:
		said = say("%s had been told who the servers are, and heard from no leader from then on.", node)
	case id == spans.StartID:
		for first := range e.Of(node, spans.StartID) {
			if first.ID != s.ID {
				said = say("%s had started again, and knew of no leader.", node)
			}
			break
		}
	}
	return said, ""
}

// unheeded says what came from a server whose term was over, which starts no timer anew.
func (e *raft) unheeded(heard, election *span.Span) []step {
	var list []*span.Span
	for s := range e.Of(election.Service, spans.AppendEntriesServerID) {
		if is(s, spans.RaftReasonKey, protocol.ReasonStaleTerm) && s.End.After(heard.End) && s.End.Before(election.Start) {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil
	}
	var more sentence
	if n := len(list); n > 1 {
		more = say(" (the first of %d, until %s)", n, e.End(list[n-1]))
	}
	return one(tell(e.End(list[0]), "An AppendEntries from %s came%s, and did not count: it was of a term that is over "+
		"(§5.1).", peerOf(list[0]), more).Held(TermOver))
}
