package node

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// call is a request to another process that is not answered yet. One of its three spans is on.
type call struct {
	ref     span.Ref
	peer    protocol.Process
	request protocol.Message
	timer   world.TimerHandle

	prepare spans.PrepareClientSpan
	accept  spans.AcceptClientSpan
	catchUp spans.CatchUpClientSpan
}

// callSpan is the span of a call: the three kinds have it in common.
type callSpan interface {
	openSpan
	On() bool
	SetAnsweredCopy(int64)
	End(reply string)
}

func (c *call) span() callSpan {
	if c.prepare.On() {
		return c.prepare
	}
	if c.accept.On() {
		return c.accept
	}
	return c.catchUp
}

// copyAnswered is the number of the copy of the call's request that was answered by this reply: the network makes two
// at most, and a reply is named by what it answers.
func (c *call) copyAnswered(reply *world.Envelope) int64 {
	second := world.CausalID(c.ref.ID).Child(nameOfMessage(c.request), ProcessID(c.peer), reply.To, 0, 1)
	if reply.ID == second {
		return 1
	}
	return 0
}

// answered ends the call's span with what the reply says.
func (c *call) answered(e *world.Envelope, reply protocol.Message) {
	span := c.span()
	if !span.On() {
		return
	}
	if second := c.copyAnswered(e); second > 0 {
		span.SetAnsweredCopy(second)
	}
	switch m := reply.(type) {
	case protocol.Promise:
		c.prepare.SetAcceptedCount(int64(len(m.Accepted)))
		if len(m.Accepted) > 0 {
			c.prepare.SetAccepted(describeAccepted(m.Accepted))
		}
	case protocol.PrepareRejected:
		c.prepare.SetPromised(m.Promised)
	case protocol.AcceptRejected:
		c.accept.SetPromised(m.Promised)
	case protocol.CaughtUp:
		c.catchUp.SetValuesCount(int64(len(m.Values)))
		if len(m.Values) > 0 {
			c.catchUp.SetValues(describeValues(m.FirstSlot, m.Values))
		}
	case protocol.Accepted, protocol.Prepare, protocol.Accept, protocol.Commit, protocol.Heartbeat, protocol.CatchUp:
	}
	span.End(reply.Name())
}

// calls are the open calls in the order in which they were opened: few enough that a look through them beats a map,
// whose order would reach the trace.
type calls struct{ open []*call }

// take removes the call that the id names from the open ones; nil when there is none.
func (cs *calls) take(id uint64) *call {
	i := slices.IndexFunc(cs.open, func(c *call) bool { return c.ref.ID == id })
	if i < 0 {
		return nil
	}
	c := cs.open[i]
	cs.open = slices.Delete(cs.open, i, i+1)
	return c
}

func (cs *calls) endAll(end func(openSpan)) {
	for _, c := range cs.open {
		if c.span().On() {
			end(c.span())
		}
	}
	cs.open = nil
}

// dispatch sends a call's request and has it given up in time.
func (l *learner) dispatch(c *call) world.Fate {
	l.calls.open = append(l.calls.open, c)
	id := world.CausalID(c.ref.ID)
	c.timer = l.world.SetTimer(0, world.Timer{Kind: timerRPC, ID: id}, l.config.RPCTimeout)
	return l.world.Send(world.Envelope{
		ID: id, Root: world.CausalID(c.ref.Root), From: l.id, To: ProcessID(c.peer), Payload: c.request,
	})
}

// previous are the links of an attempt to the one before, if there was one.
func previous(attempt uint64, before span.Ref) []span.Link {
	if attempt == 0 {
		return nil
	}
	return []span.Link{worldspans.LinkTo(before, worldspans.LinkPrevious)}
}

// lateReply opens and ends the span of a reply whose call is over.
func (l *learner) lateReply(reply protocol.Message) {
	e := &l.step.envelope
	l.step.cause = l.child(span.Ref{Root: uint64(e.Root), ID: uint64(e.ID)}, nameLateReply, e.From, 0, e.Copy)
	if !l.tracer.On() {
		return
	}
	span := l.tracer.StartLateReply(l.beginReceived(), l.id.String(), e.From.String(), reply.Name())
	if m, is := reply.(protocol.PrepareRejected); is {
		span.SetPromised(m.Promised)
	}
	if m, is := reply.(protocol.AcceptRejected); is {
		span.SetPromised(m.Promised)
	}
	if _, is := reply.(protocol.CaughtUp); is && l.persistedNow() {
		span.PersistChosen(l.State().Applied)
	}
	l.tellCopy(span)
	span.End()
}
