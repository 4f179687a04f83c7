package traces

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// fits says what would have been the right target of a link that goes to a span of the right kind; nothing if it is the right one.
func (j *Judge) fits(l *linkRef, target int32) (want string) {
	from := l.from
	r, to := &j.records[from], &j.records[target]
	switch {
	case j.is(target, commits):
		return j.fitsCommit(l, target)
	case j.is(from, noticesHeard|turnsTaken):
		if j.origins[from].parent != to.id {
			return "a link to its parent, the producer that it was sent by"
		}
	case r.shape == to.shape:
		return j.fitsAttempt(from, target)
	case r.process != to.process || r.term != to.term && j.is(target, elections):
		return fmt.Sprintf("a link to what %s did in term %d", j.process(r.process), r.term)
	case j.is(target, requests):
		index := j.facts.requests[to.fact].appended.index
		if first, last := j.indexes(from); index < first || index > last {
			return fmt.Sprintf("a link to a request whose entry is among those from index %d to %d", first, last)
		}
	}
	return ""
}

// fitsAttempt says the same of a link to what was sent before: the same, by the same process, for the same cause.
func (j *Judge) fitsAttempt(from, target int32) (want string) {
	r, to := &j.records[from], &j.records[target]
	sameCause := j.origins[from].parent == j.origins[target].parent
	attempt, before, same := uint64(0), uint64(0), r.process == to.process
	f := &j.facts
	switch j.byNumber[r.shape-1].ID {
	case spans.RequestVoteClientID:
		attempt, before = f.votes[r.fact].attempt, f.votes[to.fact].attempt
		same = same && r.peer == to.peer && sameCause
	case spans.AppendEntriesClientID:
		a, b := &f.entries[r.fact], &f.entries[to.fact]
		attempt, before = a.attempt, b.attempt
		same = same && r.peer == to.peer && r.term == to.term && a.prevIndex == b.prevIndex
	default: // a client's try
		attempt, before = f.requests[r.fact].try, f.requests[to.fact].try
		same = same && sameCause && !later(to.end, r.start)
	}
	if !same || attempt != before+1 {
		return fmt.Sprintf("a link to number %d of the same, which this is number %d of", max(attempt, 1)-1, attempt)
	}
	return ""
}

// fitsCommit says the same of a link of a request to the commit that covers it.
func (j *Judge) fitsCommit(l *linkRef, target int32) (want string) {
	r, to := &j.records[l.from], &j.records[target]
	index, c := j.facts.requests[r.fact].appended.index, &j.facts.commits[to.fact]
	switch {
	case j.linksSay && l.index != index:
		return fmt.Sprintf("%s %d, where its entry was taken into the log", spans.RaftIndexKey, index)
	case r.process != to.process || index <= c.from || index > c.to:
		return fmt.Sprintf("a link to the commit of %s that covers index %d", j.process(r.process), index)
	}
	return ""
}

// explained says which fault would have explained what a span says, if the one that it links to does not: a crash
// explains what ended with it, and what was lost or had no answer since its receiver was down; a cut, what was to cross
// it.
func (j *Judge) explained(from, target int32) (want string) {
	r, fault := &j.records[from], &j.facts.faults[j.records[target].fact]
	hurt := j.origins[from].hit || r.is&failed != 0 && j.isHurtThere(from)
	on := j.texts.of(fault.target)
	switch kind := j.texts.of(fault.kind); kind {
	case spans.FaultCrash, spans.FaultLoseUnsynced, spans.FaultRollback:
		own := r.is&crashed != 0 && on == j.nameOfProcess(r.process)
		if own && later(r.start, j.records[target].start) {
			return "a crash that came after it began"
		}
		if own || hurt && on == j.nameOfProcess(r.peer) {
			return ""
		}
	case spans.FaultIsolate, spans.FaultPartition:
		if hurt && isCutBy(on, j.nameOfProcess(r.process), j.nameOfProcess(r.peer)) {
			return ""
		}
	}
	return "a fault that explains what it says: a crash of its process or of its receiver, or a cut between the two"
}

// isHurtThere says whether the handling of a message, or the reply to it, was hit by a fault.
func (j *Judge) isHurtThere(message int32) bool {
	for _, by := range []int32{j.receivers[message] - 1, j.seconds[message] - 1} {
		if by >= 0 && (j.records[by].is&crashed != 0 || j.origins[by].hit) {
			return true
		}
	}
	return false
}

func (j *Judge) nameOfProcess(n processPlace) string {
	if n == noProcess {
		return ""
	}
	return j.processes.names[n]
}

// isCutBy says whether a cut parts two processes: it names the one that is isolated, or the sides of a partition.
func isCutBy(cut, a, b string) bool {
	sides := strings.Split(cut, " | ")
	sideOf := func(process string) int {
		return slices.IndexFunc(sides, func(side string) bool { return slices.Contains(strings.Fields(side), process) })
	}
	from, to := sideOf(a), sideOf(b)
	if len(sides) == 1 {
		return (from < 0) != (to < 0)
	}
	return from >= 0 && to >= 0 && from != to
}

// indexes are those of the entries that a span sends or commits.
func (j *Judge) indexes(at int32) (first, last uint64) {
	r := &j.records[at]
	if j.is(at, commits) {
		c := &j.facts.commits[r.fact]
		return c.from + 1, c.to
	}
	e := &j.facts.entries[r.fact]
	return e.prevIndex + 1, e.prevIndex + uint64(e.entries.to-e.entries.from)
}

// cause compares a span with the parent that it says caused it, which is of a kind that may.
func (j *Judge) cause(at, above int32) {
	r, parent := &j.records[at], &j.records[above]
	f := &j.facts
	differ := func(want string) { j.find(ruleWrongParent, j.ref(at), "its parent is "+j.nameOf(above), want, above) }
	switch {
	case j.is(at, voteCalls):
		if r.term != parent.term {
			differ(fmt.Sprintf("an election in term %d, as its own", r.term))
		}
	case j.is(at, entriesSent), j.is(at, commits) && j.is(above, requests|elections):
		first, last := j.indexes(at)
		switch {
		case j.is(above, heartbeats):
			if first <= last || r.term != parent.term {
				differ("a heartbeat round of its term for what carries no entries, and for entries what caused the first of them")
			}
		case j.is(above, elections):
			if first > last || r.term != parent.term {
				differ("the election of its term for the no-op and for inherited entries, and a heartbeat round for what carries no entries")
			}
		case f.requests[parent.fact].appended.index != first || f.requests[parent.fact].appended.term != r.term:
			differ(fmt.Sprintf("the request whose entry was taken into the log at index %d in term %d", first, r.term))
		}
	case j.is(at, tries):
		if a, b := f.requests[r.fact].request, f.requests[parent.fact].request; a != b {
			j.find(ruleMessageMismatch, j.ref(at), "it is a try of "+words.Printable(j.texts.of(a)), "of "+words.Printable(j.texts.of(b))+", its parent's", above)
		}
	case j.is(at, repliesLate):
		if later(parent.end, r.start) {
			j.find(ruleWrongTime, j.ref(at), fmt.Sprintf("it starts at %s, before the reply is given, at %s", j.since(r.start), j.since(parent.end)), "a start that is not before the reply's", above)
		}
	}
}
