package node

import (
	"fmt"
	"strconv"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Config says how the processes of a cluster behave.
type Config struct {
	Acceptors, Leaders, Replicas int // how many there are of each

	SuspicionTimeout  world.Range   // then a leader that heard from none that leads begins a ballot; zero: never
	Backoff           world.Range   // what a preempted leader waits besides, doubled each time in a row; zero: nothing
	HeartbeatInterval time.Duration // zero: none
	CatchUpDelay      time.Duration // how long a learner waits before it asks for what it misses
	RPCTimeout        time.Duration // then a call of another process is given up
	RequestTimeout    time.Duration // then a client whose command is not chosen is told that the outcome is unknown
	Window            int           // slots in phase 2 at once, at least 1
	MaxValues         int           // in one CaughtUp, at least 1
	Bug               multipaxos.Bug
	Observer          Observer // told of what the state alone does not show; may be nil
}

// Observer is told what a process announces, just as its spans tell it.
type Observer interface {
	Chosen(by protocol.LeaderID, e protocol.Choose)
	Applied(by protocol.Process, e protocol.Apply, result kv.Result)
}

// algorithm is what a process makes of the config.
func (c Config) algorithm() multipaxos.Config {
	return multipaxos.Config{
		Acceptors: c.Acceptors, Leaders: c.Leaders, Replicas: c.Replicas, Window: c.Window, MaxValues: c.MaxValues,
		Heartbeats: c.HeartbeatInterval > 0, Bug: c.Bug,
	}
}

// process is what all kinds of processes have in common.
type process struct {
	config    Config
	self      protocol.Process
	id        world.ProcessID
	world     world.World
	tracer    spans.Tracer
	algorithm multipaxos.Process

	step        step
	incarnation uint64 // how often the process started, this time included
	record      []byte // room for one record of the journal
	failed      bool   // the disk failed: the process is as good as crashed until it is restarted
}

// step is the handling of one input.
type step struct {
	cause     span.Ref       // the span of what arrived; zero when a timer ran out
	envelope  world.Envelope // what arrived; zero when a timer ran out
	persisted bool           // something was made durable, and no span says so yet
	applied   uint64         // slots applied under the same parent
	chosen    span.Ref       // where the step's applies belong; zero when that is the cause
}

func newProcess(self protocol.Process, config Config, algorithm multipaxos.Process, tracer spans.Tracer) process {
	return process{config: config, self: self, id: ProcessID(self), algorithm: algorithm, tracer: tracer}
}

// ID names the process: leader-1, acceptor-2, replica-3.
func (p *process) ID() world.ProcessID { return p.id }

// State is the process's state, to be read between two events.
func (p *process) State() *protocol.State { return p.algorithm.State() }

// begin begins the process's life in a world.
func (p *process) begin(w world.World) {
	p.world = w
	p.tracer.Follow(w)
}

// start opens and ends the incarnation's span, which says what the disk held, and returns what names it.
func (p *process) start(tell func(spans.StartSpan)) span.Ref {
	p.incarnation++
	ref := p.root(nameStart, p.incarnation, 0)
	if p.tracer.On() {
		started := p.tracer.StartStart(span.Begin{Self: ref}, p.id.String())
		tell(started)
		started.End()
	}
	return ref
}

// stepWith hands an input to the algorithm and makes durable what it wants durable, which comes first: then what
// follows may leave. It returns that. If the disk fails, the step has no other effect: the world has the process crash.
func (p *process) stepWith(input protocol.Input) (effects []protocol.Effect, ok bool) {
	effects = p.algorithm.Step(input)
	for len(effects) > 0 && isPersist(effects[0]) {
		if err := p.persist(effects[0]); err != nil {
			p.failed = true
			return nil, false
		}
		p.step.persisted = true
		effects = effects[1:]
	}
	return effects, true
}

// received begins the step of a message of another process, and names the span of its receiver.
func (p *process) received(e world.Envelope) protocol.Receive {
	message, ok := e.Payload.(protocol.Message)
	if !ok {
		panic(fmt.Sprintf("node: %s got a %T, which is no message of the protocol", p.id, e.Payload))
	}
	if e.InReplyTo == 0 {
		sender := span.Ref{Root: uint64(e.Root), ID: uint64(e.ID)}
		p.step.cause = p.child(sender, nameOfMessage(message), e.From, 0, e.Copy)
	}
	return protocol.Receive{From: processOf(e.From), Message: message}
}

// beginReceived is how the span of what arrived begins.
func (p *process) beginReceived() span.Begin {
	return span.Begin{Self: p.step.cause, Parent: uint64(p.step.envelope.ID)}
}

// replyWith is a reply to the message that is being handled.
func (p *process) replyWith(payload any) world.Envelope {
	e := &p.step.envelope
	return world.Envelope{
		ID: world.CausalID(p.step.cause.ID), Root: e.Root, From: p.id, To: e.From, InReplyTo: e.ID, Payload: payload,
	}
}

// replyIn is the algorithm's answer to the message that is being handled; nil when it has none, as to a stranger.
func replyIn(effects []protocol.Effect) protocol.Message {
	for _, effect := range effects {
		if reply, is := effect.(protocol.Reply); is {
			return reply.Message
		}
	}
	return nil
}

// persistedNow says whether the step made something durable that no span told of yet. Who asks tells of it.
func (p *process) persistedNow() bool {
	was := p.step.persisted
	p.step.persisted = false
	return was
}

// openSpan is a span that something else than its own end has to end.
type openSpan interface {
	Fail(errorType, description string)
	Unfinished()
}

// copySetter is a span of what may come twice.
type copySetter interface{ SetCopy(int64) }

// tellCopy says on a span which copy of a message it is about, unless it is the first.
func (p *process) tellCopy(s copySetter) {
	if second := p.step.envelope.Copy; second > 0 {
		s.SetCopy(int64(second))
	}
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
