package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// Replica is a replica as a process of a world.
type Replica struct{ learner }

var (
	_ world.Process = (*Replica)(nil)
	_ world.Writer  = (*Replica)(nil)
)

// NewReplica makes a replica. A nil tracer opens no spans, and changes nothing else.
func NewReplica(id protocol.ReplicaID, config Config, tracer spans.Tracer) *Replica {
	self := protocol.Process{Kind: protocol.KindReplica, Number: uint32(id)}
	algorithm := multipaxos.NewReplica(id, config.algorithm())
	return &Replica{newLearner(newProcess(self, config, algorithm, tracer))}
}

// Start implements world.Process.
func (r *Replica) Start(w world.World) {
	r.begin(w)
	r.startReplica()
	r.learnt = r.step
}

func (r *Replica) startReplica() {
	r.step.cause = r.start(func(s spans.StartSpan) { s.SetChosenSlot(r.State().Applied) })
}

// Receive implements world.Process.
func (r *Replica) Receive(e world.Envelope) {
	if r.failed {
		return
	}
	r.step = step{envelope: e}
	input := r.received(e)
	effects, ok := r.stepWith(input)
	if !ok {
		return
	}
	if e.InReplyTo != 0 {
		r.traceReply(input.Message)
	} else {
		r.traceOneWay(input.Message)
	}
	r.carryOutAll(effects)
	r.noteLearnt(input.Message)
}

func (r *Replica) carryOutAll(effects []protocol.Effect) {
	for _, effect := range effects {
		r.carryOut(effect)
	}
}

// Timeout implements world.Process.
func (r *Replica) Timeout(t world.Timer) {
	if r.failed {
		return
	}
	if t.Kind == timerCatchUp {
		r.step = r.catchUpStep()
		r.take(protocol.CatchUpTimeout{})
		r.learnt = r.step
		return
	}
	r.step = step{}
	if input, is := r.giveUp(uint64(t.ID)); is {
		r.take(input)
	}
}

// take hands an input to the algorithm and does what it wants done.
func (r *Replica) take(input protocol.Input) {
	if effects, ok := r.stepWith(input); ok {
		r.carryOutAll(effects)
	}
}

// Crash implements world.Process.
func (r *Replica) Crash() {
	r.calls.endAll(func(s openSpan) { s.Fail(worldspans.ErrorTypeCrash, "the process crashed") })
	r.catchUpTimer = 0
}

// Restart implements world.Process. The store is new, and is told everything again that the disk kept.
func (r *Replica) Restart() {
	disk, err := r.replay()
	if r.failed = err != nil; r.failed {
		return
	}
	r.store, r.step = kv.New(), step{}
	effects := r.algorithm.Step(protocol.RestartReplica{Chosen: disk.chosen})
	r.startReplica()
	r.carryOutAll(effects)
	r.learnt = r.step
}

// Finish implements world.Process.
func (r *Replica) Finish() { r.calls.endAll(openSpan.Unfinished) }
