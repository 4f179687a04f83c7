package state

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
)

// VoteReply is the answer of a server to a candidate, as it arrived there.
type VoteReply struct {
	Call    *span.Span
	Arrived *span.Span // the call itself, or the span of a reply that came late or again
	Answer  *span.Span // the voter's span; nil where the trace lacks it
	Granted bool
}

// VoteReplies are the answers to the RequestVotes of an election, in the order in which they arrived, and the calls
// that got none.
func (e *Cluster) VoteReplies(election *span.Span) (list []VoteReply, unanswered []*span.Span) {
	for call := range e.Below(election.ID, spans.RequestVoteClientID) {
		granted := Replied(call, protocol.VoteGranted{})
		if granted || Replied(call, protocol.VoteDenied{}) {
			list = append(list, VoteReply{call, call, e.Answering(call), granted})
		} else {
			unanswered = append(unanswered, call)
		}
		for _, r := range e.Receivers(call) {
			for late := range e.Below(r.ID, spans.LateReplyID) {
				if late.Service == election.Service {
					list = append(list, VoteReply{call, late, r, Replied(late, protocol.VoteGranted{})})
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b VoteReply) int { return a.Arrived.End.Compare(b.Arrived.End) })
	slices.SortStableFunc(unanswered, func(a, b *span.Span) int { return a.End.Compare(b.End) })
	return list, unanswered
}

// Voters are the servers whose votes had arrived when an election ended, its candidate first.
func (e *Cluster) Voters(election *span.Span) []string {
	voters, _ := e.VotesBy(election)
	return voters
}

// VotesBy are the voters, and whether a vote of one of them had arrived twice.
func (e *Cluster) VotesBy(election *span.Span) (voters []string, twice bool) {
	voters = []string{election.Service}
	list, _ := e.VoteReplies(election)
	seen := map[string]bool{}
	for _, b := range list {
		if peer := explain.Peer(b.Call); b.Granted && !b.Arrived.End.After(election.End) {
			twice, seen[peer] = twice || seen[peer], true
			if !slices.Contains(voters, peer) {
				voters = append(voters, peer)
			}
		}
	}
	return voters, twice
}

// OtherVote is a vote that a server gave to another candidate of a term, as the moment of it and to whom; nobody if the
// trace has none.
func (e *Cluster) OtherVote(voter, candidate string, term int64) (at explain.Moment, to string) {
	for _, s := range e.Elections {
		if s.Service == voter && Term(s) == term {
			return e.Begin(s), voter
		}
	}
	for s := range e.Of(voter, spans.RequestVoteServerID) {
		if Replied(s, protocol.VoteGranted{}) && Term(s) == term && explain.Peer(s) != candidate {
			return e.End(s), explain.Peer(s)
		}
	}
	return explain.Moment{}, ""
}

// LastEntry is the end of a candidate's log, as its RequestVote says.
func LastEntry(call *span.Span) (index, term int64) {
	return explain.Integer(call, spans.RaftLastLogIndexKey), explain.Integer(call, spans.RaftLastLogTermKey)
}
