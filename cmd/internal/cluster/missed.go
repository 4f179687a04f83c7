package cluster

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/sim"
)

// fate is what became of a fault of the config.
type fate struct {
	happened bool
	why      string // it did not happen; empty where that is not known yet
}

// Missed is a fault that did not happen.
type Missed struct {
	Fault int    // which of the config's
	Why   string // as a sentence without an end
}

// miss notes that a fault does not happen, and why.
func (f *faults) miss(i int, format string, args ...any) {
	f.fates[i].why = fmt.Sprintf(format, args...)
}

// missed are the faults that did not happen by the end of a run, in the order of the config. What happens to one
// message is none of them.
func (f *faults) missed(outcome sim.Outcome) []Missed {
	var all []Missed
	for i := range f.fates {
		fault := &f.cluster.config.Faults[i]
		if f.fates[i].happened || fault.Kind.Counterfactual() {
			continue
		}
		why := f.fates[i].why
		if why == "" {
			why = f.neverCame(i, outcome)
		}
		all = append(all, Missed{Fault: i, Why: why})
	}
	return all
}

// neverCame says why the moment of a fault did not come before the end of a run.
func (f *faults) neverCame(i int, outcome sim.Outcome) string {
	end := "the run ended at " + told(outcome.End)
	if v := f.cluster.checker; v != nil && v.Violation() != nil {
		end = "a violation stopped the run at " + told(outcome.End)
	}
	for who, waits := range f.losing {
		if waits.place == i {
			return fmt.Sprintf("%s wrote nothing more before %s", who, end)
		}
	}
	if f.cluster.config.Faults[i].At.Kind == config.AtTime {
		return end + ", before it"
	}
	return "its condition did not come true before " + end
}

// told is a time as a person reads it.
func told(at time.Duration) string { return at.Round(time.Microsecond).String() }
