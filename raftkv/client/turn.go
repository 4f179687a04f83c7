package client

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// turn is what a client that is done sends to the next one, where clients take turns. It is a message like any other,
// so that a trace tells why a client begins when it does.
type turn struct{}

// passTurn has the next client begin.
func (c *Client) passTurn() {
	if !c.config.Turns || int(c.config.ID) >= c.config.Clients {
		return
	}
	next := c.config.ID + 1
	to := world.NewProcessID(world.ClientGroup, uint32(next))
	parent := c.operation.ref
	id := world.CausalID(parent.ID).Child(nameTurn, c.id, to, 0, 0)
	self := span.Ref{Root: parent.Root, ID: uint64(id)}
	span := c.tracer.StartTurnProducer(span.Begin{Self: self, Parent: parent.ID}, next, to.String())
	fate := c.world.Send(world.Envelope{ID: id, Root: world.CausalID(parent.Root), From: c.id, To: to, Payload: turn{}})
	world.NoteFate(span, fate)
	if fate.Drop != "" && fate.Duplicate == "" {
		span.Fail(worldspans.ErrorTypeLost, "the message was lost")
		return
	}
	span.End()
}

// receiveTurn begins, unless a second copy of the message says so again.
func (c *Client) receiveTurn(e world.Envelope) {
	producer := span.Ref{Root: uint64(e.Root), ID: uint64(e.ID)}
	self := span.Ref{Root: producer.Root, ID: uint64(e.ID.Child(nameTurn, c.id, e.From, 0, e.Copy))}
	links := []span.Link{worldspans.LinkTo(producer, worldspans.LinkProducer)}
	begin := span.Begin{Self: self, Parent: producer.ID, Links: links}
	span := c.tracer.StartTurnConsumer(begin, kv.ClientID(e.From.Number()))
	if e.Copy > 0 {
		span.SetCopy(int64(e.Copy))
	}
	span.End()
	if c.operation.ref.ID == 0 {
		c.start()
	}
}
