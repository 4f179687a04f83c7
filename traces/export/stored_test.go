package export_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// stored reads the spans of a file as commands do.
func stored(t *testing.T, file []byte) (all *index.Trace, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := index.Read(t.Context(), index.File(path), index.Options{Lists: rafttest.Lists})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = all.Close() })
	return all, path
}

// told is all that is made of spans.
func told(t *testing.T, all *index.Trace) string {
	t.Helper()
	var b bytes.Buffer
	for _, name := range []string{"jaeger", "perfetto", "shiviz"} {
		if err := converters[name](&b, all); err != nil {
			t.Fatal(err)
		}
	}
	text, unanswered := rafttest.ExplainAll(t, all)
	if len(unanswered) > 0 {
		t.Fatalf("nothing is said of %q", unanswered)
	}
	return b.String() + text
}

// textLists are lists of texts in OTLP.
var textLists = regexp.MustCompile(`\{"arrayValue":\{"values":\[([^][]*)\]\}\}`)

// asAnswered lays a file out as a Jaeger's API v3 answers, line by line: lists are texts then.
func asAnswered(t *testing.T, file []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	for line := range bytes.Lines(file) {
		b.WriteString(`{"result":`)
		b.Write(textLists.ReplaceAllFunc(bytes.TrimSpace(line), func(list []byte) []byte {
			var of struct {
				ArrayValue struct {
					Values []struct{ StringValue string }
				}
			}
			texts := []string{}
			err := json.Unmarshal(list, &of)
			for _, v := range of.ArrayValue.Values {
				texts = append(texts, v.StringValue)
			}
			plain, errPlain := json.Marshal(texts)
			text, errText := json.Marshal(string(plain))
			if err := errors.Join(err, errPlain, errText); err != nil {
				t.Fatal(err)
			}
			return slices.Concat([]byte(`{"stringValue":`), text, []byte("}"))
		}))
		b.WriteString("}\n")
	}
	return b.Bytes()
}

// What is made of spans is the same whether they are in memory or are read again, from lines, which may be longer than
// a block of the file, or from another layout.
func TestExportOfSpansThatAreReadAgain(t *testing.T) {
	short := rafttest.Rough()
	short.Requests = 3
	file := rafttest.File(t, short)
	spans := rafttest.Read(t, file)
	want := told(t, index.Of(spans))
	var lines, pretty bytes.Buffer
	for line := range bytes.Lines(file) {
		lines.Write(bytes.Replace(line, []byte(`{"resourceSpans"`),
			[]byte(`{"x":"`+strings.Repeat(" ", 200_000)+`","resourceSpans"`), 1))
		if err := json.Indent(&pretty, line, "", " "); err != nil {
			t.Fatal(err)
		}
	}
	end := bytes.IndexByte(file, '\n') + 1
	jaeger := converted(t, export.WriteJaeger, spans)
	for name, file := range map[string][]byte{
		"as written": file, "in long lines": lines.Bytes(), "in another layout": pretty.Bytes(),
		"in Jaeger's API v3": asAnswered(t, file), "in Jaeger's own JSON": jaeger,
		"in lines, and then not": slices.Concat(file[:end], []byte("\n \n["),
			bytes.ReplaceAll(bytes.TrimSpace(file[end:]), []byte("\n"), []byte(",\n")), []byte("]")),
		"in Jaeger's own JSON, and then OTLP": slices.Concat(converted(t, export.WriteJaeger, rafttest.Read(t, file[:end])),
			file[end:]),
	} {
		spans, want := spans, want
		if strings.HasPrefix(name, "in Jaeger's own JSON") { // which says less, in another order
			spans = rafttest.Read(t, file)
			want = told(t, index.Of(spans))
		}
		all, _ := stored(t, file)
		if got := told(t, all); got != want || all.Len() != len(spans) || all.Err() != nil {
			t.Errorf("%s: %d spans of %d, error %v, and %d bytes are made of them, not these %d", name, all.Len(), len(spans),
				all.Err(), len(got), len(want))
		}
	}
}

// A process that says something else of itself in one place is told of as it is in each.
func TestExportKeepsWhatProcessesSay(t *testing.T) {
	here := []byte(`{"key":"host.id","value":{"stringValue":"`)
	file := rafttest.File(t, rafttest.Rough())
	at := bytes.LastIndex(file[:bytes.Index(file, []byte(`{"stringValue":"node-1"}`))], here) + len(here)
	file = slices.Insert(file, at, []byte("another ")...)
	hosts := func(spans []span.Span) map[string]string {
		list := map[string]string{}
		for i := range spans {
			for _, a := range spans[i].Resource {
				if a.Key == "host.id" {
					list[spans[i].ID.String()] = a.Value.AsString()
				}
			}
		}
		return list
	}
	all, _ := stored(t, file)
	var jaeger bytes.Buffer
	if err := export.WriteJaeger(&jaeger, all); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(hosts(rafttest.Read(t, file)), hosts(rafttest.Read(t, jaeger.Bytes()))); diff != "" {
		t.Errorf("-what processes say in the file, +in Jaeger's JSON:\n%s", diff)
	}
}

// A file that changes while it is looked at, and somebody who does not want to wait any more, are errors, wherever it
// comes to them.
func TestExportOfSpansThatCannotBeReadAgain(t *testing.T) {
	file := rafttest.File(t, rafttest.Rough())
	jaeger := converted(t, export.WriteJaeger, rafttest.Read(t, file))
	for name, write := range converters {
		for _, file := range [][]byte{file, jaeger} {
			all, path := stored(t, file)
			if err := os.Truncate(path, int64(len(file)/2)); err != nil {
				t.Fatal(err)
			}
			if err := write(&bytes.Buffer{}, all); err == nil ||
				!strings.HasSuffix(err.Error(), "the file changed while it was read") {
				t.Errorf("%s of a file that was cut: error %v", name, err)
			}
			all, path = stored(t, file)
			other := bytes.ReplaceAll(bytes.ReplaceAll(file, []byte(`"spanId":"0`), []byte(`"spanId":"1`)),
				[]byte(`"spanID":"0`), []byte(`"spanID":"1`))
			if err := os.WriteFile(path, other, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := write(&bytes.Buffer{}, all); err == nil ||
				!strings.HasSuffix(err.Error(), "the file changed while it was read") {
				t.Errorf("%s of a file with other spans: error %v", name, err)
			}
		}
		all, _ := stored(t, bytes.Repeat(file, 10))
		ctx, stop := context.WithCancel(t.Context())
		told := 0
		all.Watch(ctx, func(spans int) {
			told += spans
			stop()
		})
		if err := write(&bytes.Buffer{}, all); err == nil || !strings.HasSuffix(err.Error(), ": interrupted") ||
			told < 1000 || told > all.Len() {
			t.Errorf("%s, interrupted after %d spans of %d: error %v", name, told, all.Len(), err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, path := stored(t, file)
	if _, err := index.Read(ctx, index.File(path), index.Options{Lists: rafttest.Lists}); err == nil ||
		!strings.HasSuffix(err.Error(), ": interrupted") {
		t.Errorf("interrupted at once: error %v", err)
	}
}

// What two runs did in the same way has the same half of a trace id in both, and is told of as two traces.
func TestExportOfTwoRunsHasTwoTraces(t *testing.T) {
	heartbeat := func(run uint64, id world.CausalID) span.Span {
		return span.Span{
			Run: run, Root: 7, ID: id, Name: "raft.heartbeat", Kind: trace.SpanKindInternal, Service: "node-1",
			Start: tracetest.Epoch, End: tracetest.Epoch.Add(time.Millisecond),
		}
	}
	var file struct {
		Data []struct {
			TraceID string
			Spans   []struct{ TraceID, SpanID string }
		}
	}
	if err := json.Unmarshal(converted(t, export.WriteJaeger,
		[]span.Span{heartbeat(1, 7), heartbeat(2, 7), heartbeat(1, 8), heartbeat(2, 8)}), &file); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range file.Data {
		for _, s := range one.Spans {
			got = append(got, one.TraceID+" has "+s.SpanID+" of "+s.TraceID)
		}
	}
	const first, second = "00000000000000010000000000000007", "00000000000000020000000000000007"
	want := []string{
		first + " has 0000000000000007 of " + first, first + " has 0000000000000008 of " + first,
		second + " has 0000000000000007 of " + second, second + " has 0000000000000008 of " + second,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want, +what each trace has:\n%s", diff)
	}
}
