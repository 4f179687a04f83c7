package run

import (
	"compress/gzip"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/trace"
)

// receiver takes spans over OTLP, and counts how often each arrives, by trace and span id.
type receiver struct {
	arrived map[string]int
	paths   []string
	status  int // what it answers; 0 is 200
}

// serve has a receiver listen, and returns its URL. Requests come one at a time, and all have been answered when the
// command has ended.
func serve(t *testing.T, r *receiver) string {
	t.Helper()
	r.arrived = make(map[string]int)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return server.URL
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.paths = append(r.paths, request.URL.Path)
	body := io.Reader(request.Body)
	if request.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	b, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	all, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(b)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if r.status != 0 {
		http.Error(w, "go away", r.status)
		return
	}
	for _, resource := range all.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				r.arrived[span.TraceID().String()+" "+span.SpanID().String()+" "+span.ParentSpanID().String()+" "+span.Name()]++
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"partialSuccess":{}}`) // the command would tell
}

// inFile counts the spans of a run's trace as a receiver does.
func inFile(t *testing.T, files map[string]string) map[string]int {
	t.Helper()
	all := make(map[string]int)
	for _, s := range spansIn(t, files) {
		parent := ""
		if s.Parent != 0 {
			parent = s.Parent.String()
		}
		all[s.TraceID().String()+" "+s.ID.String()+" "+parent+" "+s.Name]++
	}
	return all
}

// TestPush pushes runs to a receiver: each span arrives once, with the ids of the files, and the files are those of a
// run that is not pushed.
func TestPush(t *testing.T) {
	lost := someMessages(t)[trace.SpanKindProducer]
	for _, args := range []string{"", "-requests 8", "-drop " + lost, "-stdout"} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			var r receiver
			url := serve(t, &r)
			want, _ := runFolder(t, append(strings.Fields(args), "-quiet=false")...)
			got, c := runFolder(t, append(strings.Fields(args), "-otlp", url, "-quiet=false")...)
			same(t, want, got, c)
			if diff := cmp.Diff(inFile(t, want), r.arrived); diff != "" {
				t.Errorf("what arrived differs (-in the file +arrived): %s\n%.2000s", c, diff)
			}
			if paths := slices.Compact(r.paths); !slices.Equal(paths, []string{"/v1/traces"}) {
				t.Errorf("it was pushed to %q: %s", paths, c)
			}
			if args != "-stdout" && !strings.Contains(summaryOf(t, c)["jaeger"], "/trace/") {
				t.Errorf("the summary does not say where to look: %s\n%v", c, summaryOf(t, c))
			}
		})
	}
}

// TestPushFromTheEnvironment is told by variables where to push, and how.
func TestPushFromTheEnvironment(t *testing.T) {
	t.Parallel()
	want := ordinaryFiles(t)
	var r receiver
	url := serve(t, &r)
	c := &call{dir: t.TempDir(), args: []string{"-quiet", "-out", ".", "-name", "x"}}
	c.env = append(slices.Clone(junk[:len(junk)-2]), "OTEL_EXPORTER_OTLP_ENDPOINT="+url,
		"OTEL_EXPORTER_OTLP_COMPRESSION=gzip", "OTEL_EXPORTER_OTLP_HEADERS=a=b")
	c.execute(t).wants(t, statusFine)
	same(t, want, filesOf(t, filepath.Join(c.dir, "x")), c)
	if diff := cmp.Diff(inFile(t, want), r.arrived); diff != "" {
		t.Errorf("what arrived differs (-in the file +arrived): %s\n%.2000s", c, diff)
	}
}

// nobody is an endpoint where nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, listener)
	return "http://" + listener.Addr().String()
}

// TestNobodyListens pushes where nobody takes anything: that is said, and the files are there all the same.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	want := ordinaryFiles(t)
	refusing := receiver{status: http.StatusForbidden}
	url := serve(t, &refusing)
	silent := nobody(t)
	for _, c := range []*call{
		{args: []string{"-otlp", silent}},
		{args: []string{"-otlp", silent, "-stdout"}},
		{env: []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + silent}},
		{env: []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + silent + "/v1/traces"}, args: []string{"-quiet"}},
		{args: []string{"-otlp", url}},
	} {
		c.dir = t.TempDir()
		c.args = append(c.args, "-out", ".", "-name", "x")
		target := silent
		if slices.Contains(c.args, url) {
			target = url
		}
		c.execute(t).wants(t, statusTrouble, "error: the files are written; push to "+target, ": 0 of ", " spans arrived: ")
		same(t, want, filesOf(t, filepath.Join(c.dir, "x")), c)
		if n := strings.Count(c.stderr, "\n"); n != 1 {
			t.Errorf("%d lines on standard error, want 1: %s\n%s", n, c, c.stderr)
		}
		if !slices.Contains(c.args, "-quiet") && !strings.Contains(c.stdout, spansIn(t, want)[0].ID.String()) {
			t.Errorf("nothing was printed: %s", c)
		}
		if strings.Contains(c.stdout, "/trace/") {
			t.Errorf("the summary sends people to spans that did not arrive: %s", c)
		}
	}
	if refusing.paths == nil || len(refusing.arrived) > 0 {
		t.Errorf("the receiver that refuses got %d requests and took %d spans", len(refusing.paths), len(refusing.arrived))
	}
}

// TestNothingIsPushed has runs fail that would be pushed: nobody is told of them.
func TestNothingIsPushed(t *testing.T) {
	t.Parallel()
	var r receiver
	url := serve(t, &r)
	for _, args := range [][]string{{"-drop", "00f067aa0ba902b7", "-requests", "8"}, {"-nodes", "0"}} {
		out := t.TempDir()
		c := here(t, append(args, "-otlp", url, "-out", out)...).wants(t, statusTrouble, args[0]+": ")
		nothingIn(t, out, c)
		if len(r.paths) > 0 {
			t.Errorf("%d requests arrived, with %d spans: %s", len(r.paths), len(slices.Collect(maps.Keys(r.arrived))), c)
		}
	}
}

// TestWrongPush is told wrong things about where to push and how, all of which it says before anything is run.
func TestWrongPush(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		call

		want []string
	}{
		{call{env: []string{"OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4318"}}, []string{`"localhost:4318"`}},
		{
			call{args: []string{"-otlp", "http://127.0.0.1:4317"}},
			[]string{"push to http://127.0.0.1:4317: port 4317 takes gRPC"},
		},
		{call{env: []string{
			"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
			"OTEL_EXPORTER_OTLP_FOO=1",
		}}, []string{
			"OTEL_EXPORTER_OTLP_PROTOCOL: spans are pushed as http/json", "OTEL_EXPORTER_OTLP_FOO: the push knows no such variable",
		}},
		{call{
			env:  []string{"OTEL_EXPORTER_OTLP_PROTOCOL=carrier-pigeon", "OTEL_EXPORTER_OTLP_TIMEOUT=soon"},
			args: []string{"-otlp", "http://127.0.0.1:1"},
		}, []string{
			`OTEL_EXPORTER_OTLP_PROTOCOL: spans are pushed as http/json, not as "carrier-pigeon"`, `OTEL_EXPORTER_OTLP_TIMEOUT: "soon"`,
		}},
	} {
		c.dir = t.TempDir()
		c.execute(t).wants(t, statusTrouble, c.want...)
		nothingIn(t, c.dir, &c.call)
		if n := strings.Count(c.stderr, "error: "); n != len(c.want) || c.stdout != "" {
			t.Errorf("%d errors, want %d, and nothing else: %s\n%s%s", n, len(c.want), &c.call, c.stdout, c.stderr)
		}
	}
}
