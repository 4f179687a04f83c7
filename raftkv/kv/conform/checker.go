package conform

import (
	"context"
	"time"

	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
)

// Checker checks one trace of the store, replicated by some protocol. It is given the spans by Read, or as an exporter.
type Checker interface {
	record.Exporter

	// Expect says how many spans there will be, and Read reads them.
	Expect(spans int)
	Read(ctx context.Context, r *read.Reader) error

	// History ends the gathering, and returns what the clients asked for and were answered, in the order of time, and
	// when the run began. It may be looked at while Report looks at the rest.
	History() ([]Operation, time.Time)

	// Report ends the gathering, and says all that is wrong.
	Report() Report
}

// Report is what a checker found.
type Report struct {
	check.Report
	History []Operation // what the clients asked for and were answered, in the order of time
	Ask     []string    // what of the run is worth asking cmd/explain, if it can be asked: how the first came to lead
}
