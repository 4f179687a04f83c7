package traces

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// cutSlack is how long, in ns, a message of a run that was cut short may have been on its way: what is known of how long others took may be little.
const cutSlack = 100e6

// deliveries compares what was sent with what was handled.
func (j *Judge) deliveries() {
	ill := j.ailing()
	t := &traffic{ill: ill, ways: map[[2]processPlace]travel{}, exact: j.tells}
	re := newEchoes(len(j.records))
	copies := make([]uint8, len(j.records)) // of each message, which copies were handled, as bits
	for i := range j.records {
		at := int32(i)
		t.end = max(t.end, j.records[i].end)
		t.cut = t.cut || j.records[i].is&unfinished != 0 || j.is(at, violations)
		if above := j.records[i].above; above >= 0 && j.receives(at) {
			j.received(at, above, copies)
			re.given[above] += copiesGiven(&j.records[i])
			if sender := &j.records[above]; sender.is&delayed == 0 {
				t.took(sender.process, j.records[i].process, sender.start, j.records[i].start)
			}
		}
	}
	for i := range j.records {
		if at := int32(i); j.is(at, repliesLate) {
			j.late(at, re, t)
		}
		if by := j.answererOf(int32(i)); by >= 0 && j.records[by].is&delayed == 0 {
			t.took(j.records[by].process, j.records[i].process, j.records[by].end, j.records[i].end)
		}
	}
	j.missing(re, t)
	for i := range j.records {
		if at := int32(i); j.sends(at) {
			j.sent(at, j.receivers[i]-1, copies[i], re, t)
		}
	}
	j.idle(ill)
}

// received looks at a span that handles a message.
func (j *Judge) received(at, above int32, copies []uint8) {
	sender, r := &j.records[above], &j.records[at]
	j.handled(at, above)
	bit := uint8(1) << min(r.copies, 7)
	switch {
	case r.copies > 0 && sender.is&doubled == 0:
		j.find(ruleDuplicateDelivery, j.ref(at), fmt.Sprintf("it handles copy %d, and the network doubled nothing", r.copies), "the event duplicate in "+j.nameOf(above), above)
	case copies[above]&bit != 0:
		j.find(ruleDuplicateDelivery, j.ref(at), "the message was handled before, by "+j.nameOf(j.receivers[above]-1), "one receiver's span of each copy", j.receivers[above]-1)
	case r.copies == 0 && sender.is&dropped != 0, r.copies > 0 && sender.is&lostCopy != 0:
		j.find(ruleUnhandledDelivery, j.ref(at), "it handles a message that was lost", "no span of a receiver, or no event drop in "+j.nameOf(above), above)
	}
	copies[above] |= bit
}

// handled compares what sender and receiver say of a message.
func (j *Judge) handled(at, above int32) {
	r, sender := &j.records[at], &j.records[above]
	f := &j.facts
	differ := func(what string, sent, got any) {
		j.find(ruleMessageMismatch, j.ref(at), fmt.Sprintf("%s is %v, and was sent as %v", what, got, sent), "what was sent", above)
	}
	switch {
	case sender.shape == 0 || sender.fact < 0 || !j.shapeOf(at).parents.has(j.shapeOf(above).number):
	case j.is(at, votesAsked):
		a, b := &f.votes[sender.fact], &f.votes[r.fact]
		switch {
		case j.tells && b.messageTerm != sender.term:
			differ("raft.message.term", sender.term, b.messageTerm)
		case j.tells && a.lastIndex != b.lastIndex:
			differ("raft.last_log.index", a.lastIndex, b.lastIndex)
		case j.tells && a.lastTerm != b.lastTerm:
			differ("raft.last_log.term", a.lastTerm, b.lastTerm)
		}
	case j.is(at, entriesTaken):
		a, b := &f.entries[sender.fact], &f.entries[r.fact]
		switch {
		case j.tells && b.messageTerm != sender.term:
			differ("raft.message.term", sender.term, b.messageTerm)
		case a.prevIndex != b.prevIndex:
			differ("raft.prev_log.index", a.prevIndex, b.prevIndex)
		case a.prevTerm != b.prevTerm:
			differ("raft.prev_log.term", a.prevTerm, b.prevTerm)
		case a.commit != b.commit:
			differ("raft.leader_commit", a.commit, b.commit)
		case !slices.Equal(j.slots(a.entries), j.slots(b.entries)):
			differ("raft.entries", j.describe(a), j.describe(b))
		}
	case j.is(at, noticesHeard):
		a, b := f.told[sender.fact], f.told[r.fact]
		if a.number != b.number {
			differ("raft.leader_commit", a.number, b.number)
		} else if j.tells && b.messageTerm != sender.term {
			differ("raft.message.term", sender.term, b.messageTerm)
		}
	case j.is(at, requests):
		if a, b := f.requests[sender.fact].request, f.requests[r.fact].request; a != b {
			differ("kv.request.id", j.texts.of(a), j.texts.of(b))
		}
	}
}

func (j *Judge) slots(l list) []slot { return j.facts.slots[l.from:l.to] }

// describe is entries as spans tell them, the first few.
func (j *Judge) describe(e *entriesFact) []string {
	var texts []string
	for i, s := range j.slots(e.entries) {
		if i == 3 {
			return append(texts, "…")
		}
		texts = append(texts, j.entry(e.prevIndex+uint64(i)+1, s))
	}
	return texts
}

func (j *Judge) entry(index uint64, s slot) string {
	if s.request != noText {
		return fmt.Sprintf("%d@%d %s %s", index, s.term, words.Printable(j.texts.of(s.request)), words.Printable(j.texts.of(s.command)))
	}
	return fmt.Sprintf("%d@%d %s", index, s.term, words.Printable(j.texts.of(s.command)))
}

// sent finds a message that nobody handled though it arrived, and a reply that nobody gave.
func (j *Judge) sent(at, receiver int32, copies uint8, re *echoes, t *traffic) {
	r := &j.records[at]
	surely := func(number int) bool { return t.arrivesLate(r.process, r.peer, r.start, j.delays[at][number]) }
	by := j.answererOf(at)
	switch {
	case by < 0 && r.reply != noText:
		j.find(ruleUnhandledDelivery, j.ref(at), fmt.Sprintf("it was answered %s, and no span of %s handles the copy that was", j.texts.of(r.reply), j.process(r.peer)), "the receiver's span, below this one")
	case copies&1 == 0 && r.is&dropped == 0 && surely(0):
		j.find(ruleUnhandledDelivery, j.ref(at), fmt.Sprintf("nothing became of it: %s, which was up, has no span that handles it", j.process(r.peer)), "the receiver's span below this one, or an event drop")
	case copies&^1 == 0 && r.is&doubled != 0 && r.is&lostCopy == 0 && surely(1):
		j.find(ruleUnhandledDelivery, j.ref(at), fmt.Sprintf("nothing became of its second copy: %s, which was up, has no span that handles it", j.process(r.peer)), "a receiver's span of copy 1 below this one, or no event duplicate")
	}
	if lost := expected(r) &^ copies; lost != 0 { // or it would have been found
		j.doubts.doubt(doubtArrival, at, bits.OnesCount8(lost))
	}
	if receiver < 0 {
		return
	}
	j.answered(at, receiver, re)
	if by < 0 {
		return
	}
	answer := &j.records[by]
	if answer.reply != r.reply {
		j.find(ruleMessageMismatch, j.ref(at), fmt.Sprintf("the reply is %s, and %s gave %s", j.texts.of(r.reply), j.process(r.peer), quotedOr(j.texts.of(answer.reply), "none")), "the reply that was given", by)
	}
	if later(answer.end, r.end) {
		j.find(ruleWrongTime, j.ref(at), fmt.Sprintf("the reply is handled at %s, before %s gives it, at %s", j.since(r.end), j.process(r.peer), j.since(answer.end)), "an end that is not before the reply is given", by)
	}
	if answer.reply == r.reply {
		j.replied(at, by)
	}
}

// answererOf is the span of the copy of a call's message that the call says was answered; -1 where it says of no
// answer, or nobody handled that copy.
func (j *Judge) answererOf(call int32) int32 {
	r := &j.records[call]
	switch {
	case r.reply == noText:
		return -1
	case r.is&toSecond != 0:
		return j.seconds[call] - 1
	}
	by := j.receivers[call] - 1
	if by >= 0 && j.records[by].copies > 0 {
		return -1
	}
	return by
}

// expected are the copies of a message that were not lost on the way, as bits.
func expected(r *record) (copies uint8) {
	if r.is&dropped == 0 {
		copies |= 1
	}
	if r.is&doubled != 0 && r.is&lostCopy == 0 {
		copies |= 2
	}
	return copies
}

// sends says whether a span is that of a message's sender.
func (j *Judge) sends(at int32) bool {
	shape := j.shapeOf(at)
	return shape != nil && shape.sends
}

// replied compares what both ends say of a reply.
func (j *Judge) replied(at, receiver int32) {
	r, answer := &j.records[at], &j.records[receiver]
	if r.fact < 0 || answer.fact < 0 || !j.shapeOf(receiver).parents.has(j.shapeOf(at).number) { // they tell of different messages
		return
	}
	differ := func(what string, sent, got any) {
		j.find(ruleMessageMismatch, j.ref(at), fmt.Sprintf("of the reply, %s is %v, and was given as %v", what, got, sent), "what was given", receiver)
	}
	f := &j.facts
	switch {
	case j.is(at, voteCalls):
		if said := f.votes[r.fact].ends.replyTerm; j.tells && said != answer.term {
			differ("raft.reply.term", answer.term, said)
		}
	case j.is(at, entriesSent):
		a, b := &f.entries[answer.fact], &f.entries[r.fact]
		switch {
		case j.tells && b.ends.replyTerm != answer.term:
			differ("raft.reply.term", answer.term, b.ends.replyTerm)
		case a.match != b.match:
			differ("raft.match_index", a.match, b.match)
		case a.conflictIndex != b.conflictIndex:
			differ("raft.conflict.index", a.conflictIndex, b.conflictIndex)
		case a.conflictTerm != b.conflictTerm:
			differ("raft.conflict.term", a.conflictTerm, b.conflictTerm)
		}
	case j.is(at, tries):
		a, b := &f.requests[answer.fact], &f.requests[r.fact]
		switch {
		case a.result != b.result:
			differ("kv.result", words.Printable(j.texts.of(a.result)), words.Printable(j.texts.of(b.result)))
		case a.leader != b.leader:
			differ("kv.leader.id", j.process(a.leader), j.process(b.leader))
		}
	}
}

// lostWrites is when processes crashed in the middle of a write, as the faults tell it.
func (j *Judge) lostWrites() map[processPlace][]int64 {
	lost := map[processPlace][]int64{}
	for i := range j.records {
		if !j.is(int32(i), faults) {
			continue
		}
		if fault := j.facts.faults[j.records[i].fact]; j.texts.of(fault.kind) == spans.FaultLoseUnsynced {
			target := j.processes.add(j.texts.of(fault.target))
			lost[target] = append(lost[target], j.records[i].start)
		}
	}
	return lost
}
