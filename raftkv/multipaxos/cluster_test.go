package multipaxos_test

import (
	"maps"
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// cluster is processes and the messages between them, which are held until a test has them delivered: in any order,
// twice, or never. It carries out every effect, and checks after each step what must always hold.
type cluster struct {
	config  multipaxos.Config
	members []*member
	bag     []envelope
	lost    []envelope // requests that have no answer any more, to be given up
	safety  safety
	report  func(at protocol.Process, effect protocol.Effect) // what a test prints of each effect
	stepper func(p multipaxos.Process, input protocol.Input) []protocol.Effect
	answer  func(at protocol.Process, value protocol.Value, result kv.Result)
}

// member is a process: the algorithm, the disk that it persists to, and the state machine of a learner.
type member struct {
	id      protocol.Process
	process multipaxos.Process
	up      bool
	disk    disk
	timers  map[protocol.Timer]bool // that run
	store   *kv.Store
	applied protocol.Slot                    // by the Applies of this life
	open    map[protocol.Slot]protocol.Value // what it proposed for clients
}

// disk is what a process made durable.
type disk struct {
	promised protocol.Ballot
	accepted map[protocol.Slot]protocol.Proposal
	round    protocol.Round
	chosen   map[protocol.Slot]protocol.Value
}

// envelope is a message on its way. A reply knows what it answers.
type envelope struct {
	from, to protocol.Process
	message  protocol.Message
	request  protocol.Message
}

func acceptor(number int) protocol.Process {
	return protocol.Process{Kind: protocol.KindAcceptor, Number: uint32(number)}
}

func leader(number int) protocol.Process {
	return protocol.Process{Kind: protocol.KindLeader, Number: uint32(number)}
}

func replica(number int) protocol.Process {
	return protocol.Process{Kind: protocol.KindReplica, Number: uint32(number)}
}

func newCluster(config multipaxos.Config) *cluster {
	c := &cluster{config: config, safety: newSafety(config)}
	c.report = func(protocol.Process, protocol.Effect) {}
	c.stepper = multipaxos.Process.Step
	c.answer = func(protocol.Process, protocol.Value, kv.Result) {}
	for i := range config.Acceptors {
		c.add(acceptor(i+1), multipaxos.NewAcceptor(protocol.AcceptorID(i+1), config))
	}
	for i := range config.Leaders {
		c.add(leader(i+1), multipaxos.NewLeader(protocol.LeaderID(i+1), config))
	}
	for i := range config.Replicas {
		c.add(replica(i+1), multipaxos.NewReplica(protocol.ReplicaID(i+1), config))
	}
	for _, m := range c.members {
		c.step(m.id, protocol.Start{})
	}
	return c
}

func (c *cluster) add(id protocol.Process, process multipaxos.Process) {
	c.members = append(c.members, &member{
		id: id, process: process, up: true, store: kv.New(), timers: map[protocol.Timer]bool{},
		disk: disk{accepted: map[protocol.Slot]protocol.Proposal{}, chosen: map[protocol.Slot]protocol.Value{}},
		open: map[protocol.Slot]protocol.Value{},
	})
}

func (c *cluster) member(id protocol.Process) *member {
	return c.members[slices.IndexFunc(c.members, func(m *member) bool { return m.id == id })]
}

func (c *cluster) state(id protocol.Process) *protocol.State { return c.member(id).process.State() }

func (c *cluster) of(kind protocol.Kind) []*member {
	return slices.DeleteFunc(slices.Clone(c.members), func(m *member) bool { return m.id.Kind != kind })
}

// step gives a process that is up an input and carries out the effects.
func (c *cluster) step(id protocol.Process, input protocol.Input) {
	m := c.member(id)
	if !m.up {
		return
	}
	switch input.(type) { //nolint:gochecksumtype // no other input is of a timer
	case protocol.SuspicionTimeout:
		delete(m.timers, protocol.TimerSuspicion)
	case protocol.HeartbeatTimeout:
		delete(m.timers, protocol.TimerHeartbeat)
	case protocol.CatchUpTimeout:
		delete(m.timers, protocol.TimerCatchUp)
	}
	c.safety.beforeStep(m, input)
	effects := c.stepper(m.process, input)
	c.safety.beforeEffects(m, input, effects)
	for _, effect := range effects {
		c.report(id, effect)
		c.carryOut(m, input, effect)
	}
	c.safety.afterStep(m)
}

func (c *cluster) carryOut(m *member, input protocol.Input, effect protocol.Effect) {
	switch e := effect.(type) {
	case protocol.PersistPromise:
		c.safety.persistPromise(m, e)
		m.disk.promised = e.Promised
		for _, p := range e.Accepted {
			m.disk.accepted[p.Slot] = p
		}
	case protocol.PersistRound:
		m.disk.round = e.Round
	case protocol.PersistChosen:
		for _, d := range e.Chosen {
			c.safety.learnt(m, d)
			m.disk.chosen[d.Slot] = d.Value
		}
	case protocol.Send:
		c.safety.send(m, e)
		c.bag = append(c.bag, envelope{from: m.id, to: e.To, message: e.Message})
	case protocol.Reply:
		in := input.(protocol.Receive)
		c.safety.reply(m, in, e)
		c.bag = append(c.bag, envelope{from: m.id, to: in.From, message: e.Message, request: in.Message})
	case protocol.Answer:
		// Clients ask again when they like.
	case protocol.Propose:
		switch e.Source {
		case protocol.SourceClient:
			m.open[e.Slot] = e.Value
		case protocol.SourceAdopted:
			c.safety.adopted++
		case protocol.SourceNoop:
			c.safety.noops++
		}
	case protocol.Choose:
		c.safety.choose(m, e)
	case protocol.Apply:
		result := c.apply(m, e.Value)
		c.safety.apply(m, e, result)
		if m.open[e.Slot] == e.Value {
			c.answer(m.id, e.Value, result)
		}
		delete(m.open, e.Slot)
	case protocol.RoleChange:
		c.safety.roleChange(m, e)
	case protocol.SetTimer:
		m.timers[e.Timer] = true
	case protocol.StopTimer:
		delete(m.timers, e.Timer)
	}
}

// apply hands a value to a learner's store. With some bugs, the store is wrong.
func (c *cluster) apply(m *member, value protocol.Value) kv.Result {
	isRetry := value.Request.Sequence <= m.store.Latest(value.Request.Client) && value.Request.Client != 0
	if c.config.Bug == multipaxos.BugNoDedup && isRetry {
		return m.store.Apply(kv.RequestID{}, value.Command)
	}
	put, isPut := value.Command.(kv.Put)
	if c.config.Bug == multipaxos.BugOverwriteAtReplica && m.id.Kind == protocol.KindReplica && isPut && !isRetry {
		m.store.Apply(kv.RequestID{}, kv.Delete{Key: put.Key})
	}
	return m.store.Apply(value.Request, value.Command)
}

// deliver takes a message out of the bag and has it received.
func (c *cluster) deliver(i int) {
	e := c.takeOut(i)
	if !c.member(e.to).up {
		c.forget(e)
		return
	}
	c.step(e.to, protocol.Receive{From: e.from, Message: e.message})
}

// lose takes a message out of the bag for good.
func (c *cluster) lose(i int) { c.forget(c.takeOut(i)) }

func (c *cluster) takeOut(i int) envelope {
	e := c.bag[i]
	c.bag = slices.Delete(c.bag, i, i+1)
	return e
}

// forget remembers a lost request, or the request of a lost reply, for the one who waits for an answer in vain.
func (c *cluster) forget(e envelope) {
	if e.request != nil {
		e = envelope{from: e.to, to: e.from, message: e.request}
	}
	if isCall(e.message) {
		c.lost = append(c.lost, e)
	}
}

// isCall says whether a process waits for the answer to a message.
func isCall(message protocol.Message) bool {
	switch message.(type) { //nolint:gochecksumtype // all others are one-way, or replies
	case protocol.Prepare, protocol.Accept, protocol.CatchUp:
		return true
	}
	return false
}

// giveUp tells a process that it waited for an answer in vain.
func (c *cluster) giveUp(i int) {
	e := c.lost[i]
	c.lost = slices.Delete(c.lost, i, i+1)
	c.step(e.from, protocol.RPCTimeout{To: e.to, Request: e.message})
}

// crash takes everything from a process but its disk. What is on its way to it may still arrive when it is up again;
// what it waits for it does not wait for any more.
func (c *cluster) crash(id protocol.Process) {
	m := c.member(id)
	m.up = false
	clear(m.timers)
	c.lost = slices.DeleteFunc(c.lost, func(e envelope) bool { return e.from == id })
}

// restart brings a process back with what its disk kept.
func (c *cluster) restart(id protocol.Process) {
	m := c.member(id)
	m.up, m.store, m.applied = true, kv.New(), 0
	clear(m.open)
	var chosen []protocol.Decision
	for _, slot := range slices.Sorted(maps.Keys(m.disk.chosen)) {
		chosen = append(chosen, protocol.Decision{Slot: slot, Value: m.disk.chosen[slot]})
	}
	var accepted []protocol.Proposal
	for _, slot := range slices.Sorted(maps.Keys(m.disk.accepted)) {
		accepted = append(accepted, m.disk.accepted[slot])
	}
	switch id.Kind {
	case protocol.KindAcceptor:
		c.step(id, protocol.RestartAcceptor{Promised: m.disk.promised, Accepted: accepted})
	case protocol.KindLeader:
		c.step(id, protocol.RestartLeader{Round: m.disk.round, Chosen: chosen})
	case protocol.KindReplica:
		c.step(id, protocol.RestartReplica{Chosen: chosen})
	}
}

// leading is the leader that leads in the highest ballot; nil when none that is up does.
func (c *cluster) leading() *member {
	var leading *member
	for _, m := range c.of(protocol.KindLeader) {
		s := m.process.State()
		if m.up && s.Role == protocol.RoleLeading &&
			(leading == nil || multipaxos.Below(leading.process.State().Ballot, s.Ballot)) {
			leading = m
		}
	}
	return leading
}
