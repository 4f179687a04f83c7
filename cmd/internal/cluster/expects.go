package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/words"
)

// FailedExpectation is something expected that is not so at the end of a run.
type FailedExpectation struct {
	Expect int    // which of the config's
	Got    string // what is so instead, as a sentence
}

// failedExpectations looks which expectations did not come true.
func (cl *Cluster) failedExpectations(r *Result) []FailedExpectation {
	var all []FailedExpectation
	for i := range cl.config.Expects {
		if got := cl.failure(&cl.config.Expects[i], r); got != "" {
			all = append(all, FailedExpectation{Expect: i, Got: got})
		}
	}
	return all
}

// failure is what is so instead of what is expected; empty if that is so.
func (cl *Cluster) failure(e *config.Expect, r *Result) string {
	switch {
	case e.Leader != 0 && e.Leader != r.Leader:
		return fmt.Sprintf("the leader at the end is %s", r.Leader)
	case e.Sometimes != "" && r.Checks.Sometimes.Of(e.Sometimes) == 0:
		return fmt.Sprintf("it did not happen: %s", e.Sometimes)
	case e.Never != "" && r.Checks.Sometimes.Of(e.Never) > 0:
		return fmt.Sprintf("it happened %s: %s", words.Counted(r.Checks.Sometimes.Of(e.Never), "time"), e.Never)
	case e.Answered != 0 && e.Answered != r.Operations:
		return fmt.Sprintf("%s answered", words.Counted(r.Operations, "operation"))
	case e.Faults != 0 && e.Faults != r.Faults:
		return fmt.Sprintf("%s happened%s", words.Counted(r.Faults, "fault"), cl.firstMissed(r))
	case e.Violated != "" && violated(r) != e.Violated:
		return cmp.Or(violated(r), "no invariant") + " was violated"
	case e.Operation != "" && cl.results[e.Operation] != e.Result:
		return fmt.Sprintf("%s ended with %s", e.Operation, strconv.Quote(cl.results[e.Operation]))
	case e.At != 0:
		got, is := cl.snapshots[logSnapshot{e.Log, e.At}]
		if !is {
			return fmt.Sprintf("the run ended before %s", keys.FormatDuration(e.At))
		}
		if !slices.Equal(got, e.Terms) {
			return fmt.Sprintf(
				"at %s the entries in the log of %s are of the terms %v", keys.FormatDuration(e.At), e.Log, got,
			)
		}
	case e.Log != 0:
		if got := cl.terms(e.Log); !slices.Equal(got, e.Terms) {
			return fmt.Sprintf("the entries in the log of %s are of the terms %v", e.Log, got)
		}
	}
	return ""
}

// firstMissed is the first fault that did not happen, and why, as the end of a sentence.
func (cl *Cluster) firstMissed(r *Result) string {
	if len(r.Missed) == 0 {
		return ""
	}
	m := r.Missed[0]
	return fmt.Sprintf("; one that did not: %s: %s", cl.config.Faults[m.Fault].Phrase(), m.Why)
}

// violated is the invariant that was violated; empty if none was.
func violated(r *Result) string {
	if v := r.Checks.Violation; v != nil {
		return v.Invariant.Name
	}
	return ""
}

// logSnapshot is a look at a server's log while the run goes on.
type logSnapshot struct {
	log world.ProcessID
	at  time.Duration
}

// scheduleGlimpses looks at each log at the moment at which something is expected of it.
func (cl *Cluster) scheduleGlimpses() {
	for i := range cl.config.Expects {
		if e := &cl.config.Expects[i]; e.At != 0 {
			id := world.RootID(e.Log, nameSnapshot, uint64(e.At), 0)
			cl.sim.At(e.At, id, func() { cl.snapshots[logSnapshot{e.Log, e.At}] = cl.terms(e.Log) })
		}
	}
}

// terms are those of the entries of a server's log.
func (cl *Cluster) terms(id world.ProcessID) []int { return cl.server(id).LogTerms() }

// noteResults returns what a client tells of each operation that ends; nil when nobody expects anything of one.
func (cl *Cluster) noteResults(id kv.ClientID) func(number int, result string) {
	if !slices.ContainsFunc(cl.config.Expects, func(e config.Expect) bool { return e.Operation != "" }) {
		return nil
	}
	return func(number int, result string) {
		cl.results[kv.RequestID{Client: id, Sequence: kv.Sequence(number)}.String()] = result
	}
}
