package traces

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// times are the parts of an operation's time, one after the other: together they are its whole.
type times struct {
	explainer *Explainer
	at        time.Time // up to where the time is accounted for
	steps     []ExplanationStep
}

// until accounts for the time up to a moment. What took no time is not told.
func (t *times) until(at time.Time, id world.CausalID, format string, arguments ...any) {
	if at.After(t.at) {
		t.steps = append(t.steps, ExplanationStep{at.Sub(t.at), fmt.Sprintf(format, arguments...), id})
		t.at = at
	}
}

// most is the part of the time that was more than half of it, as a sentence; empty if none was.
func (t *times) most(whole time.Duration) string {
	for _, s := range t.steps {
		if s.At > whole/2 && len(t.steps) > 1 {
			return " Most of that time, " + milliseconds(s.At) + ", is one thing: " + strings.Replace(s.Text, "It ", "it ", 1)
		}
	}
	return ""
}

// explainOperation says where the time of a client's operation went, and why its answer is what it is.
func (e *Explainer) explainOperation(request string) (*Explanation, error) {
	op := e.operation(request)
	if op == nil {
		near := &QuestionError{Message: "no client of this run has an operation " + strings.ReplaceAll(request, "/", " ")}
		client, _, _ := strings.Cut(request, "/")
		var last *Span
		for other := range e.of(client, spans.KVPutName, spans.KVGetName, spans.KVDeleteName) {
			if last == nil || other.Start.After(last.Start) {
				last = other
			}
		}
		if last != nil {
			near.Nearest = client + " " + last.ordinal()
		}
		return nil, near
	}
	t := &times{explainer: e, at: op.Start}
	involved := []string{op.Service}
	var tries []*Span
	for s := range e.below(op.ID) {
		if s.Kind == trace.SpanKindClient {
			tries = append(tries, s)
		}
	}
	var entries []*Span // that carried it to the other servers, in the try that was answered
	for _, try := range tries {
		if !slices.Contains(involved, try.peer()) {
			involved = append(involved, try.peer())
		}
		if try.Start.After(t.at) {
			said := "%s waited before it asked %s (try %s)."
			if try == tries[0] {
				said = "%s made the request ready, and asked %s (try %s)."
			}
			t.until(try.Start, try.ID, said, op.Service, try.peer(), try.value(spans.KVTryKey))
		}
		if server := e.answering(try); server != nil && try.replied(protocol.Answered{}) {
			entries = e.answeredTry(t, try, server)
		} else {
			e.failedTry(t, try)
		}
	}
	t.until(op.End, op.ID, "%s", "The operation came to its end.")
	for _, s := range entries {
		involved = append(involved, s.peer())
	}
	x := &Explanation{Answer: e.operationSaid(op, len(tries)) + t.most(op.End.Sub(op.Start))}
	x.Parts = append(x.Parts,
		ExplanationPart{"Where the time went, from " + e.time(op.Start) + " to " + e.time(op.End), t.steps},
		ExplanationPart{"What was wrong meanwhile", e.meanwhile(op.Start, op.End, involved...)},
		ExplanationPart{"Which servers stored it", e.copies(entries, op)},
		ExplanationPart{"Why this answer", e.whyThisAnswer(op)})
	x.Next = op.ID.String()
	if applied := e.appliedBy(op); applied != nil {
		x.Next = fmt.Sprintf("index %s %s", applied.value(spans.RaftIndexKey), applied.Service)
	}
	return x, nil
}

// operationText is an operation as a story tells it: PUT "a" = "x".
func (s *Span) operationText() string {
	id := map[string]string{spans.KVPutName: spans.KVPutID, spans.KVGetName: spans.KVGetID}[s.Name]
	return operationText(cmp.Or(id, spans.KVDeleteID), s.Attribute(spans.KVKeyKey).AsString(), s.Attribute(spans.KVValueKey).AsString()).text
}

// ordinal is which of its client's operations one is.
func (s *Span) ordinal() string {
	_, ordinal, _ := strings.Cut(s.value(spans.KVRequestIDKey), "/")
	return ordinal
}

func (e *Explainer) operationSaid(op *Span, tries int) string {
	said := fmt.Sprintf("%s's request %s, %s, took %s", op.Service, op.ordinal(), op.operationText(), took(op.Start, op.End))
	if tries > 1 {
		said += fmt.Sprintf(" and %d tries", tries)
	}
	result := op.Attribute(spans.KVResultKey).AsString()
	switch {
	case op.Attribute(spans.RaftUnfinishedKey).AsBool():
		return said + " and had no answer when the run ended."
	case op.Status.Code == codes.Error && result == "":
		return said + " and got no answer (" + op.value(spans.ErrorTypeKey) + ")."
	case result == outcomeUnknown:
		return said + ", and its outcome is unknown: the client gave up without knowing whether it took effect."
	}
	answer := resultText(parseCommand(e.commandOf(op)), result)
	return said + ". The answer was " + answer + "."
}

// commandOf is an operation as an entry of the log has it: put a x.
func (*Explainer) commandOf(op *Span) string {
	verb := strings.TrimPrefix(op.Name, "kv.")
	words := []string{verb, op.Attribute(spans.KVKeyKey).AsString()}
	if v := op.Attribute(spans.KVValueKey).AsString(); op.Name == spans.KVPutName {
		words = append(words, v)
	}
	return strings.Join(words, " ")
}

// answering is the span of the server whose answer a try got.
func (e *Explainer) answering(try *Span) *Span {
	for _, s := range e.receivers(try) {
		if s.value(spans.RaftReplyKey) == try.value(spans.RaftReplyKey) && !s.End.After(try.End) && s.value(spans.RaftReplyKey) != "" {
			return s
		}
	}
	return nil
}

// failedTry accounts for a try that brought no answer.
func (e *Explainer) failedTry(t *times, try *Span) {
	client, peer := try.Service, try.peer()
	server := e.answering(try)
	switch {
	case server != nil && try.replied(protocol.NotLeader{}):
		leader := server.value(spans.KVLeaderIDKey)
		said := "knew of none"
		if leader != "" && leader != protocol.NodeID(0).String() {
			said = "named " + leader
		}
		t.until(try.End, try.ID, "%s asked %s, which was not the leader, and %s.", client, peer, said)
	case server != nil && try.replied(protocol.OutcomeUnknown{}):
		t.until(server.Start, try.ID, "%s's request went to %s, which took it for itself to lead.", client, peer)
		t.until(server.End, server.ID, "%s %s", peer, e.whyUnknown(server))
		t.until(try.End, try.ID, "The news that the outcome is unknown went back to %s.", client)
	case try.Attribute(spans.RaftUnfinishedKey).AsBool():
		t.until(try.End, try.ID, "%s waited for %s until the run ended: %s.", client, peer, e.why(try))
	default:
		why := e.why(try)
		if servers := e.receivers(try); len(servers) > 0 && servers[0].event(spans.EventAppend) != nil && servers[0].value(spans.RaftReplyKey) == "" {
			why = fmt.Sprintf("%s appended it at index %s, and never got it committed", peer, text(servers[0].event(spans.EventAppend).Attribute(spans.RaftIndexKey)))
		}
		t.until(try.End, try.ID, "%s waited for %s in vain, and gave this try up: %s.", client, peer, why)
	}
}

// why is absent without the span that tells it.
func (e *Explainer) why(call *Span) string {
	why, _ := e.absent(call)
	return why
}

// whyUnknown says why a leader could not say what would come of an entry.
func (e *Explainer) whyUnknown(server *Span) string {
	appended := server.event(spans.EventAppend)
	if appended == nil {
		return "did not know what would come of it."
	}
	index := appended.Attribute(spans.RaftIndexKey).AsInt64()
	said := fmt.Sprintf("appended it at index %d, and could not get it committed", index)
	var why, peers []string
	for s := range e.of(server.Service, spans.AppendEntriesClientName) {
		if s.is(spans.AppendEntriesClientName, trace.SpanKindClient) && s.carries(index) && !s.Start.Before(appended.At) && s.Start.Before(server.End) && !s.replied(protocol.AppendEntriesOk{}) {
			why = append(why, e.why(s))
			if !slices.Contains(peers, s.peer()) {
				peers = append(peers, s.peer())
			}
		}
	}
	if len(why) > 0 {
		slices.Sort(peers)
		said += ", because nothing came back of what it sent to " + andList(peers) + ": " + why[0]
	}
	for s := range e.of(server.Service, spans.RoleChangeName) {
		if together(s.End, server.End) && s.value(spans.RaftRoleKey) == protocol.RoleFollower.String() {
			said += ". Then it heard of term " + s.value(spans.RaftTermKey) + " and led no more"
		}
	}
	return said + "."
}

// answeredTry accounts for a try that was answered, and returns the calls that carried its entry.
func (e *Explainer) answeredTry(t *times, try, server *Span) (entries []*Span) {
	client, leader := try.Service, server.Service
	t.until(server.Start, try.ID, "The request travelled from %s to %s, and %s took it up%s.", client, leader, leader, e.ailing(leader, server.Start))
	appended := server.event(spans.EventAppend)
	commit := (*Span)(nil)
	if appended != nil {
		index := appended.Attribute(spans.RaftIndexKey).AsInt64()
		t.until(appended.At, server.ID, "%s, the leader of term %s, appended it at index %d.", leader, server.value(spans.RaftTermKey), index)
		commit = e.commitOf(leader, index, appended.At)
		for s := range e.of(leader, spans.AppendEntriesClientName) {
			if s.is(spans.AppendEntriesClientName, trace.SpanKindClient) && s.carries(index) && !s.Start.Before(appended.At) {
				entries = append(entries, s)
			}
		}
		slices.SortStableFunc(entries, func(a, b *Span) int { return a.Start.Compare(b.Start) })
		if commit != nil && !commit.End.After(server.End) {
			e.replication(t, entries, commit)
		}
	}
	if commit != nil {
		t.until(server.End, server.ID, "%s committed and applied it.", leader)
	} else {
		t.until(server.End, server.ID, "%s answered%s.", leader, map[bool]string{true: " from what it had stored of this request"}[appended == nil])
	}
	t.until(try.End, try.ID, "The answer travelled back to %s.", client)
	return entries
}

// commitOf is the first commit of an index by a server since a time.
func (e *Explainer) commitOf(node string, index int64, since time.Time) *Span {
	for s := range e.of(node, spans.CommitName) {
		if !s.End.Before(since) && s.number(spans.RaftCommitFromKey) < index && index <= s.number(spans.RaftCommitToKey) {
			return s
		}
	}
	return nil
}

// replication accounts for the time until a majority had the entry: that of the acknowledgement that decided it.
func (e *Explainer) replication(t *times, entries []*Span, commit *Span) {
	var decider, first *Span
	for _, s := range entries {
		if together(s.End, commit.End) && s.replied(protocol.AppendEntriesOk{}) {
			decider = s
		}
	}
	if decider == nil {
		t.until(commit.Start, commit.ID, "It waited until a majority had it.")
		return
	}
	for _, s := range entries {
		if s.peer() == decider.peer() && first == nil {
			first = s
		}
	}
	peer := decider.peer()
	t.until(first.Start, first.ID, "It waited to be sent to %s, because an AppendEntries to %s was on its way already%s.", peer, peer, e.inVain(commit.Service, peer, first.Start))
	if first != decider {
		t.until(decider.Start, first.ID, "The first AppendEntries with it came to nothing: %s. It was sent to %s again.", e.why(first), peer)
	}
	if receiver := e.answering(decider); receiver != nil {
		t.until(receiver.End, receiver.ID, "It went to %s, which stored it%s.", peer, e.ailing(peer, receiver.End))
	}
	by := commit.values(spans.RaftCommitAcknowledgedByKey)
	t.until(commit.Start, decider.ID, "%s's acknowledgement went back to %s. With it %s had the entry, which is a majority.", peer, commit.Service, andList(by))
}

// inVain says why an AppendEntries came to nothing that was on its way to a server until a time; empty if it did not.
func (e *Explainer) inVain(leader, peer string, until time.Time) string {
	for s := range e.of(leader, spans.AppendEntriesClientName) {
		if s.is(spans.AppendEntriesClientName, trace.SpanKindClient) && s.peer() == peer && s.number(spans.RaftEntriesCountKey) > 0 && together(s.End, until) &&
			s.Status.Code == codes.Error {
			return ", in vain: " + e.why(s)
		}
	}
	return ""
}

// copies says which other servers acknowledged an entry, and when.
func (e *Explainer) copies(entries []*Span, op *Span) []ExplanationStep {
	var steps []ExplanationStep
	done := map[string]bool{}
	for _, s := range entries {
		switch {
		case done[s.peer()]:
		case s.replied(protocol.AppendEntriesOk{}):
			done[s.peer()] = true
			late := ""
			if s.End.After(op.End) {
				late = " after the answer had gone out: a majority had been enough" + e.ailing(s.peer(), s.End)
			}
			steps = append(steps, e.step(s.End, s.ID, "%s's acknowledgement arrived%s.", s.peer(), late))
		case !s.replied(protocol.AppendEntriesRejected{}):
			why, id := e.absent(s)
			steps = append(steps, e.step(s.End, id, "%s's acknowledgement did not come: %s.", s.peer(), why))
		}
	}
	slices.SortStableFunc(steps, func(a, b ExplanationStep) int { return cmp.Compare(a.At, b.At) })
	return steps
}

// appliedBy is where the server that answered an operation first applied it; of any server if nobody answered.
func (e *Explainer) appliedBy(op *Span) *Span {
	var first *Span
	request := op.Attribute(spans.KVRequestIDKey).AsString()
	for s := range e.of("", spans.ApplyName) {
		if s.Attribute(spans.KVRequestIDKey).AsString() == request && (first == nil || s.End.Before(first.End)) {
			first = s
		}
	}
	return first
}

// whyThisAnswer says what was at the key, and since when.
func (e *Explainer) whyThisAnswer(op *Span) []ExplanationStep {
	applied := e.appliedBy(op)
	if applied == nil {
		return nil
	}
	node, index := applied.Service, applied.number(spans.RaftIndexKey)
	steps := []ExplanationStep{e.step(applied.End, applied.ID, "%s was the first to apply it, at index %d: %s.", node, index, e.appliedSaid(applied))}
	for s := range e.of(node, spans.ApplyName) {
		if again := s.number(spans.RaftIndexKey); again > index && s.value(spans.KVRequestIDKey) == op.value(spans.KVRequestIDKey) {
			otherwise := ""
			if s.value(spans.KVResultKey) != applied.value(spans.KVResultKey) {
				otherwise = " That is another answer than the first, which a retry must get."
			}
			steps = append(steps, e.step(s.End, s.ID, "It was in the log again at index %d, as a retry: %s (§8).%s", again, e.appliedSaid(s), otherwise))
		}
	}
	key := parseCommand(applied.Attribute(spans.RaftCommandKey).AsString()).key
	var last *Span // to change the key before
	for s := range e.of(node, spans.ApplyName) {
		c := parseCommand(s.Attribute(spans.RaftCommandKey).AsString())
		if s.number(spans.RaftIndexKey) < index && c.key == key && (c.verb == "put" || c.verb == "delete") &&
			s.Attribute(spans.KVResultKey).AsString() == (protocol.Stored{}).String() && !s.End.After(applied.End) &&
			(last == nil || s.number(spans.RaftIndexKey) > last.number(spans.RaftIndexKey)) {
			last = s
		}
	}
	if last == nil {
		return append(steps, e.step(applied.End, 0, "No entry before it had stored anything at %q.", key))
	}
	return append(steps, e.step(last.End, last.ID, "The last entry before it to change %q was index %s: %s, of %s.", key,
		last.value(spans.RaftIndexKey), parseCommand(last.Attribute(spans.RaftCommandKey).AsString()).text, e.requestSaid(last)))
}

// requestSaid names the operation whose entry a server applied.
func (*Explainer) requestSaid(applied *Span) string {
	request := applied.value(spans.KVRequestIDKey)
	client, ordinal, found := strings.Cut(request, "/")
	if !found {
		return "the leader itself"
	}
	return client + "'s request " + ordinal
}

func (*Explainer) appliedSaid(applied *Span) string {
	c := parseCommand(applied.Attribute(spans.RaftCommandKey).AsString())
	return c.text + " -> " + resultText(c, applied.Attribute(spans.KVResultKey).AsString())
}
