package traces_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"

	"github.com/raftkv/raftkv/traces"
)

// receiver is an OTLP receiver that keeps what it gets. It answers the first requests with these statuses, and with 200 from then on.
type receiver struct {
	ptraceotlp.UnimplementedGRPCServer

	statuses []int
	answer   ptraceotlp.ExportResponse
	requests []*http.Request
	batches  []ptrace.Traces
}

func newReceiver(statuses ...int) *receiver {
	return &receiver{statuses: statuses, answer: ptraceotlp.NewExportResponse()}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.requests = append(r.requests, request)
	if n := len(r.requests); n <= len(r.statuses) {
		w.WriteHeader(r.statuses[n-1])
		return
	}
	body := io.Reader(request.Body)
	if request.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(body)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var batch ptrace.Traces
	if request.Header.Get("Content-Type") == "application/json" {
		batch, err = (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(b)
	} else {
		batch, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(b)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.batches = append(r.batches, batch)
	answer, _ := r.answer.MarshalProto()
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(answer)
}

// Export implements the service of OTLP over gRPC.
func (r *receiver) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	r.batches = append(r.batches, request.Traces())
	return r.answer, nil
}

// received is what arrived, span by span, as the lines of a file have it, in no order.
func (r *receiver) received(t *testing.T) []string {
	t.Helper()
	var spans []string
	for _, b := range r.batches {
		spans = append(spans, spansOf(t, b)...)
	}
	slices.Sort(spans)
	return spans
}

// spansOf writes each span of a batch with its resource and scope as a line of its own.
func spansOf(t *testing.T, batch ptrace.Traces) []string {
	t.Helper()
	var spans []string
	for _, rs := range batch.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				one := ptrace.NewTraces()
				to := one.ResourceSpans().AppendEmpty()
				rs.Resource().CopyTo(to.Resource())
				to.SetSchemaUrl(rs.SchemaUrl())
				scope := to.ScopeSpans().AppendEmpty()
				scope.SetSchemaUrl(ss.SchemaUrl())
				ss.Scope().CopyTo(scope.Scope())
				s.CopyTo(scope.Spans().AppendEmpty())
				line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(one)
				if err != nil {
					t.Fatal(err)
				}
				spans = append(spans, string(line))
			}
		}
	}
	return spans
}

func spansOfFile(t *testing.T, file []byte) []string {
	t.Helper()
	var spans []string
	for line := range bytes.Lines(file) {
		batch, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		if err != nil {
			t.Fatal(err)
		}
		spans = append(spans, spansOf(t, batch)...)
	}
	slices.Sort(spans)
	return spans
}

// long is a run of more spans than a request holds.
func long() scenario {
	s := reference()
	s.requests = 20
	return s
}

// pushTo pushes a run, and returns what was pushed as a file.
func pushTo(t *testing.T, endpoint string) (file []byte, err error) {
	t.Helper()
	push, err := traces.NewPush(context.Background(), endpoint)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	record(t, long(), traces.NewOTLPFile(&b), keepOpen{push})
	return b.Bytes(), push.Shutdown(context.Background())
}

// keepOpen is an exporter that the recorder does not shut down.
type keepOpen struct{ *traces.Push }

func (keepOpen) Shutdown(context.Context) error { return nil }

// What arrives over any protocol is what is in the file, span by span and byte by byte: the exporters, which are OpenTelemetry's own, agree with our file.
func TestPush(t *testing.T) {
	overGRPC, overHTTP, overJSON := newReceiver(), newReceiver(), newReceiver()
	web, web2 := httptest.NewServer(overHTTP), httptest.NewServer(overJSON)
	defer web.Close()
	defer web2.Close()
	for _, c := range []struct {
		name, endpoint, protocol string
		receiver                 *receiver
	}{
		{"http/protobuf", web.URL, "", overHTTP},
		{"http/json", web2.URL, "http/json", overJSON},
		{"grpc", "http://" + serveGRPC(t, overGRPC), "grpc", overGRPC},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", c.protocol)
			file, err := pushTo(t, c.endpoint)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(spansOfFile(t, file), c.receiver.received(t)); diff != "" {
				t.Errorf("-in the file, +received:\n%.3000s", diff)
			}
			if len(c.receiver.batches) < 2 {
				t.Error("all spans came in one request: the test is too small")
			}
		})
	}
	if path := overHTTP.requests[0].URL.Path; path != "/v1/traces" {
		t.Errorf("spans are pushed to %s, want /v1/traces", path)
	}
}

func serveGRPC(t *testing.T, r *receiver) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	ptraceotlp.RegisterGRPCServer(server, r)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// All that the OpenTelemetry specification has for the environment of an exporter works.
func TestPushFromEnvironment(t *testing.T) {
	general, traced := newReceiver(), newReceiver()
	web := httptest.NewServer(general)
	defer web.Close()
	secure := httptest.NewTLSServer(traced)
	defer secure.Close()
	certificate := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if traces.PushWanted("") {
		t.Fatal("nothing is set, but a push is wanted")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", web.URL+"/base")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-one=1,x-two=a%20b")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_SERVICE_NAME", "junk")
	if err := traces.ClearEnvironment(); err != nil || !traces.PushWanted("") || os.Getenv("OTEL_SERVICE_NAME") != "" {
		t.Fatalf("the environment is not cleared of all but the exporter's variables: error %v", err)
	}
	if _, err := pushTo(t, ""); err != nil {
		t.Fatal(err)
	}
	r := general.requests[0]
	if r.URL.Path != "/base/v1/traces" || r.Header.Get("X-One") != "1" || r.Header.Get("X-Two") != "a b" || r.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("the request is for %s, with %v", r.URL.Path, r.Header)
	}

	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", secure.URL+"/as/it/is")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", certificate)
	file, err := pushTo(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if traced.requests[0].URL.Path != "/as/it/is" || len(traced.received(t)) != len(spansOfFile(t, file)) {
		t.Errorf("%d spans came over TLS, to %s", len(traced.received(t)), traced.requests[0].URL.Path)
	}

	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "")
	before := len(general.requests)
	if _, err := pushTo(t, web.URL); err != nil || len(general.requests) == before {
		t.Errorf("an endpoint that is given does not go before the environment's: error %v", err)
	}
}

func TestPushRetries(t *testing.T) {
	r := newReceiver(http.StatusServiceUnavailable)
	web := httptest.NewServer(r)
	defer web.Close()
	file, err := pushTo(t, web.URL)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(r.received(t)), len(spansOfFile(t, file)); got != want {
		t.Errorf("%d of %d spans arrived at a receiver that was busy at first", got, want)
	}
}

// nobody is where nobody listens: a port of the system's own, which no other test is given.
const nobody = "127.0.0.1:1"

// What goes wrong is an error that says where and how much arrived, and stops neither the run nor its files.
func TestPushFails(t *testing.T) {
	refusing := httptest.NewServer(newReceiver(http.StatusBadRequest))
	defer refusing.Close()
	later := httptest.NewServer(newReceiver(http.StatusOK, http.StatusForbidden))
	defer later.Close()
	partial := newReceiver()
	partial.answer.PartialSuccess().SetRejectedSpans(3)
	partial.answer.PartialSuccess().SetErrorMessage("too old")
	rejecting := httptest.NewServer(partial)
	defer rejecting.Close()
	for name, c := range map[string]struct{ endpoint, want string }{
		"unreachable": {"http://" + nobody, "connection refused"},
		"refused":     {refusing.URL, "400 Bad Request"},
		"later":       {later.URL, ": 512 of "},
		"partial":     {rejecting.URL, "too old (3 spans rejected)"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := pushTo(t, c.endpoint)
			if err == nil || !strings.HasPrefix(err.Error(), "push to "+c.endpoint+": ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error\n\t%v\nwant in it\n\t%s", err, c.want)
			}
			if len(spansOfFile(t, file)) < 512 {
				t.Error("the file is not whole")
			}
		})
	}
}

func TestPushSettings(t *testing.T) {
	for _, c := range []struct{ endpoint, variable, value, want string }{
		{"127.0.0.1:4318", "", "", `push to "127.0.0.1:4318": want an URL such as http://127.0.0.1:4318`},
		{"localhost:4318", "", "", `push to "localhost:4318": want an URL`},
		{"ftp://localhost", "", "", `push to "ftp://localhost": want an URL`},
		{"http://", "", "", `push to "http://": want an URL`},
		{"http://a b", "", "", `push to "http://a b": want an URL`},
		{"", "ENDPOINT", "junk", `push to "junk": want an URL`},
		{"http://localhost:4318", "PROTOCOL", "carrier pigeon", `OTEL_EXPORTER_OTLP_PROTOCOL: "carrier pigeon" is none of http/protobuf, grpc, http/json`},
		{"http://localhost:4318", "TRACES_COMPRESSION", "zip", `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "zip" is none of none, gzip`},
		{"http://localhost:4318", "INSECURE", "perhaps", `OTEL_EXPORTER_OTLP_INSECURE: "perhaps" is none of true, false`},
		{"http://localhost:4318", "TIMEOUT", "10s", `OTEL_EXPORTER_OTLP_TIMEOUT: "10s" is no number of milliseconds`},
		{"http://localhost:4318", "CERTIFICATE", "/no/such/file", `OTEL_EXPORTER_OTLP_CERTIFICATE: open /no/such/file`},
		{"http://localhost:4318", "CERTIFICATE", "push_test.go", `OTEL_EXPORTER_OTLP_CERTIFICATE: push_test.go holds no PEM certificate`},
		{"http://localhost:4318", "CLIENT_KEY", "push_test.go", `OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: open`},
	} {
		t.Run(c.endpoint+c.variable, func(t *testing.T) {
			if c.variable != "" {
				t.Setenv("OTEL_EXPORTER_OTLP_"+c.variable, c.value)
			}
			if _, err := traces.NewPush(context.Background(), c.endpoint); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error\n\t%v\nwant in it\n\t%s", err, c.want)
			}
		})
	}
}
