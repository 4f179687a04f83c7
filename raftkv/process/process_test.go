package process_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/process"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

var (
	self  = world.NewProcessID(world.NodeGroup, 1)
	other = world.NewProcessID(world.NodeGroup, 2)
	asker = world.NewProcessID(world.ClientGroup, 1)
)

// surroundings are a world that keeps what a process asks of it.
type surroundings struct {
	now     time.Duration
	sent    []world.Envelope
	running map[world.TimerHandle]world.Timer
	timers  world.TimerHandle
	records [][]byte
	broken  error // of the disk
	step    uint64
}

func (s *surroundings) Now() time.Duration       { return s.now }
func (s *surroundings) BeginsAt() time.Duration  { s.now++; return s.now }
func (s *surroundings) HappensAt() time.Duration { s.now++; return s.now }
func (s *surroundings) EndsAt() time.Duration    { s.now++; return s.now }
func (s *surroundings) Step() uint64             { return s.step }

func (s *surroundings) Send(e world.Envelope) world.Fate {
	s.sent = append(s.sent, e)
	return world.Fate{}
}

func (s *surroundings) SetTimer(_ world.TimerHandle, t world.Timer, _ time.Duration) world.TimerHandle {
	s.timers++
	s.running[s.timers] = t
	return s.timers
}

func (s *surroundings) StopTimer(h world.TimerHandle)          { delete(s.running, h) }
func (*surroundings) Random(world.Name, world.CausalID) uint64 { return 0 }
func (s *surroundings) Disk() world.Disk                       { return s }
func (s *surroundings) Sync() error                            { return s.broken }
func (s *surroundings) Records() iter.Seq[[]byte]              { return slices.Values(s.records) }
func (s *surroundings) Append(record []byte) error             { s.records = append(s.records, record); return nil }

// kept are the spans that ended.
type kept struct{ spans []*span.Span }

func (*kept) Begun(*span.Span)     {}
func (k *kept) Ended(s *span.Span) { k.spans = append(k.spans, s) }

// opened is a span of any message.
type opened struct{ span.Started }

func (s opened) SetSize(int64)                  {}
func (s opened) Drop(string)                    {}
func (s opened) Delay(string, time.Duration)    {}
func (s opened) Duplicate(string, int64)        {}
func (s opened) LateCopy(string, time.Duration) {}
func (s opened) SetCopy(n int64)                { s.Set(attribute.Int64("copy", n)) }
func (s opened) SetAnsweredCopy(n int64)        { s.Set(attribute.Int64("answered", n)) }
func (s opened) SetResult(result string)        { s.Set(attribute.String("result", result)) }
func (s opened) End(reply string)               { s.Set(attribute.String("reply", reply)); s.Started.End() }

func (*kept) open(t *span.Tracer, b span.Begin) opened {
	return opened{t.Start(b, "call", trace.SpanKindClient)}
}

// life is a process in a world.
type life struct {
	process.Process
	in     *surroundings
	spans  *kept
	tracer *span.Tracer
	begun  span.Begin // of the last call
}

func born() *life {
	l := &life{in: &surroundings{running: map[world.TimerHandle]world.Timer{}}, spans: &kept{}}
	l.tracer = span.NewTracer(l.spans, self.String(), 1, time.Unix(0, 0), span.Keys{
		Step: "step", EndStep: "end", Error: "error", Unfinished: "unfinished",
	})
	l.Process = process.New(self, l.tracer)
	l.Begin(l.in)
	l.Started("start")
	return l
}

// ask makes a call and sends it.
func (l *life) ask(request string) *process.Call {
	c := l.Call(other, request)
	l.begun = c.Begin("call")
	l.Ask(c, l.spans.open(l.tracer, l.begun), time.Second)
	return c
}

// wait has a client's request wait.
func (l *life) wait(id kv.RequestID, e world.Envelope) {
	l.Wait(id, l.spans.open(l.tracer, l.Received(e, "put")))
}

// reply is the answer to what was sent last.
func (l *life) reply() world.Envelope {
	e := l.in.sent[len(l.in.sent)-1]
	id := e.ID.Child(world.NameOf("call"), other, self, 0, 0)
	return world.Envelope{ID: id, Root: e.Root, From: other, To: self, InReplyTo: e.ID}
}

// told is a span as a test compares it.
func told(s *span.Span) string {
	text := s.Name
	for _, a := range s.Attributes {
		if a.Key != "step" && a.Key != "end" {
			text += fmt.Sprintf(" %s=%s", a.Key, a.Value.String())
		}
	}
	return text
}

func (l *life) wants(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, s := range l.spans.spans {
		got = append(got, told(s))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the spans are\n%q, want\n%q", got, want)
	}
}

// Calls of one cause, name and peer have ids of their own, and go on having them after a crash.
func TestIDs(t *testing.T) {
	l := born()
	ids := map[world.CausalID]bool{}
	for range 3 {
		l.ask("x")
		l.Crash()
	}
	for _, e := range l.in.sent {
		ids[e.ID] = true
	}
	if len(ids) != 3 {
		t.Errorf("3 calls have %d ids", len(ids))
	}
	first, second := l.Child("apply"), l.Child("apply")
	if first.Self == second.Self || first.Parent != l.Cause().ID {
		t.Errorf("two spans of one cause are %+v and %+v", first, second)
	}
	if again := born(); again.ask("x") == nil || again.in.sent[0].ID != l.in.sent[0].ID {
		t.Error("the same call of another run has another id")
	}
}

// A reply ends its call, once. The step goes on where the call began.
func TestAnswered(t *testing.T) {
	l := born()
	began := l.Cause()
	asked := l.ask("x")
	reply := l.reply()
	l.Received(world.Envelope{ID: 7, Root: 7, From: other, To: self}, "another")
	if got := l.Answered(reply, "Yes"); got != asked || l.Cause() != began {
		t.Errorf("the reply is to %+v, and the step's cause %v", got, l.Cause())
	}
	if len(l.in.running) != 0 {
		t.Error("its timer still runs")
	}
	if l.Answered(reply, "Yes") != nil {
		t.Error("the second copy of the reply is listened to")
	}
	second := l.in.sent[0].ID.Child(world.NameOf("call"), other, self, 0, 1)
	if reply.ID == second {
		t.Fatal("both copies of the request are one")
	}
	l.ask("y")
	reply = l.reply()
	reply.ID = reply.InReplyTo.Child(world.NameOf("call"), other, self, 0, 1)
	l.Answered(reply, "No")
	l.EndStep()
	l.wants(t, "call reply=Yes", "call answered=1 reply=No")
}

// A reply whose step comes to nothing, since its disk failed, was not heard: the crash ends the call.
func TestAnsweredInVain(t *testing.T) {
	l := born()
	l.ask("x")
	l.in.broken = errors.New("it failed")
	if l.Answered(l.reply(), "Yes") == nil || l.Persist([]byte("one")) {
		t.Fatal("the reply is too late, or the failed disk is none")
	}
	l.Crash()
	l.wants(t, "call error=crash")
}

// A call that is given up is made again: another span of the same cause, linked to the one before.
func TestGivenUp(t *testing.T) {
	l := born()
	began := l.Cause()
	first := l.ask("x")
	sent, late := l.begun, l.reply()
	if l.GivenUp(world.Timer{Kind: process.CallTimer, ID: 99}) != nil {
		t.Error("a call that there is not is given up")
	}
	got := l.GivenUp(l.in.running[1])
	if got != first {
		t.Fatalf("given up is %+v", got)
	}
	if l.Answered(late, "Yes") != nil {
		t.Error("a reply that came too late is listened to")
	}
	again := l.Again(got)
	begin := again.Begin("call")
	if again.Attempt != 2 || again.Request != "x" || begin.Parent != began.ID || begin.Self == sent.Self {
		t.Errorf("the second attempt is %+v, its span begins with %+v", again, begin)
	}
	if len(begin.Links) != 1 || begin.Links[0].ID != world.CausalID(sent.Self.ID) {
		t.Errorf("it links to %+v", begin.Links)
	}
	l.wants(t, "call error=timeout")
}

// Each try of a request that waits is answered, and no other.
func TestAnswer(t *testing.T) {
	l := born()
	request := kv.RequestID{Client: 1, Sequence: 2}
	for i := range 3 {
		e := world.Envelope{ID: world.CausalID(i + 10), Root: 10, From: asker, To: self, Copy: uint32(i / 2)}
		id := request
		if i == 1 {
			id.Sequence++
		}
		l.wait(id, e)
	}
	l.Answer(request, kv.Answered{Request: request, Result: kv.Stored{}})
	l.wants(t, "call result=ok reply=Answered", "call copy=1 result=ok reply=Answered")
	if len(l.in.sent) != 2 || l.in.sent[0].InReplyTo != 10 || l.in.sent[1].InReplyTo != 12 || l.in.sent[0].To != asker {
		t.Errorf("the answers are %+v", l.in.sent)
	}
	l.Finish()
	if got := told(l.spans.spans[2]); got != "call unfinished=true" {
		t.Errorf("the request that was not answered ends as %q", got)
	}
}

// What waits when a process crashes ends with an error, and is over.
func TestCrash(t *testing.T) {
	l := born()
	l.ask("x")
	late := l.reply()
	l.wait(kv.RequestID{Client: 1, Sequence: 1}, world.Envelope{ID: 5, From: asker})
	l.Crash()
	l.wants(t, "call error=crash", "call error=crash")
	if l.Answered(late, "Yes") != nil {
		t.Error("a reply to a call of before the crash is listened to")
	}
	l.Answer(kv.RequestID{Client: 1, Sequence: 1}, kv.Answered{})
	if len(l.in.sent) != 1 {
		t.Error("a client of before the crash is answered")
	}
}

// A disk that fails is told, and forgotten when the process starts again.
func TestPersist(t *testing.T) {
	l := born()
	if !l.Persist([]byte("one")) || l.Failed() {
		t.Error("a good disk fails")
	}
	l.ask("x")
	l.in.step++
	l.wait(kv.RequestID{Client: 1, Sequence: 1}, world.Envelope{ID: 5, From: asker})
	l.in.broken = errors.New("it failed")
	if !l.Persist() || l.Failed() {
		t.Error("a step that writes nothing fails")
	}
	if l.Persist([]byte("two"), []byte("three")) || !l.Failed() {
		t.Error("a failed disk is none")
	}
	l.Crash()
	l.wants(t, "call error=crash") // what was asked before the step that came to nothing
	l.Started("start")
	if l.Failed() {
		t.Error("the process failed before it started")
	}
}

// A message that nobody answers is named by its sender's span, and its receiver's is below that and links to it.
func TestOneWay(t *testing.T) {
	l := born()
	began := l.Cause()
	for range 2 {
		begin := l.Message(other, "tell")
		if begin.Parent != began.ID {
			t.Errorf("its span is below %x, want %x", begin.Parent, began.ID)
		}
		s := l.spans.open(l.tracer, begin)
		l.Send(other, begin, s, "x")
		s.Started.End()
	}
	first, second := l.in.sent[0], l.in.sent[1]
	if first.ID == second.ID || first.Root != world.CausalID(began.Root) || first.From != self || first.To != other {
		t.Errorf("the messages are %+v and %+v", first, second)
	}
	receiver := process.New(other, nil)
	begin := receiver.Received(first, "tell")
	if begin.Parent != uint64(first.ID) || begin.Self.ID == uint64(first.ID) {
		t.Errorf("its receiver's span begins with %+v", begin)
	}
	if links := receiver.Producer(); len(links) != 1 || links[0].ID != first.ID {
		t.Errorf("it links to %+v", links)
	}
	if len(l.spans.spans) != 2 || len(l.in.running) != 0 {
		t.Errorf("%d spans ended, and %d timers run", len(l.spans.spans), len(l.in.running))
	}
}
