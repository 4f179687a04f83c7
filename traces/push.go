package traces

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// pushBatch is how many spans go into one request: well under the 4 MiB that a gRPC server takes.
const pushBatch = 512

// A request that the receiver is too busy for is sent again, for so long; a receiver that is not there is an error at once over HTTP, and after this time over gRPC.
const (
	retryFirst = 200 * time.Millisecond
	retryMost  = 2 * time.Second
	retryFor   = 5 * time.Second
)

// Push sends spans over OTLP to a Collector, a Jaeger or whatever listens. It waits for each request's answer, so that nothing is lost on the way. What goes wrong is kept
// until Shutdown: a receiver that is out of reach is no reason to stop a run whose files can be written.
type Push struct {
	exporter *otlptrace.Exporter
	endpoint string
	batch    []sdktrace.ReadOnlySpan
	arrived  int
	ended    int
	err      error
}

var _ sdktrace.SpanExporter = (*Push)(nil)

// PushWanted says whether spans are to be pushed: to an URL given on the command line, or to an endpoint of the environment.
func PushWanted(endpoint string) bool {
	return endpoint != "" || variable("TRACES_ENDPOINT") != "" || variable("ENDPOINT") != ""
}

// NewPush makes ready to push to an URL that means what OTEL_EXPORTER_OTLP_ENDPOINT does, as http://127.0.0.1:4318. An empty one leaves that to the environment, from which all
// else is taken in any case: the OTEL_EXPORTER_OTLP_* variables of the OpenTelemetry specification. The protocol is OTEL_EXPORTER_OTLP_PROTOCOL, or gRPC for port 4317, or else
// http/protobuf.
func NewPush(ctx context.Context, endpoint string) (*Push, error) {
	return newPush(ctx, endpoint, retryFor)
}

func newPush(ctx context.Context, endpoint string, retryFor time.Duration) (*Push, error) {
	target, fromEnvironment := endpoint, endpoint == ""
	if fromEnvironment {
		if target = variable("TRACES_ENDPOINT"); target == "" {
			target = variable("ENDPOINT")
		}
	}
	u, err := parseEndpoint(target)
	if err := errors.Join(err, checkEnvironment()); err != nil {
		return nil, err
	}
	p := &Push{endpoint: target, batch: make([]sdktrace.ReadOnlySpan, 0, pushBatch)}
	if otlpProtocol(u) == "grpc" {
		options := []otlptracegrpc.Option{otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{
			Enabled: true, InitialInterval: retryFirst, MaxInterval: retryMost, MaxElapsedTime: retryFor,
		})}
		if !fromEnvironment {
			options = append(options, otlptracegrpc.WithEndpointURL(u.String()))
		}
		p.exporter, err = otlptracegrpc.New(ctx, options...)
	} else {
		options := []otlptracehttp.Option{otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: retryFirst, MaxInterval: retryMost, MaxElapsedTime: retryFor,
		})}
		if !fromEnvironment {
			options = append(options, otlptracehttp.WithEndpointURL(u.JoinPath("v1", "traces").String()))
		}
		p.exporter, err = otlptracehttp.New(ctx, options...)
	}
	if err != nil {
		return nil, fmt.Errorf("push to %s: %w", target, err)
	}
	return p, nil
}

func parseEndpoint(endpoint string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("push to %q: want an URL such as http://127.0.0.1:4318", endpoint)
	}
	return u, nil
}

func otlpProtocol(endpoint *url.URL) string {
	for _, name := range []string{"TRACES_PROTOCOL", "PROTOCOL"} {
		if p := variable(name); p != "" {
			return p
		}
	}
	if endpoint.Port() == "4317" {
		return "grpc"
	}
	return "http/protobuf"
}

// Endpoint is where spans are pushed to.
func (p *Push) Endpoint() string { return p.endpoint }

// ExportSpans takes spans, and sends them when there are enough for a request. It never fails: see Shutdown.
func (p *Push) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	for _, s := range spans {
		p.ended++
		if p.err != nil {
			continue
		}
		p.batch = append(p.batch, s)
		if len(p.batch) == pushBatch {
			p.send(ctx)
		}
	}
	return nil
}

// Shutdown sends what is left, and says what went wrong since the beginning. After the first failure nothing more was sent.
func (p *Push) Shutdown(ctx context.Context) error {
	if len(p.batch) > 0 && p.err == nil {
		p.send(ctx)
	}
	err := p.err
	if err == nil {
		err = p.exporter.Shutdown(ctx)
	} else {
		_ = p.exporter.Shutdown(ctx) // what went wrong first says more
	}
	if err != nil {
		return fmt.Errorf("push to %s: %d of %d spans arrived: %w", p.endpoint, p.arrived, p.ended, err)
	}
	return nil
}

func (p *Push) send(ctx context.Context) {
	p.err = p.exporter.ExportSpans(ctx, p.batch)
	if p.err == nil {
		p.arrived += len(p.batch)
	}
	clear(p.batch)
	p.batch = p.batch[:0]
}

// variable is a setting of the OTLP exporter's environment. Space around it, and a variable that is set to nothing, count for nothing.
func variable(name string) string {
	return strings.TrimSpace(os.Getenv(exporterPrefix + name))
}
