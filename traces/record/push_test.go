//go:build !js

package record_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/traces/record"
)

// long is a run of more spans than a request holds.
func long() rafttest.Scenario {
	s := rafttest.Reference()
	s.Requests = 20
	return s
}

// pushTo pushes a run, and returns what was pushed as a file.
func pushTo(t *testing.T, endpoint string) (file []byte, err error) {
	t.Helper()
	push, err := record.NewPush(endpoint)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	rafttest.Record(t, long(), record.NewOTLPFile(&b), keepOpen{push})
	return b.Bytes(), push.Shutdown(context.Background())
}

// keepOpen is an exporter that the recorder does not shut down.
type keepOpen struct{ *record.Push }

func (keepOpen) Shutdown(context.Context) error { return nil }

// What arrives is what is in the file, span by span and byte by byte, compressed or not.
func TestPush(t *testing.T) {
	for _, compression := range []string{"", "none", "gzip"} {
		t.Run(compression, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
			r := newReceiver()
			web := httptest.NewServer(r)
			defer web.Close()
			file, err := pushTo(t, web.URL)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(spansOfFile(t, file), r.received(t)); diff != "" {
				t.Errorf("-in the file, +received:\n%.3000s", diff)
			}
			if len(r.batches) < 2 {
				t.Error("all spans came in one request: the test is too small")
			}
			for _, request := range r.requests {
				compressed := request.Header.Get("Content-Encoding") == "gzip"
				if request.URL.Path != "/v1/traces" || compressed != (compression == "gzip") {
					t.Errorf("a request is for %s, with %v", request.URL.Path, request.Header)
				}
			}
		})
	}
}

// All that the OpenTelemetry specification has for the environment of an exporter works.
func TestPushFromEnvironment(t *testing.T) {
	general, traced := newReceiver(), newReceiver()
	web := httptest.NewServer(general)
	defer web.Close()
	secure := httptest.NewTLSServer(traced)
	defer secure.Close()
	certificate := filepath.Join(t.TempDir(), "ca.pem")
	shown := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	if err := os.WriteFile(certificate, shown, 0o600); err != nil {
		t.Fatal(err)
	}
	if record.PushWanted("") {
		t.Fatal("nothing is set, but a push is wanted")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", web.URL+"/base")
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-one=1, x-two = a%20b=%2C ,")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")
	t.Setenv("OTEL_EXPORTER_OTLP_INSECURE", "True")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60000")
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "delta")
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
	t.Setenv("OTEL_SERVICE_NAME", "junk")
	if err := record.ClearEnvironment(); err != nil || !record.PushWanted("") || os.Getenv("OTEL_SERVICE_NAME") != "" {
		t.Fatalf("the environment is not cleared of all but the exporter's variables: error %v", err)
	}
	if _, err := pushTo(t, ""); err != nil {
		t.Fatal(err)
	}
	r := general.requests[0]
	if r.URL.Path != "/base/v1/traces" || r.Header.Get("X-One") != "1" || r.Header.Get("X-Two") != "a b=," ||
		r.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("the request is for %s, with %v", r.URL.Path, r.Header)
	}

	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", secure.URL+"/as/it/is")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", certificate)
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-one=2") // in place of the others
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "wrong, but not for traces")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0")
	file, err := pushTo(t, "")
	if err != nil {
		t.Fatal(err)
	}
	if traced.requests[0].URL.Path != "/as/it/is" || len(traced.received(t)) != len(spansOfFile(t, file)) {
		t.Errorf("%d spans came over TLS, to %s", len(traced.received(t)), traced.requests[0].URL.Path)
	}
	if h := traced.requests[0].Header; h.Get("X-One") != "2" || h.Get("X-Two") != "" {
		t.Errorf("the headers for traces come with others: %v", h)
	}

	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "")
	before := len(general.requests)
	if _, err := pushTo(t, web.URL); err != nil || len(general.requests) == before {
		t.Errorf("an endpoint that is given does not go before the environment's: error %v", err)
	}
}

// A receiver that shows who it is wants to be shown who pushes.
func TestPushWithClientCertificate(t *testing.T) {
	r := newReceiver()
	secure := httptest.NewUnstartedServer(r)
	secure.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	secure.StartTLS()
	defer secure.Close()
	folder := t.TempDir()
	pair := secure.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"certificate": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", filepath.Join(folder, "certificate"))
	if _, err := pushTo(t, secure.URL); err == nil || len(r.requests) > 0 {
		t.Errorf("nothing was shown: %d requests came, error %v", len(r.requests), err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", filepath.Join(folder, "certificate"))
	t.Setenv("OTEL_EXPORTER_OTLP_CLIENT_KEY", filepath.Join(folder, "key"))
	if _, err := pushTo(t, secure.URL); err != nil || len(r.batches) < 2 {
		t.Errorf("%d requests came, error %v", len(r.batches), err)
	}
}

// A receiver that is busy is asked again, and gets each span once.
func TestPushRetries(t *testing.T) {
	for _, status := range []int{
		http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			r := newReceiver(answer{status: status}, answer{status: status, other: []string{"Retry-After", "0"}})
			web := httptest.NewServer(r)
			defer web.Close()
			file, err := pushTo(t, web.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := len(r.received(t)), len(spansOfFile(t, file)); got != want {
				t.Errorf("%d of %d spans arrived at a receiver that was busy at first", got, want)
			}
		})
	}
}

// A receiver says how long it wants to be left alone.
func TestPushRetriesLater(t *testing.T) {
	t.Parallel()
	r := newReceiver(answer{status: http.StatusServiceUnavailable, other: []string{"Retry-After", "1"}})
	web := httptest.NewServer(r)
	defer web.Close()
	start := time.Now()
	if _, err := pushTo(t, web.URL); err != nil || time.Since(start) < time.Second {
		t.Errorf("it was asked again within %v, want 1 s; error %v", time.Since(start), err)
	}
}

// A redirection that keeps the request is followed.
func TestPushIsRedirected(t *testing.T) {
	r := newReceiver()
	target := httptest.NewServer(r)
	defer target.Close()
	web := httptest.NewServer(http.RedirectHandler(target.URL+"/there", http.StatusPermanentRedirect))
	defer web.Close()
	file, err := pushTo(t, web.URL)
	if err != nil || len(r.received(t)) != len(spansOfFile(t, file)) || r.requests[0].URL.Path != "/there" {
		t.Errorf("%d requests came, error %v", len(r.requests), err)
	}
}

// nobody is where nobody listens: a port of the system's own, which no other test is given.
const nobody = "127.0.0.1:1"

// What goes wrong is an error that says where, how much arrived, and what was answered, and stops neither the run nor
// its files.
func TestPushFails(t *testing.T) {
	for _, c := range []struct {
		name     string
		answers  []answer
		requests int // that were made
		lines    int // of the file, that arrived
		want     string
	}{
		{"refused", []answer{{400, `{"code":3,"message":"wrong\nspan"}`, nil}}, 1, 0, "400 Bad Request: wrong span"},
		{"gone", []answer{{404, "404 page not found\n", nil}}, 1, 0, "404 Not Found: 404 page not found"},
		{"slow", []answer{{status: 408}}, 1, 0, "408 Request Timeout"},
		{
			"broken",
			[]answer{{500, strings.Repeat("x", 1000), nil}},
			1, 0,
			"500 Internal Server Error: " + strings.Repeat("x", 300),
		},
		{
			"moved",
			[]answer{{301, "", []string{"Location", "https://example.com/"}}},
			1, 0,
			"301 Moved Permanently: it is at https://example.com/",
		},
		{
			"busy for long",
			[]answer{{429, "", []string{"Retry-After", "3600"}}},
			1, 0,
			"429 Too Many Requests; it wants to be asked again in 1h0m0s",
		},
		{"later", []answer{{status: 200}, {status: 403}}, 2, 1, "403 Forbidden"},
		{
			"a page",
			[]answer{{200, "<html>", []string{"Content-Type", "text/html; charset=utf-8"}}},
			1, 0,
			"200 OK, and a page for people",
		},
		{"junk", []answer{{200, "{", nil}}, 1, 0, "200 OK, and an answer that is not OTLP/JSON"},
		{
			"junk in it",
			[]answer{{200, `{"partialSuccess":{"rejectedSpans":"1.5"}}`, nil}},
			1, 0,
			"200 OK, and rejectedSpans is 1.5",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReceiver(c.answers...)
			web := httptest.NewServer(r)
			defer web.Close()
			file, err := pushTo(t, web.URL)
			lines := bytes.SplitAfter(file, []byte("\n"))
			if len(lines) < 3 {
				t.Fatalf("the file has %d lines: the test is too small", len(lines))
			}
			arrived := len(spansOfFile(t, bytes.Join(lines[:c.lines], nil)))
			want := fmt.Sprintf("push to %s: %d of %d spans arrived: POST %[1]s/v1/traces: %[4]s",
				web.URL, arrived, len(spansOfFile(t, file)), c.want)
			if err == nil || !strings.HasPrefix(err.Error(), want) || len(err.Error()) > len(want)+50 {
				t.Errorf("error\n\t%v\nwant\n\t%s", err, want)
			}
			if len(r.requests) != c.requests {
				t.Errorf("%d requests were made, want %d", len(r.requests), c.requests)
			}
		})
	}
	want := "push to http://" + nobody + ": 0 of "
	if _, err := pushTo(t, "http://"+nobody); err == nil || !strings.HasPrefix(err.Error(), want) ||
		!strings.Contains(err.Error(), "connection refused") {
		t.Errorf("nobody listens: error %v", err)
	}
}

// What a receiver does not take of what it took is told, and the rest is sent all the same.
func TestPushPartly(t *testing.T) {
	for _, c := range []struct {
		last     string
		rejected int
		want     string
	}{
		{
			`{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}`, 3,
			"the receiver says: too old (%d spans rejected)",
		},
		{`{"partialSuccess":{"rejectedSpans":2}}`, 2, "(%d spans rejected)"},
		{`{"partialSuccess":{"errorMessage":"a hint"}}`, 0, "the receiver took them, and says: a hint"},
		{`{}`, 0, ""},
		{``, 0, ""},
	} {
		r := newReceiver()
		r.last = c.last
		web := httptest.NewServer(r)
		file, err := pushTo(t, web.URL)
		web.Close()
		total, rejected := len(spansOfFile(t, file)), c.rejected*len(r.requests)
		if len(r.received(t)) != total {
			t.Errorf("%s: %d of %d spans were sent", c.last, len(r.received(t)), total)
		}
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.last, err)
			}
			continue
		}
		if strings.Contains(c.want, "%d") {
			c.want = fmt.Sprintf(c.want, rejected)
		}
		if want := fmt.Sprintf("push to %s: %d of %d spans arrived: ", web.URL, total-rejected, total); err == nil ||
			!strings.HasPrefix(err.Error(), want) || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: error\n\t%v\nwant\n\t%s%s", c.last, err, want, c.want)
		}
	}
}

// A receiver that does not answer is given up after the timeout; a push that is told to stop does not wait for it.
func TestPushWaits(t *testing.T) {
	stuck := make(chan struct{})
	web := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		select {
		case <-stuck:
		case <-time.After(10 * time.Second):
		}
	}))
	defer web.Close()
	defer close(stuck)
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "50")
	if _, err := pushTo(t, web.URL); err == nil || !strings.Contains(err.Error(), `Post "`+web.URL+`/v1/traces": `) ||
		!strings.Contains(err.Error(), "Client.Timeout") {
		t.Errorf("error %v, want one that says that the time is over", err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0")
	push, err := record.NewPush(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	rafttest.Record(t, rafttest.Reference(), keepOpen{push})
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := push.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want one that says that it was told to stop", err)
	}
}
