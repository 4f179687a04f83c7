package traces

import "fmt"

// echoes are how often the reply to a message came back, by the places of the messages' spans.
type echoes struct {
	given []uint8         // copies that were given and not lost
	heard []uint8         // those that were handled late
	last  map[int32]int64 // of messages that were doubled: when the last reply to them was given
}

// calls says whether a span is that of one server's request to another, which handles each reply that comes, the late ones too.
func (j *Judge) calls(at int32) bool {
	return j.is(at, voteCalls|entriesSent)
}

// gives counts the copies of the reply that a receiver gave.
func (re *echoes) gives(r, sender *record, above int32, delay int64) {
	if r.reply == noText || r.is&(failed|unfinished) != 0 {
		return
	}
	if sender.is&doubled != 0 {
		re.last[above] = max(re.last[above], r.end+delay)
	}
	if r.is&dropped == 0 {
		re.given[above]++
	}
	if r.is&doubled != 0 {
		re.given[above]++
	}
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
	if answer.is&delayed == 0 {
		t.took(answer.process, r.process, answer.end, r.start)
	}
	switch {
	case r.copies > 0 && answer.is&doubled == 0:
		j.find(ruleDuplicateDelivery, j.ref(at), fmt.Sprintf("it handles copy %d of the reply, and the network doubled nothing", r.copies), "the event duplicate in "+j.nameOf(server), server)
	case r.copies == 0 && answer.is&dropped != 0:
		j.find(ruleUnhandledDelivery, j.ref(at), "it handles a reply that was lost", "no late reply, or no event drop in "+j.nameOf(server), server)
	case later(j.records[call].end, r.end):
		j.find(ruleWrongTime, j.ref(at), fmt.Sprintf("the reply is late at %s, and the call is open until %s", j.since(r.end), j.since(j.records[call].end)), "the end of the call, since it is answered", call)
	}
}

// answered compares how often the reply to a message came back with how often it was given.
func (j *Judge) answered(at, receiver int32, re *echoes, t *traffic) {
	r, answer := &j.records[at], &j.records[receiver]
	heard := int(re.heard[at])
	if r.reply != noText {
		heard++
	}
	given, sentAt := int(re.given[at]), max(answer.end+j.delays[receiver], re.last[at])
	switch {
	case j.calls(at) && heard > given:
		j.find(ruleDuplicateDelivery, j.ref(at), fmt.Sprintf("its reply was handled %s, and %s", howOften(heard), arrived(given)), "each copy of a reply handled once", receiver)
	case heard < given && j.calls(at) && t.arrives(answer.process, r.process, sentAt):
		j.find(ruleUnhandledDelivery, j.ref(at), fmt.Sprintf("its reply was handled %s, and %s", howOften(heard), arrived(given)), "its reply, or a late reply below "+j.nameOf(receiver), receiver)
	case heard == 0 && given > 0 && !j.calls(at) && t.arrivesBy(answer.process, r.process, sentAt, r.end):
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
