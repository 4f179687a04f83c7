package raft_test

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// cluster is servers and the messages between them, which are held until a test has them delivered: in any order,
// twice, or never. It carries out every effect, and checks after each step what must always hold.
type cluster struct {
	servers []*server // by NodeID; the first is nil
	bag     []envelope
	lost    []envelope // requests that have no answer any more, to be given up
	safety  safety
	report  func(at kv.NodeID, effect protocol.Effect) // what a test prints of each effect
	stepper func(node *raft.Node, input protocol.Input) []protocol.Effect
	bug     raft.Bug
	answer  func(at kv.NodeID, request kv.RequestID, command kv.Command, result kv.Result)
}

// server is one of them: the algorithm, the disk that it persists to, and the state machine.
type server struct {
	id      kv.NodeID
	node    *raft.Node
	up      bool
	disk    protocol.Restart // what it kept
	entries []*entry         // the disk's log again, for safety
	store   *kv.Store
	open    map[slot]bool // what it appended for clients, as their leader

	committed protocol.LogIndex // by the Commits of this life
}

// slot is where an entry is, and of which term. It names the entry: Log Matching, Figure 3.
type slot struct {
	index protocol.LogIndex
	term  protocol.Term
}

// envelope is a message on its way. A reply knows what it answers.
type envelope struct {
	from, to kv.NodeID
	message  protocol.Message
	request  protocol.Message
}

func newCluster(size int, config raft.Config) *cluster {
	c := &cluster{servers: make([]*server, size+1), safety: newSafety(), bug: config.Bug}
	c.report = func(kv.NodeID, protocol.Effect) {}
	c.stepper = (*raft.Node).Step
	c.answer = func(kv.NodeID, kv.RequestID, kv.Command, kv.Result) {}
	peers := make([]kv.NodeID, size)
	for i := range peers {
		peers[i] = kv.NodeID(i + 1)
	}
	for _, id := range peers {
		config.ID = id
		c.servers[id] = &server{id: id, node: raft.New(config), up: true, store: kv.New(), open: make(map[slot]bool)}
	}
	for _, id := range peers {
		c.step(id, protocol.SetPeers{Peers: peers})
	}
	return c
}

// apply hands an entry to a server's store. With one bug, the store takes a retry for a new operation.
func (c *cluster) apply(s *server, e protocol.LogEntry) kv.Result {
	if c.bug == raft.BugNoDedup && e.Request.Sequence == s.store.Latest(e.Request.Client) {
		return s.store.Apply(kv.RequestID{}, e.Command)
	}
	return s.store.Apply(e.Request, e.Command)
}

func (c *cluster) state(id kv.NodeID) *protocol.State { return c.servers[id].node.State() }

// step gives a server that is up an input and carries out the effects.
func (c *cluster) step(id kv.NodeID, input protocol.Input) {
	s := c.servers[id]
	if !s.up {
		return
	}
	before := *s.node.State()
	effects := c.stepper(s.node, input)
	c.safety.beforeEffects(c, s, input, effects)
	for _, effect := range effects {
		c.report(id, effect)
		c.carryOut(s, input, effect)
	}
	c.safety.afterStep(c, s, input, &before)
}

func (c *cluster) carryOut(s *server, input protocol.Input, effect protocol.Effect) {
	switch e := effect.(type) {
	case protocol.Persist:
		c.safety.persist(s, e)
		s.disk.CurrentTerm, s.disk.VotedFor = e.CurrentTerm, e.VotedFor
		if e.FirstIndex > 0 {
			s.disk.Log = append(s.disk.Log[:e.FirstIndex-1:e.FirstIndex-1], e.Entries...)
		}
	case protocol.Send:
		c.bag = append(c.bag, envelope{from: s.id, to: e.To, message: e.Message})
	case protocol.Reply:
		in := input.(protocol.Receive)
		c.bag = append(c.bag, envelope{from: s.id, to: in.From, message: e.Message, request: in.Message})
	case protocol.Answer:
		// Clients ask again when they like.
	case protocol.Append:
		s.open[slot{e.Index, e.Entry.Term}] = true
	case protocol.Commit:
		c.safety.commit(c, s, e)
		s.committed = e.To
	case protocol.Apply:
		c.safety.apply(s, e)
		result := c.apply(s, e.Entry)
		if of := (slot{e.Index, e.Entry.Term}); s.open[of] {
			delete(s.open, of)
			c.answer(s.id, e.Entry.Request, e.Entry.Command, result)
		}
	case protocol.RoleChange:
		c.safety.roleChange(c, s, e)
	case protocol.SetTimer, protocol.StopTimer:
		// Tests let timers run out when they like.
	}
}

// deliver takes a message out of the bag and has it received.
func (c *cluster) deliver(i int) {
	e := c.takeOut(i)
	if !c.servers[e.to].up {
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

// isCall says whether a server waits for the answer to a message.
func isCall(message protocol.Message) bool {
	_, requestVote := message.(protocol.RequestVote)
	_, appendEntries := message.(protocol.AppendEntries)
	return requestVote || appendEntries
}

// giveUp tells a server that it waited for an answer in vain.
func (c *cluster) giveUp(i int) {
	e := c.lost[i]
	c.lost = slices.Delete(c.lost, i, i+1)
	c.step(e.from, protocol.RPCTimeout{Peer: e.to, Request: e.message})
}

// crash takes everything from a server but its disk. What is on its way to it may still arrive when it is up again.
func (c *cluster) crash(id kv.NodeID) { c.servers[id].up = false }

// restart brings a server back with what its disk kept.
func (c *cluster) restart(id kv.NodeID) { c.restartWith(id, c.servers[id].disk) }

func (c *cluster) restartWith(id kv.NodeID, disk protocol.Restart) {
	s := c.servers[id]
	s.up, s.disk, s.store, s.open, s.committed = true, disk, kv.New(), make(map[slot]bool), 0
	c.safety.restart(s)
	c.step(id, disk)
}

// oldest finds the first message from a server to another; -1 when there is none.
func oldest(among []envelope, from, to kv.NodeID) int {
	return slices.IndexFunc(among, func(e envelope) bool { return e.from == from && e.to == to })
}

// newest finds the last.
func newest(among []envelope, from, to kv.NodeID) int {
	for i, e := range slices.Backward(among) {
		if e.from == from && e.to == to {
			return i
		}
	}
	return -1
}

// leader is the leader of the latest term, nil when there is none that is up.
func (c *cluster) leader() *server {
	var leader *server
	for _, s := range c.servers[1:] {
		if s.up && c.state(s.id).Role == protocol.RoleLeader &&
			(leader == nil || c.state(s.id).CurrentTerm > c.state(leader.id).CurrentTerm) {
			leader = s
		}
	}
	return leader
}
