package traces

import (
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/traces/words"
)

// electedTerms are the terms that a server stood for election in.
func (j *Judge) electedTerms() map[uint64]bool {
	terms := map[uint64]bool{}
	for i := range j.records {
		r := &j.records[i]
		if j.is(int32(i), elections) || j.is(int32(i), roleChanges) && r.role == uint8(protocol.RoleCandidate)+1 {
			terms[r.term] = true
		}
	}
	return terms
}

// firstElection is the first term with the span of an election; 0 is none.
func (j *Judge) firstElection() uint64 {
	first := uint64(0)
	for i := range j.records {
		if term := j.records[i].term; j.is(int32(i), elections) && (first == 0 || term < first) {
			first = term
		}
	}
	return first
}

// termOf looks at the term that a span tells: it never falls, begins with an election, and is at least that of a message that was handled.
func (w *walk) termOf(s *server, of int32) {
	r := &w.records[of]
	if r.role == 0 && r.term == 0 {
		return // conformance tells what is missing
	}
	known, by := s.term, s.termBy
	if s.heard > known {
		known, by = s.heard, s.heardBy
	}
	switch {
	case r.term < known:
		w.breaks(protocol.InvariantTermAndVote, w.ref(of), fmt.Sprintf("%s is in term %d", w.process(s.process), r.term), fmt.Sprintf("a term of at least %d, in which it was before", known), by)
	case s.owedAt < s.at && r.term < s.owed:
		w.breaks(protocol.InvariantTermAndVote, w.ref(of), fmt.Sprintf("%s is in term %d", w.process(s.process), r.term),
			fmt.Sprintf("a term of at least %d, of which a reply told it before", s.owed), s.owedBy)
		s.owed = 0
	case r.term > known && r.term > 0 && !w.elected[r.term]:
		w.breaks(protocol.InvariantTermAndVote, w.ref(of), fmt.Sprintf("%s is in term %d, in which no server stood for election", w.process(s.process), r.term),
			fmt.Sprintf("a term that an election began; it was in term %d before", known), by)
	case r.term > max(known, s.owed) && !s.loose && !w.bringsTerm(of):
		w.breaks(protocol.InvariantTermAndVote, w.ref(of), fmt.Sprintf("%s is in term %d, and nothing that it was sent tells of that", w.process(s.process), r.term), fmt.Sprintf("term %d", max(known, s.owed)), by)
	}
	if r.term > known {
		s.loose = false
	}
	w.messageTerm(of)
	if w.is(of, repliesLate|noticesHeard) {
		if r.term > s.heard { // it is told before the term is on the disk
			s.heard, s.heardBy = r.term, of
		}
		return
	}
	if r.term >= s.term {
		s.term, s.termBy = r.term, of
	}
}

// bringsTerm says whether a span tells where its server has a new term from: it stands for election, or was sent something of that term.
func (w *walk) bringsTerm(of int32) bool {
	r := &w.records[of]
	above := r.above
	if w.is(of, roleChanges) {
		switch {
		case w.restarts(of), r.role == uint8(protocol.RoleCandidate)+1, above < 0:
			return true
		case w.is(above, repliesLate) || w.receives(above):
			return w.bringsTerm(above)
		}
		return false
	}
	if w.receives(of) || w.is(of, repliesLate) {
		return above < 0 || w.records[above].term == r.term
	}
	return false
}

// messageTerm compares a receiver's term with that of the message.
func (w *walk) messageTerm(of int32) {
	r := &w.records[of]
	if !w.is(of, votesAsked|entriesTaken|noticesHeard|repliesLate) {
		return
	}
	above := r.above
	if above < 0 {
		return
	}
	sender := &w.records[above]
	if r.term < sender.term {
		w.breaks(protocol.InvariantTermAndVote, w.ref(of), fmt.Sprintf("%s is in term %d after it handled a message of term %d", w.process(r.process), r.term, sender.term),
			fmt.Sprintf("term %d at least", sender.term), above)
	}
	reply := w.texts.of(r.reply)
	if r.term > sender.term && (reply == (protocol.VoteGranted{}).Name() || reply == (protocol.AppendEntriesOk{}).Name()) && !w.is(of, repliesLate) {
		w.breaks(protocol.InvariantTermAndVote, w.ref(of), fmt.Sprintf("%s answers %s in term %d to a message of term %d", w.process(r.process), reply, r.term, sender.term),
			"a refusal of what is of a term that is over", above)
	}
}

// replyHandled notes what a reply told: its term, a vote, how far a follower holds the log.
func (w *walk) replyHandled(s *server, of int32) {
	r := &w.records[of]
	if w.is(of, repliesLate) {
		if answer := r.above; answer >= 0 && w.receives(answer) && w.records[answer].reply == r.reply {
			w.heard(s, answer, &w.records[answer], w.facts.late[r.fact], r.peer)
			w.refusedLate(s, of)
		}
		return
	}
	if r.is&failed != 0 { // it was given up
		w.wentBack(s, of)
		return
	}
	ends := w.endOf(of)
	if ends.replyTerm == 0 {
		s.loose = s.loose || r.is&doubled != 0
	}
	if answer := w.answererOf(of); answer >= 0 {
		if a := &w.records[answer]; a.reply == r.reply && a.term > s.owed {
			s.owed, s.owedBy, s.owedAt = a.term, answer, s.at
		}
	}
	w.heard(s, of, r, ends.replyTerm, r.peer)
	w.handled(s, of, ends)
	if w.is(of, entriesSent) {
		w.refused(of)
		w.wentBack(s, of)
	}
}

// heard notes a vote, or how far a follower holds the log, as the span of either end tells it: a reply that is no refusal is of the same term as what it answers.
func (w *walk) heard(s *server, of int32, r *record, term uint64, peer processPlace) {
	if term == 0 { // it does not say
		term = r.term
	}
	if w.is(of, voteCalls|votesAsked) {
		w.hearVote(s, peer, r.reply, term)
		return
	}
	if w.is(of, entriesSent|entriesTaken) && w.texts.of(r.reply) == (protocol.AppendEntriesOk{}).Name() && s.role == leads && term == s.term && s.matched != nil {
		s.matched[peer] = max(s.matched[peer], w.facts.entries[r.fact].match)
	}
}

// restartedWith compares the term that a disk kept with those that the server told before it crashed.
func (w *walk) restartedWith(s *server, of int32) {
	r := &w.records[of]
	if s.restarted && r.term < s.term && !s.disk.known {
		w.breaks(protocol.InvariantPersistBeforeSend, w.ref(of), fmt.Sprintf("%s starts again in term %d", w.process(s.process), r.term),
			fmt.Sprintf("term %d, in which it sent or answered something before it crashed", s.term), s.termBy)
		s.term, s.termBy = r.term, of
	}
	s.restarted = false
}

// stood looks at who stands for election: it gives its vote to itself, in the next term.
func (w *walk) stood(s *server, of int32) {
	r := &w.records[of]
	known := max(s.term, s.heard)
	if s.owedAt < s.at {
		known = max(known, s.owed)
	}
	if r.term != known+1 && r.term > known && s.termBy >= 0 {
		w.breaks(protocol.InvariantTermAndVote, w.ref(of), fmt.Sprintf("%s stands for election in term %d", w.process(s.process), r.term), fmt.Sprintf("term %d, the one after its own", known+1), s.termBy)
	}
	w.vote(of, s.process, r.term, s.process, true)
	w.stand(s, of)
	if s.election >= 0 && w.records[s.election].role != r.role {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(s.election), "it is not that of a candidate, by its role", "a candidate's", of)
	}
	if s.election >= 0 && w.tells {
		if got := w.facts.elections[w.records[s.election].fact].votedFor; got != s.process {
			w.breaks(protocol.InvariantTermAndVote, w.ref(s.election), fmt.Sprintf("%s stands for election in term %d, and its vote is %s", w.process(s.process), r.term, w.voteText(got)), "its own vote: a candidate votes for itself (§5.2)", of)
		}
	}
	if parent := r.above; parent >= 0 && w.is(parent, elections) && w.records[parent].term != r.term {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("a candidate of term %d", r.term), fmt.Sprintf("of term %d, as its election is", w.records[parent].term), parent)
	}
}

// voted looks at a vote that was asked for.
func (w *walk) voted(s *server, of int32) {
	r := &w.records[of]
	granted := w.texts.of(r.reply) == (protocol.VoteGranted{}).Name()
	if granted {
		w.vote(of, s.process, r.term, r.peer, true)
	}
	if told := w.facts.votes[r.fact].votedFor; s.disk.known && told != s.disk.votedFor {
		w.breaks(protocol.InvariantPersistBeforeSend, w.ref(of), fmt.Sprintf("the vote of %s in term %d is %s, as it says", w.process(s.process), r.term, w.voteText(told)),
			fmt.Sprintf("what its disk holds: in term %d, %s", s.disk.term, w.voteText(s.disk.votedFor)), s.disk.by)
	}
	above := r.above
	if above < 0 || !w.is(above, voteCalls) {
		return
	}
	if !granted {
		w.denied(s, of, above)
		return
	}
	asked := &w.facts.votes[w.records[above].fact]
	if last, term := s.lastEntry(); term != unknownTerm && isBehind(asked, last, term) {
		w.find(ruleWrongVote, w.ref(of),
			fmt.Sprintf("%s votes for %s, whose log ends with index %d of term %d; its own ends with index %d of term %d", w.process(s.process), w.process(r.peer), asked.lastIndex, asked.lastTerm, last, term),
			"a refusal: the candidate's log is less up to date than the voter's (§5.4.1)", above)
	}
}

// cast is a vote, and the span that says first whom it went to.
type cast struct {
	to processPlace
	of int32
}

// vote notes a vote, which goes to one candidate in a term. A candidate is told of it, or it is on the disk only.
func (w *walk) vote(of int32, voter processPlace, term uint64, candidate processPlace, told bool) {
	b := ballot{voter, term}
	if first, voted := w.votes[b]; !voted {
		w.votes[b] = cast{candidate, of}
	} else if first.to != candidate {
		w.breaks(protocol.InvariantTermAndVote, w.ref(of), fmt.Sprintf("%s gives its vote of term %d to %s", w.process(voter), term, w.process(candidate)),
			fmt.Sprintf("no vote but for %s, which got that of this term before", w.process(first.to)), first.of)
	}
	to := ballot{candidate, term}
	if told && !slices.Contains(w.grants[to], voter) {
		w.grants[to] = append(w.grants[to], voter)
	}
}

// leads notes who leads a term.
func (w *walk) leads(of int32) {
	r := &w.records[of]
	first, known := w.leaders[r.term]
	if !known {
		w.leaders[r.term] = of
		return
	}
	if leader := w.records[first].process; leader != r.process {
		w.breaks(protocol.InvariantElectionSafety, w.ref(of), fmt.Sprintf("%s leads term %d", w.process(r.process), r.term), fmt.Sprintf("no other leader of that term than %s", w.process(leader)), first)
	}
}

// won looks at who became leader: by the votes of a majority, with all that was committed in its log.
func (w *walk) won(s *server, of int32) {
	r := &w.records[of]
	voters := uint64(len(w.grants[ballot{s.process, r.term}]))
	if w.quorum > 0 && voters < w.quorum {
		w.breaks(protocol.InvariantElectionSafety, w.ref(of), fmt.Sprintf("%s leads term %d by the votes of %s", w.process(s.process), r.term, words.Counted(voters, "server")),
			fmt.Sprintf("the votes of %d, which make a majority", w.quorum), w.quorumBy)
	}
	if arrived := uint64(len(s.voters)); w.quorum > 0 && arrived < w.quorum && arrived < voters {
		w.breaks(protocol.InvariantElectionSafety, w.ref(of), fmt.Sprintf("%s leads term %d when the votes of %s had arrived", w.process(s.process), r.term, words.Counted(arrived, "server")),
			fmt.Sprintf("the votes of %d, which make a majority", w.quorum), w.quorumBy)
	}
	s.matched = map[processPlace]uint64{}
	w.complete(s, of, r.term)
}
