package traces

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
)

// isElection says whether a word asks for an election.
func isElection(word string) bool {
	return word == "leader" || word == "election" || word == "elections"
}

// whichTerm says of a question about an election that it does not say which one, and which there are.
func (e *Explainer) whichTerm(question string) error {
	const most = 6
	said := fmt.Sprintf("cannot tell what %q asks: of which term it does not say", question)
	if len(e.elections) == 0 {
		return errors.New(said + ", and nobody stood for election in this run")
	}
	var terms []int64
	for _, s := range e.elections {
		terms = append(terms, s.number(spans.RaftTermKey))
	}
	slices.Sort(terms)
	terms = slices.Compact(terms)
	first, last := strconv.FormatInt(terms[0], 10), strconv.FormatInt(terms[len(terms)-1], 10)
	switch n := len(terms); {
	case n == 1:
		said += ", and there were elections in term " + first + " alone"
	case n <= most:
		words := make([]string, n)
		for i, term := range terms {
			words[i] = strconv.FormatInt(term, 10)
		}
		said += ", and there were elections in the terms " + andList(words)
	default:
		said += fmt.Sprintf(", and there were elections in %d terms, from %s to %s", n, first, last)
	}
	return &QuestionError{Message: said, Nearest: "leader term " + first}
}

// explainTerm says why a server won the election of a term, or why nobody did.
func (e *Explainer) explainTerm(term int64) (*Explanation, error) {
	var candidates []*Span
	var winner *Span
	for _, s := range e.elections {
		if s.number(spans.RaftTermKey) == term {
			candidates = append(candidates, s)
			if s.value(spans.RaftOutcomeKey) == spans.OutcomeWon && winner == nil {
				winner = s
			}
		}
	}
	if len(candidates) == 0 {
		near := &QuestionError{Message: fmt.Sprintf("nobody stood for election in term %d", term)}
		least := int64(0)
		for _, s := range e.elections {
			of := s.number(spans.RaftTermKey)
			if away := max(of-term, term-of); near.Nearest == "" || away < least {
				near.Nearest, least = "leader term "+strconv.FormatInt(of, 10), away
			}
		}
		return nil, near
	}
	if winner == nil {
		return e.explainNoLeader(term, candidates), nil
	}
	x := &Explanation{Answer: e.wonSaid(winner)}
	x.Parts = append(x.Parts,
		ExplanationPart{"Why " + winner.Service + " stood for election", e.whyStood(winner)},
		ExplanationPart{"Why it won", e.votes(winner)})
	var others []ExplanationStep
	for _, s := range candidates {
		if s != winner {
			others = append(others, e.step(s.Start, s.ID, "%s stood in term %d, too: %s.", s.Service, term, e.outcomeSaid(s)))
		}
	}
	x.Parts = append(x.Parts, ExplanationPart{"Who else stood", others}, ExplanationPart{"What it did first", e.firstDeeds(winner)})
	x.Next = "leader term " + strconv.FormatInt(term+1, 10)
	if !slices.ContainsFunc(e.elections, func(s *Span) bool { return s.number(spans.RaftTermKey) == term+1 }) {
		x.Next = winner.ID.String()
		if i := e.lastIndex(winner.Service); i > 0 {
			x.Next = fmt.Sprintf("index %d %s", i, winner.Service)
		}
	}
	return x, nil
}

func (e *Explainer) wonSaid(s *Span) string {
	votes, quorum := s.number(spans.RaftVotesKey), s.number(spans.RaftQuorumKey)
	of := ""
	if len(e.nodes) > 0 {
		of = " of " + Counted(int64(len(e.nodes)), "server")
	}
	return fmt.Sprintf("%s became the leader of term %d at %s. It had stood for election at %s, and after %s it had %s, its own included; %d%s are a majority.",
		s.Service, s.number(spans.RaftTermKey), e.time(s.End), e.time(s.Start), took(s.Start, s.End), Counted(votes, "vote"), quorum, of)
}

// outcomeSaid says how an election ended for its candidate.
func (e *Explainer) outcomeSaid(s *Span) string {
	votes := Counted(s.number(spans.RaftVotesKey), "vote") + " of the " + s.value(spans.RaftQuorumKey) + " that it needed"
	switch {
	case s.value(spans.RaftOutcomeKey) == spans.OutcomeWon:
		return "it won at " + e.time(s.End)
	case s.value(spans.RaftOutcomeKey) != "":
		ended := e.whyNoWinner(s)
		if s.value(spans.RaftOutcomeKey) == spans.OutcomeLost {
			ended = e.whyLostElection(s)
		}
		return "it had " + votes + " when, at " + e.time(s.End) + ", " + ended
	case s.Status.Code == codes.Error && s.value(spans.ErrorTypeKey) == spans.ErrorTypeCrash:
		return "it crashed at " + e.time(s.End) + " before there was a result"
	}
	return "there was no result when the run ended"
}

// whyNoWinner says what made a candidate stand anew.
func (e *Explainer) whyNoWinner(election *Span) string {
	for s := range e.of(election.Service, spans.RoleChangeName) {
		if together(s.End, election.End) && s.value(spans.RaftRoleEventKey) == protocol.RoleEventToldToStart.String() {
			return "it was told to stand anew"
		}
	}
	return "its election timer ran out again"
}

// whyLostElection says what a candidate heard that made it a follower again.
func (e *Explainer) whyLostElection(election *Span) string {
	for s := range e.of(election.Service, spans.RoleChangeName) {
		if !together(s.End, election.End) || s.value(spans.RaftRoleKey) != protocol.RoleFollower.String() {
			continue
		}
		from := ""
		if cause := e.spanOf(s.Parent); cause != nil && cause.peer() != "" {
			from = " from " + cause.peer()
		}
		if s.value(spans.RaftRoleEventKey) == protocol.RoleEventLeaderDiscovered.String() {
			return "it heard" + from + " that this term has a leader"
		}
		return "it heard" + from + " of term " + s.value(spans.RaftTermKey) + ", which is higher"
	}
	return "it became a follower again"
}

func (e *Explainer) explainNoLeader(term int64, candidates []*Span) *Explanation {
	var names []string
	for _, s := range candidates {
		names = append(names, s.Service)
	}
	x := &Explanation{Answer: fmt.Sprintf("Nobody became the leader of term %d. %s stood for election in it, and a majority is %s votes.",
		term, andList(names), candidates[0].value(spans.RaftQuorumKey))}
	for _, s := range candidates {
		steps := append(e.votes(s), e.step(s.End, s.ID, "That was the end of it: %s.", e.outcomeSaid(s)))
		slices.SortStableFunc(steps, func(a, b ExplanationStep) int { return cmp.Compare(a.At, b.At) })
		steps = append(e.whyStood(s), steps...)
		x.Parts = append(x.Parts, ExplanationPart{"What came of " + s.Service + "'s election", steps})
	}
	x.Next = candidates[0].ID.String()
	for _, s := range e.elections {
		if later := s.number(spans.RaftTermKey); later > term {
			x.Next = "leader term " + strconv.FormatInt(later, 10)
			break
		}
	}
	return x
}

// andList is a, b and c.
func andList(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// whyStood says what made a server stand for election: somebody told it to, or its timer ran out, because of what it did not hear.
func (e *Explainer) whyStood(election *Span) []ExplanationStep {
	node, term := election.Service, election.number(spans.RaftTermKey)
	event, from := "", ""
	for s := range e.below(election.ID) {
		if s.Name == spans.RoleChangeName && s.value(spans.RaftRoleKey) == protocol.RoleCandidate.String() {
			event, from = s.value(spans.RaftRoleEventKey), s.value(spans.RaftRoleFromKey)
		}
	}
	if event == protocol.RoleEventToldToStart.String() {
		for _, f := range slices.Backward(e.faults) {
			if faultKind(f) == spans.FaultElect && touches(f, node) && !f.Start.After(election.Start) {
				return []ExplanationStep{e.step(f.Start, f.ID, "The scenario told %s to stand for election; no timer was needed.", node)}
			}
		}
		return []ExplanationStep{e.step(election.Start, election.ID,
			"%s was told to stand: a run names its first leader (raft.first_leader), so that nobody has to wait for a timeout.", node)}
	}
	var steps []ExplanationStep
	if before := e.electionBefore(election); before != nil && from == protocol.RoleCandidate.String() {
		steps = append(steps, e.step(before.Start, before.ID, "%s had stood for election already, in term %d.", node, before.number(spans.RaftTermKey)))
		steps = append(steps, e.votes(before)...)
		return append(steps, e.step(election.Start, election.ID, "After %s without a winner, %s's election timer ran out again, and it stood in term %d.",
			took(before.Start, election.Start), node, term))
	}
	heard, said, leader := e.lastHeard(election)
	if heard == nil {
		return append(steps, e.step(election.Start, election.ID, "%s's election timer ran out: it had heard from no leader at all.", node))
	}
	steps = append(steps, e.step(heard.End, heard.ID, "%s", said))
	if leader != "" {
		steps = append(steps, e.silence(heard, leader, election)...)
		slices.SortStableFunc(steps, func(a, b ExplanationStep) int { return cmp.Compare(a.At, b.At) }) // a fault can come before what was on its way then
	}
	return append(steps, e.step(election.Start, election.ID, "So for %s%s nothing had started %s's election timer anew. It ran out, and %s stood for election in term %d.",
		took(heard.End, election.Start), e.byItsClock(node, heard.End, election.Start), node, node, term))
}

// byItsClock says how long a server's clock took a time for, if a fault had set that.
func (e *Explainer) byItsClock(node string, from, to time.Time) string {
	clock, skewed := to.Sub(from), false
	for _, f := range e.inForce(to) {
		if faultKind(f) != spans.FaultSkew || !touches(f, node) {
			continue
		}
		since := f.Start
		if since.Before(from) {
			since = from
		}
		switch rate := f.number(spans.RaftkvFaultRatePermilleKey); {
		case rate != 0:
			clock += to.Sub(since) * time.Duration(rate-1000) / 1000
			skewed = true
		case f.Start.After(from):
			clock += time.Duration(f.number(spans.RaftkvFaultByNsKey))
			skewed = true
		}
	}
	if !skewed {
		return ""
	}
	return ", which its own clock took for " + milliseconds(clock) + ","
}

func (e *Explainer) electionBefore(election *Span) *Span {
	var latest *Span
	for _, s := range e.elections {
		if s.Service == election.Service && s.Start.Before(election.Start) {
			latest = s
		}
	}
	return latest
}

// lastHeard is what started a server's election timer anew the last time before an election, as a sentence, and the leader or candidate that it came from.
func (e *Explainer) lastHeard(election *Span) (heard *Span, said, from string) {
	node := election.Service
	for s := range e.backward(node, spans.AppendEntriesServerName, spans.RequestVoteServerName, spans.StartName, spans.SetPeersName) {
		if s.End.After(election.Start) || s.ID == election.ID {
			continue
		}
		switch {
		case s.is(spans.AppendEntriesServerName, trace.SpanKindServer) && s.value(spans.RaftReplyKey) != "" && s.value(spans.RaftReasonKey) != protocol.ReasonStaleTerm.String():
			what := "a heartbeat"
			if n := s.number(spans.RaftEntriesCountKey); n > 0 {
				what = "an AppendEntries with " + (&teller{span: s}).entries()
			}
			return s, fmt.Sprintf("%s heard from %s, the leader of term %s, for the last time: %s.", node, s.peer(), s.value(spans.RaftTermKey), what), s.peer()
		case s.is(spans.RequestVoteServerName, trace.SpanKindServer) && s.replied(protocol.VoteGranted{}):
			return s, fmt.Sprintf("%s gave %s its vote in term %s, and waited for what would come of it.", node, s.peer(), s.value(spans.RaftTermKey)), s.peer()
		case s.Name == spans.StartName && s.number(spans.RaftTermKey) > 0:
			return s, node + " had started again, and knew of no leader.", ""
		case s.Name == spans.SetPeersName:
			return s, node + " had been told who the servers are, and heard from no leader from then on.", ""
		}
	}
	return nil, "", ""
}

// silence says why a server heard no more from a leader: it crashed, it was cut off, what it sent was lost.
func (e *Explainer) silence(heard *Span, leader string, election *Span) []ExplanationStep {
	node := election.Service
	steps := e.meanwhile(heard.Start, election.Start, leader, node)
	for i, s := range steps {
		if f := e.spanOf(s.ID); f != nil && isCrash(f) && touches(f, leader) {
			steps[i].Text = strings.TrimSuffix(s.Text, ".") + "; from then on it sent nothing."
		}
	}
	var lost []*Span
	for s := range e.of(leader, spans.AppendEntriesClientName) {
		if s.is(spans.AppendEntriesClientName, trace.SpanKindClient) && s.peer() == node && s.Start.After(e.sentAt(heard)) && s.Start.Before(election.Start) &&
			s.event(spans.EventDrop) != nil && len(e.receivers(s)) == 0 {
			lost = append(lost, s)
		}
	}
	slices.SortStableFunc(lost, func(a, b *Span) int { return a.Start.Compare(b.Start) })
	if len(lost) > 0 {
		first, last := lost[0], lost[len(lost)-1]
		text := "What " + leader + " sent to " + node + " did not arrive: the AppendEntries was lost" + e.whyLost(leader, node, first.event(spans.EventDrop)) + "."
		if len(lost) > 1 {
			text = fmt.Sprintf("What %s sent to %s did not arrive: %d AppendEntries until %s, all lost%s.", leader, node, len(lost), e.time(last.Start), e.whyLost(leader, node, first.event(spans.EventDrop)))
		}
		steps = append(steps, e.step(first.Start, first.ID, "%s", text))
	}
	slices.SortStableFunc(steps, func(a, b ExplanationStep) int { return cmp.Compare(a.At, b.At) })
	return steps
}

// sentAt is when a message was sent that a span took in.
func (e *Explainer) sentAt(receiver *Span) time.Time {
	if sender := e.spanOf(receiver.Parent); sender != nil {
		return sender.Start
	}
	return receiver.Start
}

// votes says who voted how in an election, and why, in the order in which it became known.
func (e *Explainer) votes(election *Span) []ExplanationStep {
	node, quorum := election.Service, election.number(spans.RaftQuorumKey)
	steps := []ExplanationStep{e.step(election.Start, election.ID, "%s voted for itself.", node)}
	var calls []*Span
	for s := range e.below(election.ID) {
		if s.is(spans.RequestVoteClientName, trace.SpanKindClient) {
			calls = append(calls, s)
		}
	}
	slices.SortStableFunc(calls, func(a, b *Span) int { return a.End.Compare(b.End) })
	count, explained := int64(1), false
	unheard := map[string]bool{} // those of whom it is said that no answer came from them
	for _, call := range calls {
		switch {
		case call.replied(protocol.VoteGranted{}):
			why := ""
			if !explained {
				why, explained = e.whyGranted(call), true
			}
			count++
			end := ""
			switch {
			case call.End.After(election.End):
				end = " By then the election was over."
			case count == quorum:
				end = fmt.Sprintf(" That made %d: the majority.", count)
			}
			steps = append(steps, e.step(call.End, call.ID, "%s's vote arrived.%s%s", call.peer(), why, end))
		case call.replied(protocol.VoteDenied{}):
			steps = append(steps, e.step(call.End, call.ID, "%s's refusal arrived: %s.", call.peer(), e.whyDenied(call)))
		case !unheard[call.peer()]:
			unheard[call.peer()] = true
			why, id := e.absent(call)
			steps = append(steps, e.step(call.End, id, "No answer from %s: %s.", call.peer(), why))
		}
	}
	return steps
}

func (e *Explainer) whyGranted(call *Span) string {
	return fmt.Sprintf(" It had given no other server its vote in term %s, and %s's log, %s, was no less up to date than its own (§5.4.1).",
		call.value(spans.RaftTermKey), call.Service, logSaid(call))
}

// logSaid says what a candidate's log was like.
func logSaid(call *Span) string {
	index := call.number(spans.RaftLastLogIndexKey)
	if index == 0 {
		return "which was empty"
	}
	return fmt.Sprintf("which ended with index %d of term %d", index, call.number(spans.RaftLastLogTermKey))
}

// whyDenied says why a server refused its vote.
func (e *Explainer) whyDenied(call *Span) string {
	receivers := e.receivers(call)
	if len(receivers) == 0 {
		return "why is not in the trace"
	}
	r, peer, term := receivers[0], call.peer(), call.number(spans.RaftTermKey)
	switch r.value(spans.RaftReasonKey) {
	case protocol.ReasonLogBehind.String():
		return fmt.Sprintf("%s's log, %s, was less up to date than its own (§5.4.1)", call.Service, logSaid(call))
	case protocol.ReasonStaleTerm.String():
		return fmt.Sprintf("it was in term %s already, which is higher", r.value(spans.RaftTermKey))
	case protocol.ReasonAlreadyVoted.String():
		for _, s := range e.elections {
			if s.Service == peer && s.number(spans.RaftTermKey) == term {
				return fmt.Sprintf("it stood in term %d itself, and had voted for itself at %s", term, e.time(s.Start))
			}
		}
		for s := range e.of(peer, spans.RequestVoteServerName) {
			if s.is(spans.RequestVoteServerName, trace.SpanKindServer) && s.replied(protocol.VoteGranted{}) && s.number(spans.RaftTermKey) == term {
				return fmt.Sprintf("it had given its vote of term %d to %s at %s", term, s.peer(), e.time(s.End))
			}
		}
		return "it had voted in this term already"
	}
	return spaced(r.value(spans.RaftReasonKey))
}

// firstDeeds says what a new leader did first.
func (e *Explainer) firstDeeds(election *Span) []ExplanationStep {
	for s := range e.below(election.ID) {
		if appended := s.event(spans.EventAppend); s.Name == spans.RoleChangeName && appended != nil {
			return []ExplanationStep{e.step(appended.At, s.ID,
				"It appended a no-op at index %s. A leader commits only what is of its own term by counting copies; what stands before it is committed with it (§5.4.2, §8).",
				text(appended.Attribute(spans.RaftIndexKey)))}
		}
	}
	return nil
}
