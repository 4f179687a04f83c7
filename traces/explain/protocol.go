package explain

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
)

// Protocol is what an Explainer is told of the protocol of a run.
type Protocol struct {
	Specs     []span.Spec
	Landmarks span.Landmarks
	Servers   []string          // what the names of its servers begin with, such as node
	Asks      map[string]string // by the words of its questions: what the number behind each is of, such as a term
	Questions string            // what can be asked of it, such as "leader term N"
	Reason    attribute.Key     // which attribute says why a request was refused
	Rules     []Rule            // that can hold something back, or be broken
	Applied   string            // the spans that tell that a command was applied
	Once      Rule              // that a command takes effect once, and a retry gets the first answer

	// Malformed says whether a span of an id may not have such an attribute.
	Malformed func(id string, a *attribute.KeyValue) bool
	// Unread says of an attribute that no answer rests on it, so that a span may lack it.
	Unread func(id string, key attribute.Key) bool
	// Carried says what a message carries, as a sentence goes on behind its name; empty for nothing.
	Carried func(s *span.Span) string
	// Of has the protocol look at a run.
	Of func(t *Trace) Answers
}

// Answers are what a protocol says of one run.
type Answers interface {
	// Ask answers a question of the protocol; nil if it is none. A question about a span is one of those of which more
	// is to be said than of others.
	Ask(q *Asked) (*Explanation, error)
	// Questions are those of the protocol that have an answer: what to ask first, and what after the clients'
	// operations, of which most is how many a person wants.
	Questions(most int) (first, after []string)
	// Same is the question that is answered as one about a span is; empty if there is none.
	Same(s *span.Span) string
	// Tell tells a span as a sentence without an end, given when it was; empty for what the protocol does not know.
	Tell(s *span.Span, at, during Sentence) Sentence
	// About is what there is to say of a span.
	About(s *span.Span) About
	// Tried says what came of a client's try, and accounts for its time if a server's reply ended it. The server is nil
	// if none did.
	Tried(times *Times, try, server *span.Span) Tried
	// Stored is the part about what an operation waited for, these messages among servers.
	Stored(op *span.Span, awaited []*span.Span) Part
}

// About is what a protocol has to say of a span.
type About struct {
	WhyNot []Part       // why what it asked for did not come, or was refused
	Broken []Step       // which rules were broken by what it tells
	Next   []string     // what to ask next
	Came   []*span.Span // what came of it, to be told
	Linked []*span.Span // what it links to, to be told
	Began  []Step       // why it began, if no other span caused it
	Led    []Part       // what else led to that
}

// Tried is what a protocol has to say of a client's try.
type Tried struct {
	Told    bool         // the time up to the server's reply is accounted for
	Awaited []*span.Span // the messages between servers that the operation waited for
	Done    Sentence     // what a server had done for a try that no reply ended; empty for nothing
	Kept    []Step       // what kept it from more
}

// Message is the name of the message that a span sends or takes in. A request is called as its method.
func (t *Trace) Message(s *span.Span) string {
	spec := t.spec(s.Name, s.Kind)
	if spec != nil && spec.Message != "" && (s.Kind == trace.SpanKindProducer || s.Kind == trace.SpanKindConsumer) {
		return spec.Message
	}
	return traces.ShortName(s)
}
