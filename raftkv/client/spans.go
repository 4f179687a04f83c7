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
	namePut       = world.NameOf(spans.PutClientName)
	nameGet       = world.NameOf(spans.GetClientName)
	nameDelete    = world.NameOf(spans.DeleteClientName)
)

// operationSpan is what the spans of the three operations have in common.
type operationSpan interface {
	End(at time.Duration, result string)
	Fail(at time.Duration, errorType, description string)
	Unfinished(at time.Duration)
}

// trySpan is what the spans of their tries have in common.
type trySpan interface {
	SetResult(string)
	SetLeaderID(protocol.NodeID)
	Drop(at time.Duration, cause string)
	Delay(at time.Duration, cause string, delay time.Duration)
	Duplicate(at time.Duration, cause string, copies int)
	End(at time.Duration, reply string)
	Fail(at time.Duration, errorType, description string)
	Unfinished(at time.Duration)
}

func nameOfTry(m protocol.Message) world.Name {
	switch m.(type) {
	case protocol.ClientPut:
		return namePut
	case protocol.ClientGet:
		return nameGet
	case protocol.ClientDelete:
		return nameDelete
	case protocol.RequestVote, protocol.VoteGranted, protocol.VoteDenied, protocol.AppendEntries, protocol.AppendEntriesOk, protocol.AppendEntriesRejected,
		protocol.CommitNotification, protocol.Answered, protocol.NotLeader, protocol.OutcomeUnknown:
	}
	return 0
}

// startOperation opens the operation's root span; nil when no spans are opened.
func (c *Client) startOperation(at time.Duration) operationSpan {
	if !c.tracer.On() {
		return nil
	}
	begin := spans.Begin{Self: c.operation.ref, At: at}
	switch m := c.operation.message.(type) {
	case protocol.ClientPut:
		return c.tracer.StartKVPut(begin, m.Request, m.Key, m.Value)
	case protocol.ClientGet:
		return c.tracer.StartKVGet(begin, m.Request, m.Key)
	case protocol.ClientDelete:
		return c.tracer.StartKVDelete(begin, m.Request, m.Key)
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
	switch op.message.(type) {
	case protocol.ClientPut:
		return c.tracer.StartPutClient(begin, op.request, op.tries, c.target)
	case protocol.ClientGet:
		return c.tracer.StartGetClient(begin, op.request, op.tries, c.target)
	case protocol.ClientDelete:
		return c.tracer.StartDeleteClient(begin, op.request, op.tries, c.target)
	}
	return nil
}

// mark notes on the try's span what the network does to its message.
func (c *Client) mark(fate world.Fate) {
	now, span := c.world.Now(), c.try.span
	if fate.Drop != "" {
		span.Drop(now, string(fate.Drop))
	}
	if fate.Delay != "" {
		span.Delay(now, string(fate.Delay), fate.DelayBy)
	}
	if fate.Duplicate != "" {
		span.Duplicate(now, string(fate.Duplicate), 1)
	}
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
