package explain

import (
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

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
	peer, what := t.Peer(s), t.Message(s)
	switch f := t.faultOf(s, drop); {
	case f == nil || !traces.IsCrash(f):
		return At(t.When(s, drop), "the %s was lost on its way to %s%s", what, peer, t.WhyLost(s.Service, peer, s, drop)).
			Kept(Lost)
	case f.Start.After(s.Start):
		return At(t.Begin(f), "%s crashed at %s, before it had handled the %s", peer, t.Begin(f), what).Resting(t.When(s,
			drop)).Kept(Crashed)
	default:
		return t.wasDown(peer, f).Resting(t.When(s, drop))
	}
}

func (t *Trace) wasDown(peer string, crash *span.Span) Step {
	return At(t.Begin(crash), "%s had been down since its crash at %s", peer, t.Begin(crash)).Kept(Down)
}

// Absent says why the reply to a call did not come, or not in time.
func (t *Trace) Absent(call *span.Span) Step {
	peer, receivers := t.Peer(call), t.Receivers(call)
	if t.Reply(call) != "" && len(receivers) == 0 {
		return At(t.End(call), "%s answered it by %s, and the trace lacks the span of that", peer, t.End(call)).
			Kept(NotInTrace)
	}
	if drop := traces.EventOf(call, worldspans.EventDrop); drop != nil && len(receivers) == 0 {
		return t.lost(call, drop)
	}
	for _, r := range receivers {
		if why := t.answeredInVain(call, r); why.Text != "" {
			return why
		}
	}
	if f := t.DownSince(peer, call.Start); f != nil {
		return t.wasDown(peer, f)
	}
	for _, f := range t.faults {
		if traces.IsCrash(f) && Touches(f, peer) && f.Start.After(call.Start) {
			return At(t.Begin(f), "%s crashed at %s, and no span shows that it had handled the %s before", peer, t.Begin(f),
				t.Message(call)).Kept(Crashed)
		}
	}
	return t.unheard(call)
}

// answeredInVain says why the reply of a server that handled a call did not count; empty if nothing shows why.
func (t *Trace) answeredInVain(call, r *span.Span) Step {
	peer := t.Peer(call)
	drop, answered := traces.EventOf(r, worldspans.EventDrop), t.Reply(r) != ""
	switch {
	case drop != nil:
		return At(t.When(r, drop), "%s answered at %s, but the answer was lost%s", peer, t.End(r), t.WhyLost(peer,
			call.Service, r, drop)).Kept(Lost)
	case answered && r.End.After(call.End):
		return At(t.End(r), "%s answered only at %s%s%s", peer, t.End(r), t.Delayed(call), t.Ailing(peer, r.End)).
			Resting(t.End(call)).Kept(TooLate)
	case answered:
		ended, event := t.callEnd(call)
		return At(t.End(r), "%s answered at %s, and that was still on its way when %s%s%s", peer, t.End(r), ended,
			t.Delayed(r), t.Ailing(call.Service, call.End)).Kept(event)
	case r.End.After(call.End):
		return At(t.Begin(r), "%s had taken it in at %s, and had not answered by %s", peer, t.Begin(r), t.End(call)).
			Kept(TooLate)
	case IsCrashed(r):
		return At(t.End(r), "%s crashed at %s before it had answered", peer, t.End(r)).Kept(Crashed)
	case IsUnfinished(r):
		return At(t.Begin(r), "%s had taken it in at %s, and had not answered when the run ended", peer, t.Begin(r)).
			Kept(RunEnded)
	}
	return Step{}
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
		return At(moment, "%s itself crashed at %s", call.Service, moment).Kept(Crashed)
	}
	return At(moment, "no span shows that the %s was handled %s at %s%s%s", t.Message(call), handled, end, t.Delayed(call),
		t.Ailing(t.Peer(call), call.End)).Kept(why)
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

// Late says why a reply did not count as that to its call, as the span tells with which it was taken in: the call was
// over, or had its reply.
func (t *Trace) Late(s *span.Span) Step {
	var call *span.Span
	answer := t.Span(s.Parent)
	if answer != nil {
		call = t.Span(answer.Parent)
	}
	switch {
	case call == nil:
		return At(t.Begin(s), "its call was over; when the trace does not tell").Kept(NotInTrace)
	case t.Reply(call) != "":
		return At(t.End(call), "the call had its reply at %s, and this is another copy", t.End(call)).Resting(t.Begin(s)).
			Kept(TooLate)
	}
	return At(t.End(call), "the call had been given up at %s%s%s", t.End(call), t.Delayed(call), t.Delayed(answer)).
		Resting(t.Begin(s)).Kept(TooLate)
}

// Silence says why a process had no more messages of these ids from another one, from the last that it heard until a
// time: faults, and what was lost.
func (t *Trace) Silence(from string, heard *span.Span, until time.Time, ids ...string) []Step {
	to, sent := heard.Service, heard.Start
	steps := t.Meanwhile(heard.Start, until, from, to)
	for i, s := range steps {
		if f := t.Span(s.ID); f != nil && traces.IsCrash(f) && Touches(f, from) && !t.sent(from, f.Start, until) {
			steps[i].Text = strings.TrimSuffix(s.Text, ".") + "; from then on the trace has nothing that it sent."
		}
	}
	if sender := t.Span(heard.Parent); sender != nil {
		sent = sender.Start
	}
	var lost []*span.Span
	for s := range t.Of(from, ids...) {
		if t.Peer(s) == to && s.Start.After(sent) && s.Start.Before(until) &&
			traces.EventOf(s, worldspans.EventDrop) != nil && len(t.Receivers(s)) == 0 {
			lost = append(lost, s)
		}
	}
	if len(lost) == 0 {
		return steps
	}
	slices.SortStableFunc(lost, func(a, b *span.Span) int { return a.Start.Compare(b.Start) })
	first, what := lost[0], Say("the %s was lost", t.Message(lost[0]))
	why := t.WhyLost(from, to, first, traces.EventOf(first, worldspans.EventDrop))
	if n := len(lost); n > 1 {
		what = Say("%d %s until %s, all lost, the first", n, t.Message(first), t.Begin(lost[n-1]))
		why.Text = strings.TrimPrefix(why.Text, ",")
	}
	return append(steps, At(t.Begin(first), "What %s sent to %s did not arrive: %s%s.", from, to, what, why))
}

// sent says whether a process sent anything within a time.
func (t *Trace) sent(process string, from, to time.Time) bool {
	for s := range t.Of(process) {
		if traces.IsSender(s) && s.Start.After(from) && s.Start.Before(to) {
			return true
		}
	}
	return false
}
