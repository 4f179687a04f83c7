package traces_test

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

	raftexplain "github.com/raftkv/raftkv/raftkv/raft/explain"
	raftspans "github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/export"
	index "github.com/raftkv/raftkv/traces/index2"
)

// stored reads the spans of a file as commands do.
func stored(t *testing.T, file []byte) (all *index.Trace, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := index.Read(t.Context(), index.File(path), index.Options{Lists: span.Lists(raftspans.AllSpecs())})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = all.Close() })
	return all, path
}

// told is all that is made of spans.
func told(t *testing.T, all *index.Trace, spans []traces.Span) string {
	t.Helper()
	var b bytes.Buffer
	for _, name := range []string{"jaeger", "perfetto", "shiviz"} {
		if err := converters[name](&b, all); err != nil {
			t.Fatal(err)
		}
	}
	e := explain.New(all, raftexplain.Protocol())
	questions := e.Questions(20)
	for i := range spans {
		questions = append(questions, spans[i].ID.String())
	}
	for _, question := range questions {
		b.WriteString(writeExplanation(t, explained(t, e, question)))
	}
	return b.String()
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

// What is made of spans is the same whether they are in memory or are read again, from lines, which may be longer than a block of the file, or from another layout.
func TestSpansAreReadAgain(t *testing.T) {
	file := recordFile(t, rough())
	spans := read(t, file)
	want := told(t, index.Of(spans), spans)
	var lines, pretty bytes.Buffer
	for line := range bytes.Lines(file) {
		lines.Write(bytes.Replace(line, []byte(`{"resourceSpans"`), []byte(`{"x":"`+strings.Repeat(" ", 200_000)+`","resourceSpans"`), 1))
		if err := json.Indent(&pretty, line, "", " "); err != nil {
			t.Fatal(err)
		}
	}
	end := bytes.IndexByte(file, '\n') + 1
	jaeger := converted(t, export.WriteJaeger, spans)
	for name, file := range map[string][]byte{
		"as written": file, "in long lines": lines.Bytes(), "in another layout": pretty.Bytes(), "in Jaeger's API v3": asAnswered(t, file), "in Jaeger's own JSON": jaeger,
		"in lines, and then not":              slices.Concat(file[:end], []byte("\n \n["), bytes.ReplaceAll(bytes.TrimSpace(file[end:]), []byte("\n"), []byte(",\n")), []byte("]")),
		"in Jaeger's own JSON, and then OTLP": slices.Concat(converted(t, export.WriteJaeger, read(t, file[:end])), file[end:]),
	} {
		spans, want := spans, want
		if strings.HasPrefix(name, "in Jaeger's own JSON") { // which says less, in another order
			spans = read(t, file)
			want = told(t, index.Of(spans), spans)
		}
		all, _ := stored(t, file)
		if got := told(t, all, spans); got != want || all.Len() != len(spans) || all.Err() != nil {
			t.Errorf("%s: %d spans of %d, error %v, and %d bytes are made of them, not these %d", name, all.Len(), len(spans), all.Err(), len(got), len(want))
		}
	}
}

// A process that says something else of itself in one place is told of as it is in each.
func TestSpansKeepWhatTheirProcessSays(t *testing.T) {
	here := []byte(`{"key":"host.id","value":{"stringValue":"`)
	file := recordFile(t, rough())
	at := bytes.LastIndex(file[:bytes.Index(file, []byte(`{"stringValue":"node-1"}`))], here) + len(here)
	file = slices.Insert(file, at, []byte("another ")...)
	hosts := func(spans []traces.Span) map[string]string {
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
	if diff := cmp.Diff(hosts(read(t, file)), hosts(read(t, jaeger.Bytes()))); diff != "" {
		t.Errorf("-what processes say in the file, +in Jaeger's JSON:\n%s", diff)
	}
}

// A file that changes while it is looked at, and somebody who does not want to wait any more, are errors, wherever it comes to them.
func TestSpansCannotBeReadAgain(t *testing.T) {
	file := recordFile(t, rough())
	jaeger := converted(t, export.WriteJaeger, read(t, file))
	for name, write := range converters {
		for _, file := range [][]byte{file, jaeger} {
			all, path := stored(t, file)
			if err := os.Truncate(path, int64(len(file)/2)); err != nil {
				t.Fatal(err)
			}
			if err := write(&bytes.Buffer{}, all); err == nil || !strings.HasSuffix(err.Error(), "the file changed while it was read") {
				t.Errorf("%s of a file that was cut: error %v", name, err)
			}
			all, path = stored(t, file)
			other := bytes.ReplaceAll(bytes.ReplaceAll(file, []byte(`"spanId":"0`), []byte(`"spanId":"1`)), []byte(`"spanID":"0`), []byte(`"spanID":"1`))
			if err := os.WriteFile(path, other, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := write(&bytes.Buffer{}, all); err == nil || !strings.HasSuffix(err.Error(), "the file changed while it was read") {
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
		if err := write(&bytes.Buffer{}, all); err == nil || !strings.HasSuffix(err.Error(), ": interrupted") || told < 1000 || told > all.Len() {
			t.Errorf("%s, interrupted after %d spans of %d: error %v", name, told, all.Len(), err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, path := stored(t, file)
	if _, err := index.Read(ctx, index.File(path), index.Options{Lists: span.Lists(raftspans.AllSpecs())}); err == nil || !strings.HasSuffix(err.Error(), ": interrupted") {
		t.Errorf("interrupted at once: error %v", err)
	}
}

// Who waits is told of every byte, once.
func TestProgress(t *testing.T) {
	file := recordFile(t, rough())
	_, path := stored(t, file)
	for name, read := range map[string]func(progress func(int)) error{
		"Read": func(progress func(int)) error {
			all, err := index.Read(t.Context(), index.File(path), index.Options{Progress: progress, Lists: span.Lists(raftspans.AllSpecs())})
			if err == nil {
				err = all.Close()
			}
			return err
		},
		"Index": func(progress func(int)) error {
			x, err := traces.Index(t.Context(), path, traces.IndexOptions{Progress: progress})
			if err == nil {
				err = x.Close()
			}
			return err
		},
		"IndexReader": func(progress func(int)) error {
			_, err := traces.IndexReader(t.Context(), "x", bytes.NewReader(file), traces.IndexOptions{Progress: progress})
			return err
		},
	} {
		total := 0
		if err := read(func(bytes int) { total += bytes }); err != nil || total != len(file) {
			t.Errorf("%s tells of %d bytes of %d, error %v", name, total, len(file), err)
		}
	}
}

// Without a span of the run itself, it began when the first span did, wherever that stands.
func TestEpochIsTheFirstStart(t *testing.T) {
	span := func(id world.CausalID, at time.Duration) traces.Span {
		return traces.Span{Run: 1, Root: id, ID: id, Name: "raft.heartbeat", Kind: trace.SpanKindInternal, Service: "node-1", Start: epoch.Add(at), End: epoch.Add(at + time.Millisecond)}
	}
	e := explain.New(index.Of([]traces.Span{span(1, 5*time.Millisecond), span(2, 2*time.Millisecond), span(3, 9*time.Millisecond)}), raftexplain.Protocol())
	if text := writeExplanation(t, explained(t, e, "0000000000000003")); !strings.Contains(text, "7.000ms") {
		t.Errorf("a span that began 7ms after the first is told of as\n%s", text)
	}
}

// What two runs did in the same way has the same half of a trace id in both, and is told of as two traces.
func TestSpansOfTwoRunsAreTwoTraces(t *testing.T) {
	span := func(run uint64, id world.CausalID) traces.Span {
		return traces.Span{Run: run, Root: 7, ID: id, Name: "raft.heartbeat", Kind: trace.SpanKindInternal, Service: "node-1", Start: epoch, End: epoch.Add(time.Millisecond)}
	}
	var file struct {
		Data []struct {
			TraceID string
			Spans   []struct{ TraceID, SpanID string }
		}
	}
	if err := json.Unmarshal(converted(t, export.WriteJaeger, []traces.Span{span(1, 7), span(2, 7), span(1, 8), span(2, 8)}), &file); err != nil {
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
