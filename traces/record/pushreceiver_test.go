//go:build !js

package record_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// receiver is an OTLP receiver that keeps what it gets. It gives these answers first, and takes all from then on.
type receiver struct {
	answers  []answer
	last     string // its answer to what it takes
	requests []*http.Request
	batches  []ptrace.Traces
}

// answer is an answer to a request that is not taken. Other has names and values of headers.
type answer struct {
	status int
	body   string
	other  []string
}

func newReceiver(answers ...answer) *receiver {
	return &receiver{answers: answers, last: `{"partialSuccess":{}}`}
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.requests = append(r.requests, request)
	batch, err := readRequest(request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if n := len(r.requests); n <= len(r.answers) {
		a := r.answers[n-1]
		for pair := range slices.Chunk(a.other, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		w.WriteHeader(a.status)
		_, _ = io.WriteString(w, a.body)
		return
	}
	r.batches = append(r.batches, batch)
	_, _ = io.WriteString(w, r.last)
}

// readRequest decodes a request as the Collector does.
func readRequest(request *http.Request) (ptrace.Traces, error) {
	body := io.Reader(request.Body)
	if request.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(body); err != nil {
			return ptrace.Traces{}, err
		}
	}
	if kind := request.Header.Get("Content-Type"); kind != "application/json" || request.Method != http.MethodPost {
		return ptrace.Traces{}, fmt.Errorf("%s of %q", request.Method, kind)
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return ptrace.Traces{}, err
	}
	return (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(b)
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
