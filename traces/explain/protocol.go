package explain

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
)

// Protocol is what an Explainer is told of the protocol of a run.
type Protocol struct {
	Specs     []span.Spec
	Messages  map[string]string // by ids of spans that are not named after their message: its name
	Numbers   map[string]string // the words of its questions: what the number behind each is of, such as a term
	Questions string            // what can be asked of it, such as "leader term N"
	Reason    attribute.Key     // which attribute says why a request was refused
	Rules     []Rule            // that can hold something back, or be broken

	// Malformed says whether a span of an id may not have such an attribute.
	Malformed func(id string, a *attribute.KeyValue) bool
	// Unread says of an attribute that no answer rests on it, so that a span may lack it.
	Unread func(id string, key attribute.Key) bool
	// Of has the protocol look at a run.
	Of func(t *Trace) Answers
}

// Answers are what a protocol says of one run.
type Answers interface {
	// Ask answers a question of the protocol; nil if it is none.
	Ask(q *Asked) (*Explanation, error)
	// Questions are those of the protocol that have an answer: what to ask first, and what after the clients'
	// operations, of which most is how many a person wants.
	Questions(most int) (first, after []string)
	// Same is the question that is answered as one about a span is; empty if there is none.
	Same(s *span.Span) string
	// Whole explains a span of which more is to be said than of others; nil for others.
	Whole(s *span.Span) *Explanation
	// About is what there is to say of any other span.
	About(s *span.Span) About
	// Tell tells a span as a sentence without an end, given when it was; empty for what the protocol does not know.
	Tell(s *span.Span, at, during Sentence) Sentence
	// Carried says what a message carries, as a sentence goes on behind its name.
	Carried(s *span.Span) string
	// Began says why something began that no other span caused; and what else led to it.
	Began(root *span.Span) ([]Step, []Part)
	// Replied accounts for the time of a try that got a server's reply; false if nothing was done for that. It returns
	// those messages between servers that the operation waited for.
	Replied(times *Times, try, server *span.Span) (awaited []*span.Span, ok bool)
	// Pending says what a try came to that no reply ended: what a server had done for it, and what kept it from more;
	// empty for nothing.
	Pending(try *span.Span) (Sentence, []Step)
	// Outcome says what came of an operation that waited for these messages.
	Outcome(op *span.Span, awaited []*span.Span) []Part
}

// About is what a protocol has to say of a span.
type About struct {
	WhyNot []Part   // why what it asked for did not come, or was refused
	Broken []Step   // which rules were broken by what it tells
	Next   []string // what to ask next
}

// Message is the name of the message that a span sends or takes in.
func (t *Trace) Message(s *span.Span) string {
	if name, ok := t.protocol.Messages[t.ID(s)]; ok {
		return name
	}
	return traces.ShortName(s)
}
