//go:build jaeger

package servers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// A real Jaeger, given a run, compressed or not, and given the lines of a file, answers with the traces, spans,
// services, parents and links of the file, and moves no clock.
func TestJaegerServer(t *testing.T) {
	page, otlpHTTP := startJaeger(t)
	s := rafttest.Rough()
	for _, c := range []struct {
		name string
		push func(t *testing.T) []byte
	}{
		{"plain", func(t *testing.T) []byte { return pushScenario(t, s, "none", otlpHTTP) }},
		{"gzip", func(t *testing.T) []byte { return pushScenario(t, s, "gzip", otlpHTTP) }},
		{"lines of the file", func(t *testing.T) []byte {
			file := rafttest.File(t, s)
			postLines(t, file, otlpHTTP)
			return file
		}},
	} {
		s.Run++ // so that each is a run of its own to Jaeger
		t.Run(c.name, func(t *testing.T) {
			spans := rafttest.Read(t, c.push(t))
			compareWithJaeger(t, page, spans)
			compareReadBack(t, page, spans)
		})
	}
}

// startJaeger starts what `make jaeger` starts, on free ports.
func startJaeger(t *testing.T) (page, otlpHTTP string) {
	t.Helper()
	ports := freePorts(t, 3)
	script := exec.Command("bash", "../../.ci/jaeger.sh")
	script.Env = append(os.Environ(), "JAEGER_PORT="+ports[0], "JAEGER_OTLP_HTTP_PORT="+ports[1],
		"JAEGER_OTLP_GRPC_PORT="+ports[2])
	serve(t, script, ports...)
	return "http://127.0.0.1:" + ports[0], "http://127.0.0.1:" + ports[1]
}

func pushScenario(t *testing.T, s rafttest.Scenario, compression, endpoint string) []byte {
	t.Helper()
	t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
	push, err := record.NewPush(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	rafttest.Record(t, s, record.NewOTLPFile(&b), push)
	return b.Bytes()
}

// jaegerTrace is a trace as Jaeger's own API gives it to its pages.
type jaegerTrace struct {
	TraceID   string
	Processes map[string]struct{ ServiceName string }
	Spans     []spanOfJaeger
}

type spanOfJaeger struct {
	SpanID, OperationName, ProcessID string
	References                       []struct{ RefType, TraceID, SpanID string }
	StartTime, Duration              int64 // µs
	Logs                             []any
	Warnings                         []string
}

func ask(t *testing.T, address string, into any) {
	t.Helper()
	if err := json.Unmarshal(body(t, address), into); err != nil {
		t.Fatalf("%s: %v", address, err)
	}
}

func body(t *testing.T, address string) []byte {
	t.Helper()
	answer, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, error %v: %s", address, answer.Status, err, body)
	}
	return body
}

func compareWithJaeger(t *testing.T, page string, spans []span.Span) {
	t.Helper()
	var services struct{ Data []string }
	ask(t, page+"/api/services", &services)
	wantTraces, wantServices := map[string][]string{}, map[string]bool{}
	for i := range spans {
		s := &spans[i]
		id := s.TraceID().String()
		wantTraces[id] = append(wantTraces[id], lineOfSpan(s))
		wantServices[s.Service] = true
	}
	for service := range wantServices {
		if !slices.Contains(services.Data, service) {
			t.Errorf("Jaeger knows %v, but not %s", services.Data, service)
		}
	}
	for id, want := range wantTraces {
		var got struct{ Data []jaegerTrace }
		ask(t, page+"/api/traces/"+id, &got)
		if len(got.Data) != 1 {
			t.Fatalf("Jaeger has %d traces %s", len(got.Data), id)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, linesOfTrace(t, got.Data[0])); diff != "" {
			t.Errorf("trace %s: -in the file, +in Jaeger:\n%s", id, diff)
		}
	}
	compareSearch(t, page, spans)
}

// inNoOrder compares attributes and events as sets: API v3 sorts both by name.
var inNoOrder = cmp.Options{
	cmpopts.SortSlices(func(a, b attribute.KeyValue) bool { return a.Key < b.Key }),
	cmpopts.SortSlices(func(a, b span.Event) bool { return a.Name < b.Name }),
}

// compareReadBack proves that what Jaeger's programming interfaces answer is read as the file is, but for what Jaeger
// does not keep.
func compareReadBack(t *testing.T, page string, spans []span.Span) {
	t.Helper()
	byID := func(a, b span.Span) int { return strings.Compare(a.ID.String(), b.ID.String()) }
	ids, wanted := map[string]bool{}, map[[2]string][]span.Span{}
	const v2, v3 = "/api/traces/", "/api/v3/traces/"
	for i := range spans {
		s := spans[i]
		id := s.TraceID().String()
		ids[id] = true
		wanted[[2]string{v2, id}] = append(wanted[[2]string{v2, id}], tracetest.AsJaegerHas(s, rafttest.Lists))
		s.Links = slices.Clone(s.Links)
		for i := range s.Links {
			s.Links[i].Attributes = nil // its store has no place for them
		}
		wanted[[2]string{v3, id}] = append(wanted[[2]string{v3, id}], s)
	}
	for id := range ids {
		for _, address := range []string{v2, v3} {
			want := wanted[[2]string{address, id}]
			slices.SortFunc(want, byID)
			got := rafttest.Read(t, body(t, page+address+id))
			slices.SortFunc(got, byID)
			if diff := cmp.Diff(want, got, tracetest.Same, inNoOrder, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s%s: -in the file, +read back:\n%s", address, id, diff)
			}
		}
	}
}

// compareSearch proves that the link to a search finds, among other runs' traces, those of this run in which the
// service takes part.
func compareSearch(t *testing.T, page string, spans []span.Span) {
	t.Helper()
	const service = "client-1"
	first, last := spans[0].Start, spans[0].End
	want := map[string]bool{}
	for i := range spans {
		if spans[i].End.After(last) {
			last = spans[i].End
		}
		if spans[i].Service == service {
			want[spans[i].TraceID().String()] = true
		}
	}
	link, err := url.Parse(export.Jaeger(page).Search(export.Search{Service: service, Start: first, End: last}))
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Data []jaegerTrace }
	ask(t, page+"/api/traces?"+link.RawQuery, &got)
	found := map[string]bool{}
	for _, trace := range got.Data {
		if strings.HasPrefix(trace.TraceID, fmt.Sprintf("%016x", spans[0].Run)) {
			found[trace.TraceID] = true
		}
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("traces of %s: -in the file, +found by a search:\n%s", service, diff)
	}
	if answer, err := http.Get(link.String()); err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("there is no page %s: %v", link, err)
	} else {
		_ = answer.Body.Close()
	}
}

// lineOfSpan says of a span what Jaeger can say of it too.
func lineOfSpan(s *span.Span) string {
	var references []string
	for _, l := range s.Links {
		references = append(references, fmt.Sprintf("FOLLOWS_FROM %016x%s %s", l.Run, l.Root, l.ID))
	}
	// Jaeger has one reference to a span that is both parent and linked to, and its pages take it for the parent.
	if parent := fmt.Sprintf("%s %s", s.TraceID(), s.Parent); s.Parent != 0 &&
		!slices.Contains(references, "FOLLOWS_FROM "+parent) {
		references = append(references, "CHILD_OF "+parent)
	}
	slices.Sort(references)
	start := s.Start.UnixMicro()
	duration := s.End.Sub(s.Start).Microseconds()
	return fmt.Sprintf("%s %s of %s, %d +%d, %d events, %v, warnings []", s.ID, s.Name, s.Service, start, duration,
		len(s.Events), references)
}

func linesOfTrace(t *testing.T, trace jaegerTrace) []string {
	t.Helper()
	var lines []string
	for _, s := range trace.Spans {
		var references []string
		for _, r := range s.References {
			references = append(references, r.RefType+" "+r.TraceID+" "+r.SpanID)
		}
		slices.Sort(references)
		service := trace.Processes[s.ProcessID].ServiceName
		lines = append(lines, fmt.Sprintf("%s %s of %s, %d +%d, %d events, %v, warnings %v",
			s.SpanID, s.OperationName, service, s.StartTime, s.Duration, len(s.Logs), references, s.Warnings))
	}
	slices.Sort(lines)
	return lines
}
