package explain

import (
	"cmp"
	"maps"
	"slices"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/index"
)

// Explainer says why something in a run is as it is, from its spans alone.
type Explainer struct {
	*Trace

	answers Answers
}

// New makes ready to answer questions about a run of a protocol.
func New(all *index.Trace, p Protocol) *Explainer {
	t := newTrace(all, &p)
	return &Explainer{t, p.Of(t)}
}

// Explain answers a question: a span's id, an operation such as `client-2 3`, or one of the protocol's. An error says
// what is wrong with the question, and is a QuestionError where a similar one has an answer; Questions are those that
// can be asked.
func (e *Explainer) Explain(question string) (*Explanation, error) {
	if s, err := e.named(question); err != nil {
		return nil, err
	} else if s != nil {
		return e.explainSpan(s)
	}
	q := e.parse(question)
	switch {
	case len(q.strange) > 0:
		return nil, e.misunderstood(q)
	case q.For == "client":
		return e.explainOperation(q.request)
	}
	x, err := e.answers.Ask(q)
	switch {
	case err != nil:
		return nil, err
	case x == nil:
		return nil, e.misunderstood(q)
	}
	return e.finish(x), nil
}

// Questions are the questions that have an answer, but for the ids of spans; of some kinds at most so many.
func (e *Explainer) Questions(most int) []string {
	first, after := e.answers.Questions(most)
	requests := slices.Collect(maps.Keys(e.operations))
	slices.SortFunc(requests, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	for i, request := range requests {
		requests[i] = inWords(request)
	}
	return slices.Concat(first, requests, after)
}

// finish completes an answer: with what the run ended in, and with another question to ask next.
func (e *Explainer) finish(x *Explanation) *Explanation {
	if len(e.violations) > 0 && x.Question != e.violations[0].ID.String() {
		var steps []Step
		for _, v := range e.violations {
			steps = append(steps, At(e.Begin(v), "The invariant %s did not hold, and the run was stopped.", Shown(v,
				worldspans.RaftkvInvariantKey)))
		}
		x.Parts = append(x.Parts, Because("How the run ended", steps...))
	}
	x.Parts = append(x.Parts, Because("How far the trace goes", e.partOnly()...))
	x.Parts = slices.DeleteFunc(x.Parts, func(p Part) bool { return len(p.Steps) == 0 })
	x.Answer.tidy()
	for i := range x.Parts {
		x.Parts[i].Title.tidy()
		for k := range x.Parts[i].Steps {
			x.Parts[i].Steps[k].tidy()
		}
	}
	if x.Next = e.another(x.Question, x.next); x.Next == "" {
		x.Next = e.another(x.Question, e.Questions(1))
	}
	return x
}

// another is the first question that is answered otherwise than one; empty if there is none.
func (e *Explainer) another(question string, list []string) string {
	asked := e.canonical(question)
	for _, other := range list {
		if other != "" && e.canonical(other) != asked {
			return other
		}
	}
	return ""
}

// partOnly says of a trace that is a part of one that it is.
func (e *Explainer) partOnly() []Step {
	const rest = "this is a part of a trace, and what is said not to be there may be in the rest."
	switch {
	case e.orphan >= 0:
		return []Step{At(e.Begin(e.span(e.orphan)), "The span above this one is missing: %s", rest)}
	case e.run == nil && e.last >= 0:
		return []Step{At(e.RunEnd(), "The run's own span is missing: %s", rest)}
	}
	return nil
}

// canonical is one question for all that are answered alike: an operation's span is answered as the operation is.
func (e *Explainer) canonical(question string) string {
	s, err := e.named(question)
	if err != nil || s == nil {
		return inWords(question)
	}
	return e.sameAs(s)
}

// sameAs is the question that is answered as one about a span is, or that itself.
func (e *Explainer) sameAs(s *span.Span) string {
	switch {
	case len(e.strangeIn(s)) > 0:
		return s.ID.String()
	case slices.Contains(operationIDs, e.ID(s)):
		return inWords(s.Attribute(kvspans.KVRequestIDKey).AsString())
	}
	return cmp.Or(e.answers.Same(s), s.ID.String())
}

// Others are questions about what a span is next to: its cause, what it caused, and what its process did first.
func (t *Trace) Others(s *span.Span) []string {
	var list []string
	if t.find(s.Parent) != nil {
		list = append(list, s.Parent.String())
	}
	if below := t.below(s.ID); len(below) > 0 {
		list = append(list, t.all.Entry(below[0]).ID.String())
	}
	if t.Operation(s.Service+"/1") != nil {
		list = append(list, s.Service+" 1")
	}
	return list
}
