//go:build !js

package record_test

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces/record"
)

func TestPushSettings(t *testing.T) {
	for _, c := range []struct{ endpoint, variable, value, want string }{
		{"127.0.0.1:4318", "", "", `push to "127.0.0.1:4318": want an URL such as http://127.0.0.1:4318`},
		{"localhost:4318", "", "", `push to "localhost:4318": want an URL`},
		{"ftp://localhost", "", "", `push to "ftp://localhost": want an URL`},
		{"http://", "", "", `push to "http://": want an URL`},
		{"http://a b", "", "", `push to "http://a b": want an URL`},
		{"", "ENDPOINT", "junk", `push to "junk": want an URL`},
		{
			"http://user:secret@localhost:4317", "", "",
			`push to http://user:xxxxx@localhost:4317: port 4317 takes gRPC, and spans are pushed as JSON over HTTP`,
		},
		{"", "ENDPOINT", "http://localhost:4317", `push to http://localhost:4317: port 4317 takes gRPC`},
		{
			"http://localhost:4318", "PROTOCOL", "carrier pigeon",
			`OTEL_EXPORTER_OTLP_PROTOCOL: spans are pushed as http/json, not as "carrier pigeon"`,
		},
		{
			"http://localhost:4318", "PROTOCOL", "grpc",
			`not as "grpc"; set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json, and an endpoint that takes it, ` +
				`as Jaeger and the Collector do at port 4318`,
		},
		{
			"http://localhost:4318", "TRACES_PROTOCOL", "http/protobuf",
			`OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: spans are pushed as http/json, not as "http/protobuf"`,
		},
		{
			"http://localhost:4318", "TRACES_COMPRESSION", "zip",
			`OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "zip" is none of none, gzip`,
		},
		{"http://localhost:4318", "INSECURE", "perhaps", `OTEL_EXPORTER_OTLP_INSECURE: "perhaps" is none of true, false`},
		{"http://localhost:4318", "TIMEOUT", "10s", `OTEL_EXPORTER_OTLP_TIMEOUT: "10s" is no number of milliseconds`},
		{"http://localhost:4318", "TIMEOUT", "-1", `OTEL_EXPORTER_OTLP_TIMEOUT: "-1" is no number of milliseconds`},
		{
			"http://localhost:4318", "HEADERS", "secret",
			`OTEL_EXPORTER_OTLP_HEADERS: want a list such as api-key=1,tenant=a%20b, and one of it has no =`,
		},
		{"http://localhost:4318", "HEADERS", "a b=secret", `OTEL_EXPORTER_OTLP_HEADERS: "a b" is no name of a header`},
		{"http://localhost:4318", "HEADERS", "=secret", `OTEL_EXPORTER_OTLP_HEADERS: "" is no name of a header`},
		{
			"http://localhost:4318", "HEADERS", "a=secret%zz",
			`OTEL_EXPORTER_OTLP_HEADERS: the value of a cannot be that of a header`,
		},
		{
			"http://localhost:4318", "TRACES_HEADERS", "a=secret%0A",
			`OTEL_EXPORTER_OTLP_TRACES_HEADERS: the value of a cannot be that of a header`,
		},
		{
			"http://localhost:4318", "HEADERS", "content-type=secret",
			`OTEL_EXPORTER_OTLP_HEADERS: the push sets Content-Type itself`,
		},
		{"https://localhost:4318", "CERTIFICATE", "/no/such/file", `OTEL_EXPORTER_OTLP_CERTIFICATE: open /no/such/file`},
		{
			"https://localhost:4318", "CERTIFICATE", "push_test.go",
			`OTEL_EXPORTER_OTLP_CERTIFICATE: push_test.go holds no PEM certificate`,
		},
		{
			"http://localhost:4318", "CERTIFICATE", "/no/such/file",
			`OTEL_EXPORTER_OTLP_CERTIFICATE: is for https://, and spans are pushed to http://localhost:4318`,
		},
		{
			"https://localhost:4318", "CLIENT_KEY", "push_test.go",
			`OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: one of it and OTEL_EXPORTER_OTLP_CLIENT_KEY is not set`,
		},
		{
			"http://localhost:4318", "TRACES_ENDPOINTS", "x",
			`OTEL_EXPORTER_OTLP_TRACES_ENDPOINTS: the push knows no such variable`,
		},
		{
			"http://localhost:4318", "SPAN_INSECURE", "true",
			`OTEL_EXPORTER_OTLP_SPAN_INSECURE: the push knows no such variable`,
		},
	} {
		t.Run(c.endpoint+c.variable, func(t *testing.T) {
			if c.variable != "" {
				t.Setenv("OTEL_EXPORTER_OTLP_"+c.variable, c.value)
			}
			if _, err := record.NewPush(c.endpoint); err == nil || !strings.Contains(err.Error(), c.want) ||
				strings.Contains(err.Error(), "secret") {
				t.Errorf("error\n\t%v\nwant in it, and no secret\n\t%s", err, c.want)
			}
		})
	}
}
