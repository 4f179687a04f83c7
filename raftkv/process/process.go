// Package process is what the processes of protocols have in common, for whoever writes one: which span handles what
// arrives and what names it, the calls that wait for a reply, the clients that wait for an answer, and the journal. A
// protocol's process embeds Process, opens the spans, and says what its messages do. The package knows no protocol.
//
// A request of another process is handled so, where Reply comes of the handler's effects:
//
//	begin := p.Received(e, spans.PrepareServerName)
//	p.Handle(tracer.StartPrepareServer(begin, …))
//	…
//	p.Reply(protocol.VoteYes{…})
//	p.EndStep()
//
// And a call is made so. Its reply is handed to Answered, and its timer to GivenUp:
//
//	call := p.Call(to, protocol.Prepare{…})
//	begin := call.Begin(spans.PrepareClientName)
//	p.Ask(call, tracer.StartPrepareClient(begin, …), timeout)
//
//	process.go   steps: what arrives, what begins by itself, and the journal
//	calls.go     requests to other processes, until their reply, or until they are given up
//	requests.go  requests of clients, until their answer
package process

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// Process is what a process of a protocol embeds. Make one with New, and hand it its world with Begin.
type Process struct {
	id     world.ProcessID
	tracer *span.Tracer
	world  world.World

	envelope world.Envelope // what the step handles; zero when it handles a timer
	cause    span.Ref       // the span of what the step does
	starts   uint64         // how often the process started, this time included
	failed   bool           // the disk failed: the process is as good as crashed until it is restarted
	handled  HandledSpan    // of the request that the step handles, until its answer leaves; nil for none
	ending   *Call          // that is over with this step; nil for none
	end      func()         // ends its span
	calls    []*Call        // those that wait, oldest first
	requests []*request     // likewise
	counts   map[counted]uint64
}

// counted is what a span is besides its ordinal: that counts those that are the same in all of this. It outlives a
// crash.
type counted struct {
	cause, peer uint64
	name        string
}

// New makes what a process has in common with others. A nil tracer opens no spans, and changes nothing else.
func New(id world.ProcessID, tracer *span.Tracer) Process {
	return Process{id: id, tracer: tracer, counts: map[counted]uint64{}}
}

// ID implements world.Process.
func (p *Process) ID() world.ProcessID { return p.id }

// World is what Begin got.
func (p *Process) World() world.World { return p.world }

// Failed says whether the disk failed: a process that has no disk must do nothing until it is restarted.
func (p *Process) Failed() bool { return p.failed }

// Begin begins the process's life in a world. It is the first thing that Start does.
func (p *Process) Begin(w world.World) {
	p.world = w
	p.tracer.Follow(w)
}

// Started begins the step in which the process starts, or starts again, and returns the beginning of the span that
// tells of it, which is the root of a trace. Name is the span's.
func (p *Process) Started(name string) span.Begin {
	p.starts++
	p.envelope, p.failed, p.handled = world.Envelope{}, false, nil
	p.cause = p.root(name, p.starts)
	return span.Begin{Self: p.cause}
}

// Received begins the step of a request, or of a message that nobody answers, and returns the beginning of the span of
// its receiver. Name is that span's, which is also its sender's.
func (p *Process) Received(e world.Envelope, name string) span.Begin {
	p.endOver()
	p.envelope = e
	id := e.ID.Child(world.NameOf(name), p.id, e.From, 0, e.Copy)
	p.cause = span.Ref{Root: uint64(e.Root), ID: uint64(id)}
	return span.Begin{Self: p.cause, Parent: uint64(e.ID)}
}

// Producer links the span of a message that nobody answers to that of its sender, as messages of queues are linked.
func (p *Process) Producer() []span.Link {
	sender := span.Ref{Root: uint64(p.envelope.Root), ID: uint64(p.envelope.ID)}
	return []span.Link{worldspans.LinkTo(sender, worldspans.LinkProducer)}
}

// Cause is the span of what the step does: whatever comes of it has that for a parent.
func (p *Process) Cause() span.Ref { return p.cause }

// Copied is a span that tells which copy of a message it is about. A generated span is one when the spec gives it
// `raftkv.copy: optional`.
type Copied interface{ SetCopy(copyValue int64) }

// TellCopy says on a span which copy of a message the step handles, unless it is the first: the network may double one.
func (p *Process) TellCopy(s Copied) {
	if p.envelope.Copy > 0 {
		s.SetCopy(int64(p.envelope.Copy))
	}
}

// HandledSpan is the span of a request at its receiver. The generated server spans are some when the spec gives them
// the attributes `raftkv.copy: optional` and, for the reply, `answered`, and the events of messages.
type HandledSpan interface {
	Open
	world.Sent
	Copied
	End(reply string)
}

// Handle has the step handle the request of another process. Its span ends when Reply answers it, or with EndStep.
func (p *Process) Handle(s HandledSpan) {
	p.TellCopy(s)
	p.handled = s
}

// Message is a message of a spec.
type Message interface{ Name() string }

// Reply answers the request that the step handles, and ends the span that Handle got. It tells on the span what the
// network does to the answer. When the step handles no request, or answered it already, Reply does nothing.
func (p *Process) Reply(message Message) {
	if p.handled == nil {
		return
	}
	e := &p.envelope
	world.NoteFate(p.handled, p.world.Send(world.Envelope{
		ID: world.CausalID(p.cause.ID), Root: e.Root, From: p.id, To: e.From, InReplyTo: e.ID, Payload: message,
	}))
	p.handled.End(message.Name())
	p.handled = nil
}

// EndStep ends the step. The span of a request that was not answered ends without a reply: nobody answers it later.
func (p *Process) EndStep() {
	p.endOver()
	if p.handled != nil && p.handled.On() {
		p.handled.Unfinished()
	}
	p.handled = nil
}

// Message begins the span of a message that nobody answers. It is sent when that span has started: see Send.
func (p *Process) Message(to world.ProcessID, name string) span.Begin {
	return p.child(p.cause, to, name)
}

// Send sends a message that nobody answers, and tells on its span what the network does to it.
func (p *Process) Send(to world.ProcessID, begin span.Begin, s world.Sent, message any) {
	world.NoteFate(s, p.world.Send(world.Envelope{
		ID: world.CausalID(begin.Self.ID), Root: world.CausalID(begin.Self.Root), From: p.id, To: to, Payload: message,
	}))
}

// Child begins the span of something that the process does because of the cause, and that has no peer.
func (p *Process) Child(name string) span.Begin { return p.child(p.cause, 0, name) }

func (p *Process) child(cause span.Ref, peer world.ProcessID, name string) span.Begin {
	same := counted{cause.ID, uint64(peer), name}
	id := world.CausalID(cause.ID).Child(world.NameOf(name), p.id, peer, p.counts[same], 0)
	p.counts[same]++
	return span.Begin{Self: span.Ref{Root: cause.Root, ID: uint64(id)}, Parent: cause.ID}
}

func (p *Process) root(name string, number uint64) span.Ref {
	id := uint64(world.RootID(p.id, world.NameOf(name), number, 0))
	return span.Ref{Root: id, ID: id}
}

// Persist makes records of the journal durable, and says whether it did. It is the first thing that a step does, with
// all records of the step. If it fails, the step must have no other effect: the world has the process crash, and what
// the step handles is lost. No span tells of a request that came in it.
func (p *Process) Persist(records ...[]byte) bool {
	if len(records) == 0 || p.written(records) {
		p.endOver()
		return true
	}
	p.failed, p.handled = true, nil
	if p.ending != nil { // and nobody heard of the reply: the crash ends it
		p.calls = slices.Insert(p.calls, 0, p.ending)
		p.ending, p.end = nil, nil
	}
	step := p.world.Step()
	p.requests = slices.DeleteFunc(p.requests, func(r *request) bool { return r.step == step })
	return false
}

func (p *Process) written(records [][]byte) bool {
	disk := p.world.Disk()
	for _, record := range records {
		if disk.Append(record) != nil {
			return false
		}
	}
	return disk.Sync() == nil
}

// Crash implements world.Process: all that waits is over.
func (p *Process) Crash() {
	p.endAll(func(s Open) { s.Fail(worldspans.ErrorTypeCrash, "the process crashed") })
}

// Finish implements world.Process.
func (p *Process) Finish() { p.endAll(Open.Unfinished) }

// Open is a span that something else than its own end may have to end.
type Open interface {
	On() bool
	Fail(errorType, description string)
	Unfinished()
}

func (p *Process) endAll(end func(Open)) {
	p.endOver()
	for _, c := range slices.Backward(p.calls) {
		if c.span.On() {
			end(c.span)
		}
	}
	for _, r := range slices.Backward(p.requests) {
		if r.span.On() {
			end(r.span)
		}
	}
	p.calls, p.requests = nil, nil
}
