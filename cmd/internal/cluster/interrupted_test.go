package cluster_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
)

// impatient is the context of somebody who interrupts when it has been asked so often whether he did.
type impatient struct {
	context.Context
	left atomic.Int64
}

func (i *impatient) Err() error {
	if i.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestInterruptedSearch interrupts a run while an order of its clients' history is looked for, which takes longer than
// anybody waits where many clients ask for one key: the run ends.
func TestInterruptedSearch(t *testing.T) {
	c := config.Default()
	c.NumClients, c.RequestsPerClient, c.Keys = 40, 3, []string{"a"}
	for _, unchecked := range []bool{true, false} {
		const enough = 100_000 // for all but the search
		i := &impatient{Context: t.Context()}
		i.left.Store(enough)
		if _, err := cluster.New(c, cluster.Options{Unchecked: unchecked}).Run(i); errors.Is(err,
			context.Canceled) == unchecked {
			t.Errorf("a run of 40 clients on one key, unchecked %t: error %v", unchecked, err)
		}
	}
}
