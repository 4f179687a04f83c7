package client

import (
	"time"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// The names that causal ids are made of.
var (
	nameStart     = world.NameOf(spans.ClientStartName)
	nameOperation = world.NameOf("operation") // whatever it asks for: client-2 operation 3
	namePause     = world.NameOf("pause")
	nameGiveUp    = world.NameOf("give up")
	nameTurn      = world.NameOf(spans.TurnProducerName)
	nameOfTry     = [...]world.Name{
		Put: world.NameOf(spans.PutClientName), Get: world.NameOf(spans.GetClientName), Delete: world.NameOf(spans.DeleteClientName),
	}
)

// operationSpan is what the spans of the three operations have in common.
type operationSpan interface {
	End(at time.Duration, result string)
	Fail(at time.Duration, errorType, description string)
	Unfinished(at time.Duration)
}

// sender is a span of something that was sent.
type sender interface {
	Drop(at time.Duration, cause string)
	Delay(at time.Duration, cause string, delay time.Duration)
	Duplicate(at time.Duration, cause string, copies int64)
	LateCopy(at time.Duration, cause string, delay time.Duration)
}

// trySpan is what the spans of their tries have in common.
type trySpan interface {
	sender
	SetResult(string)
	SetLeaderID(protocol.NodeID)
	SetAnsweredCopy(int64)
	End(at time.Duration, reply string)
	Fail(at time.Duration, errorType, description string)
	Unfinished(at time.Duration)
}

// startOperation opens the operation's root span; nil when no spans are opened.
func (c *Client) startOperation(at time.Duration) operationSpan {
	if !c.tracer.On() {
		return nil
	}
	op := &c.operation
	begin := spans.Begin{Self: op.ref, At: at}
	switch op.Kind {
	case Put:
		return c.tracer.StartKVPut(begin, op.request, op.Key, op.Value)
	case Get:
		return c.tracer.StartKVGet(begin, op.request, op.Key)
	case Delete:
		return c.tracer.StartKVDelete(begin, op.request, op.Key)
	}
	return nil
}

// startTry opens the span of one try, linked to the one before; nil when no spans are opened.
func (c *Client) startTry() trySpan {
	if !c.tracer.On() {
		return nil
	}
	op := &c.operation
	begin := spans.Begin{Self: c.try.ref, Parent: op.ref.ID, At: c.world.Now()}
	if op.tries > 1 {
		begin.Links = []spans.Ref{op.last}
	}
	switch op.Kind {
	case Put:
		return c.tracer.StartPutClient(begin, op.request, int64(op.tries), c.target.String())
	case Get:
		return c.tracer.StartGetClient(begin, op.request, int64(op.tries), c.target.String())
	case Delete:
		return c.tracer.StartDeleteClient(begin, op.request, int64(op.tries), c.target.String())
	}
	return nil
}

// mark notes on a message's span what the network does to it.
func mark[S sender](now time.Duration, span S, fate world.Fate) {
	if fate.Drop != "" {
		span.Drop(now, string(fate.Drop))
	}
	if fate.Delay != "" {
		span.Delay(now, string(fate.Delay), fate.DelayBy)
	}
	if fate.Duplicate != "" {
		span.Duplicate(now, string(fate.Duplicate), 1)
	}
	if fate.CopyLate > 0 {
		span.LateCopy(now, string(world.CauseNetwork), fate.CopyLate)
	}
}

// copyAnswered is the number of the copy of the try's request that was answered by this reply: the network makes two at
// most, and a reply is named by what it answers.
func (c *Client) copyAnswered(reply *world.Envelope) int64 {
	name := nameOfTry[c.operation.Kind]
	if reply.ID == world.CausalID(c.try.ref.ID).Child(name, reply.From, c.id, 0, 1) {
		return 1
	}
	return 0
}

func (c *Client) endTry(now time.Duration, reply protocol.Message, result string, leader protocol.NodeID) {
	if span := c.try.span; span != nil {
		if result != "" {
			span.SetResult(result)
		}
		if leader != 0 {
			span.SetLeaderID(leader)
		}
		span.End(now, reply.Name())
	}
	c.try = try{}
}
