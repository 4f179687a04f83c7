package record_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// post is a recorder with what it recorded, and a tracer of node-1.
type post struct {
	*record.Recorder

	kept *keptSpans
	node spans.Tracer
}

// keptSpans is an exporter that keeps what became known of each span after it ended.
type keptSpans struct{ told []string }

func (k *keptSpans) Export(_ context.Context, s *span.Span) error {
	k.told = append(k.told, tellAfterwards(s))
	return nil
}

func (*keptSpans) Shutdown(context.Context) error { return nil }

func newPost(t *testing.T) *post {
	t.Helper()
	kept := &keptSpans{}
	p := &post{Recorder: record.NewRecorder(record.RecorderOptions{}, kept), kept: kept}
	p.node = spans.NewTracer(p, "node-1", 1, tracetest.Epoch)
	p.node.Follow(&ticks{})
	return p
}

// tellAfterwards is what became known of a span after it ended.
func tellAfterwards(s *span.Span) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", s.ID, s.Status.Code)
	for _, a := range s.Attributes {
		if a.Key == worldspans.ErrorTypeKey {
			b.WriteString(" " + a.Value.AsString())
		}
	}
	for _, e := range s.Events {
		fmt.Fprintf(&b, ", %s at %s", e.Name, e.At.Sub(tracetest.Epoch))
		for _, a := range e.Attributes {
			fmt.Fprintf(&b, " %s=%s", a.Key, a.Value.String())
		}
	}
	for _, l := range s.Links {
		fmt.Fprintf(&b, ", to %d/%d", l.Root, l.ID)
		for _, a := range l.Attributes {
			fmt.Fprintf(&b, " %s=%s", a.Key, a.Value.String())
		}
	}
	return b.String()
}

func (p *post) notify(id uint64) {
	started := p.node.StartCommitNotificationProducer(span.Begin{Self: span.Ref{Root: 1, ID: id}, Parent: 1},
		spans.Who{Node: 1}, "node-2", 1)
	started.End()
}

func (p *post) is(t *testing.T, what string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, p.kept.told); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// A span waits until what it sent has arrived, and those that ended after it wait behind it: the order in which they
// ended stays.
func TestSpansWaitForTheirMessages(t *testing.T) {
	p := newPost(t)
	p.Sent(2, 2)
	p.notify(2)
	p.notify(3)
	p.is(t, "with both copies on their way")
	p.Handled(2)
	p.is(t, "with the second on its way")
	p.Handled(2)
	p.is(t, "when both have arrived", "2 Unset", "3 Unset")
	p.Sent(4, 1)
	p.notify(4)
	p.notify(5)
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.is(t, "when the run is over", "2 Unset", "3 Unset", "4 Unset", "5 Unset")
}

// What is lost where it arrives is an event of the span that sent it, and links to the fault. What was sent for nothing
// failed, but for an answer: its span did all that it was there for.
func TestLossesAreToldAfterwards(t *testing.T) {
	p := newPost(t)
	crash := span.Ref{Root: 90, ID: 90}
	p.Sent(2, 1)
	p.notify(2)
	p.Lost(2, 0, tracetest.Epoch.Add(7*time.Millisecond), crash)
	p.Sent(3, 2)
	p.notify(3)
	p.Handled(3)
	p.Lost(3, 1, tracetest.Epoch.Add(8*time.Millisecond), crash)
	p.Sent(4, 1)
	started := p.node.StartPutServer(span.Begin{Self: span.Ref{Root: 1, ID: 4}, Parent: 1}, spans.Who{Node: 1}, "client-1",
		kv.RequestID{Client: 1, Sequence: 1})
	started.End("Answered")
	p.Lost(4, 0, tracetest.Epoch.Add(9*time.Millisecond), span.Ref{})
	const drop = "drop at %s raftkv.cause=fault"
	p.is(t, "what is told",
		"2 Error lost, "+fmt.Sprintf(drop, "7ms")+", to 90/90 raftkv.link=fault",
		"3 Unset, "+fmt.Sprintf(drop, "8ms")+" raftkv.copy=1, to 90/90 raftkv.link=fault",
		"4 Unset, "+fmt.Sprintf(drop, "9ms"))
}

// What a fault did links to it: a message that a cut link lost, a span that a crash ended, and the call that waited for
// that and was given up; not a call that was answered all the same, that ended for another reason, or that was over
// before.
func TestWhatAFaultDidLinksToIt(t *testing.T) {
	p := newPost(t)
	cut, crash := span.Ref{Root: 90, ID: 90}, span.Ref{Root: 91, ID: 91}
	client := kvspans.NewTracer(p, "client-1", 1, tracetest.Epoch)
	client.Follow(&ticks{})
	call := func(id uint64) kvspans.PutClientSpan {
		return client.StartPutClient(span.Begin{Self: span.Ref{Root: 1, ID: id}, Parent: 1},
			kv.RequestID{Client: 1, Sequence: 1}, 1, "node-1")
	}
	serve := func(id, call uint64) spans.PutServerSpan {
		return p.node.StartPutServer(span.Begin{Self: span.Ref{Root: 1, ID: id}, Parent: call}, spans.Who{Node: 1},
			"client-1", kv.RequestID{Client: 1, Sequence: 1})
	}
	p.Hit(2, cut)
	p.Hit(2, cut)
	p.notify(2)
	p.Crashed("node-1", crash)
	failed, answered, crashed, over := call(3), call(4), call(5), call(6)
	p.Sent(6, 1) // and is still on its way when the call is given up
	over.Fail(worldspans.ErrorTypeTimeout, "no answer in time")
	for i, c := range []uint64{3, 4, 5, 6} {
		s := serve(10+uint64(i), c)
		s.Fail(worldspans.ErrorTypeCrash, "the process crashed")
	}
	failed.Fail(worldspans.ErrorTypeTimeout, "no answer in time")
	answered.End("Answered")
	crashed.Fail(worldspans.ErrorTypeCrash, "the process crashed")
	p.Explain(3, cut)
	p.Handled(6)
	p.is(t, "what is told",
		"2 Unset, to 90/90 raftkv.link=fault",
		"6 Error timeout",
		"10 Error crash, to 91/91 raftkv.link=fault",
		"11 Error crash, to 91/91 raftkv.link=fault",
		"12 Error crash, to 91/91 raftkv.link=fault",
		"13 Error crash, to 91/91 raftkv.link=fault",
		"3 Error timeout, to 91/91 raftkv.link=fault",
		"4 Unset",
		"5 Error crash")
}
