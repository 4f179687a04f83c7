package traces

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// cut is how much of an end Jaeger may cut off, in ns: of each span it keeps the start and the duration, each without
// what is less than a microsecond, so that an end may be told earlier by this than what was at the same time. Not all
// formats say that their times were cut: all that can be told then is that whole microseconds may have been.
const cut = int64(jaegerResolution)

// wasCut says whether a time may be one that was cut to microseconds.
func wasCut(at int64) bool { return at%cut == 0 }

// later says whether a moment is after the end of a span, as far as the times can tell.
func later(at, end int64) bool {
	if wasCut(at) && wasCut(end) {
		return at > end+cut
	}
	return at > end
}

// mayBeCut says whether all times of the trace may have been cut.
func (j *Judge) mayBeCut() bool {
	for i := range j.records {
		if !wasCut(j.records[i].start) || !wasCut(j.records[i].end) {
			return false
		}
	}
	return true
}

// walkWhatIsKnown goes through what the servers did. Where times may have been cut and steps have no numbers, steps
// that are a microsecond apart cannot be told from one: then it is a finding only if it is one either way.
func (j *Judge) walkWhatIsKnown(moments []stepMoment) {
	j.walk(moments)
	if len(j.findings.list) == 0 || !j.mayBeCut() || !j.hasServersWithoutSteps() {
		return
	}
	apart := j.part()
	apart.walk(apart.moments(0))
	j.findings.keepWhatBothHave(&apart.findings)
}

// hasServersWithoutSteps says whether the steps of a server have no numbers.
func (j *Judge) hasServersWithoutSteps() bool {
	numbered := j.numbered()
	return slices.ContainsFunc(j.records, func(r record) bool {
		return r.shape > 0 && j.byNumber[r.shape-1].Service == spans.ServiceNode && !numbered[r.process]
	})
}

// keepWhatBothHave lets go of what another collector does not have of the same span. Of an id that has more findings
// than are kept, it lets go of none.
func (c *collector) keepWhatBothHave(other *collector) {
	both := func(f Finding) bool {
		return c.counts[f.ID] > mostFindings || other.counts[f.ID] > mostFindings ||
			slices.ContainsFunc(other.list, func(o Finding) bool { return o.ID == f.ID && o.Span.ID == f.Span.ID })
	}
	counts := maps.Clone(c.counts)
	c.list = slices.DeleteFunc(c.list, func(f Finding) bool {
		if both(f) {
			return false
		}
		counts[f.ID]--
		return true
	})
	c.counts = counts
}

// mendMoments has what a server did in one step be at one time, and puts all in order. Where steps have no numbers,
// what is no further apart than within is taken for one.
func (j *Judge) mendMoments(moments []stepMoment, within int64) {
	numbered := j.numbered()
	slices.SortFunc(moments, func(a, b stepMoment) int {
		return cmp.Or(cmp.Compare(a.process, b.process), cmp.Compare(a.step, b.step), cmp.Compare(a.at, b.at))
	})
	for i := range moments {
		m := &moments[i]
		if i == 0 || moments[i-1].process != m.process {
			continue
		}
		switch before := moments[i-1].at; {
		case numbered[m.process]:
			m.at = max(m.at, before)
		case m.at <= before+within:
			m.at = before
		}
	}
	for i := len(moments) - 2; i >= 0; i-- { // a step is as late as the latest of what it did
		m, next := &moments[i], &moments[i+1]
		if numbered[m.process] && next.process == m.process && next.step == m.step {
			m.at = next.at
		}
	}
	slices.SortFunc(moments, compareMoments)
}

// byMessages puts moments into an order in which no message is taken in before it was sent, which times that were cut
// may not tell. They are in order but for that.
func (j *Judge) byMessages(moments []stepMoment) []stepMoment {
	sent, handled, answered := fill(len(j.records)), fill(len(j.records)), fill(len(j.records))
	for i := range moments {
		switch m := &moments[i]; m.rank {
		case rankSend:
			sent[m.of] = int32(i)
		case rankReceive:
			handled[m.of] = int32(i)
			if call := j.callOf(m.of); call >= 0 && j.isAnswerTo(m.of, call) {
				answered[call] = int32(i)
			}
		}
	}
	before := func(i int32) int32 {
		m := &moments[i]
		switch call := j.callOf(m.of); {
		case m.reply && repliesLate.has(int(j.records[m.of].shape)-1) && call >= 0:
			return handled[call]
		case m.reply && j.records[m.of].is&failed != 0: // it was given up
			return none
		case m.reply:
			return answered[m.of]
		case m.rank == rankReceive && call >= 0:
			return sent[call]
		}
		return none
	}
	about := func(i int32) Happening {
		m := &moments[i]
		return Happening{Process: int32(m.process), At: m.at, Step: m.step}
	}
	inOrder := make([]stepMoment, 0, len(moments))
	for i := range Ordered(len(moments), len(j.processes.names), about, before) {
		inOrder = append(inOrder, moments[i])
	}
	return inOrder
}

// callOf is the place of the span that a span is below; none where there is no such span.
func (j *Judge) callOf(at int32) int32 {
	if j.origins[at].parent == 0 {
		return none
	}
	return j.places.get(j.records, j.origins[at].parent)
}

// isAnswerTo says whether the answer of a span that handled a call is the one that was taken in: of two copies, that of
// the one that the call names.
func (j *Judge) isAnswerTo(at, call int32) bool {
	return (j.records[at].copies > 0) == (j.records[call].is&toSecond != 0)
}

// mendHistory has each operation whose times were cut end as late as it may have, before its client's next: what overlapped it must not come after it. They are in the order of
// their calls.
func mendHistory(history []Operation) {
	next := map[string]time.Time{} // of each client, the call that follows
	for i := len(history) - 1; i >= 0; i-- {
		op := &history[i]
		if wasCut(op.Call.UnixNano()) && wasCut(op.Return.UnixNano()) {
			latest := op.Return.Add(time.Duration(cut))
			if call, known := next[op.Client]; known && call.Before(latest) && !call.Before(op.Return) {
				latest = call
			}
			op.Return = latest
		}
		next[op.Client] = op.Call
	}
}
