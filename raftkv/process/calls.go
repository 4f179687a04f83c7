package process

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// Call is a request to another process, until its reply is handled or it is given up.
type Call struct {
	To      world.ProcessID
	Request any    // the message
	Attempt uint64 // from 1: how often this was asked

	process *Process
	name    string
	cause   span.Ref // its parent
	self    span.Ref
	before  span.Ref // the attempt before
	span    CallSpan
	timer   world.TimerHandle
}

// CallSpan is the span of a call. The generated client spans are some when the spec gives them the attributes
// `raftkv.answered_copy: optional` and, for the reply, `answered`, and the events of messages. Those whose End wants
// more than the reply are not: wrap one.
type CallSpan interface {
	Open
	world.Sent
	SetAnsweredCopy(copyValue int64)
	End(reply string)
}

// CallTimer is the kind of the timers of calls. A process's own have other kinds.
const CallTimer uint8 = 1

// Call makes a call that belongs to the step's cause. Begin its span, and send it with Ask.
func (p *Process) Call(to world.ProcessID, request any) *Call {
	return &Call{To: to, Request: request, Attempt: 1, process: p, cause: p.cause}
}

// Again makes the next attempt of a call that was given up. Begin its span, and send it with Ask.
func (p *Process) Again(c *Call) *Call {
	return &Call{To: c.To, Request: c.Request, Attempt: c.Attempt + 1, process: p, cause: c.cause, before: c.self}
}

// Begin is the beginning of the call's span. Name is the span's, which is also its receiver's. The span of another
// attempt is linked to that of the one before. Begin a call's span once.
func (c *Call) Begin(name string) span.Begin {
	begin := c.process.child(c.cause, c.To, name)
	c.name, c.self = name, begin.Self
	if c.Attempt > 1 {
		begin.Links = []span.Link{worldspans.LinkTo(c.before, worldspans.LinkPrevious)}
	}
	return begin
}

// Ask sends a call whose span has started, and has it given up after a while: then a timer of kind CallTimer runs out.
func (p *Process) Ask(c *Call, s CallSpan, timeout time.Duration) {
	c.span = s
	p.calls = append(p.calls, c)
	id := world.CausalID(c.self.ID)
	c.timer = p.world.SetTimer(0, world.Timer{Kind: CallTimer, ID: id}, timeout)
	world.NoteFate(s, p.world.Send(world.Envelope{
		ID: id, Root: world.CausalID(c.self.Root), From: p.id, To: c.To, Payload: c.Request,
	}))
}

// Answered begins the step of a reply, and returns the call that it answers. Its span ends when what the step makes
// durable is, or with EndStep. It returns nil when the call is over: a reply that comes too late is not listened to.
func (p *Process) Answered(e world.Envelope, reply string) *Call {
	p.endOver()
	p.envelope = e
	c := p.take(e.InReplyTo)
	if c == nil {
		return nil
	}
	p.world.StopTimer(c.timer)
	p.cause, p.ending = c.cause, c
	p.end = func() {
		second := world.CausalID(c.self.ID).Child(world.NameOf(c.name), c.To, p.id, 0, 1)
		if e.ID == second {
			c.span.SetAnsweredCopy(1)
		}
		c.span.End(reply)
	}
	return c
}

// GivenUp begins the step of a timer of kind CallTimer, ends the span of its call with an error, and returns that call.
func (p *Process) GivenUp(t world.Timer) *Call {
	p.endOver()
	p.envelope = world.Envelope{}
	c := p.take(t.ID)
	if c == nil {
		return nil
	}
	if c.span.On() {
		c.span.Fail(worldspans.ErrorTypeTimeout, "no reply came in time")
	}
	p.cause = c.cause
	return c
}

// endOver ends the span of the call that is over with the step, if any is.
func (p *Process) endOver() {
	if p.ending != nil {
		p.end()
	}
	p.ending, p.end = nil, nil
}

// take removes the call that an id names from those that wait; nil when there is none.
func (p *Process) take(id world.CausalID) *Call {
	at := slices.IndexFunc(p.calls, func(c *Call) bool { return c.self.ID == uint64(id) })
	if at < 0 {
		return nil
	}
	c := p.calls[at]
	p.calls = slices.Delete(p.calls, at, at+1)
	return c
}
