package client

import (
	"fmt"
	"strconv"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/world"
)

// The purposes of the draws that make an operation. Each is keyed by the operation, so that one more request of one
// client changes nothing of the others.
var (
	drawKind      = world.NameOf("operation kind")
	drawKey       = world.NameOf("operation key")
	drawValue     = world.NameOf("operation value")
	drawThinkTime = world.NameOf("think time")
)

// Kind is what an operation asks for.
type Kind uint8

// The kinds there are.
const (
	Put Kind = iota
	Get
	Delete
)

// Operation is what a client wants done.
type Operation struct {
	Number int // among the client's operations, from 1; a later one has a higher number
	Kind   Kind
	Key    string
	Value  string        // of a put
	At     time.Duration // it does not begin before this
	Server kv.NodeID     // that is asked first; none for the one that the client takes for the leader
}

// request is the operation as a message, the same in all its tries.
func (o Operation) request(id kv.RequestID) kv.Message {
	switch o.Kind {
	case Put:
		return kv.ClientPut{Request: id, Key: o.Key, Value: o.Value}
	case Get:
		return kv.ClientGet{Request: id, Key: o.Key}
	case Delete:
		return kv.ClientDelete{Request: id, Key: o.Key}
	}
	return nil
}

// valuePool is how many values there are when they are not unique: val_0 … val_99.
const valuePool = 100

// Total is how many operations the client is to do.
func (c *Config) Total() int {
	if c.Written {
		return len(c.Operations)
	}
	return c.Requests
}

// Operation is the one that follows after so many: the one that is written, or else what chance has the client ask for.
// Put, get and delete are then as likely as each other. Random is that of a world: see [world.World].
func (c *Config) Operation(after int, random func(world.Name, world.CausalID) uint64) Operation {
	if c.Written {
		return c.Operations[after]
	}
	id := OperationID(c.ID, after+1)
	key := c.Keys[random(drawKey, id)%uint64(len(c.Keys))]
	o := Operation{Number: after + 1, Kind: Kind(random(drawKind, id) % 3), Key: key}
	if o.Kind == Put {
		o.Value = c.value(id, o.Number, random)
	}
	return o
}

// OperationID names a client's operation, whatever it asks for.
func OperationID(client kv.ClientID, number int) world.CausalID {
	return world.RootID(world.NewProcessID(world.ClientGroup, uint32(client)), nameOperation, uint64(number), 0)
}

func (c *Config) value(id world.CausalID, number int, random func(world.Name, world.CausalID) uint64) string {
	if c.Unique {
		return fmt.Sprintf("val_%d_%d", c.ID, number)
	}
	return values[random(drawValue, id)%valuePool]
}

// values are made once: a value is in the log of every server.
var values = func() (pool [valuePool]string) {
	for i := range pool {
		pool[i] = "val_" + strconv.Itoa(i)
	}
	return pool
}()
