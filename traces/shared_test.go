package traces_test

import (
	"errors"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/traces/tracetest"
)

// What the tests here call what they share with those of other rooms.
var (
	epoch     = tracetest.Epoch
	everyType = tracetest.EveryType
	sameSpans = tracetest.Same
	stub      = tracetest.Full
	plainStub = tracetest.Plain
	write     = tracetest.Write
)

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
