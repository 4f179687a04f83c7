package traces

import "fmt"

// echoes are how often the reply to a message came back, by the places of the messages' spans.
type echoes struct {
	given []uint8 // copies that were given and not lost
	heard []uint8 // those that were handled late

	late    []uint8 // the same, of each reply by itself
	missing []uint8 // copies that surely came back, and that nobody handled
}

func newEchoes(spans int) *echoes {
	return &echoes{given: make([]uint8, spans), heard: make([]uint8, spans), late: make([]uint8, spans), missing: make([]uint8, spans)}
}

// calls says whether a span is that of one server's request to another, which handles each reply that comes, the late ones too.
func (j *Judge) calls(at int32) bool {
	return j.is(at, voteCalls|entriesSent)
}

// copiesGiven is how many copies of a receiver's reply were sent and not lost.
func copiesGiven(r *record) (n uint8) {
	switch {
	case r.reply == noText || r.is&(failed|unfinished) != 0:
		return 0
	case r.is&doubled != 0 && r.is&lostCopy == 0:
		n++
	}
	if r.is&dropped == 0 {
		n++
	}
	return n
}

// missing counts the copies of replies that surely came back, and that nobody handled. Each reply is asked for by
// itself: whoever waits may crash between two replies to one message.
func (j *Judge) missing(re *echoes, t *traffic) {
	for i := range j.records {
		answer := &j.records[i]
		at, call := int32(i), answer.above
		if call < 0 || !j.receives(at) {
			continue
		}
		to, missing := &j.records[call], copiesGiven(answer)
		missing -= min(missing, re.late[at])
		if missing > 0 && j.answererOf(call) == at {
			missing--
		}
		if missing == 0 {
			continue
		}
		if j.comesBack(at, call, t) {
			re.missing[call] += missing
		} else if j.calls(call) || to.reply == noText {
			j.doubts.doubt(doubtReply, at, int(missing))
		}
	}
}

// comesBack says whether each copy of a reply that was not lost surely came back to whom it was for.
func (j *Judge) comesBack(at, call int32, t *traffic) bool {
	answer, to := &j.records[at], &j.records[call]
	for number, late := range j.delays[at] {
		if expected(answer)&(1<<number) == 0 {
			continue
		}
		if j.calls(call) && !t.arrivesLate(answer.process, to.process, answer.end, late) ||
			!j.calls(call) && !t.arrivesBy(answer.process, to.process, answer.end+late, to.end) {
			return false
		}
	}
	return true
}

// late looks at a reply that came late, or again.
func (j *Judge) late(at int32, re *echoes, t *traffic) {
	r := &j.records[at]
	server := r.above
	if server < 0 {
		return
	}
	answer := &j.records[server]
	call := answer.above
	if call < 0 || !j.calls(call) || !j.receives(server) {
		return
	}
	re.heard[call]++
	re.late[server]++
	if answer.is&delayed == 0 {
		t.took(answer.process, r.process, answer.end, r.start)
	}
	switch {
	case r.copies > 0 && answer.is&doubled == 0:
		j.find(ruleDuplicateDelivery, j.ref(at), fmt.Sprintf("it handles copy %d of the reply, and the network doubled nothing", r.copies), "the event duplicate in "+j.nameOf(server), server)
	case r.copies == 0 && answer.is&dropped != 0, r.copies > 0 && answer.is&lostCopy != 0:
		j.find(ruleUnhandledDelivery, j.ref(at), "it handles a reply that was lost", "no late reply, or no event drop in "+j.nameOf(server), server)
	case later(j.records[call].end, r.end):
		j.find(ruleWrongTime, j.ref(at), fmt.Sprintf("the reply is late at %s, and the call is open until %s", j.since(r.end), j.since(j.records[call].end)), "the end of the call, since it is answered", call)
	}
}

// answered compares how often the reply to a message came back with how often it was given.
func (j *Judge) answered(at, receiver int32, re *echoes) {
	r, answer := &j.records[at], &j.records[receiver]
	heard := int(re.heard[at])
	if r.reply != noText {
		heard++
	}
	given, missing := int(re.given[at]), int(re.missing[at])
	switch {
	case j.calls(at) && heard > given:
		j.find(ruleDuplicateDelivery, j.ref(at), fmt.Sprintf("its reply was handled %s, and %s", howOften(heard), arrived(given)), "each copy of a reply handled once", receiver)
	case missing > 0 && j.calls(at):
		j.find(ruleUnhandledDelivery, j.ref(at), fmt.Sprintf("its reply was handled %s, and %s", howOften(heard), arrived(heard+missing)), "its reply, or a late reply below "+j.nameOf(receiver), receiver)
	case heard == 0 && missing > 0 && !j.calls(at):
		j.find(ruleUnhandledDelivery, j.ref(at), fmt.Sprintf("it has no reply, and %s gave one at %s", j.process(answer.process), j.since(answer.end)), "the reply that was given, or an event drop in "+j.nameOf(receiver), receiver)
	}
}

func howOften(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

func arrived(n int) string {
	switch n {
	case 0:
		return "no copy of it arrived"
	case 1:
		return "one copy of it arrived"
	}
	return fmt.Sprintf("%d copies of it arrived", n)
}
