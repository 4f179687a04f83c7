package record_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/raftkv/world/race"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// ticks is a clock that is a microsecond later each time that somebody looks.
type ticks struct{ now time.Duration }

// BeginsAt is the next microsecond.
func (t *ticks) BeginsAt() time.Duration {
	t.now += time.Microsecond
	return t.now
}

// HappensAt is the next microsecond.
func (t *ticks) HappensAt() time.Duration { return t.BeginsAt() }

// EndsAt is the next microsecond.
func (t *ticks) EndsAt() time.Duration { return t.BeginsAt() }

// Step is none.
func (*ticks) Step() uint64 { return 0 }

// ticking is a tracer of the first run, for a service whose clock ticks.
func ticking(recorder *record.Recorder, service string) spans.Tracer {
	tracer := spans.NewTracer(recorder, service, 1, tracetest.Epoch)
	tracer.Follow(&ticks{})
	return tracer
}

func TestRecorderNamesSpansByTheirCausalIDs(t *testing.T) {
	file := rafttest.File(t, rafttest.Rough())
	all := rafttest.Read(t, file)
	if first := all[0]; first.Name != worldspans.RunName ||
		!strings.Contains(strings.SplitN(string(file), "\n", 2)[0], `"`+worldspans.RunName+`"`) {
		t.Errorf("the first span is %s, want %s", first.Name, worldspans.RunName)
	}
	byID := map[world.CausalID]span.Span{}
	for _, s := range all {
		if s.Run != 8 {
			t.Fatalf("span %s is of run %d, want 8", s.ID, s.Run)
		}
		if other, ok := byID[s.ID]; ok {
			t.Errorf("two spans are %s: %s of %s and %s of %s", s.ID, other.Name, other.Service, s.Name, s.Service)
		}
		byID[s.ID] = s
		if (s.Parent == 0) != (s.ID == s.Root) {
			t.Errorf("%s of %s: id %s, root %s, parent %s", s.Name, s.Service, s.ID, s.Root, s.Parent)
		}
	}
	for _, s := range all {
		if parent, ok := byID[s.Parent]; s.Parent != 0 && ok && parent.Root != s.Root {
			t.Errorf("%s of %s is in another trace than its parent", s.Name, s.Service)
		}
		for _, l := range s.Links {
			if target, ok := byID[l.ID]; ok && (target.Root != l.Root || l.Run != s.Run) {
				t.Errorf("%s of %s links to %s in a trace that it is not in", s.Name, s.Service, target.Name)
			}
		}
	}
	id := world.RootID(world.NewProcessID(world.ClientGroup, 2), world.NameOf(kvspans.ClientStartName), 0, 0)
	if s := byID[id]; s.Name != kvspans.ClientStartName || s.Service != "client-2" {
		t.Errorf("the start of client-2 is not named %s", id)
	}
}

func TestRecorderResource(t *testing.T) {
	for _, s := range rafttest.Spans(t, rafttest.Reference()) {
		want := []attribute.KeyValue{
			attribute.String("host.id", "raftkv"), attribute.String("ip", "127.0.0.1"),
			attribute.String("service.instance.id", s.Service),
			attribute.String("service.name", s.Service), attribute.String("service.namespace", "raftkv"),
		}
		if diff := cmp.Diff(want, s.Resource, tracetest.Same); diff != "" {
			t.Fatalf("%s: -want, +got:\n%s", s.Service, diff)
		}
	}
}

// The name of the run is on the resource of every process.
func TestRecorderNamesTheRun(t *testing.T) {
	s := rafttest.Reference()
	s.Name = "reference-1"
	for _, s := range rafttest.Spans(t, s) {
		if !slices.Contains(s.Resource, record.RunNameKey.String("reference-1")) {
			t.Fatalf("the resource of %s does not name the run: %v", s.Service, s.Resource)
		}
	}
}

// Every entry of a trace file says which version of the semantic conventions it follows, and the names that a span has
// of them are of that version.
func TestRecorderFollowsTheConventions(t *testing.T) {
	entries := 0
	for line := range bytes.Lines(rafttest.File(t, rafttest.Reference())) {
		read, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(line)
		if err != nil {
			t.Fatal(err)
		}
		for _, of := range read.ResourceSpans().All() {
			for _, scope := range of.ScopeSpans().All() {
				if entries++; of.SchemaUrl() != semconv.SchemaURL || scope.SchemaUrl() != semconv.SchemaURL {
					t.Fatalf("the schemas are %q and %q, want %q", of.SchemaUrl(), scope.SchemaUrl(), semconv.SchemaURL)
				}
			}
		}
	}
	if entries == 0 {
		t.Error("there are no spans")
	}
	for _, pair := range [][2]attribute.Key{
		{worldspans.RPCSystemNameKey, semconv.RPCSystemNameKey},
		{worldspans.RPCMethodKey, semconv.RPCMethodKey},
		{worldspans.ServerAddressKey, semconv.ServerAddressKey},
		{worldspans.ErrorTypeKey, semconv.ErrorTypeKey},
		{"service.name", semconv.ServiceNameKey},
		{"service.namespace", semconv.ServiceNamespaceKey},
		{"service.instance.id", semconv.ServiceInstanceIDKey},
		{"host.id", semconv.HostIDKey},
	} {
		if pair[0] != pair[1] {
			t.Errorf("an attribute is called %s, and %s by the conventions", pair[0], pair[1])
		}
	}
}

// junk has each variable of the environment that the SDK and its exporters read, and says of each something that would
// be seen.
var junk = map[string]string{
	"OTEL_SDK_DISABLED":                              "true",
	"OTEL_RESOURCE_ATTRIBUTES":                       "junk=1,service.name=junk,ip=1.2.3.4",
	"OTEL_SERVICE_NAME":                              "junk",
	"OTEL_TRACES_SAMPLER":                            "always_off",
	"OTEL_TRACES_SAMPLER_ARG":                        "junk",
	"OTEL_TRACES_EXPORTER":                           "none",
	"OTEL_PROPAGATORS":                               "junk",
	"OTEL_LOG_LEVEL":                                 "junk",
	"OTEL_ATTRIBUTE_COUNT_LIMIT":                     "1",
	"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT":              "1",
	"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT":                "1",
	"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT":         "1",
	"OTEL_SPAN_EVENT_COUNT_LIMIT":                    "0",
	"OTEL_SPAN_LINK_COUNT_LIMIT":                     "0",
	"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT":               "0",
	"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT":                "0",
	"OTEL_BSP_SCHEDULE_DELAY":                        "1",
	"OTEL_BSP_MAX_QUEUE_SIZE":                        "1",
	"OTEL_BSP_MAX_EXPORT_BATCH_SIZE":                 "1",
	"OTEL_BSP_EXPORT_TIMEOUT":                        "1",
	"OTEL_GO_X_OBSERVABILITY":                        "true",
	"OTEL_GO_X_SELF_OBSERVABILITY":                   "true",
	"OTEL_GO_X_RESOURCE":                             "true",
	"OTEL_GO_X_CARDINALITY_LIMIT":                    "1",
	"OTEL_SEMCONV_STABILITY_OPT_IN":                  "rpc",
	"OTEL_EXPORTER_OTLP_ENDPOINT":                    "http://127.0.0.1:1",
	"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT":             "http://127.0.0.1:1",
	"OTEL_EXPORTER_OTLP_TIMEOUT":                     "1",
	"OTEL_EXPORTER_OTLP_HEADERS":                     "junk=1",
	"OTEL_EXPORTER_OTLP_PROTOCOL":                    "junk",
	"OTEL_EXPORTER_OTLP_COMPRESSION":                 "junk",
	"OTEL_EXPORTER_OTLP_CERTIFICATE":                 "junk",
	"OTEL_EXPERIMENTAL_CONFIG_FILE":                  "junk",
	"OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED":    "false",
	"OTEL_EXPERIMENTAL_RESOURCE_DISABLED_KEYS":       "service.name",
	"OTEL_GO_X_EXEMPLAR":                             "true",
	"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL":             "junk",
	"OTEL_METRICS_EXEMPLAR_FILTER":                   "always_on",
	"OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_X": "junk",
}

// Whatever the environment says, a run is recorded to the same bytes, in both formats.
func TestRecorderLetsNothingOfTheEnvironmentIn(t *testing.T) {
	files := func() (otlp, stdout string) {
		var a, b bytes.Buffer
		exporter, err := record.NewStdout(&b)
		if err != nil {
			t.Fatal(err)
		}
		rafttest.Record(t, rafttest.Rough(), record.NewOTLPFile(&a), exporter)
		return a.String(), b.String()
	}
	wantOTLP, wantStdout := files()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // the SDK complains of some of it
	for name, value := range junk {
		t.Setenv(name, value)
	}
	gotOTLP, gotStdout := files()
	if diff := cmp.Diff(strings.Split(wantOTLP, ","), strings.Split(gotOTLP, ",")); diff != "" {
		t.Errorf("trace.otlp.jsonl: -clean environment, +junk in it:\n%.2000s", diff)
	}
	if diff := cmp.Diff(strings.Split(wantStdout, ","), strings.Split(gotStdout, ",")); diff != "" {
		t.Errorf("spans.json: -clean environment, +junk in it:\n%.2000s", diff)
	}
}

func TestRecorderDropsNothing(t *testing.T) {
	var b bytes.Buffer
	recorder := record.NewRecorder(record.RecorderOptions{}, record.NewOTLPFile(&b))
	tracer := ticking(recorder, "node-1")
	begin := span.Begin{Self: span.Ref{Root: 1, ID: 2}, Parent: 1}
	for i := range 1000 {
		begin.Links = append(begin.Links, worldspans.LinkTo(span.Ref{Root: 1, ID: uint64(i) + 10}, worldspans.LinkProducer))
	}
	span := tracer.StartPutServer(begin, spans.Who{Node: 1}, "client-1", kv.RequestID{Client: 1, Sequence: 1})
	for i := range 1000 {
		span.Append(protocol.LogIndex(i), 1, kv.Put{Key: strings.Repeat("k", 2000)})
	}
	span.End("Answered")
	if err := recorder.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	s := rafttest.Read(t, b.Bytes())[0]
	if len(s.Links) != 1000 || len(s.Events) != 1000 || s.Links[0].ID != 10 ||
		s.Events[999].Attribute(spans.RaftIndexKey).AsInt64() != 999 {
		t.Errorf("%d links and %d events were recorded, want 1000 of each", len(s.Links), len(s.Events))
	}
	if got := len(s.Events[0].Attribute(spans.RaftCommandKey).AsString()); got < 2000 {
		t.Errorf("a value of 2000 bytes is cut to %d", got)
	}
}

// failing is an exporter that fails from one span on.
type failing struct {
	after, spans, shutdowns int
	err                     error
}

func (f *failing) Export(context.Context, *span.Span) error {
	if f.spans++; f.spans > f.after {
		return f.err
	}
	return nil
}

func (f *failing) Shutdown(context.Context) error {
	f.shutdowns++
	return f.err
}

func TestRecorderKeepsTheFirstError(t *testing.T) {
	broken := &failing{after: 2, err: errors.New("broken")}
	healthy := &failing{after: 100}
	recorder := record.NewRecorder(record.RecorderOptions{}, broken, healthy)
	tracer := ticking(recorder, "client-1")
	for i := range 10 {
		id := uint64(i) + 1
		kvspans.Tracer{Tracer: tracer.Tracer}.StartClientStart(span.Begin{Self: span.Ref{Root: id, ID: id}}).End()
		if err := recorder.Err(); errors.Is(err, broken.err) != (i >= 2) {
			t.Errorf("after span %d, the recorder's error is %v", i+1, err)
		}
	}
	if broken.spans != 3 || healthy.spans != 10 {
		t.Errorf("the exporter that fails with its third span got %d, the other one %d; want 3 and 10", broken.spans,
			healthy.spans)
	}
	if err := recorder.Close(context.Background()); err == nil || err.Error() != "broken" {
		t.Errorf("Close says %q, want the error, once", err)
	}
	if broken.shutdowns != 1 || healthy.shutdowns != 1 {
		t.Error("Close does not shut both exporters down")
	}
}

// The same run is recorded to the same bytes, in all formats.
func TestRecordingsAreTheSame(t *testing.T) {
	recording := func() []string {
		var otlp, stdout, text bytes.Buffer
		exporter, err := record.NewStdout(&stdout)
		if err != nil {
			t.Fatal(err)
		}
		lines := story.New(raftstory.Protocol())
		rafttest.Record(t, rafttest.Rough(), record.NewOTLPFile(&otlp), exporter, lines)
		if err := lines.Write(&text, story.Plain); err != nil {
			t.Fatal(err)
		}
		return append(strings.Split(otlp.String()+stdout.String(), ","), text.String())
	}
	if diff := cmp.Diff(recording(), recording()); diff != "" {
		t.Errorf("-first, +second:\n%.2000s", diff)
	}
}

// More spans take no more memory.
func TestRecorderStreams(t *testing.T) {
	recorder := record.NewRecorder(record.RecorderOptions{}, record.NewOTLPFile(&counter{}))
	tracer := ticking(recorder, "node-1")
	heap := func(count int) uint64 {
		for i := range count {
			recordOne(tracer, uint64(i))
		}
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	before, after := heap(1000), heap(50000)
	if after > before+before/4+100<<10 {
		t.Errorf("the heap has %d bytes after 1,000 spans and %d after 50,000 more", before, after)
	}
}

// A span is told in few allocations, and written in none.
func TestRecordingAllocatesLittle(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector has spans made anew that are used again otherwise")
	}
	recorder := record.NewRecorder(record.RecorderOptions{}, record.NewOTLPFile(&counter{}))
	tracer, i := ticking(recorder, "node-1"), uint64(0)
	if n := testing.AllocsPerRun(10_000, func() {
		recordOne(tracer, i)
		i++
	}); n > 2 { // the server's name, and the event's attributes
		t.Errorf("%v allocations", n)
	}
}

func recordOne(tracer spans.Tracer, i uint64) {
	span := tracer.StartAppendEntriesClient(span.Begin{Self: span.Ref{Root: 1, ID: i + 2}, Parent: 1},
		spans.Who{Node: 1, Term: 3, Role: protocol.RoleLeader}, "node-2", 1, 5, 3, 1, 4)
	span.Drop("network")
	span.SetMatchIndex(3)
	span.End("AppendEntriesOk", 3)
}

// BenchmarkRecord is what a span costs from its start to the file: 15 attributes and an event.
func BenchmarkRecord(b *testing.B) {
	n := &counter{}
	for name, exporters := range map[string][]record.Exporter{"nowhere": nil, "OTLPFile": {record.NewOTLPFile(n)}} {
		b.Run(name, func(b *testing.B) {
			n.bytes = 0
			recorder := record.NewRecorder(record.RecorderOptions{}, exporters...)
			tracer := ticking(recorder, "node-1")
			b.ReportAllocs()
			i := uint64(0)
			for b.Loop() {
				recordOne(tracer, i)
				i++
			}
			b.ReportMetric(float64(n.bytes)/float64(b.N), "B/span")
		})
	}
}
