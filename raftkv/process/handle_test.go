package process_test

import (
	"errors"
	"testing"

	"github.com/raftkv/raftkv/raftkv/world"
)

type yes struct{}

func (yes) Name() string { return "Yes" }

// handle has a request of another process handled.
func (l *life) handle(copied uint32) {
	e := world.Envelope{ID: 7, Root: 7, From: other, To: self, Copy: copied}
	l.Handle(l.spans.open(l.tracer, l.Received(e, "ask")))
}

// A request is answered once: its sender gets the reply, and its span ends with it.
func TestReply(t *testing.T) {
	l := born()
	l.Reply(yes{}) // there is nothing to answer
	l.handle(1)
	l.Reply(yes{})
	l.Reply(yes{})
	l.EndStep()
	if len(l.in.sent) != 1 || l.in.sent[0].To != other || l.in.sent[0].InReplyTo != 7 || l.in.sent[0].Payload != (yes{}) {
		t.Errorf("sent is %+v", l.in.sent)
	}
	l.wants(t, "call copy=1 reply=Yes")
}

// The span of a request that nobody answers ends with the step, and a reply of a later step is none of it.
func TestNoReply(t *testing.T) {
	l := born()
	l.handle(0)
	l.EndStep()
	l.Reply(yes{})
	if len(l.in.sent) != 0 {
		t.Errorf("sent is %+v", l.in.sent)
	}
	l.wants(t, "call unfinished=true")
}

// A step whose disk fails was none: it answers nothing, and no span tells of it.
func TestHandleWithoutDisk(t *testing.T) {
	l := born()
	l.handle(0)
	l.in.broken = errors.New("no disk")
	if l.Persist([]byte("x")) {
		t.Error("it is durable")
	}
	l.Reply(yes{})
	l.EndStep()
	if len(l.in.sent) != 0 {
		t.Errorf("sent is %+v", l.in.sent)
	}
	l.wants(t)
}
