package explain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/words"
)

// Place is where in the log the command stands that a span applied.
func (t *Trace) Place(applied *span.Span) int64 {
	return Integer(applied, t.protocol.Landmarks.Applied.Position)
}

// Command is the command that a span applied.
func (t *Trace) Command(applied *span.Span) words.Command {
	return words.ParseCommand(applied.Attribute(t.protocol.Landmarks.Applied.Command).AsString())
}

// AppliedSaid says what was applied, and what came of it: PUT "a" = "x" -> OK. Of a no-op nothing comes.
func (t *Trace) AppliedSaid(applied *span.Span) string {
	c := t.Command(applied)
	if c.Verb == (kv.Noop{}).String() {
		return "a no-op"
	}
	return c.Text + " -> " + words.ResultText(c, applied.Attribute(kvspans.KVResultKey).AsString())
}

// ResultSaid goes on with what came of what was applied: ", with the result OK". It is empty of a no-op.
func (t *Trace) ResultSaid(applied *span.Span) string {
	c := t.Command(applied)
	if c.Verb == (kv.Noop{}).String() {
		return ""
	}
	return ", with the result " + words.ResultText(c, applied.Attribute(kvspans.KVResultKey).AsString())
}

// AppliedFor are where the request of an operation was applied first at each place, by whichever server, in the order
// of the log; and the first of them.
func (t *Trace) AppliedFor(op *span.Span) (list []*span.Span, first *span.Span) {
	request := op.Attribute(kvspans.KVRequestIDKey).AsString()
	list = t.appliedOnce("", func(s *span.Span) bool { return s.Attribute(kvspans.KVRequestIDKey).AsString() == request })
	for _, s := range list {
		if first == nil || s.End.Before(first.End) {
			first = s
		}
	}
	return list, first
}

// appliedOnce are the spans of a server, or of all, that were the first to apply each place, of some that say so, in
// the order of the log.
func (t *Trace) appliedOnce(server string, some func(*span.Span) bool) []*span.Span {
	first := map[int64]*span.Span{}
	for s := range t.Of(server, t.protocol.Applied) {
		if first[t.Place(s)] == nil && some(s) {
			first[t.Place(s)] = s
		}
	}
	return slices.SortedFunc(maps.Values(first), func(a, b *span.Span) int { return cmp.Compare(t.Place(a), t.Place(b)) })
}

// lastChange is the last command that a server had applied by a time to change a key, of those before a place; nil if
// none did. A retry that got the first answer again changed nothing.
func (t *Trace) lastChange(server, key string, until time.Time, before int64) (last *span.Span) {
	first := map[string]string{} // the first results of requests
	for _, s := range t.appliedOnce(server, func(s *span.Span) bool { return !s.End.After(until) }) {
		c, result := t.Command(s), s.Attribute(kvspans.KVResultKey).AsString()
		request := s.Attribute(kvspans.KVRequestIDKey).AsString()
		was, again := first[request]
		if !again && request != "" {
			first[request] = result
		}
		changes := c.Verb == "put" && result == kv.Stored{}.String() || c.Verb == "delete" && result == kv.Deleted{}.String()
		if t.Place(s) < before && c.Key == key && changes && (!again || was != result) {
			last = s
		}
	}
	return last
}

// whyThisAnswer says who applied an operation, what was at its key, and since when. Where no span tells what is
// applied, it says nothing.
func (t *Trace) whyThisAnswer(op *span.Span) []Step {
	if t.protocol.Applied == "" {
		return nil
	}
	list, applied := t.AppliedFor(op)
	if applied == nil {
		return append([]Step{At(t.End(op), "The trace has no server that applied it.")}, t.whatWasThere(op)...)
	}
	place, key := t.Place(applied), t.Command(applied).Key
	steps := []Step{At(t.End(applied), "%s was the first to apply it, at %s %d: %s.", applied.Service,
		t.protocol.Landmarks.Position.Word, place, t.AppliedSaid(applied))}
	for _, s := range list {
		if t.Place(s) > place {
			steps = append(steps, t.appliedAgain(s, applied))
		}
	}
	last := t.lastChange(applied.Service, key, t.Last().End, place)
	if last == nil {
		return append(steps, At(t.End(applied), "The trace has no entry before it that changed %q.", key))
	}
	return append(steps, At(t.End(last), "The last entry before it to change %q was %s.", key, t.changeSaid(last)))
}

// changeSaid names a change that was applied: index 3: PUT "a" = "x", of client-2's request 3.
func (t *Trace) changeSaid(s *span.Span) string {
	return fmt.Sprintf("%s %d: %s, of %s", t.protocol.Landmarks.Position.Word, t.Place(s), t.Command(s).Text,
		cmp.Or(RequestOf(s), "the leader itself"))
}

// AppliedTwice says that a span applied a request again which then got another answer, or took effect twice.
func (t *Trace) AppliedTwice(s *span.Span) []Step {
	op := t.Operation(s.Attribute(kvspans.KVRequestIDKey).AsString())
	if op == nil {
		return nil
	}
	if _, first := t.AppliedFor(op); first != nil && t.Place(first) < t.Place(s) {
		if again := t.appliedAgain(s, first); again.Broken {
			return []Step{again}
		}
	}
	return nil
}

// appliedAgain says that an operation was in the log again.
func (t *Trace) appliedAgain(s, first *span.Span) Step {
	once, result := t.protocol.Once, Shown(s, kvspans.KVResultKey)
	again := Say("It was in the log again at %s %d", t.protocol.Landmarks.Position.Word, t.Place(s))
	switch result {
	case Shown(first, kvspans.KVResultKey):
		return At(t.End(s), "%s, as a retry: %s, the first answer again (%s).", again, t.AppliedSaid(s), once.Section).
			Held(once)
	case kv.Nothing{}.String():
		return At(t.End(s), "%s, when its client was done with it: it did nothing (%s).", again, once.Section).Held(once)
	}
	return At(t.End(s), "%s, as a retry: %s. That is another answer than the first.", again, t.AppliedSaid(s)).
		Resting(t.End(first)).Breaks(once)
}

// whatWasThere says of an operation that no server applied what its key was like when it was asked.
func (t *Trace) whatWasThere(op *span.Span) []Step {
	const end = 1 << 62 // of any log
	key := op.Attribute(kvspans.KVKeyKey).AsString()
	var latest *span.Span
	for _, server := range t.Servers() {
		last := t.lastChange(server, key, op.Start, end)
		if last != nil && (latest == nil || t.Place(last) > t.Place(latest)) {
			latest = last
		}
	}
	if latest == nil {
		return []Step{At(t.Begin(op), "Before it was asked, no server had applied anything that changed %q, as far as the "+
			"trace tells.", key)}
	}
	steps := []Step{At(t.End(latest), "Before it was asked, %s had applied the last change of %q, %s.", latest.Service,
		key, t.changeSaid(latest))}
	for try := range t.Below(op.ID) {
		server := t.Answering(try)
		if server == nil || server.Service == latest.Service {
			continue
		}
		own := t.lastChange(server.Service, key, server.End, end)
		switch {
		case own == nil:
			steps = append(steps, At(t.End(server), "%s, which was asked, had applied nothing that changed %q.", server.Service,
				key))
		case t.Place(own) < t.Place(latest):
			steps = append(steps, At(t.End(own), "%s, which was asked, had applied no later change than %s.", server.Service,
				t.changeSaid(own)))
		}
	}
	return steps
}
