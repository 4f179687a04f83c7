package story_test

import (
	"bytes"
	"regexp"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// A protocol that no tool knows: a process asks another.
var ping = story.Protocol{
	Specs: []span.Spec{
		{ID: "ask", Name: "ping.Ask", Kind: trace.SpanKindClient},
		{ID: "round", Name: "ping.round", Kind: trace.SpanKindInternal},
		{ID: "stand", Name: "ping.stand", Kind: trace.SpanKindInternal},
	},
	Landmarks: span.Landmarks{
		Peers: []attribute.Key{"ping.peer"}, Replies: []attribute.Key{"ping.reply"},
		Term: span.Numbering{Key: "ping.era", Word: "era"},
		Stands: span.Standing{
			Landmark: span.Landmark{Name: "ping.stand", Kind: trace.SpanKindInternal}, Outcome: "ping.outcome", Won: "won",
		},
	},
	Told: []span.Told{
		{
			ID: "ask", Message: span.Text{{Literal: "Ask to "}, {Key: "ping.peer"}},
			Unanswered: span.Text{{Literal: "no answer from "}, {Key: "ping.peer"}},
			Begins: []span.Saying{{
				Not: []span.Condition{{Key: "ping.try", Value: "1"}}, Fold: true,
				Text: span.Text{{Literal: "asks "}, {Key: "ping.peer"}, {Literal: " again"}},
			}},
			Ends: []span.Saying{
				{When: []span.Condition{{Key: "ping.reply", Value: "Silence"}}},
				{
					When: []span.Condition{{Key: "ping.reply", Value: "No"}}, Mark: span.Trouble,
					Text: span.Text{{Literal: "refused"}},
				},
				{Text: span.Text{{Literal: "answered"}}},
			},
		},
		{
			ID: "round", Round: []span.Condition{{Key: "ping.try", Value: "1"}},
			Ends: []span.Saying{{Mark: span.Routine, Text: span.Text{{Literal: "round "}, {Key: "ping.try"}}}},
		},
		{
			ID: "stand", Fails: span.Text{{Literal: "fails"}}, Unfinished: span.Text{{Literal: "goes on"}},
			Ends: []span.Saying{{Text: span.Text{{Literal: "stood"}}}},
		},
	},
	Tell: func() func(*story.Teller, string) bool { return func(*story.Teller, string) bool { return false } },
}

// TestDeclared tells spans of which the spec says all.
func TestDeclared(t *testing.T) {
	text := func(key, value string) attribute.KeyValue { return attribute.String(key, value) }
	try := func(n int) attribute.KeyValue { return attribute.Int("ping.try", n) }
	failed := func(s *span.Span) {
		s.Status.Code = codes.Error
		s.Attributes = append(s.Attributes, text("error.type", "timeout"))
	}
	for _, test := range []struct {
		name       string
		attributes []attribute.KeyValue
		change     func(*span.Span)
		times      int
		want       string
	}{
		{name: "Ask", attributes: []attribute.KeyValue{try(1), text("ping.reply", "Yes")}, want: "answered\n"},
		{name: "Ask", attributes: []attribute.KeyValue{try(1), text("ping.reply", "No")}, want: "refused\n"},
		{name: "Ask", attributes: []attribute.KeyValue{try(1), text("ping.reply", "Silence")}},
		{name: "Ask", attributes: []attribute.KeyValue{text("ping.reply", "Silence")}},
		{name: "Ask", attributes: []attribute.KeyValue{try(2), text("ping.reply", "Silence")}, want: "asks b again\n"},
		{
			name: "Ask", attributes: []attribute.KeyValue{try(1)}, change: failed,
			want: "no answer from b: ping.Ask given up (timeout)\n",
		},
		{
			name: "Ask", attributes: []attribute.KeyValue{try(2)}, change: failed, times: 2,
			want: "asks b again, and 1 more until 0.001ms\n" +
				"no answer from b: ping.Ask given up (timeout), and 1 more until 1.001ms\n",
		},
		{
			name: "Ask", attributes: []attribute.KeyValue{try(1), text("ping.reply", "Yes")},
			change: func(s *span.Span) {
				s.Events = []span.Event{{Name: "duplicate", At: s.Start, Attributes: []attribute.KeyValue{
					text("raftkv.cause", "network"),
				}}}
			},
			want: "Ask to b arrives twice (network)\nanswered\n",
		},
		{name: "round", attributes: []attribute.KeyValue{try(1)}, want: "round 1\n"},
		{name: "round", attributes: []attribute.KeyValue{try(2)}},
		{
			name: "stand", attributes: []attribute.KeyValue{text("ping.era", "2.1")},
			want: "── 0.000ms  election in era 2.1: a stands\nstood\n",
		},
		{name: "stand", change: failed, want: "── 0.000ms  election in era : a stands\nfails\n"},
		{
			name: "stand", attributes: []attribute.KeyValue{attribute.Bool("raft.unfinished", true)},
			want: "── 0.000ms  election in era : a stands\ngoes on\n",
		},
		{name: "unknown", attributes: []attribute.KeyValue{try(1)}, want: "ping.unknown ping.peer=b ping.try=1\n"},
	} {
		lines := story.New(ping)
		for i := range max(1, test.times) {
			s := span.Span{
				ID: world.CausalID(i + 1), Root: 1, Name: "ping." + test.name, Kind: trace.SpanKindInternal, Service: "a",
				Start:      tracetest.Epoch.Add(time.Duration(i) * time.Microsecond),
				End:        tracetest.Epoch.Add(time.Millisecond + time.Duration(i)*time.Microsecond),
				Attributes: append([]attribute.KeyValue{text("ping.peer", "b")}, test.attributes...),
			}
			if test.name == "Ask" {
				s.Kind = trace.SpanKindClient
			}
			if test.change != nil {
				test.change(&s)
			}
			lines.Add(&s)
		}
		var b bytes.Buffer
		if err := lines.Write(&b, story.Plain); err != nil {
			t.Fatal(err)
		}
		got := regexp.MustCompile(`(?m)^ *[0-9.]+ms a +[0-9a-f]{16}  `).ReplaceAllString(b.String(), "")
		if got != test.want {
			t.Errorf("%s %v is told as\n%swant\n%s", test.name, test.attributes, got, test.want)
		}
	}
}
