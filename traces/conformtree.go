package traces

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// findParents finds the parents of all spans, and of the messages among them who handled them.
func (j *Judge) findParents() {
	first := int32(0)
	for some := range slices.Chunk(j.origins, fewToFetch) {
		j.fetched ^= j.places.fetch(len(some), func(i int) uint64 { return some[i].parent })
		for i := range some {
			at, above := first+int32(i), j.places.get(j.records, some[i].parent)
			if j.records[at].above = above; above >= 0 && j.receives(at) {
				j.receivedBy(above, at)
			}
		}
		first += int32(len(some))
	}
}

// receivedBy notes with a message the span that handles it: of several the first that handles no copy.
func (j *Judge) receivedBy(message, at int32) {
	if j.records[at].copies > 0 && j.seconds[message] == 0 {
		j.seconds[message] = at + 1
	}
	if by := &j.receivers[message]; *by == 0 || j.records[at].copies == 0 && j.records[*by-1].copies > 0 {
		*by = at + 1
	}
}

// findTargets finds what spans link to, and looks at the links.
func (j *Judge) findTargets() {
	j.linksSay = slices.ContainsFunc(j.links, func(l linkRef) bool { return l.why > 0 })
	for some := range slices.Chunk(j.links, fewToFetch) {
		j.fetched ^= j.places.fetch(len(some), func(i int) uint64 { return some[i].id })
		for i := range some {
			j.link(&some[i])
		}
	}
}

// link looks at a link.
func (j *Judge) link(l *linkRef) {
	target := j.places.get(j.records, l.id)
	if target < 0 {
		j.find(ruleWrongLink, j.ref(l.from), fmt.Sprintf("a link to span %016x, which is not in the file", l.id), "a span of the file")
		return
	}
	from, to := j.shapeOf(l.from), j.shapeOf(target)
	if j.is(target, requests) && j.requestLinks[l.from] < math.MaxUint16 {
		j.requestLinks[l.from]++
	}
	if from == nil || to == nil {
		return
	}
	j.linked[l.from] |= 1 << to.number
	switch {
	case !from.links.has(to.number):
		j.find(ruleWrongLink, j.ref(l.from), "a link to "+j.nameOf(target), oneOf("no link", "a link to ", linkNames(from)), target)
	case j.linksSay && (l.odd || reasonOf(l) != reasonFor(from, to) || (l.index > 0) != (reasonOf(l) == spans.LinkCommit)):
		j.find(ruleWrongLink, j.ref(l.from), fmt.Sprintf("a link to %s that says %s", j.nameOf(target), sayingOf(l)), whatToSay(reasonFor(from, to)), target)
	case l.root != j.records[target].root:
		j.find(ruleWrongLink, j.ref(l.from), fmt.Sprintf("a link to %s in the trace of the root %016x", j.nameOf(target), l.root), fmt.Sprintf("the trace that it is in, of the root %016x", j.records[target].root), target)
	case j.is(target, faults):
		j.faultLinks = append(j.faultLinks, [2]int32{l.from, target})
	case later(j.records[target].start, j.records[l.from].end):
		j.find(ruleWrongTime, j.ref(l.from), "it links to what starts after its end: "+j.nameOf(target), "a link to what was there before", target)
	default:
		if want := j.fits(l, target); want != "" {
			j.find(ruleWrongLink, j.ref(l.from), "a link to "+j.nameOf(target), want, target)
		}
	}
}

// reasonOf is why a link says it is there; empty where it says nothing that a link may say.
func reasonOf(l *linkRef) string {
	if l.why == 0 {
		return ""
	}
	return linkReasons[l.why-1]
}

// reasonFor is why a span links to another, as the spec has it.
func reasonFor(from, to *specShape) string {
	for _, l := range from.Links {
		if l.To == to.ID {
			return l.Why
		}
	}
	return ""
}

// sayingOf is what a link says.
func sayingOf(l *linkRef) string {
	text := fmt.Sprintf("%s is %s", spans.RaftkvLinkKey, quotedOr(reasonOf(l), "missing"))
	if l.index > 0 {
		text += fmt.Sprintf(", %s is %d", spans.RaftIndexKey, l.index)
	}
	if l.odd {
		text += ", and more"
	}
	return text
}

// whatToSay is what a link has to say that is there for a reason.
func whatToSay(reason string) string {
	if reason == spans.LinkCommit {
		return fmt.Sprintf("%s %s, and %s", spans.RaftkvLinkKey, reason, spans.RaftIndexKey)
	}
	return fmt.Sprintf("%s %s, and nothing more", spans.RaftkvLinkKey, reason)
}

// relate looks at how spans name each other: parents, traces, that nothing comes before its cause, and that all links are there that have to be.
func (j *Judge) relate() {
	for _, l := range j.faultLinks {
		if want := j.explained(l[0], l[1]); want != "" {
			j.find(ruleWrongLink, j.ref(l[0]), "a link to "+j.nameOf(l[1]), want, l[1])
		}
	}
	for i := range j.records {
		at := int32(i)
		if shape := j.shapeOf(at); shape != nil {
			j.parent(at, shape)
			j.needsLinks(at, shape, j.linked[at])
			j.outcome(at, shape)
		}
	}
}

// outcome compares the status of what has no good end with what is said of it: an operation whose outcome is not known,
// and a message that nobody answers and that was lost.
func (j *Judge) outcome(at int32, shape *specShape) {
	r := &j.records[at]
	if !j.tells || r.is&unfinished != 0 {
		return
	}
	hasFailed := r.is&failed != 0
	switch {
	case j.is(at, operations):
		unknown := j.texts.of(j.facts.requests[r.fact].result) == Unanswered
		if unknown && !hasFailed {
			j.find(ruleWrongStatus, j.ref(at), "its outcome is not known, and its status is no error", "an error, and error.type timeout")
		}
	case shape.Kind == trace.SpanKindProducer:
		lost := expected(r) == 0
		if lost && !hasFailed {
			j.find(ruleWrongStatus, j.ref(at), "its message was lost, and its status is no error", "an error, and error.type lost")
		} else if hasFailed && r.is&(dropped|lostCopy|crashed) == 0 {
			j.find(ruleWrongStatus, j.ref(at), "its status is an error, and its message was not lost", "a status that is unset, or an event drop")
		}
	}
}

func (j *Judge) shapeOf(at int32) *specShape {
	n := j.shapes[at]
	if n == 0 {
		return nil
	}
	return j.byNumber[n-1]
}

// is says whether a span is one of these of the spec.
func (j *Judge) is(at int32, one shapeSet) bool { return one&(1<<j.shapes[at]>>1) != 0 }

func linkNames(s *specShape) []string {
	var names []string
	for _, l := range s.Links {
		names = append(names, l.To)
	}
	return names
}

// parent compares a span's place in its trace with what the spec allows.
func (j *Judge) parent(at int32, shape *specShape) {
	r := &j.records[at]
	above := r.above
	if above < 0 {
		j.noParent(at, shape)
		return
	}
	parent := &j.records[above]
	if of := j.shapeOf(above); of != nil && !shape.parents.has(of.number) {
		j.find(ruleWrongParent, j.ref(at), "its parent is "+j.nameOf(above), oneOf("no parent: it begins a trace", "a parent that is ", shape.Parents), above)
		return
	}
	if r.root != parent.root {
		j.find(ruleWrongTrace, j.ref(at), fmt.Sprintf("its trace is that of the root %016x, and its parent's that of %016x", r.root, parent.root), "the trace of its parent", above)
	}
	if r.start < parent.start {
		j.find(ruleWrongTime, j.ref(at), fmt.Sprintf("it starts at %s, before its parent does, at %s", j.since(r.start), j.since(parent.start)), "a start that is not before the parent's", above)
	}
	j.acrossProcesses(at, above)
	if j.shapeOf(above) != nil {
		j.cause(at, above)
	}
}

// noParent looks at a span that has no parent in the file.
func (j *Judge) noParent(at int32, shape *specShape) {
	r, parent := &j.records[at], j.origins[at].parent
	switch {
	case parent != 0:
		j.find(ruleMissingParent, j.ref(at), fmt.Sprintf("its parent %016x is not in the file", parent), oneOf("no parent", "a parent in the file: ", shape.Parents))
	case !shape.Root:
		j.find(ruleWrongParent, j.ref(at), "it has no parent", "a parent: "+strings.Join(shape.Parents, " or "))
	case r.root != r.id:
		j.find(ruleWrongTrace, j.ref(at), fmt.Sprintf("it has no parent, and its trace is that of the root %016x", r.root), fmt.Sprintf("its own id, %016x", r.id))
	}
}

// acrossProcesses says where the child of a span has to be: at the other end of a message, or in the same process.
func (j *Judge) acrossProcesses(at, above int32) {
	r, parent := &j.records[at], &j.records[above]
	switch {
	case j.receives(at):
		switch {
		case parent.peer != r.process:
			j.find(ruleMessageMismatch, j.ref(at), fmt.Sprintf("it was sent to %s, and is handled by %s", j.process(parent.peer), j.process(r.process)), "the process that it was sent to", above)
		case r.peer != parent.process:
			j.find(ruleMessageMismatch, j.ref(at), fmt.Sprintf("it names %s as its sender, and was sent by %s", j.process(r.peer), j.process(parent.process)), "its sender", above)
		}
	case j.is(at, repliesLate):
		if parent.peer != r.process || r.peer != parent.process {
			j.find(ruleMessageMismatch, j.ref(at), fmt.Sprintf("a reply of %s to %s", j.process(parent.process), j.process(parent.peer)), "a reply to this process of that peer", above)
		}
		if said := j.facts.late[r.fact]; j.tells && said != parent.term {
			j.find(ruleMessageMismatch, j.ref(at), fmt.Sprintf("%s is %d, and the reply was given in term %d", spans.RaftReplyTermKey, said, parent.term), "the term of who gave it", above)
		}
		if r.reply != parent.reply {
			j.find(ruleMessageMismatch, j.ref(at), "it is "+j.texts.of(r.reply)+", and the reply was "+j.texts.of(parent.reply), "the reply that was sent", above)
		}
	case r.process != parent.process:
		j.find(ruleWrongParent, j.ref(at), "its parent is of another process: "+j.nameOf(above), "a parent of "+j.process(r.process), above)
	}
}

// receives says whether a span is that of a message's receiver.
func (j *Judge) receives(at int32) bool {
	shape := j.shapeOf(at)
	return shape != nil && shape.receives
}

func (j *Judge) process(n processPlace) string {
	if n == noProcess {
		return "nobody"
	}
	return words.Printable(j.processes.names[n])
}

func (j *Judge) since(nanoseconds int64) string {
	return words.Milliseconds(time.Duration(nanoseconds - j.epoch))
}

// needsLinks finds the links that have to be there.
func (j *Judge) needsLinks(at int32, shape *specShape, linked shapeSet) {
	r := &j.records[at]
	need := func(ids ...string) {
		for _, id := range ids {
			if linked.has(j.byID[id].number) {
				return
			}
		}
		j.find(ruleMissingLink, j.ref(at), "there is no link to "+strings.Join(ids, " or "), j.whyLinked(shape, ids[0]))
	}
	for _, l := range shape.Links {
		if l.Min > 0 {
			need(l.To)
		}
	}
	if r.is&crashed != 0 || j.origins[at].hit || j.tells && j.failedForFault(at) {
		need(spans.FaultID)
	}
	switch n := shape.number; {
	case voteCalls.has(n):
		if j.facts.votes[r.fact].attempt > 1 {
			need(shape.ID)
		}
	case entriesSent.has(n):
		e := &j.facts.entries[r.fact]
		if e.attempt > 1 {
			need(shape.ID)
		}
		j.linksToAll(at, j.slots(e.entries))
	case tries.has(n):
		if j.facts.requests[r.fact].try > 1 {
			need(shape.ID)
		}
	case heartbeats.has(n):
		need(spans.ElectionID)
	case requests.has(n):
		if r.role == leads {
			need(spans.ElectionID)
		}
		if j.texts.of(r.reply) == (protocol.Answered{}).Name() && j.facts.requests[r.fact].appended.index > 0 {
			need(spans.CommitID)
		}
	}
}

// failedForFault says whether a call had no answer since the server that handled it crashed.
func (j *Judge) failedForFault(call int32) bool {
	r, by := &j.records[call], j.receivers[call]-1
	if by < 0 || !j.sends(call) || r.reply != noText || r.is&failed == 0 || r.is&(crashed|unfinished|doubled) != 0 {
		return false
	}
	server := &j.records[by]
	return server.end <= r.end && server.is&crashed != 0
}

// linksToAll finds that a span does not link to each of the requests whose entries it sends or commits, its parent aside.
func (j *Judge) linksToAll(at int32, entries []slot) {
	r := &j.records[at]
	want := 0
	for _, e := range entries {
		if e.term == r.term && j.texts.of(e.command) != (protocol.Noop{}).String() {
			want++
		}
	}
	above := r.above
	if want > 0 && above >= 0 && j.is(above, requests) {
		want--
	}
	if got := int(j.requestLinks[at]); got < min(want, math.MaxUint16) && above >= 0 {
		j.find(ruleMissingLink, j.ref(at), "it links to "+words.Counted(got, "request"), fmt.Sprintf("to %d: one for each entry that a client asked for in term %d, but for its parent's", want, r.term))
	}
}

// leads is the role of a leader, as records have it.
const leads = uint8(protocol.RoleLeader) + 1

func (j *Judge) whyLinked(shape *specShape, to string) string {
	if to == shape.ID {
		return "a link to what was sent before: this is not the first time"
	}
	switch to {
	case spans.CommitID:
		return "a link to the commit that covers its entry"
	case spans.FaultID:
		return "a link to the fault that did this"
	}
	return "a link to the " + to + " that it comes from"
}
