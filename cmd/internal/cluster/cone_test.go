package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// execution is a run as its trace tells it.
type execution struct {
	spans []traces.Span
	byID  map[world.CausalID]*traces.Span
}

func newExecution(spans []traces.Span) execution {
	e := execution{spans: spans, byID: map[world.CausalID]*traces.Span{}}
	for i := range spans {
		e.byID[spans[i].ID] = &spans[i]
	}
	return e
}

// message is a message that was handled, as two spans tell of it.
type message struct {
	id       world.CausalID
	from, to string
	// closed: when the call that it belongs to ends at the caller; zero for a one-way message
	sent, handled, closed time.Time
	reply                 bool
}

// messages are those that were handled, in the order in which they were sent.
func (e execution) messages() []message {
	var all []message
	for i := range e.spans {
		s := &e.spans[i]
		parent := e.byID[s.Parent]
		switch {
		case s.Kind == trace.SpanKindServer:
			all = append(all, message{
				id: parent.ID, from: parent.Service, to: s.Service, sent: parent.Start, handled: s.Start,
				closed: parent.End,
			})
			if !slices.ContainsFunc(parent.Attributes, func(a attribute.KeyValue) bool { return a.Key == "error.type" }) {
				all = append(all, message{
					id: s.ID, from: s.Service, to: parent.Service, sent: s.End, handled: parent.End,
					reply: true,
				})
			}
		case s.Kind == trace.SpanKindConsumer:
			all = append(all, message{id: parent.ID, from: parent.Service, to: s.Service, sent: parent.Start, handled: s.Start})
		case s.Name == "raft.late_reply":
			all = append(all, message{
				id: parent.ID, from: parent.Service, to: s.Service, sent: parent.End, handled: s.Start,
				reply: true,
			})
		}
	}
	slices.SortStableFunc(all, func(a, b message) int { return a.sent.Compare(b.sent) })
	return all
}

// cone is the causal cone of a message that was lost: from when on each process may differ. Its receiver, from when it
// would have handled it; its sender, from when the call ends or is given up; then, what any of them sends from then on,
// whoever receives it.
type cone map[string]time.Time

func (c cone) reach(process string, at time.Time) {
	if t, ok := c[process]; !ok || at.Before(t) {
		c[process] = at
	}
}

// holds says whether a span may differ.
func (c cone) holds(s *traces.Span) bool {
	t, ok := c[s.Service]
	return ok && !s.End.Before(t)
}

func (c cone) spread(messages []message) cone {
	for _, m := range messages {
		if t, ok := c[m.from]; ok && !m.sent.Before(t) {
			c.reach(m.to, m.handled)
		}
	}
	return c
}

// coneOf is the cone of the loss of a message, in the run where it was handled and in the one where it was lost.
func coneOf(lost message, before, after execution) cone {
	seed := cone{}
	seed.reach(lost.to, lost.handled)
	if !lost.closed.IsZero() {
		seed.reach(lost.from, lost.closed)
		if call := after.byID[lost.id]; call != nil {
			seed.reach(lost.from, call.End)
		}
	}
	both := append(before.messages(), after.messages()...)
	slices.SortStableFunc(both, func(a, b message) int { return a.sent.Compare(b.sent) })
	return seed.spread(both)
}

// lastOperationEnd is when the last operation of a client ends.
func (e execution) lastOperationEnd() time.Time {
	var last time.Time
	for i := range e.spans {
		if s := &e.spans[i]; strings.HasPrefix(s.Name, "kv.") && s.End.After(last) {
			last = s.End
		}
	}
	return last
}

// strayed are the differences between two runs that the loss of a message cannot have caused. What ends later than the
// last operation of one of them is left out: timers stop then, and a call that was to be given up is answered late.
func strayed(lost message, before, after execution) []string {
	var found []string
	in := coneOf(lost, before, after)
	until := before.lastOperationEnd()
	if other := after.lastOperationEnd(); other.Before(until) {
		until = other
	}
	for i := range before.spans {
		s := &before.spans[i]
		if s.Name == "raftkv.run" || s.ID == lost.id || !s.Start.Before(until) || in.holds(s) {
			continue
		}
		other := after.byID[s.ID]
		if other == nil {
			found = append(found, fmt.Sprintf("- %s", asEnded(s)))
			continue
		}
		if same(s, other) || !s.End.Before(until) && !other.End.Before(until) {
			continue
		}
		if a, b := asEnded(s), asEnded(other); a != b {
			found = append(found, fmt.Sprintf("- %s\n+ %s", a, b))
		}
	}
	for i := range after.spans {
		if s := &after.spans[i]; before.byID[s.ID] == nil && s.Start.Before(until) && !in.holds(s) {
			found = append(found, fmt.Sprintf("+ %s", asEnded(s)))
		}
	}
	return found
}

// same says whether two spans are told alike: most are, and need not be told for that.
func same(a, b *traces.Span) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Parent == b.Parent && a.Root == b.Root && a.Service == b.Service &&
		a.Kind == b.Kind && a.Start.Equal(b.Start) && a.End.Equal(b.End) && a.Status == b.Status &&
		slices.Equal(a.Attributes, b.Attributes) &&
		slices.EqualFunc(a.Events, b.Events, func(a, b traces.Event) bool {
			return a.Name == b.Name && a.At.Equal(b.At) && slices.Equal(a.Attributes, b.Attributes)
		}) &&
		slices.EqualFunc(a.Links, b.Links, func(a, b traces.Link) bool {
			return a.Root == b.Root && a.ID == b.ID && slices.Equal(a.Attributes, b.Attributes)
		})
}

// asEnded is all of a span as its process ended it: without what became of its message afterwards, which is its
// receiver's affair, and without the links to faults.
func asEnded(s *traces.Span) string {
	was := *s
	isLate := func(e traces.Event) bool { return e.Name == worldspans.EventDrop && e.At.After(s.End) }
	if slices.ContainsFunc(s.Events, isLate) && s.Kind == trace.SpanKindProducer {
		was.Status = traces.Status{}
		was.Attributes = slices.DeleteFunc(slices.Clone(s.Attributes),
			func(a attribute.KeyValue) bool { return a.Key == worldspans.ErrorTypeKey })
	}
	was.Events = slices.DeleteFunc(slices.Clone(s.Events), isLate)
	was.Links = slices.DeleteFunc(slices.Clone(s.Links), func(l traces.Link) bool {
		return slices.Contains(l.Attributes, worldspans.RaftkvLinkKey.String(worldspans.LinkFault))
	})
	return describe(&was)
}

// describe is all of a span but the run's half of its trace ids.
func describe(s *traces.Span) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s of %s in %s: %s %v [%d %d]", s.ID, s.Name, s.Parent, s.Root, s.Service, s.Kind,
		s.Start.UnixNano(), s.End.UnixNano())
	for _, a := range s.Attributes {
		fmt.Fprintf(&b, " %s=%s", a.Key, a.Value.String())
	}
	for _, e := range s.Events {
		fmt.Fprintf(&b, " (%s %d", e.Name, e.At.UnixNano())
		for _, a := range e.Attributes {
			fmt.Fprintf(&b, " %s=%s", a.Key, a.Value.String())
		}
		b.WriteByte(')')
	}
	for _, l := range s.Links {
		fmt.Fprintf(&b, " ->%s/%s", l.Root, l.ID)
	}
	fmt.Fprintf(&b, " %v %s", s.Status.Code, s.Status.Description)
	return b.String()
}

// differing counts the spans that are not the same in two runs, those of only one of them included.
func differing(before, after execution) int {
	n := 0
	for id, s := range before.byID {
		if other := after.byID[id]; other == nil || !same(s, other) && describe(s) != describe(other) {
			n++
		}
	}
	for id := range after.byID {
		if before.byID[id] == nil {
			n++
		}
	}
	return n
}
