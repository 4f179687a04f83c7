package span

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Landmarks are the attributes and spans that tools know a protocol by, whatever it calls them. What is zero, the
// protocol has not.
type Landmarks struct {
	Self     attribute.Key   // names the process that opened a span
	Peers    []attribute.Key // name the process at the other end; of several the first that a span has
	Replies  []attribute.Key // say by which message a request was answered; likewise
	Role     attribute.Key   // of a process
	Term     Numbering       // of those that lead
	Position Numbering       // of what is agreed on
	Leads    Landmark        // a process leads from then on
	Ceases   Landmark        // and no longer
	Stands   Standing
	Chosen   Choice
	Applied  Application
	Notifies Notice
}

// Numbering is an attribute that numbers something, and what people call that: term, ballot, index, slot.
type Numbering struct {
	Key  attribute.Key
	Word string
}

// Landmark is a span that tells of something.
type Landmark struct {
	Name string
	Kind trace.SpanKind
	When []Condition // all of which hold
}

// Standing is an election, with how it ended for who stood.
type Standing struct {
	Landmark

	Outcome attribute.Key
	Won     string            // the outcome of who leads then
	Words   map[string]string // what each outcome is in words
	With    Text              // what one that leads then had
}

// Choice tells that something is agreed on.
type Choice struct {
	Landmark

	Position attribute.Key
}

// Application tells that something was applied to the store.
type Application struct {
	Landmark

	Position attribute.Key
	Term     attribute.Key // in which it was proposed; empty where that is not told
	Command  attribute.Key
}

// Notice is a message that only tells something, and that may be lost.
type Notice struct {
	Landmark

	Message string // what it is called
	Tells   Text   // what it tells
}

// Condition is that an attribute has a value.
type Condition struct {
	Key   attribute.Key
	Value string
}

// Text is a text about a span.
type Text []Piece

// Piece is a part of a text: literal, or the value of an attribute.
type Piece struct {
	Literal string
	Key     attribute.Key // empty for what is literal
	Form    Form
	One     string // the word for one of what is counted; empty for the number alone
}

// Form is how a value is written.
type Form uint8

// The forms there are.
const (
	Plain  Form = iota
	Spaced      // a name with spaces
	Count       // a number of things, or of the items of a list
)

// Is says whether a span is the one that tells of it.
func (l *Landmark) Is(s *Span) bool {
	return l.Name != "" && s.Name == l.Name && s.Kind == l.Kind && All(l.When, s)
}

// Holds says whether the attribute of a span has the value.
func (c *Condition) Holds(s *Span) bool { return s.Attribute(c.Key).String() == c.Value }

// PeerOf is the process at the other end of a span; empty if it has none.
func (l *Landmarks) PeerOf(s *Span) string { return first(s, l.Peers) }

// ReplyOf is the message by which a span says that a request was answered; empty if it was not.
func (l *Landmarks) ReplyOf(s *Span) string { return first(s, l.Replies) }

// TermNumber is the attribute that numbers those that lead; empty where it is no number, as a ballot is none.
func (l *Landmarks) TermNumber(specs []Spec) attribute.Key {
	for i := range specs {
		for _, a := range specs[i].Attributes {
			if a.Key == l.Term.Key && a.Type == attribute.INT64 {
				return a.Key
			}
		}
	}
	return ""
}

// first is the first text that a span has of some attributes.
func first(s *Span, keys []attribute.Key) string {
	for _, key := range keys {
		if text := s.Attribute(key).AsString(); text != "" {
			return text
		}
	}
	return ""
}
