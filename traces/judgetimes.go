package traces

import (
	"slices"
	"time"
)

// cut is how much of an end Jaeger may cut off, in ns: of each span it keeps the start and the duration, each without what is less than a microsecond, so that an end may be
// told earlier by this than what was at the same time. Not all formats say that their times were cut: whole microseconds do.
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

// timesAreCut says whether all times of the trace may have been cut.
func (j *Judge) timesAreCut() bool {
	for i := range j.records {
		if !wasCut(j.records[i].start) || !wasCut(j.records[i].end) {
			return false
		}
	}
	return true
}

// mendMoments has what a server did in one step be at one time again, where times were cut.
func mendMoments(moments []stepMoment) {
	began := map[processPlace]int64{} // of each server, when its latest step was
	for i := range moments {
		m := &moments[i]
		if at, known := began[m.process]; known && m.at <= at+cut {
			m.at = at
		} else {
			began[m.process] = m.at
		}
	}
	slices.SortFunc(moments, compareMoments)
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
