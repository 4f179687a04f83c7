package client

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// The names that causal ids are made of.
var (
	nameStart     = world.NameOf(kvspans.ClientStartName)
	nameOperation = world.NameOf("operation") // whatever it asks for: client-2 operation 3
	namePause     = world.NameOf("pause")
	nameGiveUp    = world.NameOf("give up")
	nameTurn      = world.NameOf(kvspans.TurnProducerName)
	nameOfTry     = [...]world.Name{
		Put: world.NameOf(kvspans.PutClientName), Get: world.NameOf(kvspans.GetClientName),
		Delete: world.NameOf(kvspans.DeleteClientName),
	}
)

// operationSpan is what the spans of the three operations have in common.
type operationSpan interface {
	SetError(errorType, description string)
	End(result string)
	Fail(errorType, description string)
	Unfinished()
}

// trySpan is what the spans of their tries have in common.
type trySpan interface {
	world.Sent
	SetResult(string)
	SetLeaderID(string)
	SetAnsweredCopy(int64)
	End(reply string)
	Fail(errorType, description string)
	Unfinished()
}

// startOperation opens the operation's root span; nil when no spans are opened.
func (c *Client) startOperation() operationSpan {
	if !c.tracer.On() {
		return nil
	}
	op := &c.operation
	begin := span.Begin{Self: op.ref}
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
	begin := span.Begin{Self: c.try.ref, Parent: op.ref.ID}
	if op.tries > 1 {
		begin.Links = []span.Link{worldspans.LinkTo(op.last, worldspans.LinkPrevious)}
	}
	switch op.Kind {
	case Put:
		return c.tracer.StartPutClient(begin, op.request, int64(op.tries), c.process(c.target).String())
	case Get:
		return c.tracer.StartGetClient(begin, op.request, int64(op.tries), c.process(c.target).String())
	case Delete:
		return c.tracer.StartDeleteClient(begin, op.request, int64(op.tries), c.process(c.target).String())
	}
	return nil
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

func (c *Client) endTry(reply kv.Message, result string, leader kv.NodeID) {
	if span := c.try.span; span != nil {
		if result != "" {
			span.SetResult(result)
		}
		if leader != 0 {
			span.SetLeaderID(c.process(leader).String())
		}
		span.End(reply.Name())
	}
	c.try = try{}
}
