package shrink

import (
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
)

// TestManyWaysAreAffordable has a violation that needs more faults than a person reads, and other ones by each way: of
// 18 faults, one of each two that are of one node and near each other. All ways are gone within 8,000 runs, so that
// with a third more faults they are within DefaultRuns, and what is left is known to be minimal.
func TestManyWaysAreAffordable(t *testing.T) {
	const needed, most = smallFaults + 1, 8000
	c := config.Default()
	for i := range 2 * needed {
		c.Faults = append(c.Faults, config.Fault{
			At: config.When{
				Kind: config.AtTime,
				Time: time.Duration(i+1) * time.Millisecond,
			}, Kind: config.Elect, Process: node(1 + i/2%5),
		})
	}
	f := &fake{at: time.Millisecond, violates: func(less *config.Config) string {
		kept := map[int]bool{}
		for _, fault := range less.Faults {
			kept[int(fault.At.Time/time.Millisecond-1)/2] = true
		}
		return when(len(kept) == needed)
	}}
	c.NumClients, c.RequestsPerClient = 1, 1
	r, err := Shrink(t.Context(), c, Options{World: f.world(), Runs: most})
	if err != nil {
		t.Fatal(err)
	}
	if r.Runs == most || !r.Minimal || r.After.Faults != needed || r.After.Operations != 0 {
		t.Errorf("shrunk to %s in %d runs, minimal: %t; want %d faults in fewer than %d runs", r.After, r.Runs, r.Minimal,
			needed, most)
	}
}
