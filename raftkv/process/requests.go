package process

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// request is a client's request, until it is answered.
type request struct {
	id   kv.RequestID
	self span.Ref
	from world.ProcessID
	call world.CausalID // the try that waits
	span RequestSpan
	step uint64 // in which it came
}

// RequestSpan is the span of a client's request at the server: the generated ones of puts, gets and deletes are some.
type RequestSpan interface {
	Open
	world.Sent
	Copied
	SetResult(result string)
	End(reply string)
}

// Asked is what a client's message asks for. The command is nil when the message is none of a client's.
func Asked(payload any) (kv.RequestID, kv.Command) {
	switch m := payload.(type) {
	case kv.ClientPut:
		return m.Request, kv.Put{Key: m.Key, Value: m.Value}
	case kv.ClientGet:
		return m.Request, kv.Get{Key: m.Key}
	case kv.ClientDelete:
		return m.Request, kv.Delete{Key: m.Key}
	}
	return kv.RequestID{}, nil
}

// Wait has the request that the step handles wait for its answer. Another try of the same request waits on its own.
func (p *Process) Wait(id kv.RequestID, s RequestSpan) {
	p.TellCopy(s)
	p.requests = append(p.requests, &request{
		id: id, self: p.cause, from: p.envelope.From, call: p.envelope.ID, span: s, step: p.world.Step(),
	})
}

// Answer answers all tries that wait of a request, and ends their spans.
func (p *Process) Answer(id kv.RequestID, reply kv.Message) {
	for _, r := range p.requests {
		if r.id != id {
			continue
		}
		world.NoteFate(r.span, p.world.Send(world.Envelope{
			ID: world.CausalID(r.self.ID), Root: world.CausalID(r.self.Root), From: p.id, To: r.from,
			InReplyTo: r.call, Payload: reply,
		}))
		if answered, is := reply.(kv.Answered); is {
			r.span.SetResult(answered.Result.String())
		}
		r.span.End(reply.Name())
	}
	p.requests = slices.DeleteFunc(p.requests, func(r *request) bool { return r.id == id })
}
