package client

import (
	"fmt"
	"strconv"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// The purposes of the draws that make an operation. Each is keyed by the operation, so that one more request of one client changes nothing of the others.
var (
	drawKind      = world.NameOf("operation kind")
	drawKey       = world.NameOf("operation key")
	drawValue     = world.NameOf("operation value")
	drawThinkTime = world.NameOf("think time")
)

// kind is what an operation asks for.
type kind uint8

// The kinds there are.
const (
	put kind = iota
	get
	remove
)

// valuePool is how many values there are when they are not unique: val_0 … val_99.
const valuePool = 100

// draw is the client's operation of a number: put, get and delete are as likely as each other.
func (c *Client) draw(number int) operation {
	id := world.RootID(c.id, nameOperation, uint64(number), 0)
	op := operation{
		number: number, ref: spans.Ref{Root: uint64(id), ID: uint64(id)},
		request: protocol.RequestID{Client: c.config.ID, Sequence: protocol.Sequence(number)},
		asked:   c.operation.asked,
	}
	clear(op.asked)
	op.key = c.config.Keys[c.world.Random(drawKey, id)%uint64(len(c.config.Keys))]
	switch op.kind = kind(c.world.Random(drawKind, id) % 3); op.kind {
	case put:
		op.value = c.value(id, number)
		op.message = protocol.ClientPut{Request: op.request, Key: op.key, Value: op.value}
	case get:
		op.message = protocol.ClientGet{Request: op.request, Key: op.key}
	case remove:
		op.message = protocol.ClientDelete{Request: op.request, Key: op.key}
	}
	return op
}

func (c *Client) value(id world.CausalID, number int) string {
	if c.config.Unique {
		return fmt.Sprintf("val_%d_%d", c.config.ID, number)
	}
	return values[c.world.Random(drawValue, id)%valuePool]
}

// values are made once: a value is in the log of every server.
var values = func() (pool [valuePool]string) {
	for i := range pool {
		pool[i] = "val_" + strconv.Itoa(i)
	}
	return pool
}()
