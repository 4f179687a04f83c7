package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
)

// election is the last one that this server stood in. When it won, what it does as a leader beyond the clients'
// requests is caused by it: the no-op, and the replication of what it inherited.
type election struct {
	ref   span.Ref
	span  spans.ElectionSpan
	open  bool
	votes int

	roleChanges, commits  uint64              // children so far
	voteRequests, appends []uint64            // children so far, by NodeID
	sent                  [][]sentEntries     // by NodeID; what a follower does not hold yet
	acknowledged          []protocol.LogIndex // by NodeID; the highest index that a follower was known to hold
}

// sentEntries is the last AppendEntries that began with an entry, so that the next one is known to be a resend.
type sentEntries struct {
	first   protocol.LogIndex
	attempt int
	ref     span.Ref
}

func (n *Node) openElection() {
	term := n.raft.State().CurrentTerm
	ordinal := n.identity.elections[term]
	n.identity.elections[term]++
	servers := len(n.raft.State().VotesGranted)
	n.election = election{
		ref: n.root(nameElection, uint64(term), ordinal), open: true, votes: 1,
		voteRequests: make([]uint64, servers), appends: make([]uint64, servers), sent: make([][]sentEntries, servers),
		acknowledged: make([]protocol.LogIndex, servers),
	}
	who := spans.Who{Node: n.config.ID, Term: term, Role: protocol.RoleCandidate}
	begin := span.Begin{Self: n.election.ref}
	n.election.span = n.tracer.StartElection(begin, who, int64(n.raft.Quorum()), n.raft.State().VotedFor)
	n.persistedIn(n.election.span)
}

// end ends the election's span; what it caused afterwards still names it.
func (e *election) end(outcome string) {
	if e.open {
		e.span.End(outcome, int64(e.votes))
	}
	e.open = false
}

func (e *election) nextRoleChange() uint64 { e.roleChanges++; return e.roleChanges - 1 }

func (e *election) nextCommit() uint64 { e.commits++; return e.commits - 1 }

func (e *election) nextVoteRequest(to kv.NodeID) uint64 {
	e.voteRequests[to]++
	return e.voteRequests[to] - 1
}

func (e *election) nextAppend(to kv.NodeID) uint64 {
	e.appends[to]++
	return e.appends[to] - 1
}

// attempt returns how often entries from first on were sent to a follower, this time included, and the span that sent
// them before. What the follower acknowledged is forgotten here: should it lack that after all, the count begins
// anew.
func (e *election) attempt(to kv.NodeID, first, match protocol.LogIndex) (attempt int, previous span.Ref) {
	e.acknowledged[to] = max(e.acknowledged[to], match)
	kept := e.sent[to][:0]
	attempt = 1
	for _, s := range e.sent[to] {
		if s.first == first {
			attempt, previous = s.attempt+1, s.ref
		} else if s.first > e.acknowledged[to] {
			kept = append(kept, s)
		}
	}
	e.sent[to] = kept
	return attempt, previous
}

func (e *election) remember(to kv.NodeID, first protocol.LogIndex, attempt int, ref span.Ref) {
	e.sent[to] = append(e.sent[to], sentEntries{first: first, attempt: attempt, ref: ref})
}

// votes is how many servers gave this candidate their vote.
func (n *Node) votes() int {
	count := 0
	for _, granted := range n.raft.State().VotesGranted {
		if granted {
			count++
		}
	}
	return count
}
