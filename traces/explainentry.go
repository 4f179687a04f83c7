package traces

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// held is an entry that a server's log held at an index, as a span tells when it came there.
type held struct {
	term    int64
	command string
	at      time.Time
	by      *Span // the leader's own request or election, or the follower's AppendEntries
}

// history are the entries that a server's log held at an index, each from when it came there. An entry that is sent again is told once.
func (e *Explainer) history(node string, index int64) []held {
	var list []held
	for s := range e.where(node, func(i int32) bool { return e.shapeOf(i).name == spans.AppendEntriesServerName || e.has(i, hasEvents) }) {
		if s.is(spans.AppendEntriesServerName, trace.SpanKindServer) && s.replied(protocol.AppendEntriesOk{}) && s.carries(index) {
			if term, command, ok := entryAt(s, index); ok {
				list = append(list, held{term, command, s.End, s})
			}
		}
		for i := range s.Events {
			if v := &s.Events[i]; v.Name == spans.EventAppend && v.Attribute(spans.RaftIndexKey).AsInt64() == index {
				list = append(list, held{v.Attribute(spans.RaftTermKey).AsInt64(), v.Attribute(spans.RaftCommandKey).AsString(), v.At, s})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b held) int { return a.at.Compare(b.at) })
	return slices.CompactFunc(list, func(a, b held) bool { return a.term == b.term && a.command == b.command })
}

// entryAt finds an entry among those that an AppendEntries carries, each as index@term command.
func entryAt(s *Span, index int64) (term int64, command string, ok bool) {
	for _, text := range s.Attribute(spans.RaftEntriesKey).AsStringSlice() {
		place, command, _ := strings.Cut(text, " ")
		i, of, _ := strings.Cut(place, "@")
		term, err := strconv.ParseInt(of, 10, 64)
		if i == strconv.FormatInt(index, 10) && err == nil {
			return term, command, true
		}
	}
	return 0, "", false
}

// lastIndex is the highest index that a server's log ever had.
func (e *Explainer) lastIndex(node string) int64 {
	last := int64(0)
	for s := range e.where(node, func(i int32) bool { return e.shapeOf(i).name == spans.AppendEntriesServerName || e.has(i, hasEvents) }) {
		if s.is(spans.AppendEntriesServerName, trace.SpanKindServer) && s.replied(protocol.AppendEntriesOk{}) {
			last = max(last, s.number(spans.RaftPrevLogIndexKey)+s.number(spans.RaftEntriesCountKey))
		}
		if v := s.event(spans.EventAppend); v != nil {
			last = max(last, v.Attribute(spans.RaftIndexKey).AsInt64())
		}
	}
	return last
}

// explainEntry says why a server's log has what it has at an index.
func (e *Explainer) explainEntry(index int64, node string) (*Explanation, error) {
	if len(e.byProcess[node]) == 0 {
		return nil, fmt.Errorf("there is no %s in this run", node)
	}
	entries := e.history(node, index)
	if len(entries) == 0 {
		return e.explainMissing(index, node)
	}
	last := entries[len(entries)-1]
	c := parseCommand(last.command)
	x := &Explanation{Answer: fmt.Sprintf("Index %d of %s's log is %s of term %d. ", index, node, c.text, last.term)}
	applied := e.applied(node, index)
	instead, commit := e.committed(index)
	lost := instead == nil || instead.term != last.term
	switch {
	case applied == nil && instead == nil:
		x.Answer += node + " never applied it: it was not committed in this run."
	case applied == nil && lost:
		x.Answer += fmt.Sprintf("%s never applied it: another entry was committed at index %d.", node, index)
	case applied == nil:
		x.Answer += node + " never applied it: it did not learn in this run that it is committed."
	default:
		x.Answer += fmt.Sprintf("%s applied it at %s, with the result %s.", node, e.time(applied.End), resultText(c, applied.Attribute(spans.KVResultKey).AsString())) + e.appliedBefore(applied)
	}
	for i, h := range entries[:len(entries)-1] {
		x.Parts = append(x.Parts, ExplanationPart{
			fmt.Sprintf("What was there before: %s of term %d", parseCommand(h.command).text, h.term), e.replaced(h, entries[i+1], index, node),
		})
	}
	x.Parts = append(x.Parts,
		ExplanationPart{"Where it came from", e.origin(last, index)},
		ExplanationPart{"How " + node + " got it", e.arrival(last, index, node)},
	)
	if lost && applied == nil {
		x.Parts = append(x.Parts, ExplanationPart{"Why it was not committed", e.neverCommitted(last, index, instead, commit)})
		x.Next = e.nextOf(last, applied)
		return x, nil
	}
	x.Parts = append(x.Parts, ExplanationPart{"How it was committed", e.commitment(last, index)})
	if applied != nil {
		x.Parts = append(x.Parts, ExplanationPart{"How " + node + " learned that, and applied it", e.applying(last, applied)})
	} else {
		x.Parts = append(x.Parts, ExplanationPart{"Why " + node + " did not learn that", e.neverTold(index, node, last.at)})
	}
	x.Next = e.nextOf(last, applied)
	return x, nil
}

// applied is where a server applied an index last: one that starts again applies its log anew.
func (e *Explainer) applied(node string, index int64) *Span {
	for s := range e.backward(node, spans.ApplyName) {
		if s.number(spans.RaftIndexKey) == index {
			return s
		}
	}
	return nil
}

// appliedBefore says when a server applied an entry for the first time, if it did so again after a crash.
func (e *Explainer) appliedBefore(applied *Span) string {
	for s := range e.of(applied.Service, spans.ApplyName) {
		if s.number(spans.RaftIndexKey) == applied.number(spans.RaftIndexKey) {
			if s.ID == applied.ID {
				break
			}
			return " It had done so before, first at " + e.time(s.End) + ", and lost that when it crashed."
		}
	}
	return ""
}

// nextOf is what to ask next: about the request that an entry is of, or the election of its leader.
func (e *Explainer) nextOf(h held, applied *Span) string {
	if applied != nil {
		if request := applied.Attribute(spans.KVRequestIDKey).AsString(); e.operation(request) != nil {
			return strings.ReplaceAll(printable(request), "/", " ")
		}
	}
	return "leader term " + strconv.FormatInt(h.term, 10)
}

// leaderOf is the span with which a leader appended an entry first, and the event.
func (e *Explainer) leaderOf(h held, index int64) (*Span, *Event) {
	for s := range e.where("", func(i int32) bool { return e.has(i, hasEvents) }) {
		for k := range s.Events {
			v := &s.Events[k]
			if v.Name == spans.EventAppend && v.Attribute(spans.RaftIndexKey).AsInt64() == index && v.Attribute(spans.RaftTermKey).AsInt64() == h.term {
				return s, v
			}
		}
	}
	return nil, nil
}

// origin says who asked for an entry, and which leader appended it.
func (e *Explainer) origin(h held, index int64) []ExplanationStep {
	s, appended := e.leaderOf(h, index)
	if s == nil {
		return []ExplanationStep{e.step(h.at, 0, "The leader of term %d made it; its span is not in this trace.", h.term)}
	}
	var steps []ExplanationStep
	if op := e.operation(s.Attribute(spans.KVRequestIDKey).AsString()); op != nil {
		steps = append(steps, e.step(op.Start, op.ID, "%s began its request %s: %s.", op.Service, op.ordinal(), op.operationText()))
		if try := e.spanOf(s.Parent); try != nil && try.number(spans.KVTryKey) > 1 {
			steps = append(steps, e.step(try.Start, try.ID, "It asked %s, its try %s of the same request.", s.Service, try.value(spans.KVTryKey)))
		}
		return append(steps, e.step(appended.At, s.ID, "%s, the leader of term %d, appended it at index %d, the next one of its log.", s.Service, h.term, index))
	}
	return append(steps, e.step(appended.At, s.ID, "%s had become the leader of term %d, and began with a no-op at index %d, the next one of its log (§8).", s.Service, h.term, index))
}

// arrival says how a follower got an entry: which messages with it were lost, and which was not.
func (e *Explainer) arrival(h held, index int64, node string) []ExplanationStep {
	if !h.by.is(spans.AppendEntriesServerName, trace.SpanKindServer) {
		return nil // it made it itself
	}
	leader := h.by.peer()
	var steps []ExplanationStep
	for s := range e.of(leader, spans.AppendEntriesClientName) {
		if !s.is(spans.AppendEntriesClientName, trace.SpanKindClient) || s.peer() != node || s.Start.After(h.at) || s.number(spans.RaftTermKey) != h.by.number(spans.RaftTermKey) {
			continue
		}
		if s.replied(protocol.AppendEntriesRejected{}) && !s.End.After(h.at) {
			steps = append(steps, e.step(s.End, s.ID, "%s had refused an AppendEntries from %s: %s at index %s. %s went back in its log to where both agree (§5.3).",
				node, leader, e.refusal(s), s.value(spans.RaftPrevLogIndexKey), leader))
		} else if s.carries(index) && s.ID != h.by.Parent && !s.replied(protocol.AppendEntriesOk{}) {
			why, id := e.absent(s)
			steps = append(steps, e.step(s.Start, id, "%s sent it to %s in vain: %s.", leader, node, why))
		}
	}
	if carrier := e.spanOf(h.by.Parent); carrier != nil {
		steps = append(steps, e.step(carrier.Start, carrier.ID, "%s sent it to %s%s%s.", leader, node, e.heldBack(carrier, h, index, len(steps) > 0), e.ailing(node, carrier.Start)))
	}
	return append(steps, e.step(h.at, h.by.ID, "%s's AppendEntries with it arrived, and followed on what %s had at index %s: it was appended.",
		leader, node, h.by.value(spans.RaftPrevLogIndexKey)))
}

// heldBack says why an entry was not sent at once: an AppendEntries was on its way to the same server.
func (e *Explainer) heldBack(carrier *Span, h held, index int64, again bool) string {
	if again {
		return " again"
	}
	s, appended := e.leaderOf(h, index)
	if s == nil || s.Service != carrier.Service || !appended.At.Before(carrier.Start) {
		return ""
	}
	return fmt.Sprintf(", %s after it had appended it: an AppendEntries was on its way to %s until then%s", took(appended.At, carrier.Start), carrier.peer(),
		e.inVain(carrier.Service, carrier.peer(), carrier.Start))
}

// refusal is why a follower refused an AppendEntries.
func (e *Explainer) refusal(call *Span) string {
	for _, r := range e.receivers(call) {
		switch r.value(spans.RaftReasonKey) {
		case protocol.ReasonEntryMissing.String():
			return "it had no entry"
		case protocol.ReasonTermConflict.String():
			return "its entry was of another term"
		case protocol.ReasonStaleTerm.String():
			return "the term was over, so never mind what is"
		}
	}
	return "no match"
}

// committed is the entry that a leader committed at an index first, and the span with which it did; the entry is nil if none did, or the trace does not say which one it is.
func (e *Explainer) committed(index int64) (*held, *Span) {
	var first *Span
	for s := range e.of("", spans.CommitName) {
		if s.value(spans.RaftRoleKey) == protocol.RoleLeader.String() && s.number(spans.RaftCommitFromKey) < index &&
			index <= s.number(spans.RaftCommitToKey) && (first == nil || s.End.Before(first.End)) {
			first = s
		}
	}
	if first == nil {
		return nil, nil
	}
	var had *held
	for _, h := range e.history(first.Service, index) {
		if !h.at.After(first.End) {
			had = &h
		}
	}
	return had, first
}

// commitment says which leader found an entry to be on a majority.
func (e *Explainer) commitment(h held, index int64) []ExplanationStep {
	_, first := e.committed(index)
	if first == nil {
		return []ExplanationStep{e.step(h.at, 0, "No leader of this run found it to be on a majority: it is not committed, and may be replaced.")}
	}
	by := andList(first.values(spans.RaftCommitAcknowledgedByKey))
	to := first.number(spans.RaftCommitToKey)
	said := fmt.Sprintf("%s, the leader of term %s, knew that %s had it, a majority, and committed it.", first.Service, first.value(spans.RaftTermKey), by)
	if to > index {
		said = fmt.Sprintf("%s, the leader of term %s, committed index %d, which %s had, a majority, and with it index %d, which stands before that.",
			first.Service, first.value(spans.RaftTermKey), to, by, index)
	}
	return []ExplanationStep{e.step(first.End, first.ID, "%s", said)}
}

// applying says how a server learned that an entry is committed.
func (e *Explainer) applying(h held, applied *Span) []ExplanationStep {
	commit := e.spanOf(applied.Parent)
	if commit == nil {
		return nil
	}
	var steps []ExplanationStep
	for s := range e.of(applied.Service, spans.StartName) {
		if s.Start.After(h.at) && s.Start.Before(applied.End) {
			steps = append(steps, e.step(s.Start, s.ID, "%s started again. Its log was still there, and what it had applied was not.", applied.Service))
		}
	}
	told := e.spanOf(commit.Parent)
	id, how := commit.ID, "It had found so itself, as the leader."
	if told != nil && isReceiver(told) && commit.value(spans.RaftRoleKey) != protocol.RoleLeader.String() {
		id = told.ID
		what := "CommitNotification"
		if told.Kind == trace.SpanKindServer {
			what = "AppendEntries"
		}
		how = fmt.Sprintf("%s's %s told it that everything up to index %s is committed.", told.peer(), what, told.value(spans.RaftLeaderCommitKey))
	}
	return append(steps, e.step(applied.End, id, "%s So it applied index %s: %s.", how, applied.value(spans.RaftIndexKey), e.appliedSaid(applied)))
}

// replaced says what became of an entry that was there before.
func (e *Explainer) replaced(h, next held, index int64, node string) []ExplanationStep {
	var steps []ExplanationStep
	s, appended := e.leaderOf(h, index)
	if s != nil {
		steps = append(steps, e.step(appended.At, s.ID, "%s appended it as the leader of term %d%s.", s.Service, h.term, e.forWhom(s)))
		if s.Service != node {
			steps = append(steps, e.step(h.at, h.by.ID, "%s got it from %s.", node, h.by.peer()))
		}
		steps = append(steps, e.vainCopies(s, appended, index, next.at)...)
	}
	why := fmt.Sprintf("%s replaced it: %s, the leader of term %s, had another entry there, and a leader's log is the one that counts (§5.3).", node, next.by.peer(), next.by.value(spans.RaftTermKey))
	slices.SortStableFunc(steps, func(a, b ExplanationStep) int { return cmp.Compare(a.At, b.At) })
	steps = append(steps, e.step(next.at, next.by.ID, "%s", why))
	for s := range e.of("", spans.ApplyName) {
		if s.number(spans.RaftIndexKey) == index && s.number(spans.RaftEntryTermKey) == h.term {
			return append(steps, e.step(s.End, s.ID, "But %s had applied it: what is committed must never be replaced (§5.4.3).", s.Service))
		}
	}
	steps[len(steps)-1].Text += " No server had applied it."
	return steps
}

// forWhom says whose request a leader handled.
func (e *Explainer) forWhom(s *Span) string {
	if op := e.operation(s.Attribute(spans.KVRequestIDKey).AsString()); op != nil {
		return " for " + op.Service + "'s request " + op.ordinal()
	}
	return ""
}

// vainCopies says for each other server why an entry that was never committed did not come to it.
func (e *Explainer) vainCopies(leader *Span, appended *Event, index int64, until time.Time) []ExplanationStep {
	type failure struct {
		why   string
		id    world.CausalID
		first *Span
		count int
	}
	var order []string
	failures := map[string]*failure{}
	for s := range e.of(leader.Service, spans.AppendEntriesClientName) {
		if !s.is(spans.AppendEntriesClientName, trace.SpanKindClient) || !s.carries(index) || s.Start.Before(appended.At) || s.Start.After(until) ||
			s.number(spans.RaftTermKey) != appended.Attribute(spans.RaftTermKey).AsInt64() || s.replied(protocol.AppendEntriesOk{}) {
			continue
		}
		if failures[s.peer()] == nil {
			why, id := e.absent(s)
			failures[s.peer()] = &failure{why: why, id: id, first: s}
			order = append(order, s.peer())
		}
		failures[s.peer()].count++
	}
	var steps []ExplanationStep
	for _, peer := range order {
		f := failures[peer]
		times := ""
		if f.count > 1 {
			times = fmt.Sprintf(" (the first of %d that came to nothing)", f.count)
		}
		steps = append(steps, e.step(f.first.Start, f.id, "It was sent to %s in vain: %s%s.", peer, f.why, times))
	}
	return steps
}
