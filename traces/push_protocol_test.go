package traces

import (
	"net/url"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func TestProtocolOfAPush(t *testing.T) {
	for _, c := range []struct{ endpoint, general, traced, want string }{
		{"http://h:4318", "", "", "http/protobuf"},
		{"http://h:4317", "", "", "grpc"},
		{"https://h", "", "", "http/protobuf"},
		{"http://h:4317", "http/protobuf", "", "http/protobuf"},
		{"http://h:4318", "http/json", "grpc", "grpc"},
	} {
		t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", c.general)
		t.Setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", c.traced)
		u, err := url.Parse(c.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		if got := otlpProtocol(u); got != c.want {
			t.Errorf("%s, PROTOCOL=%q, TRACES_PROTOCOL=%q: got %s, want %s", c.endpoint, c.general, c.traced, got, c.want)
		}
	}
}

// A receiver that is not there is asked again over gRPC, and what is told at last is that it was not there.
func TestPushOverGRPCToNobody(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	push, err := newPush(t.Context(), "http://127.0.0.1:1", time.Nanosecond) // a port of the system's own, at which nobody listens
	if err != nil {
		t.Fatal(err)
	}
	for range pushBatch + 1 {
		if err := push.ExportSpans(t.Context(), []sdktrace.ReadOnlySpan{tracetest.SpanStub{Name: "a"}.Snapshot()}); err != nil {
			t.Fatal(err)
		}
	}
	if err := push.Shutdown(t.Context()); err == nil || !strings.Contains(err.Error(), ": 0 of 513 spans arrived: ") || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("error %v", err)
	}
}
