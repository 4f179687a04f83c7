package traces

import (
	"net/url"
	"testing"
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
