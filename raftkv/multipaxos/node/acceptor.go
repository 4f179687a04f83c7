package node

import (
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Acceptor is an acceptor as a process of a world.
type Acceptor struct{ process }

var (
	_ world.Process = (*Acceptor)(nil)
	_ world.Writer  = (*Acceptor)(nil)
)

// NewAcceptor makes an acceptor. A nil tracer opens no spans, and changes nothing else.
func NewAcceptor(id protocol.AcceptorID, config Config, tracer spans.Tracer) *Acceptor {
	self := protocol.Process{Kind: protocol.KindAcceptor, Number: uint32(id)}
	return &Acceptor{newProcess(self, config, multipaxos.NewAcceptor(id, config.algorithm()), tracer)}
}

// Start implements world.Process.
func (a *Acceptor) Start(w world.World) {
	a.begin(w)
	a.startAcceptor()
}

func (a *Acceptor) startAcceptor() {
	a.start(func(s spans.StartSpan) {
		s.SetPromised(a.State().Promised)
		s.SetAcceptedCount(a.acceptedCount())
	})
}

// acceptedCount is in how many slots something was accepted.
func (a *Acceptor) acceptedCount() (count int64) {
	for i := range a.State().Accepted {
		if a.State().Accepted[i].Slot != 0 {
			count++
		}
	}
	return count
}

// Receive implements world.Process: an acceptor does nothing but answer.
func (a *Acceptor) Receive(e world.Envelope) {
	if a.failed {
		return
	}
	a.step = step{envelope: e}
	input := a.received(e)
	effects, ok := a.stepWith(input)
	reply := replyIn(effects)
	if !ok || reply == nil {
		return
	}
	switch m := input.Message.(type) {
	case protocol.Prepare:
		span := a.tracePrepare(m, reply)
		world.NoteFate(span, a.world.Send(a.replyWith(reply)))
		span.End(reply.Name())
	case protocol.Accept:
		span := a.traceAccept(m)
		world.NoteFate(span, a.world.Send(a.replyWith(reply)))
		span.End(reply.Name())
	case protocol.Promise, protocol.PrepareRejected, protocol.Accepted, protocol.AcceptRejected, protocol.Commit,
		protocol.Heartbeat, protocol.CatchUp, protocol.CaughtUp:
		// An acceptor answers none of these.
	}
}

// who is this acceptor as spans tell it.
func (a *Acceptor) who() spans.Acceptor {
	return spans.Acceptor{Process: a.id.String(), Promised: a.State().Promised}
}

func (a *Acceptor) tracePrepare(m protocol.Prepare, reply protocol.Message) (started spans.PrepareServerSpan) {
	if !a.tracer.On() {
		return started
	}
	from := a.step.envelope.From.String()
	started = a.tracer.StartPrepareServer(a.beginReceived(), a.who(), from, m.Ballot, m.FirstSlot)
	if a.persistedNow() {
		started.PersistPromise(a.State().Promised, a.acceptedCount())
	}
	if promise, is := reply.(protocol.Promise); is {
		started.SetAcceptedCount(int64(len(promise.Accepted)))
		if len(promise.Accepted) > 0 {
			started.SetAccepted(describeAccepted(promise.Accepted))
		}
	}
	a.tellCopy(started)
	return started
}

func (a *Acceptor) traceAccept(m protocol.Accept) (started spans.AcceptServerSpan) {
	if !a.tracer.On() {
		return started
	}
	from := a.step.envelope.From.String()
	started = a.tracer.StartAcceptServer(a.beginReceived(), a.who(), from, m.Ballot, m.Slot, m.Value.Command)
	if a.persistedNow() {
		started.PersistPromise(a.State().Promised, a.acceptedCount())
	}
	if m.Value.Request.Client != 0 {
		started.SetRequestID(m.Value.Request)
	}
	a.tellCopy(started)
	return started
}

// Timeout implements world.Process: an acceptor waits for nothing.
func (*Acceptor) Timeout(world.Timer) {}

// Crash implements world.Process. No span of an acceptor lasts longer than a step.
func (*Acceptor) Crash() {}

// Restart implements world.Process.
func (a *Acceptor) Restart() {
	disk, err := a.replay()
	if a.failed = err != nil; a.failed {
		return
	}
	a.step = step{}
	a.algorithm.Step(protocol.RestartAcceptor{Promised: disk.promised, Accepted: disk.accepted})
	a.startAcceptor()
}

// Finish implements world.Process.
func (*Acceptor) Finish() {}
