package words

import (
	"fmt"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
)

// Fill is a text about a span, with what the span says put in.
func Fill(text span.Text, s Attributes) string {
	var b strings.Builder
	for i := range text {
		b.WriteString(pieceText(&text[i], s))
	}
	return b.String()
}

func pieceText(p *span.Piece, s Attributes) string {
	if p.Key == "" {
		return p.Literal
	}
	v := s.Attribute(p.Key)
	switch p.Form {
	case span.Spaced:
		return Spaced(Text(v))
	case span.Count:
		n := int64(len(v.AsStringSlice()))
		if v.Type() == attribute.INT64 {
			n = v.AsInt64()
		}
		if p.One == "" {
			return strconv.FormatInt(n, 10)
		}
		return Counted(n, p.One)
	case span.Plain:
	}
	return Text(v)
}

// Election tells the span of an election, as in "election of term 2: node-1 won"; empty for any other span.
func Election(l *span.Landmarks, s *span.Span) string {
	if !l.Stands.Is(s) {
		return ""
	}
	outcome := s.Attribute(l.Stands.Outcome).AsString()
	return fmt.Sprintf("election of %s: %s %s", Numbered(l.Term, s), s.Service, l.Stands.Words[outcome])
}

// Numbered is a number with what it is called, as a span has it: term 2.
func Numbered(n span.Numbering, s Attributes) string { return n.Word + " " + Text(s.Attribute(n.Key)) }

// Notification says of a span that sends a message which only tells something, and that could be lost, what it is
// called and what it tells; empty for any other span.
func Notification(l *span.Landmarks, s *span.Span) (message, tells string) {
	if !l.Notifies.Is(s) {
		return "", ""
	}
	return l.Notifies.Message, Fill(l.Notifies.Tells, s)
}
