package explain

import (
	"time"

	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// What did not arrive is a cause as well: a message that was lost, a server that was down, a network that was parted.

// WhyLost says why the network lost what one process sent another; the sentence goes on behind "was lost".
func (t *Trace) WhyLost(from, to string, s *span.Span, drop *span.Event) Sentence {
	how := Sentence{}.On(t.When(s, drop))
	switch drop.Attribute(worldspans.RaftkvCauseKey).AsString() {
	case worldspans.CauseFault:
		f := t.faultOf(s, drop)
		if f == nil {
			f = t.between(from, to, drop.At)
		}
		if f == nil {
			return how.Then(" to a fault")
		}
		return how.Then(", because at %s %s", t.Begin(f), t.FaultSaid(f))
	case worldspans.CauseCounterfactual:
		return how.Then(", as the run was told to lose it")
	}
	return how.Then(" by chance")
}

// faultOf is the fault that lost what a span sent, as the span's links say; nil if they do not.
func (t *Trace) faultOf(s *span.Span, drop *span.Event) (last *span.Span) {
	for _, link := range s.Links {
		f := t.Span(link.ID)
		if f != nil && t.Is(f, worldspans.FaultID) && !f.Start.After(drop.At.Add(traces.AtOnceWithin)) &&
			(last == nil || f.Start.After(last.Start)) {
			last = f
		}
	}
	return last
}

// lost says why what a span sent did not arrive.
func (t *Trace) lost(s *span.Span, drop *span.Event) Step {
	peer, what := Peer(s), t.Message(s)
	switch f := t.faultOf(s, drop); {
	case f == nil || !traces.IsCrash(f):
		return Kept(Lost, t.When(s, drop), Say("the %s was lost on its way to %s%s", what, peer,
			t.WhyLost(s.Service, peer, s, drop)))
	case f.Start.After(s.Start):
		return Kept(Crashed, t.Begin(f), Say("%s crashed at %s, before it had handled the %s", peer, t.Begin(f), what).
			On(t.When(s, drop)))
	default:
		return Kept(Down, t.Begin(f), t.wasDown(peer, f).On(t.When(s, drop)))
	}
}

func (t *Trace) wasDown(peer string, crash *span.Span) Sentence {
	return Say("%s had been down since its crash at %s", peer, t.Begin(crash))
}

// Absent says why the reply to a call did not come, or not in time.
func (t *Trace) Absent(call *span.Span) Step {
	peer, receivers := Peer(call), t.Receivers(call)
	if Shown(call, kvspans.RaftReplyKey) != "" && len(receivers) == 0 {
		return Kept(NotInTrace, t.End(call), Say("%s answered it by %s, and the trace lacks the span of that", peer,
			t.End(call)))
	}
	if drop := traces.EventOf(call, worldspans.EventDrop); drop != nil && len(receivers) == 0 {
		return t.lost(call, drop)
	}
	for _, r := range receivers {
		if why, ok := t.answeredInVain(call, r); ok {
			return why
		}
	}
	if f := t.DownSince(peer, call.Start); f != nil {
		return Kept(Down, t.Begin(f), t.wasDown(peer, f))
	}
	for _, f := range t.faults {
		if traces.IsCrash(f) && Touches(f, peer) && f.Start.After(call.Start) {
			return Kept(Crashed, t.Begin(f), Say("%s crashed at %s, and no span shows that it had handled the %s before",
				peer, t.Begin(f), t.Message(call)))
		}
	}
	return t.unheard(call)
}

// answeredInVain says why the reply of a server that handled a call did not count; not ok if nothing shows why.
func (t *Trace) answeredInVain(call, r *span.Span) (why Step, ok bool) {
	peer := Peer(call)
	drop, answered := traces.EventOf(r, worldspans.EventDrop), Shown(r, kvspans.RaftReplyKey) != ""
	switch {
	case drop != nil:
		return Kept(Lost, t.When(r, drop), Say("%s answered at %s, but the answer was lost%s", peer, t.End(r),
			t.WhyLost(peer, call.Service, r, drop))), true
	case answered && r.End.After(call.End):
		return Kept(TooLate, t.End(r), Say("%s answered only at %s%s%s", peer, t.End(r), t.Delayed(call),
			t.Ailing(peer, r.End)).On(t.End(call))), true
	case answered:
		ended, event := t.callEnd(call)
		return Kept(event, t.End(r), Say("%s answered at %s, and that was still on its way when %s%s%s", peer, t.End(r),
			ended, t.Delayed(r), t.Ailing(call.Service, call.End))), true
	case r.End.After(call.End):
		return Kept(TooLate, t.Begin(r), Say("%s had taken it in at %s, and had not answered by %s", peer, t.Begin(r),
			t.End(call))), true
	case IsCrashed(r):
		return Kept(Crashed, t.End(r), Say("%s crashed at %s before it had answered", peer, t.End(r))), true
	case IsUnfinished(r):
		return Kept(RunEnded, t.Begin(r), Say("%s had taken it in at %s, and had not answered when the run ended", peer,
			t.Begin(r))), true
	}
	return Step{}, false
}

// callEnd says what ended a call that no reply ended.
func (t *Trace) callEnd(call *span.Span) (Sentence, Occurrence) {
	switch {
	case IsUnfinished(call):
		return Say("the run ended at %s", t.End(call)), RunEnded
	case IsCrashed(call):
		return Say("%s crashed at %s", call.Service, t.End(call)), Crashed
	}
	return Say("the call was given up at %s", t.End(call)), TooLate
}

// unheard says why a call that no span shows to be handled, by a server that was up, came to nothing.
func (t *Trace) unheard(call *span.Span) Step {
	moment, why, handled := t.End(call), TimedOut, "in the time that a call is given, which ended"
	end := moment
	switch {
	case call.Kind == trace.SpanKindProducer: // nothing ends it
		moment, end, why, handled = t.Begin(call), t.RunEnd(), RunEnded, "before the run ended"
	case IsUnfinished(call):
		why, handled = RunEnded, "before the run ended"
	case IsCrashed(call):
		return Kept(Crashed, moment, Say("%s itself crashed at %s", call.Service, moment))
	}
	return Kept(why, moment, Say("no span shows that the %s was handled %s at %s%s%s", t.Message(call), handled, end,
		t.Delayed(call), t.Ailing(Peer(call), call.End)))
}

// Delayed says that what a span sent was late on purpose.
func (t *Trace) Delayed(s *span.Span) Sentence {
	late := traces.EventOf(s, worldspans.EventDelay)
	if late == nil {
		return Sentence{}
	}
	return Say(", for it was late by %s", time.Duration(late.Attribute(worldspans.RaftkvDelayNsKey).AsInt64())).
		On(t.When(s, late))
}
