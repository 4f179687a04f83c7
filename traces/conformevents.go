package traces

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// events compares the events of a span with those that the spec declares.
func (j *Judge) events(s *Span, shape *specShape, ref SpanRef) {
	for i := range s.Events {
		e := &s.Events[i]
		known := shape.Events[e.Name]
		if known == nil {
			j.find(ruleUnknownEvent, ref, "an event "+words.Printable(e.Name), oneOf("no event", "one of ", eventNames(shape.Spec)))
			continue
		}
		if slices.ContainsFunc(s.Events[:i], func(other Event) bool { return sameEvent(&other, e) }) {
			j.find(ruleUnknownEvent, ref, "an event "+e.Name+" for the second time", "one of each")
		}
		j.attributes(ref, "event "+e.Name+": ", e.Attributes, &known.attributes, false, nil)
		for k := range e.Attributes {
			if want := Malformed(shape.ID, &e.Attributes[k]); want != "" {
				a := &e.Attributes[k]
				j.find(ruleMalformedValue, ref, fmt.Sprintf("event %s: %s is %s", e.Name, a.Key, words.Printable(words.Text(a.Value))), want)
			}
		}
		if e.Name != spans.EventDrop && e.Attribute(spans.RaftkvCauseKey).AsString() == spans.CauseFault {
			j.find(ruleUndefinedVariant, ref, fmt.Sprintf("event %s: %s is %s", e.Name, spans.RaftkvCauseKey, spans.CauseFault), "network or counterfactual: all that a fault does to a message is to lose it")
		}
		if want := messageStep(s, shape, e); want > 0 && stepOfEvent(s, e) != want {
			j.find(ruleWrongStep, ref, fmt.Sprintf("its event %s is in step %d", e.Name, stepOfEvent(s, e)), fmt.Sprintf("step %d, in which the message leaves", want))
		}
		switch {
		case e.At.Before(s.Start):
			j.find(ruleWrongTime, ref, fmt.Sprintf("its event %s is %s before its start", words.Printable(e.Name), words.Milliseconds(s.Start.Sub(e.At))), "a time within the span")
		case e.Name == spans.EventDrop && e.Attribute(spans.RaftkvCauseKey).AsString() == spans.CauseFault:
			// A message that is lost when it arrives is lost after its sender's span may have ended.
		case later(e.At.UnixNano(), s.End.UnixNano()):
			j.find(ruleWrongTime, ref, fmt.Sprintf("its event %s is %s after its end", words.Printable(e.Name), words.Milliseconds(e.At.Sub(s.End))), "a time within the span")
		}
	}
}

// stepOfEvent is the number of the step that an event is in; 0 where there is none.
func stepOfEvent(s *Span, e *Event) uint32 {
	begin, _ := StepsOf(s)
	return cmp.Or(StepNumber(e.Attribute(spans.RaftkvStepKey)), begin)
}

// messageStep is the step that an event is in that tells what the network does to a message as it leaves: an answer at
// the end of its span, all else at the beginning; 0 where steps have no numbers, and for other events.
func messageStep(s *Span, shape *specShape, e *Event) uint32 {
	switch e.Name {
	case spans.EventDelay, spans.EventDuplicate, spans.EventLateCopy:
	default:
		return 0
	}
	begin, end := StepsOf(s)
	if shape.receives {
		return end
	}
	return begin
}

// sameEvent says whether two events tell of the same: of a message each copy may be lost.
func sameEvent(a, b *Event) bool {
	return a.Name == b.Name && (a.Name != spans.EventDrop || number(a.Attribute(spans.RaftkvCopyKey)) == number(b.Attribute(spans.RaftkvCopyKey)))
}
