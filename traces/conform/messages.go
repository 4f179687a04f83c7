package conform

import (
	"fmt"
)

// deliveries compares what was sent with what was handled.
func deliveries(f *Facts, p Protocol, found *Findings) {
	d := &delivery{
		Facts: f, Findings: found, protocol: p,
		copies: make([][3]bool, len(f.Spans)), replies: make([]replies, len(f.Spans)),
		traffic: &traffic{down: outages(f, found), ways: map[[2]string]travel{}, exact: f.Tells},
	}
	for _, s := range f.Spans {
		d.traffic.saw(s)
		if s.Kind != nil && s.Kind.Receives && s.Parent != nil {
			d.received(s)
		}
	}
	for _, s := range f.Spans {
		if s.Kind != nil && s.Kind.late {
			d.lateReply(s)
		}
		if by := s.Answerer(); by != nil && !by.Delayed {
			d.traffic.took(by.Process, s.Process, by.End, s.End)
		}
	}
	d.missingReplies()
	for _, s := range f.Spans {
		if s.Kind != nil && s.Kind.Sends {
			d.sent(s)
		}
	}
	idle(f, d.traffic.down, found)
}

// delivery is what is known of messages.
type delivery struct {
	*Facts
	*Findings

	protocol Protocol
	traffic  *traffic
	copies   [][3]bool // of each message, by its place, which copies were handled; there are two at most
	replies  []replies // of messages and of the spans that handle them, by their places
}

// received looks at a span that handles a message.
func (d *delivery) received(s *Span) {
	sender := s.Parent
	if sender.Kind != nil && s.Kind.parents[sender.Kind.number] {
		d.protocol.Sent(d.Facts, sender, s, d.Findings)
	}
	number := min(s.Copy, 2)
	copies := &d.copies[sender.Place]
	switch {
	case s.Copy > 0 && !sender.Doubled:
		d.Add(RuleDuplicateDelivery, s, sender).
			Got("it handles copy %d, and the network doubled nothing", s.Copy).Want("the event duplicate in %s", sender)
	case copies[number]:
		d.Add(RuleDuplicateDelivery, s, sender.Receiver).
			Got("the message was handled before, by %s", sender.Receiver).Want("one receiver's span of each copy")
	case s.Copy == 0 && sender.Dropped, s.Copy > 0 && sender.LostCopy:
		d.Add(RuleUnhandledDelivery, s, sender).
			Got("it handles a message that was lost").Want("no span of a receiver, or no event drop in %s", sender)
	}
	copies[number] = true
	d.replies[sender.Place].given += s.copiesGiven()
	if !sender.Delayed {
		d.traffic.took(sender.Process, s.Process, sender.Start, s.Start)
	}
}

// sent finds a message that nobody handled though it arrived, and a reply that nobody gave.
func (d *delivery) sent(s *Span) {
	copies, late, by := d.copies[s.Place], s.delaysOf(), s.Answerer()
	surely := func(number int) bool { return d.traffic.arrivesLate(s.Process, s.Peer, s.Start, late[number]) }
	switch {
	case by == nil && s.Reply != "":
		d.Add(RuleUnhandledDelivery, s).
			Got("it was answered %s, and no span of %s handles the copy that was", s.Reply, Name(s.Peer)).
			Want("the receiver's span, below this one")
	case !copies[0] && !s.Dropped && surely(0):
		d.Add(RuleUnhandledDelivery, s).
			Got("nothing became of it: %s, which was up, has no span that handles it", Name(s.Peer)).
			Want("the receiver's span below this one, or an event drop")
	case !copies[1] && !copies[2] && s.Doubled && !s.LostCopy && surely(1):
		d.Add(RuleUnhandledDelivery, s).
			Got("nothing became of its second copy: %s, which was up, has no span that handles it", Name(s.Peer)).
			Want("a receiver's span of copy 1 below this one, or no event duplicate")
	}
	for number, expected := range s.expected() {
		if expected && !copies[number] { // or it would have been found
			d.Unknown(unknownArrival, s, 1)
		}
	}
	if s.Receiver == nil {
		return
	}
	d.answered(s)
	if by != nil {
		d.answeredBy(s, by)
	}
}

// answeredBy compares a call with the span that gave its reply.
func (d *delivery) answeredBy(s, by *Span) {
	if by.Reply != s.Reply {
		d.Add(RuleMessageMismatch, s, by).
			Got("the reply is %s, and %s gave %s", s.Reply, Name(s.Peer), QuotedOr(by.Reply, "none")).
			Want("the reply that was given")
	}
	if Later(by.End, s.End) {
		d.Add(RuleWrongTime, s, by).
			Got("the reply is handled at %s, before %s gives it, at %s",
				d.Since(s.End), Name(s.Peer), d.Since(by.End)).Want("an end that is not before the reply is given")
	}
	if by.Reply == s.Reply && by.Kind.parents[s.Kind.number] {
		d.protocol.Replied(d.Facts, s, by, d.Findings)
	}
}

// expected says which of the two copies of a message were sent, and not lost on the way.
func (s *Span) expected() [2]bool { return [2]bool{!s.Dropped, s.Doubled && !s.LostCopy} }

// replies counts copies of replies: of all replies to a message, or of the one that a span gave.
type replies struct {
	given   int // copies that were given and not lost
	handled int // those that were handled late
	missing int // those that surely came back, and that nobody handled
}

// copiesGiven returns how many copies of a receiver's reply were sent and not lost.
func (s *Span) copiesGiven() (n int) {
	if s.Reply == "" || s.Failed || s.Unfinished {
		return 0
	}
	for _, sent := range s.expected() {
		if sent {
			n++
		}
	}
	return n
}

// missingReplies counts the copies of replies that surely came back, and that nobody handled. Each reply is asked for
// by itself: whoever waits may crash between two replies to one message.
func (d *delivery) missingReplies() {
	for _, answer := range d.Spans {
		call := answer.Parent
		if call == nil || answer.Kind == nil || !answer.Kind.Receives {
			continue
		}
		missing := answer.copiesGiven()
		missing -= min(missing, d.replies[answer.Place].handled)
		if missing > 0 && call.Answerer() == answer {
			missing--
		}
		if missing == 0 {
			continue
		}
		if d.comesBack(answer, call) {
			d.replies[call.Place].missing += missing
		} else if call.handlesAll() || call.Reply == "" {
			d.Unknown(unknownReply, answer, missing)
		}
	}
}

// handlesAll says whether a call is one each reply to which is handled.
func (s *Span) handlesAll() bool { return s.Kind != nil && s.Kind.calls }

// comesBack says whether each copy of a reply that was not lost surely came back to whom it was for.
func (d *delivery) comesBack(answer, call *Span) bool {
	t, expected := d.traffic, answer.expected()
	for number, late := range answer.delaysOf() {
		switch {
		case !expected[number]:
		case call.handlesAll() && !t.arrivesLate(answer.Process, call.Process, answer.End, late),
			!call.handlesAll() && !t.arrivesBy(answer.Process, call.Process, answer.End+late, call.End):
			return false
		}
	}
	return true
}

// lateReply looks at a reply that came late, or again.
func (d *delivery) lateReply(s *Span) {
	answer := s.Parent
	if answer == nil || answer.Parent == nil || !answer.Parent.handlesAll() || answer.Kind == nil ||
		!answer.Kind.Receives {
		return
	}
	call := answer.Parent
	d.replies[call.Place].handled++
	d.replies[answer.Place].handled++
	if !answer.Delayed {
		d.traffic.took(answer.Process, s.Process, answer.End, s.Start)
	}
	switch {
	case s.Copy > 0 && !answer.Doubled:
		d.Add(RuleDuplicateDelivery, s, answer).
			Got("it handles copy %d of the reply, and the network doubled nothing", s.Copy).
			Want("the event duplicate in %s", answer)
	case s.Copy == 0 && answer.Dropped, s.Copy > 0 && answer.LostCopy:
		d.Add(RuleUnhandledDelivery, s, answer).
			Got("it handles a reply that was lost").Want("no late reply, or no event drop in %s", answer)
	case Later(call.End, s.End):
		d.Add(RuleWrongTime, s, call).
			Got("the reply is late at %s, and the call is open until %s", d.Since(s.End), d.Since(call.End)).
			Want("the end of the call, since it is answered")
	}
}

// answered compares how often the reply to a message came back with how often it was given.
func (d *delivery) answered(s *Span) {
	r, by := d.replies[s.Place], s.Receiver
	handled := r.handled
	if s.Reply != "" {
		handled++
	}
	switch {
	case s.Kind.calls && handled > r.given:
		d.Add(RuleDuplicateDelivery, s, by).
			Got("its reply was handled %s, and %s", howOften(handled), arrived(r.given)).
			Want("each copy of a reply handled once")
	case s.Kind.calls && r.missing > 0:
		d.Add(RuleUnhandledDelivery, s, by).
			Got("its reply was handled %s, and %s", howOften(handled), arrived(handled+r.missing)).
			Want("its reply, or a late reply below %s", by)
	case handled == 0 && r.missing > 0 && !s.Kind.calls:
		d.Add(RuleUnhandledDelivery, s, by).
			Got("it has no reply, and %s gave one at %s", Name(by.Process), d.Since(by.End)).
			Want("the reply that was given, or an event drop in %s", by)
	}
}

func howOften(n int) string {
	if n < 2 {
		return []string{"never", "once"}[n]
	}
	return fmt.Sprintf("%d times", n)
}

func arrived(n int) string {
	if n < 2 {
		return []string{"no", "one"}[n] + " copy of it arrived"
	}
	return fmt.Sprintf("%d copies of it arrived", n)
}
