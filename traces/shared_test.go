package traces_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/traces"
	index "github.com/raftkv/raftkv/traces/index2"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// What the tests here call what they share with those of other rooms.
var (
	epoch      = tracetest.Epoch
	everyType  = tracetest.EveryType
	sameSpans  = tracetest.Same
	stub       = tracetest.Full
	plainStub  = tracetest.Plain
	write      = tracetest.Write
	rough      = rafttest.Rough
	reference  = rafttest.Reference
	recordFile = rafttest.File
)

// converted is what a trace becomes in another format.
func converted(t testing.TB, write func(io.Writer, *index.Trace) error, spans []traces.Span) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, index.Of(spans)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

var errFull = errors.New("no space left on device")

// fullDisk takes nothing.
type fullDisk struct{}

// Write implements io.Writer.
func (*fullDisk) Write([]byte) (int, error) { return 0, errFull }

// recorderResource is like those that a recorder makes.
func recorderResource(service string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("host.id", "raftkv"), attribute.String("ip", "127.0.0.1"), attribute.String("service.instance.id", service),
		attribute.String("service.name", service), attribute.String("service.namespace", "raftkv"),
	}
}
