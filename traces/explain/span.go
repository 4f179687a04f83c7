package explain

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// explainSpan says what a span is, and what led to it: its causes, one by one, back to what began its trace, and why
// that began.
func (e *Explainer) explainSpan(s *span.Span) (*Explanation, error) {
	id := s.ID.String()
	if same := e.sameAs(s); same != id {
		return e.Explain(same)
	}
	var x *Explanation
	switch {
	case len(e.strangeIn(s)) > 0:
		x = e.explainForeign(s)
	case e.Is(s, worldspans.ViolationID):
		x = e.explainViolation(s)
	default:
		own, err := e.answers.Ask(&Asked{Question: id, Span: s})
		if err != nil {
			return nil, err
		}
		if x = own; x == nil {
			x = e.explainKnown(s)
		}
	}
	x.Question = id
	return e.finish(x), nil
}

func (e *Explainer) explainKnown(s *span.Span) *Explanation {
	about := e.answers.About(s)
	switch {
	case s.Kind == trace.SpanKindClient && e.Reply(s) == "":
		about.WhyNot = []Part{Why("Why there was no reply", e.Absent(s))}
	case traces.IsSender(s) && traces.EventOf(s, worldspans.EventDrop) != nil && len(e.Receivers(s)) == 0:
		about.WhyNot = []Part{Why("Why it did not arrive", e.Absent(s))}
	}
	chain, root, led := e.chain(s)
	x := &Explanation{Answer: e.spanSaid(s, true).Capital().Then(".")}
	x.Parts = slices.Concat(about.WhyNot, []Part{
		Because("Which rule was broken", about.Broken...), Because("What led to it, the last cause first", chain...),
		Because("What it links to", e.came(about.Linked)...),
	}, led, []Part{Because("What came of it", e.came(about.Came)...)})
	if root.ID != s.ID {
		about.Next = append(about.Next, root.ID.String())
	}
	return x.Suggest(append(about.Next, e.Others(s)...)...)
}

// explainViolation says what an invariant demands, and which facts do not agree.
func (e *Explainer) explainViolation(s *span.Span) *Explanation {
	x := &Explanation{Answer: e.spanSaid(s, true).Capital().Then(".")}
	if says := words.Printable(s.Status.Description); says != "" {
		x.Answer = x.Answer.Then(" It says: %s", says)
	}
	var facts []Step
	told := "One fact"
	for _, fact := range List(s, worldspans.RaftkvViolationFactsKey) {
		facts = append(facts, At(e.Begin(s), "%s: %s.", told, fact)) // when it was found: it may have been so before
		told = "The other"
	}
	x.Parts = append(x.Parts, Because("What was found then, and does not agree", facts...))
	for last := range e.Backward("") { // what any process did last before
		if last.Service != worldspans.ServiceWorld && last.Name != worldspans.RunName && last.End.After(last.Start) &&
			!last.End.After(s.Start) && !IsUnfinished(last) {
			return x.Suggest(last.ID.String())
		}
	}
	return x
}

// chain are the causes of a span, the last one first, and why the first of them, the root, began; and what else led to
// that.
func (e *Explainer) chain(s *span.Span) (steps []Step, root *span.Span, led []Part) {
	seen := map[world.CausalID]bool{s.ID: true}
	for s.Parent != 0 {
		parent := e.find(s.Parent)
		if parent == nil {
			return append(steps, At(e.Begin(s), "What caused that the trace does not tell: it lacks the span above this "+
				"one.")), s, nil
		}
		if seen[parent.ID] {
			return steps, s, nil
		}
		seen[parent.ID] = true
		said := e.foreignSaid(parent)
		if len(e.strangeIn(parent)) == 0 {
			said = e.spanSaid(parent, false).Capital()
		}
		steps = append(steps, At(e.Begin(parent), "%s.", said))
		s = parent
	}
	why, led := e.began(s)
	return append(steps, why...), s, led
}

// came tells what came of a span, or what it links to.
func (e *Explainer) came(list []*span.Span) (steps []Step) {
	for _, s := range list {
		steps = append(steps, At(e.Begin(s), "%s.", e.spanSaid(s, false).Capital()))
	}
	return steps
}

// began says why something began that no other span caused, and what else led to it.
func (e *Explainer) began(root *span.Span) ([]Step, []Part) {
	if len(e.strangeIn(root)) > 0 {
		return nil, nil
	}
	switch id := e.ID(root); {
	case slices.Contains(operationIDs, id):
		for before := range e.Backward(root.Service, operationIDs...) {
			if before.ID != root.ID && !before.End.After(root.Start) {
				return []Step{At(e.End(before), "%s was done with its request %s, and a client has one request at a time.",
					before.Service, OrdinalOf(before))}, nil
			}
		}
		return []Step{At(e.Begin(root), "The trace has no request of %s before it.", root.Service)}, nil
	case id == worldspans.FaultID:
		return []Step{At(e.Begin(root), "The scenario says so: at = %q.", Shown(root, worldspans.RaftkvFaultWhenKey))}, nil
	}
	about := e.answers.About(root)
	return about.Began, about.Led
}

// spanSaid tells a known span as a sentence without an end, with its time or without.
func (e *Explainer) spanSaid(s *span.Span, timed bool) Sentence {
	at, during := Sentence{}.On(e.Begin(s)), Sentence{}.On(e.Begin(s))
	if timed {
		at = Say(" at %s", e.Begin(s))
		during = at
		if s.End.After(s.Start) {
			during = Say(" from %s to %s", e.Begin(s), e.End(s))
		}
	}
	switch id := e.ID(s); {
	case id == kvspans.TurnProducerID:
		return Say("%s let %s have its turn%s", s.Service, Shown(s, kvspans.KVClientIDKey), at).Then("%s", e.dropSaid(s,
			", and the message was lost", Shown(s, kvspans.KVClientIDKey)))
	case id == kvspans.TurnConsumerID:
		return Say("%s was let have its turn by %s%s", s.Service, Shown(s, kvspans.KVClientIDKey), during)
	case traces.IsSender(s):
		message := " a " + e.Message(s)
		if strings.ContainsAny(message[3:4], "AEIOU") {
			message = " an " + e.Message(s)
		}
		return Say("%s sent %s%s%s%s%s", s.Service, e.Peer(s), message, e.protocol.Carried(s), at, e.callEnded(s))
	case traces.IsReceiver(s):
		return e.takenSaid(s, during)
	case id == worldspans.FaultID:
		return Say("the scenario had it that %s%s", e.FaultSaid(s), during)
	case id == worldspans.RunID:
		return Say("the run %s with seed %s began%s", Shown(s, worldspans.RaftkvScenarioKey), Shown(s,
			worldspans.RaftkvSeedKey), at)
	case slices.Contains(operationIDs, id):
		return Say("%s made its request %s, %s%s", s.Service, OrdinalOf(s), OperationOf(s), during)
	case id == kvspans.ClientStartID:
		return Say("%s started%s", s.Service, during)
	case id == worldspans.ViolationID:
		return Say("the invariant %s did not hold%s, and the run was stopped", Shown(s, worldspans.RaftkvInvariantKey), at)
	}
	if said := e.answers.Tell(s, at, during); said.Text != "" {
		return said
	}
	return e.foreignSaid(s)
}

// dropSaid says that what a span sent was lost, and why; empty if it was not.
func (e *Explainer) dropSaid(s *span.Span, lost, to string) Sentence {
	drop := traces.EventOf(s, worldspans.EventDrop)
	if drop == nil {
		return Sentence{}
	}
	return Say("%s%s", lost, e.WhyLost(s.Service, to, s, drop))
}

// takenSaid tells a span that takes in a message.
func (e *Explainer) takenSaid(s *span.Span, during Sentence) Sentence {
	said := Say("%s took in %s's %s%s%s", s.Service, e.Peer(s), e.Message(s), e.protocol.Carried(s), during)
	if reply := e.Reply(s); reply != "" {
		said = said.Then(", and replied %s", reply)
		if reason := Shown(s, e.protocol.Reason); reason != "" {
			said = said.Then(" (%s)", words.Spaced(reason))
		}
	}
	switch {
	case IsUnfinished(s):
		said = said.Then(", and had not answered when the run ended")
	case s.Status.Code == codes.Error:
		said = said.Then(", and did not answer (%s)", Shown(s, worldspans.ErrorTypeKey))
	}
	return said.Then("%s", e.dropSaid(s, "; the answer was lost", e.Peer(s)))
}

// callEnded says what came of a call.
func (e *Explainer) callEnded(s *span.Span) Sentence {
	reply := e.Reply(s)
	switch {
	case reply != "":
		return Say(", and had the reply %s at %s", reply, e.End(s))
	case s.Kind == trace.SpanKindProducer:
		return e.dropSaid(s, ", which was lost", e.Peer(s))
	case IsUnfinished(s):
		return Say(", and had no reply when the run ended at %s", e.End(s))
	case s.Status.Code == codes.Error:
		return Say(", and gave it up at %s (%s)", e.End(s), Shown(s, worldspans.ErrorTypeKey))
	}
	return Sentence{}
}
