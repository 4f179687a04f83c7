package read_test

import (
	"testing"

	raftspans "github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// What the tests here call what they share with those of other rooms.
var (
	everyType = tracetest.EveryType
	sameSpans = tracetest.Same
	stub      = tracetest.Full
	plainStub = tracetest.Plain
	write     = tracetest.Write
)

// tryRead reads what may be no trace.
func tryRead(file []byte) ([]read.Span, error) {
	return tracetest.Read(file, span.Lists(raftspans.AllSpecs()))
}

func readAll(t testing.TB, file []byte) []read.Span {
	t.Helper()
	spans, err := tryRead(file)
	if err != nil {
		t.Fatal(err)
	}
	return spans
}
