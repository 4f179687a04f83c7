package state

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
)

// MakerOf is the span with which a leader appended an entry first, and the event; nil for none.
func (e *Cluster) MakerOf(n Entry, index int64) (*span.Span, *span.Event) {
	for s := range e.Eventful("") {
		for k := range s.Events {
			if v := &s.Events[k]; v.Name == spans.EventAppend {
				if at, made := e.Made(s, v); at == index && made.Same(n) {
					return s, v
				}
			}
		}
	}
	return nil, nil
}

// Applied is where a server applied an index last: one that starts again applies its log anew.
func (e *Cluster) Applied(node string, index int64) *span.Span {
	for s := range e.Backward(node, spans.ApplyID) {
		if explain.Integer(s, spans.RaftIndexKey) == index {
			return s
		}
	}
	return nil
}

// AppliedOnce are what a server had applied by a time, each index once, in the order of the log.
func (e *Cluster) AppliedOnce(node string, until time.Time) []*span.Span {
	return firstOfEach(e.Of(node, spans.ApplyID), func(s *span.Span) bool { return !s.End.After(until) })
}

// firstOfEach are the first spans of each index to end, of some that say so, in the order of the log.
func firstOfEach(list iter.Seq[*span.Span], some func(*span.Span) bool) []*span.Span {
	first := map[int64]*span.Span{}
	for s := range list {
		if was := first[explain.Integer(s, spans.RaftIndexKey)]; some(s) && (was == nil || s.End.Before(was.End)) {
			first[explain.Integer(s, spans.RaftIndexKey)] = s
		}
	}
	return slices.SortedFunc(maps.Values(first), func(a, b *span.Span) int {
		return cmp.Compare(explain.Integer(a, spans.RaftIndexKey), explain.Integer(b, spans.RaftIndexKey))
	})
}

// AppliedFor are where the request of an operation was applied first at each index, by whichever server, in the order
// of the log.
func (e *Cluster) AppliedFor(op *span.Span) []*span.Span {
	request := op.Attribute(kvspans.KVRequestIDKey).AsString()
	return firstOfEach(e.Of("", spans.ApplyID), func(s *span.Span) bool {
		return s.Attribute(kvspans.KVRequestIDKey).AsString() == request
	})
}

// Earliest is the first of some spans to end; nil for none.
func Earliest(list []*span.Span) *span.Span {
	if len(list) == 0 {
		return nil
	}
	return slices.MinFunc(list, func(a, b *span.Span) int { return a.End.Compare(b.End) })
}

// AppliedBy is where the entry of an operation was applied first, by whichever server; nil if none did.
func (e *Cluster) AppliedBy(op *span.Span) *span.Span { return Earliest(e.AppliedFor(op)) }

// LastChange is the last of some applied entries to change a key before an index; nil if none did. A retry that got
// the first answer again changed nothing.
func LastChange(list []*span.Span, key string, before int64) (last *span.Span) {
	first := map[string]string{} // the first results of requests
	for _, s := range list {
		c, result := Command(s), s.Attribute(kvspans.KVResultKey).AsString()
		request := s.Attribute(kvspans.KVRequestIDKey).AsString()
		was, again := first[request]
		if !again && request != "" {
			first[request] = result
		}
		changes := c.Verb == "put" && result == kv.Stored{}.String() ||
			c.Verb == "delete" && result == kv.Deleted{}.String()
		if explain.Integer(s, spans.RaftIndexKey) < before && c.Key == key && changes && (!again || was != result) {
			last = s
		}
	}
	return last
}
