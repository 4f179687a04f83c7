package protocols

import (
	"context"
	"time"

	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/read"
)

// unchecked stands for the check of traces of MultiPaxos, which has no rules yet: it counts the spans, and says so.
type unchecked struct{ found conform.Report }

// notChecked is what nobody looks at yet.
const notChecked = "whether the processes kept to the rules of MultiPaxos: there are none to check a trace by yet"

func newUnchecked() kvconform.Checker {
	return &unchecked{conform.Report{Unknown: []conform.Unknown{{ID: "rules", Says: notChecked}}}}
}

// Export implements kvconform.Checker.
func (u *unchecked) Export(context.Context, *span.Span) error {
	u.found.Spans++
	return nil
}

// Shutdown implements kvconform.Checker.
func (*unchecked) Shutdown(context.Context) error { return nil }

// Expect implements kvconform.Checker.
func (*unchecked) Expect(int) {}

// Read implements kvconform.Checker.
func (u *unchecked) Read(ctx context.Context, r *read.Reader) error {
	for _, err := range r.All() {
		if err != nil {
			return err
		}
		u.found.Spans++
	}
	return ctx.Err()
}

// History implements kvconform.Checker.
func (*unchecked) History() ([]kvconform.Operation, time.Time) { return nil, time.Time{} }

// Report implements kvconform.Checker.
func (u *unchecked) Report() kvconform.Report { return kvconform.Report{Report: u.found} }
