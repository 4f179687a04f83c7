package traces

import (
	"fmt"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
)

// sight is what was first seen of an entry, anywhere. Those of one index and other terms follow.
type sight struct {
	slot

	before uint64 // the term of the entry before it
	of     int32
	other  *sight
}

// longestLog is how long a log may be that is put together from a trace: far longer than one of whose every entry a span of it tells, and a bound on what a wrong index can make us
// ask for.
func (j *Judge) longestLog() uint64 { return 1<<16 + 64*uint64(len(j.records)) }

// see compares an entry with what was seen of its index and term: the same entry, after the same one (§5.3). A term before of unknownTerm is not compared.
func (w *walk) see(of int32, index uint64, e slot, before uint64) {
	if index == 0 || index > w.longestLog() || e.term == 0 {
		return
	}
	for uint64(len(w.seen)) < index {
		w.seen = append(w.seen, sight{of: -1})
	}
	at := &w.seen[index-1]
	if at.of < 0 {
		*at = sight{slot: e, before: before, of: of}
		return
	}
	for at.term != e.term {
		if at.other == nil {
			at.other = &sight{slot: e, before: before, of: of}
			return
		}
		at = at.other
	}
	switch {
	case !w.same(at.slot, e):
		w.breaks(protocol.InvariantLogMatching, w.ref(of), "an entry "+w.entry(index, e), "the entry that was seen there of that term: "+w.entry(index, at.slot), at.of)
	case at.before == unknownTerm:
		at.before = before
	case before != unknownTerm && at.before != before:
		w.breaks(protocol.InvariantLogMatching, w.ref(of), fmt.Sprintf("the entry %s comes after one of term %d", w.entry(index, e), before), fmt.Sprintf("after one of term %d, as elsewhere", at.before), at.of)
	}
}

// same says whether two entries of a term are the same. Traces of earlier builds do not tell who asked for one.
func (w *walk) same(a, b slot) bool {
	return a.term == b.term && a.command == b.command && (a.request == b.request || !w.tells && (a.request == noText || b.request == noText))
}

// unknownTerm is the term of an entry that no span told.
const unknownTerm = ^uint64(0)

// termAt is the term of a server's entry; 0 before the first, unknownTerm where it is not known.
func (s *server) termAt(index uint64) uint64 {
	switch {
	case index == 0:
		return 0
	case index > uint64(len(s.log)) || s.log[index-1].term == 0:
		return unknownTerm
	}
	return s.log[index-1].term
}

// append looks at an entry that a leader took into its log, at its end (§5.3).
func (w *walk) append(s *server, of int32, a *appended) {
	if a.index > w.longestLog() {
		return
	}
	last := uint64(len(s.log))
	switch {
	case a.index <= last:
		w.breaks(protocol.InvariantLeaderAppendOnly, w.ref(of), fmt.Sprintf("%s takes an entry at index %d, and its log ends at index %d", w.process(s.process), a.index, last),
			fmt.Sprintf("the entry at index %d", last+1))
	case a.index > last+1:
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s takes an entry at index %d, and what a trace tells of its log ends at index %d", w.process(s.process), a.index, last),
			fmt.Sprintf("the entry at index %d", last+1))
	}
	if a.term != w.records[of].term {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("its entry is of term %d", a.term), fmt.Sprintf("of term %d, which it leads", w.records[of].term))
	}
	taken := slot{term: a.term, command: a.command}
	if w.is(of, requests) {
		taken.request = w.facts.requests[w.records[of].fact].request
	}
	w.write(s, of, a.index, []slot{taken})
	w.see(of, a.index, taken, s.termAt(a.index-1))
}

// write puts entries into a log, in place of what it holds from there on.
func (w *walk) write(s *server, of int32, index uint64, entries []slot) {
	if index+uint64(len(entries)) > w.longestLog() {
		return
	}
	if index <= s.highest && index <= uint64(len(s.log)) {
		w.breaks(protocol.InvariantNoCommittedTruncation, w.ref(of), fmt.Sprintf("%s cuts its log off at index %d", w.process(s.process), index),
			fmt.Sprintf("nothing cut off up to index %d, which it knew to be committed", s.highest), s.highestBy)
	}
	for uint64(len(s.log)) < index-1 {
		s.log = append(s.log, slot{})
	}
	s.log = append(s.log[:index-1], entries...)
	s.changed = of
}

// entriesHandled looks at what a follower did with a leader's entries.
func (w *walk) entriesHandled(s *server, of int32) {
	r := &w.records[of]
	e := &w.facts.entries[r.fact]
	entries := w.slots(e.entries)
	before := e.prevTerm
	for i := range entries {
		w.see(of, e.prevIndex+uint64(i)+1, entries[i], before)
		before = entries[i].term
	}
	if w.texts.of(r.reply) != (protocol.AppendEntriesOk{}).Name() {
		w.rejected(s, of, e)
		w.logEnds(s, of, e)
		return
	}
	if known := s.termAt(e.prevIndex); known != unknownTerm && known != e.prevTerm {
		w.breaks(protocol.InvariantLogMatching, w.ref(of), fmt.Sprintf("%s takes entries after index %d of term %d, and its entry there is of term %d", w.process(s.process), e.prevIndex, e.prevTerm, known),
			"a refusal: the logs do not match there (§5.3)")
	} else if known == unknownTerm && e.prevIndex > uint64(len(s.log)) && e.prevIndex <= w.longestLog() {
		w.breaks(protocol.InvariantLogMatching, w.ref(of), fmt.Sprintf("%s takes entries after index %d, and its log ends at index %d", w.process(s.process), e.prevIndex, len(s.log)),
			"a refusal: it has no entry there (§5.3)")
	}
	if s.role == leads {
		w.breaks(protocol.InvariantElectionSafety, w.ref(of), fmt.Sprintf("%s leads term %d and takes entries of %s", w.process(s.process), s.term, w.process(r.peer)), "one leader in a term", s.roleBy)
	}
	w.store(s, of, e, entries)
	match := e.prevIndex + uint64(len(entries))
	if e.match != match {
		w.breaks(protocol.InvariantPersistBeforeSend, w.ref(of), fmt.Sprintf("it says that its log equals the leader's up to index %d", e.match), fmt.Sprintf("index %d, the last one that the message told of", match))
	}
	w.logEnds(s, of, e)
	s.follow(r.term)
	s.match, s.matchBy = max(s.match, match), of
	w.hearCommit(s, of, r.term, e.commit)
	if due := min(e.commit, match); due > s.expected {
		s.expected, s.expectedBy = due, of
	}
}

// store puts entries into a follower's log: those that are there stay, and what conflicts is cut off (§5.3).
func (w *walk) store(s *server, of int32, e *entriesFact, entries []slot) {
	for i := range entries {
		index := e.prevIndex + uint64(i) + 1
		if s.termAt(index) != entries[i].term {
			if s.role != leads && index <= uint64(len(s.log)) && index <= s.match && s.followed == w.records[of].term {
				s.match = index - 1
			}
			w.write(s, of, index, entries[i:])
			return
		}
	}
}

// rejected compares why entries were refused with the log.
func (w *walk) rejected(s *server, of int32, e *entriesFact) {
	switch w.texts.of(e.reason) {
	case protocol.ReasonEntryMissing.String():
		if last := uint64(len(s.log)); e.conflictIndex != last+1 {
			w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("it says that its log ends before index %d", e.conflictIndex), fmt.Sprintf("before index %d, as what it was sent tells", last+1))
		} else if e.prevIndex <= last {
			w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("it refuses entries after index %d, as if it had none there", e.prevIndex), fmt.Sprintf("its log ends at index %d", last))
		}
	case protocol.ReasonTermConflict.String():
		w.conflict(s, of, e)
	case protocol.ReasonStaleTerm.String():
		if above := w.records[of].above; above >= 0 && w.records[above].term >= w.records[of].term && s.role != leads {
			w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), "it refuses entries because their leader's term is over", fmt.Sprintf("another reason, or none: both are in term %d", w.records[of].term), above)
		}
	}
}

// conflict compares what a refusal says of the entry that does not match, and of where its term begins, with the log.
func (w *walk) conflict(s *server, of int32, e *entriesFact) {
	known := s.termAt(e.prevIndex)
	if e.conflictTerm == e.prevTerm {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("it refuses entries because its own at index %d is of another term than %d, and says that it is of that", e.prevIndex, e.prevTerm), "a refusal of what does not match")
		return
	}
	if known == unknownTerm {
		return
	}
	if known != e.conflictTerm {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("it says that its entry at index %d is of term %d", e.prevIndex, e.conflictTerm), fmt.Sprintf("of term %d, as what it was sent tells", known))
		return
	}
	first := e.prevIndex
	for first > 1 && s.termAt(first-1) == known {
		first--
	}
	if s.termAt(first-1) != unknownTerm && e.conflictIndex != first {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("it says that its entries of term %d begin at index %d", known, e.conflictIndex), fmt.Sprintf("at index %d, as what it was sent tells", first))
	}
}

// entriesSent compares what a leader sends with its log.
func (w *walk) entriesSent(s *server, of int32) {
	r := &w.records[of]
	e := &w.facts.entries[r.fact]
	entries := w.slots(e.entries)
	w.goesOn(s, of)
	before := e.prevTerm
	for i := range entries {
		index := e.prevIndex + uint64(i) + 1
		w.see(of, index, entries[i], before)
		before = entries[i].term
		if index > uint64(len(s.log)) {
			w.breaks(protocol.InvariantPersistBeforeSend, w.ref(of), fmt.Sprintf("%s sends an entry at index %d, and its log ends at index %d", w.process(s.process), index, len(s.log)), "entries of its log")
			break
		}
		if have := s.log[index-1]; have.term != 0 && !w.same(have, entries[i]) {
			w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s sends %s", w.process(s.process), w.entry(index, entries[i])), "the entry of its log: "+w.entry(index, have))
			break
		}
	}
	if known := s.termAt(e.prevIndex); known != unknownTerm && known != e.prevTerm {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s says that its entry at index %d is of term %d", w.process(s.process), e.prevIndex, e.prevTerm), fmt.Sprintf("of term %d, which it is", known))
	}
	if r.role != 0 && r.role != leads {
		w.find(ruleIllegalTransition, w.ref(of), fmt.Sprintf("%s sends AppendEntries as a %s", w.process(s.process), protocol.Role(r.role-1)), "a leader: nobody else sends them", s.roleBy)
	}
	w.toldCommit(s, of, e.commit)
}

// askedForVote compares what a candidate says of its log with it.
func (w *walk) askedForVote(s *server, of int32) {
	v := &w.facts.votes[w.records[of].fact]
	last := uint64(len(s.log))
	if term := s.termAt(last); v.lastIndex != last || term != unknownTerm && v.lastTerm != term {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s says that its log ends with index %d of term %d", w.process(s.process), v.lastIndex, v.lastTerm),
			fmt.Sprintf("index %d of term %s, as what it wrote tells", last, termText(term)))
	}
	if r := &w.records[of]; r.role != 0 && protocol.Role(r.role-1) != protocol.RoleCandidate {
		w.find(ruleIllegalTransition, w.ref(of), fmt.Sprintf("%s asks for votes as a %s", w.process(s.process), protocol.Role(r.role-1)), "a candidate: nobody else does", s.roleBy)
	}
}

func termText(term uint64) string {
	if term == unknownTerm {
		return "unknown"
	}
	return fmt.Sprint(term)
}

// refusals are those of the same AppendEntries, one after the other.
type refusals struct {
	term, prev uint64
	handled    int64
	count      int
	of         int32
}

// mostRefusals is how often a leader may be refused the same before it is taken to be stuck. Once it is because the log is behind; more often because heartbeats go on from where
// the leader was, while entries are in flight that were lost and are sent again only when their call is given up.
const mostRefusals = 8

// refused finds a leader that is refused the same again and again, and does not go back in its log (§5.3).
func (w *walk) refused(of int32) {
	r := &w.records[of]
	e := &w.facts.entries[r.fact]
	if w.texts.of(r.reply) != (protocol.AppendEntriesRejected{}).Name() || e.conflictIndex == 0 {
		return
	}
	if w.stuck == nil {
		w.stuck = map[[2]processPlace]*refusals{}
	}
	key := [2]processPlace{r.process, r.peer}
	last := w.stuck[key]
	if last == nil || last.term != r.term || last.prev != e.prevIndex {
		w.stuck[key] = &refusals{term: r.term, prev: e.prevIndex, handled: r.end, count: 1, of: of}
		return
	}
	if r.start < last.handled {
		return // it had been sent by then
	}
	if last.count++; last.count == mostRefusals {
		w.breaks(protocol.InvariantProgress, w.ref(of),
			fmt.Sprintf("%s sends %s entries after index %d, and is refused, for the %dth time", w.process(r.process), w.process(r.peer), e.prevIndex, mostRefusals),
			fmt.Sprintf("entries after an earlier index, as from index %d on, which the refusal asks for (§5.3)", e.conflictIndex), last.of)
	}
	last.handled = r.end
}
