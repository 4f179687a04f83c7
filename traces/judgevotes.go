package traces

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// stand begins a candidacy, with the vote that the candidate gives itself.
func (w *walk) stand(s *server, of int32) {
	s.election, s.voters = -1, append(s.voters[:0], s.process)
	if parent := w.records[of].above; parent >= 0 && w.is(parent, elections) {
		s.election = parent
	}
}

// hearVote notes a vote of the term at hand that arrived at the candidate.
func (w *walk) hearVote(s *server, voter processPlace, reply uint32, term uint64) {
	if w.texts.of(reply) == (protocol.VoteGranted{}).Name() && s.role == uint8(protocol.RoleCandidate)+1 && term == s.term && !slices.Contains(s.voters, voter) {
		s.voters = append(s.voters, voter)
	}
}

// electionEnded compares what an election's span says with what came of it, and with the votes that arrived.
func (w *walk) electionEnded(s *server, of int32, to protocol.Role) {
	if s.election < 0 {
		return
	}
	election, arrived := s.election, uint64(len(s.voters))
	s.election = -1
	if w.records[election].is&(failed|unfinished) != 0 {
		return
	}
	e := &w.facts.elections[w.records[election].fact]
	want := map[protocol.Role]string{protocol.RoleLeader: spans.OutcomeWon, protocol.RoleFollower: spans.OutcomeLost, protocol.RoleCandidate: spans.OutcomeNoWinner}[to]
	switch {
	case w.texts.of(e.outcome) != want:
		w.find(ruleMissingSpan, w.ref(election), fmt.Sprintf("its outcome is %s, and its candidate became a %s", words.Printable(w.texts.of(e.outcome)), to), want, of)
	case to == protocol.RoleLeader && e.votes < e.quorum:
		w.breaks(protocol.InvariantElectionSafety, w.ref(election), fmt.Sprintf("it is won with %s", words.Counted(e.votes, "vote")), fmt.Sprintf("%s, a majority", words.Counted(e.quorum, "vote")), of)
	case e.votes > arrived:
		w.breaks(protocol.InvariantElectionSafety, w.ref(election), fmt.Sprintf("it counts %s, and those of %s arrived", words.Counted(e.votes, "vote"), words.Counted(arrived, "server")), "one vote of each server, the candidate's own included", of)
	case e.votes < arrived:
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(election), fmt.Sprintf("it counts %s, and those of %s arrived", words.Counted(e.votes, "vote"), words.Counted(arrived, "server")), "one vote of each server, the candidate's own included", of)
	}
	w.majority(election, e.quorum)
}

// peers notes the servers of the cluster, which every server has to be told, and always the same.
func (w *walk) peers(of int32) {
	p := &w.facts.peers[w.records[of].fact]
	told := w.facts.acks[p.peers.from:p.peers.to]
	if w.quorumBy < 0 {
		w.members = slices.Sorted(slices.Values(told))
		w.quorum, w.quorumBy = uint64(len(told))/2+1, of
	} else if !slices.Equal(w.members, slices.Sorted(slices.Values(told))) {
		w.find(ruleMalformedValue, w.ref(of), fmt.Sprintf("%s is told %s", w.process(w.records[of].process), words.Counted(len(told), "server")), fmt.Sprintf("the %d that another server was told: the cluster does not change", len(w.members)), w.quorumBy)
	}
	if want := uint64(len(told))/2 + 1; p.quorum != want {
		w.find(ruleMalformedValue, w.ref(of), fmt.Sprintf("raft.quorum is %d", p.quorum), fmt.Sprintf("%d, the majority of %s", want, words.Counted(len(told), "server")))
	}
}

// majority compares what a span takes for one with the cluster.
func (w *walk) majority(of int32, quorum uint64) {
	if w.quorumBy >= 0 && quorum != w.quorum {
		w.find(ruleMalformedValue, w.ref(of), fmt.Sprintf("raft.quorum is %d", quorum), fmt.Sprintf("%d, the majority of %s", w.quorum, words.Counted(len(w.members), "server")), w.quorumBy)
	}
}

// denied compares why a vote was refused with what is known of the voter.
func (w *walk) denied(s *server, of, above int32) {
	r, sender := &w.records[of], &w.records[above]
	asked := &w.facts.votes[sender.fact]
	last, term := s.lastEntry()
	got, want := "", ""
	switch w.texts.of(w.facts.votes[r.fact].reason) {
	case protocol.ReasonStaleTerm.String():
		if sender.term >= r.term {
			got, want = "the candidate's term is over", fmt.Sprintf("another reason, or the vote: both are in term %d", r.term)
		}
	case protocol.ReasonAlreadyVoted.String():
		if first, voted := w.votes[ballot{s.process, r.term}]; !voted {
			got, want = fmt.Sprintf("its vote of term %d is given", r.term), "another reason, or the vote: no span tells that it gave it to anybody"
		} else if first.to == r.peer {
			got, want = fmt.Sprintf("its vote of term %d is given", r.term), "the vote: it was given to this candidate"
		}
	case protocol.ReasonLogBehind.String():
		if term != unknownTerm && !isBehind(asked, last, term) {
			got, want = "the candidate's log is behind", fmt.Sprintf("another reason, or the vote: its own log ends with index %d of term %d, and the candidate's with index %d of term %d", last, term, asked.lastIndex, asked.lastTerm)
		}
	}
	if got != "" {
		w.find(ruleWrongVote, w.ref(of), fmt.Sprintf("%s refuses %s its vote, because %s", w.process(s.process), w.process(r.peer), got), want, above)
	}
}

// lastEntry is where a server's log ends; the term is unknownTerm where no span tells it.
func (s *server) lastEntry() (index, term uint64) {
	index = uint64(len(s.log))
	return index, s.termAt(index)
}

// isBehind says whether a candidate's log is less up to date than one that ends with this (§5.4.1).
func isBehind(asked *voteFact, last, term uint64) bool {
	return asked.lastTerm < term || asked.lastTerm == term && asked.lastIndex < last
}

// beats looks at the number of a heartbeat round, of which none is left out.
func (w *walk) beats(s *server, of int32) {
	r := &w.records[of]
	number := w.facts.told[r.fact].number
	if s.beatTerm != r.term {
		s.beatTerm, s.beat = r.term, 0
	}
	if number != s.beat+1 {
		w.find(ruleMissingSpan, w.ref(of), fmt.Sprintf("it is round %d of term %d, and round %d was the one before", number, r.term, s.beat), fmt.Sprintf("round %d", s.beat+1))
	}
	s.beat = number
}
