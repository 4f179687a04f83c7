package export_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/tracetest"
)

func TestJaegerLinks(t *testing.T) {
	id := trace.TraceID{0: 1, 15: 0xab}
	for _, c := range []struct {
		base export.Jaeger
		want string
	}{
		{"", "http://127.0.0.1:16686/trace/010000000000000000000000000000ab"},
		{"https://jaeger.example/ui/", "https://jaeger.example/ui/trace/010000000000000000000000000000ab"},
	} {
		if got := c.base.Trace(id); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	if got, want := export.DefaultJaeger.Span(id, 0xc),
		"http://127.0.0.1:16686/trace/010000000000000000000000000000ab?uiFind=000000000000000c"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := export.DefaultJaeger.Comparison(id, trace.TraceID{15: 1}),
		"http://127.0.0.1:16686/trace/010000000000000000000000000000ab...00000000000000000000000000000001"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A search begins and ends at whole minutes, has the whole run, and asks for no fewer traces than there are.
func TestJaegerSearch(t *testing.T) {
	const minute = 60_000_000 // µs
	const epochMicros = 946684800000000
	for _, c := range []struct {
		from, to   time.Duration
		traces     int
		start, end int64
		limit      string
	}{
		{1500, 2*time.Second + 1, 7, epochMicros, epochMicros + minute, "1500"},
		{0, time.Minute, 1500, epochMicros, epochMicros + minute, "1500"},
		{time.Minute, time.Minute + 1, 1501, epochMicros + minute, epochMicros + 2*minute, "1501"},
		{time.Minute - 1, 3 * time.Hour, 1, epochMicros, epochMicros + 180*minute, "1500"},
	} {
		link := export.DefaultJaeger.Search(export.Search{
			Service: "node 1&x", Run: "default-1",
			Start: tracetest.Epoch.Add(c.from), End: tracetest.Epoch.Add(c.to), Traces: c.traces,
		})
		u, err := url.Parse(link)
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{
			"service": {"node 1&x"}, "lookback": {"custom"}, "limit": {c.limit}, "tags": {`{"raftkv.run.name":"default-1"}`},
			"start": {strconv.FormatInt(c.start, 10)}, "end": {strconv.FormatInt(c.end, 10)},
		}
		if diff := cmp.Diff(want, u.Query()); diff != "" || u.Host != "127.0.0.1:16686" || u.Path != "/search" {
			t.Errorf("from %v to %v: %s: -want, +got:\n%s", c.from, c.to, link, diff)
		}
	}
	if link := export.DefaultJaeger.Search(export.Search{
		Service: "node-1", Start: tracetest.Epoch,
		End: tracetest.Epoch,
	}); strings.Contains(link, "tags") {
		t.Errorf("a search for no run has tags: %s", link)
	}
}
