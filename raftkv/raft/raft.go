package raft

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// Config is what a server is made with. It never changes.
type Config struct {
	ID          kv.NodeID     // which server this is
	MaxEntries  int           // how many entries one AppendEntries carries at most; at least 1
	MaxInFlight int           // how many AppendEntries with entries may be on the way to one follower; at least 1
	StartTerm   protocol.Term // what the disk holds when the server starts for the first time; 0 of an empty disk

	NoopOnElection bool // a new leader appends a no-op, so that it soon commits what it inherited (§8)
	Heartbeats     bool // a leader sends empty AppendEntries in idle periods (§5.2)

	Bug Bug // built in on purpose; BugNone for Raft as it should be
}

// Node is one server: its state, and what a step needs besides. It is not safe for concurrent use.
type Node struct {
	config Config
	state  protocol.State
	peers  []kv.NodeID // the servers of the cluster, this one included, in the order that they were told
	member []bool      // by NodeID: whether it is one of the peers

	durable      vote                // what the disk holds of Figure 2's persistent state, besides the log
	firstUnsaved protocol.LogIndex   // where this step changed the log; 0 when it did not
	saving       []protocol.LogEntry // what the last Persist has to make durable of the log

	effects          []protocol.Effect
	electionTimerSet bool                // in this step
	made             madeAppendEntries   // the last one that this step made
	ranking          []protocol.LogIndex // room for quorumIndex to sort in
}

type vote struct {
	term     protocol.Term
	votedFor kv.NodeID
}

// New makes a server that knows no cluster yet: the first input should be SetPeers, or Restart and then SetPeers.
func New(config Config) *Node {
	config.MaxEntries = max(config.MaxEntries, 1)
	config.MaxInFlight = max(config.MaxInFlight, 1)
	n := &Node{config: config, durable: vote{term: config.StartTerm}}
	n.state.CurrentTerm = config.StartTerm
	return n
}

// State is the server's state, to be read and not changed. It changes with each Step.
func (n *Node) State() *protocol.State { return &n.state }

// Quorum is how many servers make a majority.
func (n *Node) Quorum() int { return len(n.peers)/2 + 1 }

// Step handles an input and returns the effects, which must be carried out in order. The slice is valid until the next
// Step.
func (n *Node) Step(input protocol.Input) []protocol.Effect {
	n.effects = append(n.effects[:0], nil) // the place of persist's effect
	n.electionTimerSet = false
	n.made.message = nil
	switch in := input.(type) {
	case protocol.SetPeers:
		n.setPeers(in.Peers)
	case protocol.StartElection:
		n.startElection(protocol.RoleEventToldToStart)
	case protocol.ElectionTimeout:
		n.startElection(protocol.RoleEventElectionTimeout)
	case protocol.HeartbeatTimeout:
		n.sendHeartbeats()
	case protocol.RPCTimeout:
		n.retry(in.Peer, in.Request)
	case protocol.Receive:
		n.receive(in.From, in.Message)
	case protocol.Request:
		n.receiveRequest(in.Message)
	case protocol.Restart:
		n.restart(in)
	}
	return n.persist()
}

// Writes says whether a step with this input would persist anything. It takes that step on a copy of the server.
func (n *Node) Writes(input protocol.Input) bool {
	trial := *n
	trial.state = n.state.Clone()
	trial.peers, trial.ranking = slices.Clone(n.peers), slices.Clone(n.ranking)
	trial.effects, trial.saving = nil, nil
	effects := trial.Step(input)
	if len(effects) == 0 {
		return false
	}
	_, writes := effects[0].(protocol.Persist)
	return writes
}

// The Handle methods are exported only so that a new exchange in the spec does not compile until it is handled. Only
// Step may call them.
var _ protocol.ServerHandler = (*Node)(nil)

// receive has a message of another server handled. The receiver's term is advanced first if that of the message is
// newer. If it is over, a request is refused, and any other message is dropped (§5.1).
func (n *Node) receive(from kv.NodeID, message protocol.Message) {
	if !n.isOther(from) {
		return
	}
	term, _ := protocol.TermOf(message)
	if current := n.updateTerm(term); !current && !isRequest(message) {
		return
	}
	switch m := message.(type) {
	case protocol.RequestVote:
		n.HandleRequestVote(from, m)
	case protocol.VoteGranted:
		n.HandleRequestVoteReply(from, m)
	case protocol.VoteDenied:
		n.HandleRequestVoteReply(from, m)
	case protocol.AppendEntries:
		n.HandleAppendEntries(from, m)
	case protocol.AppendEntriesOk:
		n.HandleAppendEntriesReply(from, m)
	case protocol.AppendEntriesRejected:
		n.HandleAppendEntriesReply(from, m)
	case protocol.CommitNotification:
		n.HandleCommitNotification(from, m)
	}
}

// isRequest says whether another server waits for a reply to a message.
func isRequest(message protocol.Message) bool {
	_, requestVote := message.(protocol.RequestVote)
	_, appendEntries := message.(protocol.AppendEntries)
	return requestVote || appendEntries
}

// setPeers tells the server its cluster, in which it waits for a leader from now on (§5.2). A candidate or a leader
// ignores it: membership changes (§6) are not part of this. What is kept for each server is indexed by its id, so ids
// should be small numbers.
func (n *Node) setPeers(peers []kv.NodeID) {
	if n.state.Role != protocol.RoleFollower {
		return
	}
	size := 1 + int(slices.Max(append(slices.Clone(peers), n.config.ID)))
	n.member = make([]bool, size)
	n.peers = n.peers[:0]
	for _, peer := range peers {
		if peer != 0 && !n.member[peer] {
			n.member[peer] = true
			n.peers = append(n.peers, peer)
		}
	}
	n.ranking = make([]protocol.LogIndex, len(n.peers))
	n.makeRoomForPeers()
	n.setElectionTimer()
}

// makeRoomForPeers sizes what candidates and leaders keep for each server.
func (n *Node) makeRoomForPeers() {
	n.state.VotesGranted = grown(n.state.VotesGranted, len(n.member))
	n.state.NextIndex = grown(n.state.NextIndex, len(n.member))
	n.state.MatchIndex = grown(n.state.MatchIndex, len(n.member))
	n.state.Round = grown(n.state.Round, len(n.member))
	n.state.Window = grown(n.state.Window, len(n.member))
	n.state.InFlight = grown(n.state.InFlight, len(n.member))
}

func grown[T any](byNode []T, size int) []T {
	return append(byNode, make([]T, max(0, size-len(byNode)))...)
}

func (n *Node) isMember(id kv.NodeID) bool {
	return uint64(id) < uint64(len(n.member)) && n.member[id]
}

// isOther says whether id is another server of the cluster.
func (n *Node) isOther(id kv.NodeID) bool { return id != n.config.ID && n.isMember(id) }

// persist puts a Persist first among the effects if the step changed the persistent state: before all that depends on
// it (Figure 2).
func (n *Node) persist() []protocol.Effect {
	now := vote{n.state.CurrentTerm, n.state.VotedFor}
	if now == n.durable && n.firstUnsaved == 0 {
		return n.effects[1:]
	}
	effect := protocol.Persist{CurrentTerm: now.term, VotedFor: now.votedFor, FirstIndex: n.firstUnsaved}
	if n.firstUnsaved > 0 {
		effect.Entries = n.unsaved()
	}
	n.effects[0] = effect
	n.durable, n.firstUnsaved = now, 0
	return n.effects
}

func (n *Node) emit(effect protocol.Effect) { n.effects = append(n.effects, effect) }

func (n *Node) send(to kv.NodeID, message protocol.Message) {
	n.emit(protocol.Send{To: to, Message: message})
}

func (n *Node) reply(message protocol.Message, reason protocol.Reason) {
	n.emit(protocol.Reply{Message: message, Reason: reason})
}

// sendToOthers sends a message to every other server, in the order of the peers.
func (n *Node) sendToOthers(message protocol.Message) {
	for _, peer := range n.peers {
		if peer != n.config.ID {
			n.send(peer, message)
		}
	}
}

// setElectionTimer starts the election timer anew, unless this step did already.
func (n *Node) setElectionTimer() {
	if !n.electionTimerSet {
		n.electionTimerSet = true
		n.emit(protocol.SetTimer{Timer: protocol.TimerElection})
	}
}
