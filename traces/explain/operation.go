package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// times are the parts of an operation's time, one after the other: together they are its whole.
type times struct {
	explainer *Explainer
	at        Moment // up to where the time is accounted for
	steps     []ExplanationStep
	why       []ExplanationStep // what kept each try from its answer
}

// tooShort is how far the moments of one step are apart that only tell their order.
const tooShort = time.Microsecond

// end accounts for what is left, as a part of what came last.
func (t *times) end(at Moment) {
	if last := len(t.steps) - 1; last >= 0 {
		t.steps[last].At += at.At - t.at.At
		t.steps[last].Sentence = t.steps[last].on(at)
		t.at = at
	}
}

// until accounts for the time up to a moment, of which a span tells. What took no time is not told.
func (t *times) until(at Moment, told *traces.Span, format string, arguments ...any) {
	if at.At-t.at.At > tooShort {
		said := say(format, arguments...).on(t.at, at, t.explainer.end(told))
		t.steps = append(t.steps, ExplanationStep{Sentence: said, At: at.At - t.at.At, ID: told.ID})
		t.at = at
	}
}

// most is the part of the time that was more than half of it, as a sentence; empty if none was.
func (t *times) most(whole time.Duration) Sentence {
	for _, s := range t.steps {
		if s.At > whole/2 && len(t.steps) > 1 {
			said := s.Sentence
			said.Text = strings.Replace(said.Text, "It ", "it ", 1)
			return say(" Most of that time, %s, is one thing: %s", words.Milliseconds(s.At), said)
		}
	}
	return Sentence{}
}

// explainOperation says where the time of a client's operation went, and why its answer is what it is.
func (e *Explainer) explainOperation(request string) (*Explanation, error) {
	op := e.operation(request)
	if op == nil {
		return nil, e.noSuchOperation(request)
	}
	t := &times{explainer: e, at: e.begin(op)}
	involved := []string{op.Service}
	var tries, entries []*traces.Span // entries carried it to the other servers, in the try that was answered
	for s := range e.below(op.ID) {
		if s.Kind == trace.SpanKindClient {
			tries = append(tries, s)
		}
	}
	for i, try := range tries {
		if !slices.Contains(involved, peerOf(try)) {
			involved = append(involved, peerOf(try))
		}
		said := "%s waited before it asked %s (try %s)."
		if i == 0 {
			said = "%s made the request ready, and asked %s (try %s)."
		}
		t.until(e.begin(try), try, said, op.Service, peerOf(try), shown(try, spans.KVTryKey))
		if server := e.answering(try); server != nil && hasReplied(try, protocol.Answered{}) {
			entries = e.answeredTry(t, try, server)
		} else {
			e.failedTry(t, try)
		}
	}
	t.until(e.end(op), op, "%s", "The operation came to its end.")
	t.end(e.end(op))
	for _, s := range entries {
		involved = append(involved, peerOf(s))
	}
	x := &Explanation{Answer: joined(e.operationSaid(op, len(tries)), t.most(op.End.Sub(op.Start)))}
	x.Parts = append(x.Parts,
		ExplanationPart{Title: say("Where the time went, from %s to %s", e.begin(op), e.end(op)), Steps: t.steps, Took: true},
		because("What was wrong meanwhile", e.meanwhile(op.Start, op.End, involved...)),
		because("Which servers stored it", e.copies(entries, op)),
		because("Why this answer", e.whyThisAnswer(op)))
	if title := unanswered(op, len(t.why)); title != "" {
		x.Parts = append(x.Parts, whyNot(title, t.why))
	}
	next := []string{}
	if applied := e.appliedBy(op); applied != nil {
		next = append(next, entryQuestion(integer(applied, spans.RaftIndexKey), applied.Service))
	}
	for _, try := range tries {
		next = append(next, try.ID.String())
	}
	return e.finish(x, strings.ReplaceAll(words.Printable(request), "/", " "), next...), nil
}

// unanswered is the title of what kept an operation from its answer, or from one at once; empty if nothing did.
func unanswered(op *traces.Span, failed int) string {
	switch {
	case op.Attribute(spans.RaftUnfinishedKey).AsBool(), op.Status.Code == codes.Error,
		op.Attribute(spans.KVResultKey).AsString() == words.OutcomeUnknown:
		return "Why it had no answer"
	case failed > 0:
		return "Why it had no answer at once"
	}
	return ""
}

// noSuchOperation says that a client has no operation of a number, and which is its last.
func (e *Explainer) noSuchOperation(request string) error {
	near := &QuestionError{Message: "no client of this run has an operation " + strings.ReplaceAll(request, "/", " ")}
	client, _, _ := strings.Cut(request, "/")
	var last *traces.Span
	for other := range e.of(client, spans.KVPutName, spans.KVGetName, spans.KVDeleteName) {
		if last == nil || other.Start.After(last.Start) {
			last = other
		}
	}
	if last != nil {
		near.Nearest = client + " " + ordinalOf(last)
	}
	return near
}

// operationText is an operation as a story tells it: PUT "a" = "x".
func operationOf(s *traces.Span) string {
	id := map[string]string{spans.KVPutName: spans.KVPutID, spans.KVGetName: spans.KVGetID}[s.Name]
	return words.OperationText(cmp.Or(id, spans.KVDeleteID), s.Attribute(spans.KVKeyKey).AsString(),
		s.Attribute(spans.KVValueKey).AsString()).Text
}

// ordinal is which of its client's operations one is.
func ordinalOf(s *traces.Span) string {
	_, ordinal, _ := strings.Cut(shown(s, spans.KVRequestIDKey), "/")
	return ordinal
}

func (e *Explainer) operationSaid(op *traces.Span, tries int) Sentence {
	said := say("%s's request %s, %s, took %s", op.Service, ordinalOf(op), operationOf(op),
		interval{e.begin(op), e.end(op)})
	if tries > 1 {
		said = joined(said, say(" and %d tries", tries))
	}
	result := op.Attribute(spans.KVResultKey).AsString()
	switch {
	case op.Attribute(spans.RaftUnfinishedKey).AsBool():
		return joined(said, say(" and had no answer when the run ended."))
	case op.Status.Code == codes.Error && result == "":
		return joined(said, say(" and got no answer (%s).", shown(op, spans.ErrorTypeKey)))
	case result == words.OutcomeUnknown:
		return joined(said, say(", and its outcome is unknown: the client gave up without knowing whether it took effect."))
	}
	return joined(said, say(". The answer was %s.", words.ResultText(words.ParseCommand(operationCommand(op)), result)))
}

// operationCommand is an operation as an entry of the log has it: put a x.
func operationCommand(op *traces.Span) string {
	verb := strings.TrimPrefix(op.Name, "kv.")
	words := []string{verb, op.Attribute(spans.KVKeyKey).AsString()}
	if v := op.Attribute(spans.KVValueKey).AsString(); op.Name == spans.KVPutName {
		words = append(words, v)
	}
	return strings.Join(words, " ")
}

// failedTry accounts for a try that brought no answer, and notes why.
func (e *Explainer) failedTry(t *times, try *traces.Span) {
	client, peer := try.Service, peerOf(try)
	server := e.answering(try)
	switch {
	case server == nil && shown(try, spans.RaftReplyKey) != "":
		t.until(e.end(try), try, "%s asked %s, and got the reply %s. The trace lacks the span with which %s gave it.",
			client, peer, shown(try, spans.RaftReplyKey), peer)
		t.why = append(t.why, step(e.end(try), "%s replied %s; why the trace does not tell, for it lacks the span of "+
			"that.", peer, shown(try, spans.RaftReplyKey)).because(kept(NotInTrace, e.end(try), Sentence{})))
	case server != nil && hasReplied(try, protocol.NotLeader{}):
		said := joined(say("%s asked %s", client, peer), e.notLeader(server))
		t.until(e.end(try), try, "%s.", said)
		t.why = append(t.why, step(e.end(server), "%s (§8).", said).held(RuleLeaderOnly))
	case server != nil && hasReplied(try, protocol.OutcomeUnknown{}):
		t.until(e.begin(server), try, "%s's request went to %s, which took it for itself to lead.", client, peer)
		t.until(e.end(server), server, "%s %s", peer, e.whyUnknown(server))
		t.until(e.end(try), try, "The news that the outcome is unknown went back to %s.", client)
		t.why = append(t.why, e.uncommitted(server)...)
	default:
		e.gaveUp(t, try)
	}
}

// notLeader says what a server that was asked and did not lead knew of the leader.
func (*Explainer) notLeader(server *traces.Span) Sentence {
	leader := shown(server, spans.KVLeaderIDKey)
	is := "was not the leader but " + aRole(shown(server, spans.RaftRoleKey))
	if isLeading(server) {
		is = "said that it was not the leader, which it was"
	}
	if leader == "" || leader == protocol.NodeID(0).String() {
		return say(", which %s, and knew of none", is)
	}
	return say(", which %s, and named %s", is, leader)
}

func aRole(role string) string { return "a " + role }

// gaveUp accounts for a try that nobody answered, or not in time.
func (e *Explainer) gaveUp(t *times, try *traces.Span) {
	client, peer, why := try.Service, peerOf(try), e.absent(try)
	for _, server := range e.receivers(try) {
		appended := traces.EventOf(server, spans.EventAppend)
		if appended == nil || shown(server, spans.RaftReplyKey) != "" && !server.End.After(try.End) {
			continue
		}
		what := "had"
		if shown(server, spans.RaftReplyKey) != "" {
			what = "by then had"
		}
		why.Sentence = say("%s appended it at index %s, and %s no answer to give", peer,
			words.Text(appended.Attribute(spans.RaftIndexKey)), what).on(e.when(server, appended))
		t.why = append(t.why, e.uncommitted(server)...)
		break
	}
	t.why = append(t.why, step(e.end(try), "%s got no answer from %s: %s.", client, peer, why.Sentence).because(why))
	switch {
	case try.Attribute(spans.RaftUnfinishedKey).AsBool():
		t.until(e.end(try), try, "%s waited for %s until the run ended: %s.", client, peer, why.Sentence)
	case shown(try, spans.ErrorTypeKey) == spans.ErrorTypeCrash:
		t.until(e.end(try), try, "%s waited for %s until it crashed itself: %s.", client, peer, why.Sentence)
	default:
		t.until(e.end(try), try, "%s waited for %s in vain, and gave this try up: %s.", client, peer, why.Sentence)
	}
}

// leaderTermAt is the term in which a server did something; nil if the trace has none.
func (e *Explainer) leaderTermAt(node string, term int64) *leaderTerm {
	for _, l := range e.leaderTerms() {
		if l.node == node && l.term == term {
			return &l
		}
	}
	return nil
}

// uncommitted says what kept the entry of a request from being committed while a leader had the request open.
func (e *Explainer) uncommitted(server *traces.Span) []ExplanationStep {
	appended := traces.EventOf(server, spans.EventAppend)
	if appended == nil {
		return nil
	}
	index := appended.Attribute(spans.RaftIndexKey).AsInt64()
	n := entry{
		appended.Attribute(spans.RaftTermKey).AsInt64(), appended.Attribute(spans.RaftCommandKey).AsString(),
		e.when(server, appended), server,
	}
	l := e.leaderTermAt(server.Service, n.term)
	if l == nil || e.firstCommit(server.Service, index, appended.At, server.End) != nil {
		return nil
	}
	if l.until.After(server.End) {
		l.until, l.ended = server.End, server
	}
	return e.notCommittedUnder(l, n, index)
}

// whyUnknown says why a leader could not say what would come of an entry.
func (e *Explainer) whyUnknown(server *traces.Span) Sentence {
	appended := traces.EventOf(server, spans.EventAppend)
	if appended == nil {
		return say("said so; why the trace does not tell, for it has no entry of it").on(e.end(server))
	}
	said := say("appended it at index %s, and had not committed it by %s", words.Text(appended.Attribute(spans.RaftIndexKey)),
		e.end(server)).on(e.when(server, appended))
	for s := range e.of(server.Service, spans.RoleChangeName) {
		if endStep(s).together(endStep(server)) && shown(s, spans.RaftRoleKey) == protocol.RoleFollower.String() {
			return joined(said, say(", when it heard of term %d and led no more (§5.1): another leader may commit it yet, "+
				"or not.", termOf(s)).on(e.end(s)))
		}
	}
	return joined(said, say(", when the time was over in which it answers: it may be committed yet, or not."))
}

// answeredTry accounts for a try that was answered, and returns the calls that carried its entry.
func (e *Explainer) answeredTry(t *times, try, server *traces.Span) (entries []*traces.Span) {
	client, leader := try.Service, server.Service
	t.until(e.begin(server), try, "The request travelled from %s to %s, and %s took it up%s.", client, leader, leader,
		e.ailing(leader, server.Start))
	appended := traces.EventOf(server, spans.EventAppend)
	if appended == nil {
		t.until(e.end(server), server, "%s answered without an entry for it in its log, which breaks the rule that a "+
			"command is answered when its entry is applied (§8).", leader)
		t.until(e.end(try), try, "The answer travelled back to %s.", client)
		return nil
	}
	index := appended.Attribute(spans.RaftIndexKey).AsInt64()
	t.until(e.when(server, appended), server, "%s, the leader of term %d, appended it at index %d.", leader,
		termOf(server), index)
	for s := range e.of(leader, spans.AppendEntriesClientName) {
		if isA(s, spans.AppendEntriesClientName, trace.SpanKindClient) && carries(s, index) && !s.Start.Before(appended.At) &&
			termOf(s) == termOf(server) {
			entries = append(entries, s)
		}
	}
	slices.SortStableFunc(entries, func(a, b *traces.Span) int { return a.Start.Compare(b.Start) })
	if commit := e.firstCommit(leader, index, appended.At, server.End); commit != nil {
		e.replication(t, entries, commit)
		t.until(e.end(server), server, "%s committed and applied it.", leader)
	} else {
		t.until(e.end(server), server, "%s answered, and the trace has no commit of index %d by it until then: that "+
			"breaks the rule that a command is answered when its entry is applied (§8).", leader, index)
	}
	t.until(e.end(try), try, "The answer travelled back to %s.", client)
	return entries
}

// firstCommit is the first commit of an index by a server within a time.
func (e *Explainer) firstCommit(node string, index int64, from, to time.Time) *traces.Span {
	for s := range e.of(node, spans.CommitName) {
		if !s.End.Before(from) && !s.End.After(to) && integer(s, spans.RaftCommitFromKey) < index &&
			index <= integer(s, spans.RaftCommitToKey) {
			return s
		}
	}
	return nil
}

// requestSaid names the operation of whose entry a span tells.
func requestSaid(s *traces.Span) string {
	client, ordinal, found := strings.Cut(shown(s, spans.KVRequestIDKey), "/")
	if !found {
		return "the leader itself"
	}
	return client + "'s request " + ordinal
}

func appliedSaid(applied *traces.Span) string {
	c := commandIn(applied)
	return fmt.Sprintf("%s -> %s", c.Text, words.ResultText(c, applied.Attribute(spans.KVResultKey).AsString()))
}
