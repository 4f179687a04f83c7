package story

import (
	"strconv"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/words"
)

// What a protocol's spec declares of its spans is told here: lines that are one sentence about one span.

// ways are the ways on which what a span tells can fail over and over, by the span's kind.
var ways = map[trace.SpanKind]Way{
	trace.SpanKindClient: Calls, trace.SpanKindServer: Replies, trace.SpanKindProducer: Notifications,
	trace.SpanKindInternal: LateReplies,
}

// Declared tells what the spec declares of the span: nothing if there is nothing.
func (t *Teller) Declared() {
	d := t.told
	if d == nil {
		return
	}
	t.say("begins", t.Beginning(), d.Begins)
	if !traces.IsReceiver(t.Span) {
		t.message(d.Message)
	}
	switch {
	case t.Failed() && d.Unanswered != nil:
		t.Unanswered(words.Fill(d.Unanswered, t.Span))
	case t.Failed() && d.Fails != nil:
		t.Line(t.Ending(), Trouble, words.Fill(d.Fails, t.Span))
	case t.Unfinished() && d.Unfinished != nil:
		t.Line(t.Ending(), Trouble, words.Fill(d.Unfinished, t.Span))
	default:
		t.say("ends", t.Ending(), d.Ends)
	}
	if traces.IsReceiver(t.Span) {
		t.message(d.Message)
	}
	if d.Round != nil {
		t.story.rounds[t.Span.Root] = span.All(d.Round, t.Span)
	}
}

// message tells what became of the message that the span sent.
func (t *Teller) message(name span.Text) {
	if name != nil {
		t.FatesOn(ways[t.Span.Kind], words.Fill(name, t.Span))
	}
}

// say tells the first of some lines whose conditions hold.
func (t *Teller) say(which string, when Moment, lines []span.Saying) {
	l := t.Span.Said(lines)
	if l == nil || l.Text == nil {
		return
	}
	text := words.Fill(l.Text, t.Span)
	if !l.Fold {
		t.Line(when, l.Mark, text)
		return
	}
	place := 0
	for &lines[place] != l {
		place++
	}
	t.Complain(when, ways[t.Span.Kind], t.told.ID+" "+which+strconv.Itoa(place)+" "+t.Text(l.By), text)
}
