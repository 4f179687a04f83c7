package words

import (
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
)

// TestLandmarks tells an election and a notification of a protocol whose words no tool knows.
func TestLandmarks(t *testing.T) {
	l := &span.Landmarks{
		Term: span.Numbering{Key: "x.ballot", Word: "ballot"},
		Stands: span.Standing{
			Landmark: span.Landmark{Name: "x.phase", Kind: trace.SpanKindInternal}, Outcome: "x.outcome",
			Words: map[string]string{"all": "leads"},
		},
		Notifies: span.Notice{
			Landmark: span.Landmark{
				Name: "x.tell", Kind: trace.SpanKindProducer, When: []span.Condition{{Key: "x.slot", Value: "7"}},
			},
			Message: "Commit", Tells: span.Text{{Literal: "that slot "}, {Key: "x.slot"}, {Literal: " is chosen"}},
		},
	}
	s := &span.Span{Name: "x.phase", Kind: trace.SpanKindInternal, Service: "leader-2", Attributes: []attribute.KeyValue{
		attribute.String("x.ballot", "2.1"), attribute.String("x.outcome", "all"), attribute.Int("x.slot", 7),
	}}
	if got := Election(l, s); got != "election of ballot 2.1: leader-2 leads" {
		t.Errorf("the election is told as %q", got)
	}
	if message, _ := Notification(l, s); message != "" {
		t.Errorf("an election is the notification %q", message)
	}
	s.Name, s.Kind = "x.tell", trace.SpanKindProducer
	message, tells := Notification(l, s)
	if message != "Commit" || tells != "that slot 7 is chosen" || Election(l, s) != "" {
		t.Errorf("the notification %q tells %q", message, tells)
	}
	if s.Attributes[2].Value = attribute.IntValue(8); l.Notifies.Is(s) {
		t.Error("a landmark is seen although its condition does not hold")
	}
	if Election(&span.Landmarks{}, &span.Span{}) != "" {
		t.Error("a protocol without elections has one")
	}
}

// TestFill puts values of each form into a text.
func TestFill(t *testing.T) {
	s := &span.Span{Attributes: []attribute.KeyValue{
		attribute.String("why", "log_behind"), attribute.Int("votes", 1), attribute.StringSlice("peers", []string{"a", "b"}),
		attribute.String("name", "a\nb"),
	}}
	text := span.Text{
		{Key: "why", Form: span.Spaced},
		{Literal: ", "},
		{Key: "why"},
		{Literal: ", "},
		{Key: "votes", Form: span.Count, One: "vote"},
		{Literal: ", "},
		{Key: "peers", Form: span.Count, One: "server"},
		{Literal: ", "},
		{Key: "peers", Form: span.Count},
		{Literal: ", "},
		{Key: "peers"},
		{Literal: ", "},
		{Key: "name"},
		{Key: "none"},
	}
	if got, want := Fill(text, s), `log behind, log_behind, 1 vote, 2 servers, 2, [a, b], "a\nb"`; got != want {
		t.Errorf("the text is %s, want %s", got, want)
	}
}

// TestInOrder orders numbers of several parts.
func TestInOrder(t *testing.T) {
	all := []string{"", "1.2", "2", "2.1", "2.10", "10", "term 9", "term 10"}
	for i := range all[1:] {
		if InOrder(all[i], all[i+1]) >= 0 || InOrder(all[i+1], all[i]) <= 0 || InOrder(all[i], all[i]) != 0 {
			t.Errorf("%q does not come before %q", all[i], all[i+1])
		}
	}
}
