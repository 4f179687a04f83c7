package explain

import (
	"iter"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/explain/logs"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
)

// made is the entry that a leader appended, as an event of a span says.
func (e *raft) made(s *span.Span, appended *span.Event) entry {
	return entry{
		Index: appended.Attribute(spans.RaftIndexKey).AsInt64(), Term: appended.Attribute(spans.RaftTermKey).AsInt64(),
		Command: appended.Attribute(spans.RaftCommandKey).AsString(), At: e.When(s, appended), By: s,
	}
}

// making are the entries that a server appended as a leader, or that any did for no server, each with its event.
func (e *raft) making(node string) iter.Seq2[entry, *span.Event] {
	return func(yield func(entry, *span.Event) bool) {
		for s := range e.Of(node, spans.PutServerID, spans.GetServerID, spans.DeleteServerID, spans.RoleChangeID) {
			for i := range s.Events {
				if v := &s.Events[i]; v.Name == spans.EventAppend && !yield(e.made(s, v), v) {
					return
				}
			}
		}
	}
}

// makerOf is the span with which a leader appended an entry first, and the event; nil for none.
func (e *raft) makerOf(n entry) (*span.Span, *span.Event) {
	for made, appended := range e.making("") {
		if made.Same(n) {
			return made.By, appended
		}
	}
	return nil, nil
}

// entriesIn are the entries that an AppendEntries carries.
func (e *raft) entriesIn(s *span.Span) (list []entry) {
	for k, text := range s.Attribute(spans.RaftEntriesKey).AsStringSlice() {
		n, ok := logs.Parse(text)
		if !ok || n.Index != prevOf(s)+1+int64(k) || !carries(s, n.Index) {
			break
		}
		n.At, n.By = e.End(s), s
		list = append(list, n)
	}
	return list
}

// logChanges are the changes of a server's log until a time, in their order.
func (e *raft) logChanges(node string, until time.Time) (list []logs.Change) {
	for s := range e.Of(node, spans.AppendEntriesServerID) {
		switch {
		case accepted(s):
			list = append(list, logs.Change{At: s.End, Span: s, Prev: prevOf(s), Entries: e.entriesIn(s)})
		case rejected(s) && is(s, spans.RaftReasonKey, protocol.ReasonEntryMissing):
			last := max(0, integer(s, spans.RaftConflictIndexKey)-1)
			list = append(list, logs.Change{At: s.End, Span: s, Prev: last, Ends: true})
		}
	}
	for n, appended := range e.making(node) {
		list = append(list, logs.Change{At: appended.At, Span: n.By, Prev: n.Index - 1, Entries: []entry{n}})
	}
	list = slices.DeleteFunc(list, func(c logs.Change) bool { return c.At.After(until) })
	slices.SortStableFunc(list, func(a, b logs.Change) int { return a.At.Compare(b.At) })
	return list
}

// logOf is a server's log at a time.
func (e *raft) logOf(node string, until time.Time) logs.Log {
	return logs.After(e.logChanges(node, until))
}

// stays are what a server's log had at an index, one after the other.
func (e *raft) stays(node string, index int64) []stay {
	return logs.Stays(e.logChanges(node, maxTime), index)
}

// lastIndex is the highest index that a server's log ever had, as far as its spans tell.
func (e *raft) lastIndex(node string) (last int64) {
	for _, c := range e.logChanges(node, maxTime) {
		if !c.Ends {
			last = max(last, c.Prev+int64(len(c.Entries)))
		}
	}
	return last
}

// commitment is a leader's commit of an index, and the entry that its log had there.
type commitment struct {
	by    *span.Span
	entry entry
	known bool // the trace tells the entry
}

// commitOf is the first commit of an entry, and instead that of another entry at its index; nil for none.
func (e *raft) commitOf(n entry) (its, instead *commitment) {
	var list []commitment
	for s := range e.Of("", spans.CommitID) { // by end
		if leads(s) && commits(s, n.Index) {
			own, ok := e.logOf(s.Service, s.End).At(n.Index)
			list = append(list, commitment{s, own, ok})
		}
	}
	for _, c := range list {
		switch same := !c.known || c.entry.Same(n); {
		case same && its == nil:
			its = &c
		case !same && instead == nil:
			instead = &c
		}
	}
	return its, instead
}

// applied is where a server applied an index last: one that starts again applies its log anew.
func (e *raft) applied(node string, index int64) *span.Span {
	for s := range e.Backward(node, spans.ApplyID) {
		if indexOf(s) == index {
			return s
		}
	}
	return nil
}
