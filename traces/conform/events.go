package conform

import (
	"cmp"
	"slices"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// checkEvents compares the events of a span with those that the spec declares.
func (g *gatherer) checkEvents(s *span.Span, kept *Span) {
	for i := range s.Events {
		e := &s.Events[i]
		t := kept.Kind.events[e.Name]
		if t == nil {
			g.find(kept, RuleUnknownEvent).
				Got("an event %s", words.Printable(e.Name)).Want("%s",
				oneOf("no event", "one of ", names(kept.Kind.Events, func(e span.EventSpec) string { return e.Name })))
			continue
		}
		if slices.ContainsFunc(s.Events[:i], func(other span.Event) bool { return g.sameEvent(&other, e) }) {
			g.find(kept, RuleUnknownEvent).Got("an event %s for the second time", e.Name).Want("one of each")
		}
		g.compare(kept, "event "+e.Name+": ", e.Attributes, t, false)
		for k := range e.Attributes {
			a := &e.Attributes[k]
			if want := kept.Kind.Malformed(a); want != "" {
				g.find(kept, RuleMalformedValue).
					Got("event %s: %s is %s", e.Name, a.Key, words.Printable(words.Text(a.Value))).Want("%s", want)
			}
		}
		if e.Name != spans.EventDrop && e.Attribute(spans.RaftkvCauseKey).AsString() == spans.CauseFault {
			g.find(kept, RuleUndefinedVariant).
				Got("event %s: %s is %s", e.Name, spans.RaftkvCauseKey, spans.CauseFault).
				Want("network or counterfactual: all that a fault does to a message is to lose it")
		}
		if want := messageStep(kept, e); want > 0 && stepOfEvent(s, e) != want {
			g.find(kept, RuleWrongStep).
				Got("its event %s is in step %d", e.Name, stepOfEvent(s, e)).
				Want("step %d, in which the message leaves", want)
		}
		g.eventTime(s, e, kept)
	}
}

// eventTime compares the time of an event with those of its span. A message that is lost to a fault when it arrives
// is lost after its sender's span may have ended.
func (g *gatherer) eventTime(s *span.Span, e *span.Event, kept *Span) {
	const want = "a time within the span"
	switch {
	case e.At.Before(s.Start):
		g.find(kept, RuleWrongTime).
			Got("its event %s is %s before its start", words.Printable(e.Name), words.Milliseconds(s.Start.Sub(e.At))).
			Want("%s", want)
	case !lostToFault(*e) && Later(e.At.UnixNano(), kept.End):
		g.find(kept, RuleWrongTime).
			Got("its event %s is %s after its end", words.Printable(e.Name), words.Milliseconds(e.At.Sub(s.End))).
			Want("%s", want)
	}
}

// stepOfEvent returns the number of the step that an event is in; 0 where there is none.
func stepOfEvent(s *span.Span, e *span.Event) uint32 {
	return cmp.Or(step(e.Attribute(spans.RaftkvStepKey)), step(s.Attribute(spans.RaftkvStepKey)))
}

var asItLeaves = []string{spans.EventDrop, spans.EventDelay, spans.EventDuplicate, spans.EventLateCopy}

// messageStep returns the step that an event is in that tells what the network does to a message as it leaves: an
// answer at the end of its span, all else at the beginning; 0 where steps have no numbers, and for other events.
func messageStep(s *Span, e *span.Event) uint32 {
	switch {
	case lostToFault(*e) || !slices.Contains(asItLeaves, e.Name): // a fault may have lost it as it arrived
		return 0
	case s.Kind.Receives:
		return s.EndStep()
	}
	return s.Step
}

// sameEvent says whether two events tell of the same: of a message each copy may be lost.
func (g *gatherer) sameEvent(a, b *span.Event) bool {
	several := g.tables.spec.TablesOnly && !slices.Contains(asItLeaves, a.Name)
	key, repeated := g.tables.spec.Repeated[a.Name]
	if a.Name == spans.EventDrop {
		key, repeated = spans.RaftkvCopyKey, true
	}
	return a.Name == b.Name && !several && (!repeated || Number(a.Attribute(key)) == Number(b.Attribute(key)))
}
