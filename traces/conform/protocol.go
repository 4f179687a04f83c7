package conform

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
)

// Protocol is what the checker has to be told of a protocol. What is found goes to the findings that are passed; what
// returns a text says what would have been right, and returns nothing where it is.
type Protocol interface {
	// Spec returns the tables, and what they do not say.
	Spec() Spec

	// Malformed says how the text of an attribute should read.
	Malformed(kind string, key attribute.Key, text string) (want string)

	// Worker returns what looks at spans one by one. Each goroutine has its own.
	Worker() Worker

	// Tells says whether the trace tells what is durable, and of each lost message that it was: earlier builds did not.
	Tells(f *Facts) bool

	// Cause compares a span with the parent that caused it, which is of a kind that may.
	Cause(f *Facts, s *Span, found *Findings)

	// Target says what a span should link to, where it links to a span of a kind that it may.
	Target(f *Facts, s *Span, l *Link) (want string)

	// Links finds links that are not there and have to be, beside those that the tables ask for.
	Links(f *Facts, s *Span, found *Findings)

	// Outcome compares the status of a span with what became of it.
	Outcome(f *Facts, s *Span, found *Findings)

	// Sent compares what sender and receiver say of a message, and Replied what they say of the reply. Late compares a
	// late reply with its parent, which gave it.
	Sent(f *Facts, sender, receiver *Span, found *Findings)
	Replied(f *Facts, call, answer *Span, found *Findings)
	Late(f *Facts, late *Span, found *Findings)

	// Check checks the rules of the protocol.
	Check(f *Facts, found *Findings)
}

// Worker looks at spans of a protocol one by one.
type Worker interface {
	// Alone finds what is wrong with a span by itself that the tables do not tell.
	Alone(s *span.Span, kind *Kind, find func(r Rule) *Found)

	// Keep returns the facts that the protocol needs of a span beside those that the checker keeps. The method Processes
	// of such a fact returns the processes that it names.
	Keep(s *span.Span, kind *Kind) any

	// Persisted returns what an event says that it made durable.
	Persisted(e *span.Event) any
}

// Spec is a spec as the checker needs it. What it has beside the generated tables may be left out.
type Spec struct {
	Spans       []span.Spec
	Landmarks   span.Landmarks
	Hash        string                   // as raftkv.build begins with it
	Persists    []string                 // the events that tell what was made durable
	Repeated    map[string]attribute.Key // events that a span may have several of, which differ in this
	LinkIndex   attribute.Key            // that a link says beside its reason, if the reason is that of IndexedLink
	IndexedLink string
	TablesOnly  bool // no more is known: links may say more, and a span may have its own events several times
}
