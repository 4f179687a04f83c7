package pages

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// Part is a part of a run: what happens between two times, that is. To is 0 for the end of the run.
type Part struct{ From, To time.Duration }

// Chosen says whether the part may not be all of the run.
func (p Part) Chosen() bool { return p != Part{} }

// String says which part it is.
func (p Part) String() string {
	switch {
	case p.To == 0:
		return fmt.Sprintf("from %s on", p.From)
	case p.From == 0:
		return fmt.Sprintf("until %s", p.To)
	}
	return fmt.Sprintf("from %s to %s", p.From, p.To)
}

// cutTo leaves of a run the spans that are open within a part of it, and the run's own.
func (x *one) cutTo(p Part) error {
	all := x.trace
	x.trace = nil
	defer func() { _ = all.Close() }() // was only read
	var kept []read.Span
	epoch := all.Epoch.UnixNano()
	for i := range int32(all.Len()) {
		e := all.Entry(i)
		if from, to := time.Duration(e.Start-epoch), time.Duration(e.End-epoch); !isRun(all, i) &&
			(to < p.From || p.To > 0 && from > p.To) {
			continue
		}
		if len(kept) == MostSpans {
			return fmt.Errorf("%s has more than %d million spans %s: a shorter part has fewer", x.name,
				MostSpans/1_000_000, p)
		}
		kept = append(kept, *all.Span(i).Clone())
	}
	if err := all.Err(); err != nil {
		return err
	}
	if len(kept) == 0 || len(kept) == 1 && kept[0].Name == runSpan {
		return fmt.Errorf("%s has no span %s", x.name, p)
	}
	x.trace = index.Of(kept, protocols.Replies()...)
	x.trace.Name, x.trace.Epoch = all.Name, all.Epoch
	return nil
}
