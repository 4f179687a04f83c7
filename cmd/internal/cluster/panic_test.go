package cluster

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/config"
)

// TestPanics has a run panic, in a step and with an error of the runtime: the time and the calls are known, and are
// those of any other such run.
func TestPanics(t *testing.T) {
	panics := func(mistake func()) *Panic {
		messages := 0
		_, err := New(config.Default(), Options{Latencies: func() uint64 {
			if messages++; messages == 20 {
				mistake()
			}
			return 0
		}}).Run(t.Context())
		failed := (*Panic)(nil)
		if !errors.As(err, &failed) {
			t.Fatalf("the run ends with %v", err)
		}
		return failed
	}
	var entries []int
	for want, mistake := range map[string]func(){
		"a mistake": func() { panic("a mistake") },
		"runtime error: index out of range [3] with length 0": func() { entries[3]++ },
	} {
		one, other := panics(mistake), panics(mistake)
		if one.Reason != want || one.At <= 0 || one.At > time.Second || len(one.Stack) < 4 {
			t.Errorf("%s: %+v", want, one)
		}
		// the first two are of this test, which calls from two places
		if one.At != other.At || !slices.Equal(one.Stack[2:], other.Stack[2:]) {
			t.Errorf("%s: twice the same run\n%+v\n%+v", want, one, other)
		}
	}
}
