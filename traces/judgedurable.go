package traces

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// disk is what a server's disk holds, as its spans tell it.
type disk struct {
	durable

	known bool
	by    int32    // the span that says so
	kept  []onDisk // what it held before, where it was made to lose that
}

// onDisk is what a disk held, its log included.
type onDisk struct {
	durable

	log []slot
}

// tellsLosses says whether the trace tells what is durable, and of each message that was lost that it was: those of
// earlier builds do not.
func (j *Judge) tellsLosses() bool {
	return slices.ContainsFunc(j.facts.starts, func(s startFact) bool { return s.votedFor != untold })
}

// lyingDisks are the servers whose disks were made to lose what they had said that they keep, and when.
func (j *Judge) lyingDisks() map[processPlace][]int64 {
	liars := map[processPlace][]int64{}
	for _, at := range j.inOrder(faults) {
		fault := &j.facts.faults[j.records[at].fact]
		if target, known := j.processes.known[j.texts.of(fault.target)]; known && liesAbout(j.texts.of(fault.kind)) {
			liars[target] = append(liars[target], j.records[at].start)
		}
	}
	return liars
}

// voteText is who got a vote, in a sentence.
func (j *Judge) voteText(to processPlace) string {
	switch to {
	case nobody:
		return "nobody's"
	case untold:
		return "not told"
	}
	return "that of " + j.process(to)
}

// text is what a disk holds, in a sentence.
func (j *Judge) onDiskText(d durable) string {
	return fmt.Sprintf("term %d, the vote %s, the log up to index %d", d.term, j.voteText(d.votedFor), d.last)
}

// persistOf is what a span says that it made durable.
func (j *Judge) persistOf(span int32) *persistRef {
	i, _ := slices.BinarySearchFunc(j.persists, span, func(p persistRef, span int32) int { return cmp.Compare(p.from, span) })
	return &j.persists[i]
}

// persisted notes what a server made durable: a term never falls, and in a term its vote goes from nobody to one
// candidate and stays (§5.2).
func (w *walk) persisted(s *server, p *persistRef) {
	d := &s.disk
	if d.known && p.term < d.term {
		w.breaks(protocol.InvariantTermAndVote, w.ref(p.from), fmt.Sprintf("%s makes term %d durable", w.process(s.process), p.term), fmt.Sprintf("a term of at least %d, which its disk held", d.term), d.by)
	}
	if d.known && p.term == d.term && d.votedFor != nobody && p.votedFor != d.votedFor {
		w.breaks(protocol.InvariantTermAndVote, w.ref(p.from), fmt.Sprintf("on the disk of %s the vote of term %d is %s", w.process(s.process), p.term, w.voteText(p.votedFor)),
			fmt.Sprintf("%s, as it was before: a vote that is given stays (§5.2)", w.voteText(d.votedFor)), d.by)
	}
	if p.votedFor != nobody && p.votedFor != untold {
		w.vote(p.from, s.process, p.term, p.votedFor, false)
	}
	d.durable, d.known, d.by = p.durable, w.tells, p.from
}

// kept compares, at the end of a step, the log that the disk holds with that which the server has.
func (w *walk) kept(s *server) {
	if !s.disk.known || s.last < 0 {
		return
	}
	if last := uint64(len(s.log)); last != s.disk.last {
		if w.records[s.last].is&crashed != 0 {
			return
		}
		of := s.changed
		if of < 0 {
			of = s.disk.by
		}
		w.breaks(protocol.InvariantPersistBeforeSend, w.ref(of), fmt.Sprintf("the log of %s ends at index %d, and on its disk at index %d", w.process(s.process), last, s.disk.last),
			"the same on both: what a step changes is durable before anything is sent", s.disk.by)
		s.disk.last = last
	}
	if len(w.liars[s.process]) > 0 {
		if n := len(s.disk.kept); n == 0 || s.disk.kept[n-1].durable != s.disk.durable || s.changed >= 0 {
			s.disk.kept = append(s.disk.kept, onDisk{s.disk.durable, slices.Clone(s.log)})
		}
	}
}

// justified compares what a server sends with what its disk holds: its term, its vote, its log (Figure 2).
func (w *walk) justified(s *server, of int32) {
	if !s.disk.known {
		return
	}
	r, d := &w.records[of], &s.disk
	unjustified := func(sends, holds string) {
		w.breaks(protocol.InvariantPersistBeforeSend, w.ref(of), fmt.Sprintf("%s %s, and its disk holds %s", w.process(s.process), sends, holds), "what it sends on its disk before it leaves (Figure 2)", d.by)
	}
	reply := w.texts.of(r.reply)
	switch {
	case r.term != d.term:
		what := "sends something in"
		if w.receives(of) {
			what = "answers " + reply + " in"
		}
		unjustified(fmt.Sprintf("%s term %d", what, r.term), fmt.Sprintf("term %d", d.term))
	case w.is(of, votesAsked) && reply == (protocol.VoteGranted{}).Name() && d.votedFor != r.peer:
		unjustified(fmt.Sprintf("gives its vote of term %d to %s", r.term, w.process(r.peer)), "the vote as "+w.voteText(d.votedFor))
	case w.is(of, voteCalls) && d.votedFor != s.process:
		unjustified(fmt.Sprintf("stands for election in term %d", r.term), "the vote as "+w.voteText(d.votedFor))
	case w.is(of, entriesTaken) && reply == (protocol.AppendEntriesOk{}).Name() && w.facts.entries[r.fact].match > d.last:
		unjustified(fmt.Sprintf("says that it holds the log up to index %d", w.facts.entries[r.fact].match), fmt.Sprintf("it up to index %d", d.last))
	case w.is(of, entriesSent):
		if _, last := w.indexes(of); last > d.last {
			unjustified(fmt.Sprintf("sends the entry at index %d", last), fmt.Sprintf("its log up to index %d", d.last))
		}
	}
}

// readFirst notes what a server starts with for the first time: its disk need not be empty.
func (w *walk) readFirst(s *server, of int32) {
	w.startsAsFollower(of)
	if f := &w.facts.starts[w.records[of].fact]; f.votedFor != untold {
		s.disk = disk{durable: f.durable, known: w.tells, by: of}
		w.logRead(s, f)
	}
}

// startsAsFollower looks at the role in which a server starts.
func (w *walk) startsAsFollower(of int32) {
	if r := &w.records[of]; w.tells && r.role != 0 && protocol.Role(r.role-1) != protocol.RoleFollower {
		w.find(ruleIllegalTransition, w.ref(of), fmt.Sprintf("%s starts as a %s", w.process(r.process), protocol.Role(r.role-1)), "a follower, as each server that starts (Figure 4)")
	}
}

// logRead has a server's log end where it says, with entries of which no span tells.
func (w *walk) logRead(s *server, f *startFact) {
	if f.last > w.longestLog() {
		return
	}
	s.log = append(s.log[:0], make([]slot, f.last)...)
	if f.last > 0 {
		s.log[f.last-1].term = f.lastTerm
	}
}

// readBack compares what a server starts again with with what it made durable last.
func (w *walk) readBack(s *server, of int32) {
	f := &w.facts.starts[w.records[of].fact]
	w.startsAsFollower(of)
	if f.votedFor == untold || !s.disk.known {
		return
	}
	if f.before == 0 {
		w.find(ruleRequired, w.ref(of), "there is no "+string(spans.RaftRoleBeforeKey), string(spans.RaftRoleBeforeKey)+", since the server starts again")
	}
	lied := slices.ContainsFunc(w.liars[s.process], func(at int64) bool { return at <= s.at+oneMoment })
	held := s.disk.durable == f.durable && (f.last == 0 || s.termAt(f.last) == unknownTerm || s.termAt(f.last) == f.lastTerm)
	if f.before != 0 && s.role != 0 && f.before != s.role && (!s.diedWriting || !follows(s.role, f.before)) {
		w.breaks(protocol.InvariantRestartFromDisk, w.ref(of), fmt.Sprintf("%s was %s before, as it says", w.process(s.process), protocol.Role(f.before-1)), fmt.Sprintf("%s, which it was", protocol.Role(s.role-1)), s.roleBy)
	}
	switch {
	case held:
	case lied && w.wentTo(s, f):
		w.doubts.doubt(doubtLoss, of, 1)
	default:
		w.breaks(protocol.InvariantRestartFromDisk, w.ref(of), fmt.Sprintf("%s starts again with %s", w.process(s.process), w.onDiskText(f.durable)), w.onDiskText(s.disk.durable)+": what it made durable last", s.disk.by)
		w.logRead(s, f)
	}
	s.disk.durable, s.disk.by = f.durable, of
	if !held {
		w.forget(s, of, f)
	}
}

// wentTo has a server's log be what its disk held when it held what is read back, and says whether it ever did.
func (w *walk) wentTo(s *server, f *startFact) bool {
	for i := len(s.disk.kept) - 1; i >= 0; i-- {
		k := &s.disk.kept[i]
		if k.durable != f.durable || f.last > 0 && k.log[f.last-1].term != f.lastTerm {
			continue
		}
		s.log = slices.Clone(k.log)
		s.disk.kept = s.disk.kept[:i+1]
		return true
	}
	if f.last > 0 || f.term > s.term {
		return false
	}
	s.log, s.disk.kept = s.log[:0], nil
	return true
}

// forget has what a disk lost not bind its server any more, as far as others do not know better.
func (w *walk) forget(s *server, of int32, f *startFact) {
	s.lost++
	s.term, s.termBy = f.term, of
	s.highest, s.highestBy = 0, -1
	for b := range w.votes {
		if b.process == s.process && b.term >= f.term {
			delete(w.votes, b)
		}
	}
	if f.votedFor != nobody {
		w.votes[ballot{s.process, f.term}] = cast{f.votedFor, of}
	}
}

// endOf is what a call says at its end.
func (w *walk) endOf(of int32) endFact {
	r := &w.records[of]
	if w.is(of, voteCalls) {
		return w.facts.votes[r.fact].ends
	}
	return w.facts.entries[r.fact].ends
}

// handled compares what a call says of its caller at its end with the reply, and notes it until the step is over.
func (w *walk) handled(s *server, of int32, ends endFact) {
	if !w.tells || w.endOf(of).replyTerm == 0 {
		return
	}
	s.ends = of
	known, said := max(s.term, s.heard), cmp.Or(ends.term, w.records[of].term)
	if said > known {
		s.term, s.termBy = said, of
	}
	switch {
	case ends.replyTerm > known && said != ends.replyTerm:
		w.breaks(protocol.InvariantTermAndVote, w.ref(of), fmt.Sprintf("%s handles a reply of term %d, and its own is %d then", w.process(s.process), ends.replyTerm, max(known, said)),
			fmt.Sprintf("term %d: who hears of a higher term goes on in that (§5.1)", ends.replyTerm))
	case ends.replyTerm <= known && said != known:
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(of), fmt.Sprintf("%s is in term %d when its call ends, as it says", w.process(s.process), said), fmt.Sprintf("term %d, which no reply changes that is of term %d", known, ends.replyTerm))
	}
}

// endsRight compares the role that a call says its caller has at its end with that which it has after the step.
func (w *walk) endsRight(s *server) {
	if s.ends < 0 {
		return
	}
	role := w.endOf(s.ends).role
	if role == 0 {
		role = w.records[s.ends].role
	}
	if s.role != 0 && role != 0 && role != s.role {
		w.breaks(protocol.InvariantTraceIntegrity, w.ref(s.ends), fmt.Sprintf("%s is %s when its call ends, as it says", w.process(s.process), protocol.Role(role-1)), fmt.Sprintf("%s, which it is", protocol.Role(s.role-1)), s.roleBy)
	}
	s.ends = -1
}

// logEnds compares where a follower's log ends, as it says, with what it was sent (Figure 2, AppendEntries steps 3 and
// 4).
func (w *walk) logEnds(s *server, of int32, e *entriesFact) {
	if last := uint64(len(s.log)); w.tells && e.last != last {
		w.find(ruleWrongLogEnd, w.ref(of), fmt.Sprintf("the log of %s ends at index %d, as it says", w.process(s.process), e.last), fmt.Sprintf("index %d, by what it was sent", last), s.disk.by)
		if e.last < last {
			s.log = s.log[:e.last]
		} else if e.last <= w.longestLog() {
			s.log = append(s.log, make([]slot, e.last-last)...)
		}
	}
}

// back is where a leader went back to in its log for a follower, and when.
type back struct {
	term, next uint64
	at         int64
	step       uint32
	sent       bool // the AppendEntries that goes on from there
}

// wentBack compares where a leader goes on in its log, after a refusal or when it gave a call up, with §5.3.
func (w *walk) wentBack(s *server, of int32) {
	r := &w.records[of]
	e := &w.facts.entries[r.fact]
	if !w.tells {
		return
	}
	if e.next == 0 {
		w.staysThere(s, of, e)
		return
	}
	if s.backs == nil {
		s.backs = map[processPlace]back{}
	}
	s.backs[r.peer] = back{term: r.term, next: e.next, at: r.end, step: s.step}
	match, want := s.matched[r.peer], e.prevIndex+1
	if w.texts.of(r.reply) == (protocol.AppendEntriesRejected{}).Name() {
		if match == e.prevIndex {
			match = 0
			s.matched[r.peer] = 0
		}
		want = w.afterRefusal(s, e)
	}
	if want = max(want, match+1); s.role == leads && want != unknownTerm && e.next != want {
		w.find(ruleWrongNextIndex, w.ref(of), fmt.Sprintf("%s goes on from index %d with %s", w.process(s.process), e.next, w.process(r.peer)), fmt.Sprintf("from index %d on", want))
	}
}

// refusedLate notes that a leader may have gone back in its log for a refusal that came late, which does not say where
// to.
func (w *walk) refusedLate(s *server, of int32) {
	r := &w.records[of]
	if w.texts.of(r.reply) != (protocol.AppendEntriesRejected{}).Name() || s.role != leads {
		return
	}
	if s.backs == nil {
		s.backs = map[processPlace]back{}
	}
	s.backs[r.peer] = back{term: r.term, at: r.end, step: s.step, sent: true}
}

// afterRefusal is where a leader goes on: after its own last entry of the conflicting term, if it has one, or else
// where the follower's entries of that term begin. It is unknownTerm where no span tells.
func (w *walk) afterRefusal(s *server, e *entriesFact) uint64 {
	next := e.conflictIndex
	if e.conflictTerm > 0 {
		for i := min(e.prevIndex, uint64(len(s.log))); i > 0; i-- {
			switch term := s.termAt(i); {
			case term == unknownTerm:
				return unknownTerm
			case term > e.conflictTerm:
				continue
			case term == e.conflictTerm:
				next = i + 1
			}
			break
		}
	}
	return min(next, e.prevIndex)
}

// staysThere finds a leader that is refused and does not go back in its log, though the refusal is not late: it did not
// go back since it sent what is refused, and its follower acknowledged nothing beyond it.
func (w *walk) staysThere(s *server, of int32, e *entriesFact) {
	r := &w.records[of]
	if w.texts.of(r.reply) != (protocol.AppendEntriesRejected{}).Name() || s.role != leads || r.term != s.term || e.ends.replyTerm != s.term {
		return
	}
	if e.conflictIndex == 0 || e.prevIndex == 0 || e.prevIndex > uint64(len(s.log)) || e.prevIndex < s.matched[r.peer] {
		return
	}
	if b, went := s.backs[r.peer]; went && b.term == r.term && b.at >= r.start {
		return
	}
	w.find(ruleWrongNextIndex, w.ref(of), fmt.Sprintf("%s is refused entries after index %d by %s, and does not go back", w.process(s.process), e.prevIndex, w.process(r.peer)),
		fmt.Sprintf("%s: an earlier index, as from index %d on, which the refusal asks for (§5.3)", spans.RaftNextIndexKey, e.conflictIndex))
}

// goesOn compares what a leader sends first, after it went back in its log, with where it said that it goes on.
func (w *walk) goesOn(s *server, of int32) {
	r := &w.records[of]
	e := &w.facts.entries[r.fact]
	b, went := s.backs[r.peer]
	if !went || b.sent || b.step != s.step || b.term != r.term || e.entries.from == e.entries.to {
		return
	}
	b.sent = true
	s.backs[r.peer] = b
	if e.prevIndex+1 != b.next {
		w.find(ruleWrongNextIndex, w.ref(of), fmt.Sprintf("%s sends %s entries from index %d on", w.process(s.process), w.process(r.peer), e.prevIndex+1), fmt.Sprintf("from index %d on, to where it went back", b.next))
	}
}
