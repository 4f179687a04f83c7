package explain

import (
	"cmp"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// Times are the parts of an operation's time, one after the other: together they are its whole.
type Times struct {
	At Moment // up to where the time is accounted for

	trace *Trace
	steps []Step
	why   []Step // what kept each try from its answer
}

// tooShort is how far the moments of one step are apart that only tell their order.
const tooShort = time.Microsecond

// Until accounts for the time up to a moment, of which a span tells. What took no time is not told.
func (t *Times) Until(at Moment, told *span.Span, format string, arguments ...any) {
	if at.At-t.At.At > tooShort {
		said := Say(format, arguments...).On(t.At, at, t.trace.End(told))
		t.steps = append(t.steps, Step{Sentence: said, At: at.At - t.At.At, ID: told.ID})
		t.At = at
	}
}

// Why adds what kept a try from its answer.
func (t *Times) Why(steps ...Step) { t.why = append(t.why, steps...) }

// end accounts for what is left, as a part of what came last.
func (t *Times) end(at Moment) {
	if last := len(t.steps) - 1; last >= 0 {
		t.steps[last].At += at.At - t.At.At
		t.steps[last].Sentence = t.steps[last].On(at)
		t.At = at
	}
}

// most is the part of the time that was more than half of it, as a sentence; empty if none was.
func (t *Times) most(whole time.Duration) Sentence {
	for _, s := range t.steps {
		if s.At > whole/2 && len(t.steps) > 1 {
			said := s.Sentence
			said.Text = strings.Replace(said.Text, "It ", "it ", 1)
			return Say(" Most of that time, %s, is one thing: %s", words.Milliseconds(s.At), said)
		}
	}
	return Sentence{}
}

// explainOperation says where the time of a client's operation went, and why its answer is what it is.
func (e *Explainer) explainOperation(request string) (*Explanation, error) {
	op := e.Operation(request)
	if op == nil {
		return nil, e.noSuchOperation(request)
	}
	times, involved := &Times{trace: e.Trace, At: e.Begin(op)}, []string{op.Service}
	var tries, awaited []*span.Span
	for try := range e.Below(op.ID) {
		if try.Kind != trace.SpanKindClient {
			continue
		}
		said := "%s waited before it asked %s (try %s)."
		if len(tries) == 0 {
			said = "%s made the request ready, and asked %s (try %s)."
		}
		tries, involved = append(tries, try), append(involved, e.Peer(try))
		times.Until(e.Begin(try), try, said, op.Service, e.Peer(try), Shown(try, kvspans.KVTryKey))
		awaited = append(awaited, e.tried(times, try)...)
	}
	ended := "The operation came to its end."
	if IsUnfinished(op) {
		ended = "Then the run ended."
	}
	times.Until(e.End(op), op, "%s", ended)
	times.end(e.End(op))
	for _, s := range awaited {
		involved = append(involved, e.Peer(s))
	}
	x := &Explanation{
		Question: inWords(words.Printable(request)),
		Answer:   e.operationSaid(op, len(tries)).Then("%s", times.most(op.End.Sub(op.Start))),
		Parts: []Part{
			{Title: Say("Where the time went, from %s to %s", e.Begin(op), e.End(op)), Steps: times.steps, Took: true},
			Because("What was wrong meanwhile", e.Meanwhile(op.Start, op.End, involved...)...),
		},
	}
	about := e.answers.About(op)
	title, outcome := unanswered(op, len(times.why)), "Why this answer"
	if title == noAnswer {
		outcome = "Whether it took effect"
	}
	x.Parts = append(x.Parts, e.answers.Stored(op, awaited), Because(outcome, append(about.Broken,
		e.whyThisAnswer(op)...)...))
	if title != "" {
		x.Parts = append(x.Parts, WhyNot(title, times.why...))
	}
	x.Suggest(about.Next...)
	for _, try := range tries {
		x.Suggest(try.ID.String())
	}
	return e.finish(x), nil
}

// tried accounts for the time of a try, and returns the messages between servers that it waited for.
func (e *Explainer) tried(times *Times, try *span.Span) []*span.Span {
	client, peer, reply := try.Service, e.Peer(try), e.Reply(try)
	server := e.Answering(try)
	if server == nil && reply != "" {
		times.Until(e.End(try), try, "%s asked %s, and got the reply %s. The trace lacks the span with which %s gave it.",
			client, peer, reply, peer)
		times.Why(At(e.End(try), "%s replied %s; why the trace does not tell, for it lacks the span of that.", peer, reply).
			Kept(NotInTrace))
		return nil
	}
	tried := e.answers.Tried(times, try, server)
	times.Why(tried.Kept...)
	if tried.Told {
		return tried.Awaited
	}
	why := e.Absent(try)
	if tried.Done.Text != "" {
		why.Sentence = tried.Done
	}
	times.Why(At(e.End(try), "%s got no answer from %s: %s.", client, peer, why).Because(why))
	waited := "%s waited for %s in vain, and gave this try up: %s."
	switch {
	case IsUnfinished(try):
		waited = "%s waited for %s until the run ended: %s."
	case IsCrashed(try):
		waited = "%s waited for %s until it crashed itself: %s."
	}
	times.Until(e.End(try), try, waited, client, peer, why)
	return nil
}

const noAnswer = "Why it had no answer"

// unanswered is the title of what kept an operation from its answer, or from one at once; empty if nothing did.
func unanswered(op *span.Span, failed int) string {
	switch {
	case IsUnfinished(op), op.Status.Code == codes.Error, Shown(op, kvspans.KVResultKey) == words.OutcomeUnknown:
		return noAnswer
	case failed > 0:
		return "Why it had no answer at once"
	}
	return ""
}

// noSuchOperation says that a client has no operation of a number, and which is its last.
func (e *Explainer) noSuchOperation(request string) error {
	near := &QuestionError{Message: "no client of this run has an operation " + inWords(request)}
	client, _, _ := strings.Cut(request, "/")
	var last *span.Span
	for other := range e.Of(client, operationIDs...) {
		if last == nil || other.Start.After(last.Start) {
			last = other
		}
	}
	if last != nil {
		near.Nearest = client + " " + OrdinalOf(last)
	}
	return near
}

// OperationOf is an operation as a story tells it: PUT "a" = "x".
func OperationOf(s *span.Span) string { return command(s).Text }

func command(op *span.Span) words.Command {
	id := map[string]string{kvspans.KVPutName: kvspans.KVPutID, kvspans.KVGetName: kvspans.KVGetID}[op.Name]
	return words.OperationText(cmp.Or(id, kvspans.KVDeleteID), op.Attribute(kvspans.KVKeyKey).AsString(),
		op.Attribute(kvspans.KVValueKey).AsString())
}

// RequestOf names the operation of whose request a span tells: client-2's request 3; empty for none.
func RequestOf(s *span.Span) string {
	client, ordinal, found := strings.Cut(Shown(s, kvspans.KVRequestIDKey), "/")
	if !found {
		return ""
	}
	return client + "'s request " + ordinal
}

// OrdinalOf is which of its client's operations one is.
func OrdinalOf(s *span.Span) string {
	_, ordinal, _ := strings.Cut(Shown(s, kvspans.KVRequestIDKey), "/")
	return ordinal
}

func (e *Explainer) operationSaid(op *span.Span, tries int) Sentence {
	said := Say("%s's request %s, %s, took %s", op.Service, OrdinalOf(op), OperationOf(op), Between(e.Begin(op),
		e.End(op)))
	if tries > 1 {
		said = said.Then(" and %d tries", tries)
	}
	result := op.Attribute(kvspans.KVResultKey).AsString()
	switch {
	case IsUnfinished(op):
		return said.Then(", and had no answer when the run ended.")
	case op.Status.Code == codes.Error && result == "":
		return said.Then(", and got no answer (%s).", Shown(op, worldspans.ErrorTypeKey))
	case result == words.OutcomeUnknown:
		return said.Then(", and its outcome is unknown: the client gave up without knowing whether it took effect.")
	}
	return said.Then(". The answer was %s.", words.ResultText(command(op), result))
}
