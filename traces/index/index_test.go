package index_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// What the tests here call what they share with those of other rooms.
var (
	epoch     = tracetest.Epoch
	sameSpans = tracetest.Same
)

// server returns what a server made of a small run, or the run's own file.
func server(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "testdata", "servers", name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func spansOf(t *testing.T, file []byte) (spans []read.Span) {
	t.Helper()
	for s, err := range read.NewReader("trace", bytes.NewReader(file)).All() {
		if err != nil {
			t.Fatal(err)
		}
		spans = append(spans, s)
	}
	return spans
}

// stored reads the trace in a file as commands do.
func stored(t *testing.T, file []byte) (x *index.Trace, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	x, err := index.Read(t.Context(), index.File(path), index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return x, path
}

// holds says that a trace holds these spans.
func holds(t *testing.T, what string, x *index.Trace, want []read.Span) {
	t.Helper()
	if x.Len() != len(want) || len(want) == 0 {
		t.Fatalf("%s: there are %d spans, want %d", what, x.Len(), len(want))
	}
	for i := range want {
		s, e, shape := &want[i], x.Entry(int32(i)), x.Shape(int32(i))
		if diff := cmp.Diff(s, x.Span(int32(i)), sameSpans); diff != "" {
			t.Errorf("%s: -the span, +read again:\n%s", what, diff)
		}
		step, endStep := index.StepsOf(s)
		if e.ID != s.ID || e.Parent != s.Parent || e.Root != s.Root || e.Run != s.Run || e.Start != s.Start.UnixNano() ||
			e.End != s.End.UnixNano() || e.HasEvents != (len(s.Events) > 0) || e.Step != step || e.EndStep != endStep {
			t.Errorf("%s: of %+v the entry is %+v", what, s, e)
		}
		if shape.Service != s.Service || shape.Name != s.Name || shape.Kind != s.Kind {
			t.Errorf("%s: of %+v the shape is %+v", what, s, shape)
		}
		parent := slices.IndexFunc(want, func(p read.Span) bool { return p.ID == s.Parent })
		if x.Find(s.ID) != int32(i) || x.Parent(int32(i)) != int32(parent) {
			t.Errorf("%s: span %d is found at %d, and its parent at %d, not %d", what, i, x.Find(s.ID), x.Parent(int32(i)),
				parent)
		}
		if depth := e.Depth; parent >= 0 && depth != x.Entry(int32(parent)).Depth+1 || parent < 0 && depth != 0 {
			t.Errorf("%s: span %d is below %d others", what, i, depth)
		}
	}
	if x.Err() != nil || x.Find(12345) != index.None || x.Find(0) != index.None {
		t.Errorf("%s: error %v, and what is not there is found at %d", what, x.Err(), x.Find(12345))
	}
}

// layouts are a run in all the ways it can come.
func layouts(t *testing.T) map[string][]byte {
	t.Helper()
	own, jaeger, answer := server(t, "trace.otlp.jsonl"), server(t, "jaeger-v2.json"), server(t, "jaeger-v3.json")
	var long, pretty bytes.Buffer
	for line := range bytes.Lines(own) {
		field := []byte(`{"x":"` + strings.Repeat(" ", 200_000) + `","resourceSpans"`)
		long.Write(bytes.Replace(line, []byte(`{"resourceSpans"`), field, 1))
		if err := json.Indent(&pretty, line, "", " "); err != nil {
			t.Fatal(err)
		}
	}
	const tempo = `{"batches":[{"scopeSpans":[{"spans":[{"traceId":"AAAAAAAAAAEAAAAAAAAAAg==","spanId":"AAAAAAAAAAI=",` +
		`"kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"}}]}]}]}`
	half, far := bytes.LastIndexByte(many(t)[:len(many(t))/2], '\n')+1, `{"x":"`+strings.Repeat(" ", 64<<16)+"\"}\n"
	return map[string][]byte{
		"as written": own, "in long lines": long.Bytes(), "in another layout": pretty.Bytes(), "of a Collector": server(t,
			"collector.jsonl"),
		"in Jaeger's own JSON": jaeger, "in Jaeger's API v3": answer, "as Tempo answers": []byte(tempo),
		"with a mark, as Tempo answers": []byte("\xef\xbb\xbf" + tempo),
		"in lines far apart":            slices.Concat(many(t)[:half], []byte(far), many(t)[half:]),
		"in lines, and then not": slices.Concat(own, []byte("\n \n["),
			bytes.ReplaceAll(bytes.TrimSpace(own), []byte("\n"),
				[]byte(",\n")), []byte(","), bytes.TrimSpace(jaeger), []byte("]")),
	}
}

// What is read again is what was read first, in any layout, in lines that may be longer than a block of the file.
func TestSpansAreReadAgain(t *testing.T) {
	for name, file := range layouts(t) {
		spans := spansOf(t, file)
		if name != "in lines, and then not" { // where ids come twice
			x, _ := stored(t, file)
			holds(t, name, x, spans)
			x, err := index.Read(t.Context(), index.Input("trace", bytes.NewReader(file)), index.Options{})
			if err != nil {
				t.Fatal(err)
			}
			holds(t, name, x, spans)
			holds(t, name, index.Of(spans), spans)
			if _, _, clash := x.Clash(); clash {
				t.Errorf("%s: two spans are said to have one id", name)
			}
			continue
		}
		x, _ := stored(t, file)
		for i := range spans {
			if diff := cmp.Diff(&spans[i], x.Span(int32(i)), sameSpans); diff != "" {
				t.Errorf("%s: -the span, +read again:\n%s", name, diff)
			}
		}
		first, second, clash := x.Clash()
		if a, b := x.Entry(first), x.Entry(second); !clash || int(second) != len(spans)/3 || a.ID != b.ID ||
			x.Find(a.ID) != first {
			t.Errorf("%s: the ids of spans %d and %d clash: %v", name, first, second, clash)
		}
	}
}

// many is a trace in many lines.
func many(t *testing.T) []byte {
	t.Helper()
	var file bytes.Buffer
	for n := range 300 {
		fmt.Fprintf(&file, `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"node-%d"}},`+
			`{"key":"host.id","value":{"stringValue":"host %d"}}]},"scopeSpans":[{"spans":[`, n%5+1, n%3)
		for k := range 10 {
			fmt.Fprintf(&file, `{"traceId":"%032x","spanId":"%016x","name":"name %d","startTimeUnixNano":"%d","endTimeUnixNano":"%[4]d"},`,
				n+1, 10*n+k+1, k%4, 1_000_500+1000*n)
		}
		file.Truncate(file.Len() - 1)
		file.WriteString("]}]}]}\n")
	}
	return file.Bytes()
}

// However many processors read a trace, it is the same; a process that says something else of itself in one place is
// told of as it is in each.
func TestTraceIsTheSameWithAnyProcessors(t *testing.T) {
	file := many(t)
	spans := spansOf(t, file)
	var want []index.Shape
	for _, processors := range []int{1, 2, 8} {
		before := runtime.GOMAXPROCS(processors)
		x, _ := stored(t, file)
		runtime.GOMAXPROCS(before)
		holds(t, fmt.Sprint(processors), x, spans)
		if want == nil {
			want = x.Shapes()
		}
		if diff := cmp.Diff(want, x.Shapes(), sameSpans); diff != "" || len(want) != 5*3*4 {
			t.Errorf("%d shapes with %d processors; -with one, +with these:\n%s", len(want), processors, diff)
		}
	}
}

// What a tool gathers comes in the order of the file, with the numbers of the spans, and its errors end the reading.
func TestReadEach(t *testing.T) {
	file := many(t)
	names := func() func(*read.Line) []string {
		return func(line *read.Line) (names []string) {
			for i := range line.Spans {
				names = append(names, fmt.Sprint(line.Spans[i].ID, " in line ", line.Places[i].Line))
			}
			return names
		}
	}
	var got []string
	x, err := index.ReadEach(t.Context(), index.Input("trace", bytes.NewReader(file)), index.Options{}, names,
		func(first int32, names []string) error {
			if int(first) != len(got) {
				t.Errorf("the first span of a line has the number %d, want %d", first, len(got))
			}
			got = append(got, names...)
			return nil
		})
	if err != nil || len(got) != x.Len() {
		t.Fatalf("%d of %d, error %v", len(got), x.Len(), err)
	}
	for i := range got {
		if want := fmt.Sprint(x.Entry(int32(i)).ID, " in line ", i/10+1); got[i] != want {
			t.Errorf("of span %d was gathered %q, want %q", i, got[i], want)
		}
	}
	enough := errors.New("enough")
	_, err = index.ReadEach(t.Context(), index.Input("trace", bytes.NewReader(file)), index.Options{}, names,
		func(int32, []string) error {
			return enough
		})
	if !errors.Is(err, enough) {
		t.Errorf("error %v, want the tool's", err)
	}
}

// Who changes a file while it is read is told, and so is who waits no longer.
func TestSpansThatCannotBeReadAgain(t *testing.T) {
	x, path := stored(t, many(t))
	if err := os.WriteFile(path,
		bytes.Replace(many(t), []byte(`"spanId":"0000000000000001"`), []byte(`"spanId":"00000000000000ff"`),
			1), 0o600); err != nil {
		t.Fatal(err)
	}
	if s := x.Span(0); s.ID != 1 || s.Name != "name 0" || s.Service != "node-1" {
		t.Errorf("what is in memory of a span is told as %+v", s)
	}
	if err := x.Err(); err == nil || err.Error() != path+": the file changed while it was read" {
		t.Errorf("error %v, want that the file changed", err)
	}
	x, path = stored(t, many(t))
	ctx, stop := context.WithCancel(t.Context())
	told := 0
	x.Watch(ctx, func(spans int) { told += spans; stop() })
	for i := range x.Len() {
		if x.Span(int32(i)); x.Err() != nil {
			break
		}
	}
	if err := x.Err(); err == nil || err.Error() != path+": interrupted" || told < 1000 || told >= x.Len() {
		t.Errorf("interrupted after %d spans of %d: error %v", told, x.Len(), err)
	}
	if _, err := index.Read(ctx, index.File(path), index.Options{}); err == nil ||
		!strings.HasSuffix(err.Error(), ": interrupted") {
		t.Errorf("interrupted at once: error %v", err)
	}
	if _, err := index.Read(t.Context(), index.File(path+" of nobody"), index.Options{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no such file: error %v", err)
	}
}

// Who waits is told of every byte, once.
func TestProgress(t *testing.T) {
	file := many(t)
	_, path := stored(t, file)
	for name, source := range map[string]index.Source{
		"file":  index.File(path),
		"input": index.Input("x", bytes.NewReader(file)),
	} {
		total := 0
		_, err := index.Read(t.Context(), source, index.Options{Progress: func(bytes int) { total += bytes }})
		if err != nil || total != len(file) {
			t.Errorf("%s: told of %d bytes of %d, error %v", name, total, len(file), err)
		}
	}
}

// Without a span of the run itself, it began when the first span did, wherever that stands.
func TestEpochIsTheFirstStart(t *testing.T) {
	span := func(id world.CausalID, at time.Duration) read.Span {
		return read.Span{
			Run: 1, Root: id, ID: id, Name: "raft.heartbeat", Service: "node-1", Start: epoch.Add(at),
			End: epoch.Add(at),
		}
	}
	all := []read.Span{span(1, 5), span(2, 2), span(3, 9)}
	if x := index.Of(all); !x.Epoch.Equal(epoch.Add(2)) {
		t.Errorf("the epoch is %s", x.Epoch)
	}
	all[2].Name = "raftkv.run"
	if x := index.Of(all); !x.Epoch.Equal(epoch.Add(9)) {
		t.Errorf("with the run's own span, the epoch is %s", x.Epoch)
	}
}

// Times are cut as Jaeger cuts them, in memory and in what is read again; and a trace tells how fine its times are.
func TestTimesAreCut(t *testing.T) {
	fine, _ := stored(t, server(t, "trace.otlp.jsonl"))
	cut, err := index.Read(t.Context(), fine.Source(), index.Options{Resolution: time.Microsecond})
	if err != nil {
		t.Fatal(err)
	}
	if fine.Finest != 0 || fine.Coarsest != 0 || cut.Finest != time.Microsecond || cut.Coarsest != time.Microsecond {
		t.Errorf("resolutions are %s and %s, cut %s and %s", fine.Finest, fine.Coarsest, cut.Finest, cut.Coarsest)
	}
	jaeger, _ := stored(t, server(t, "jaeger-v2.json"))
	for i := range int32(cut.Len()) {
		e, s := cut.Entry(i), cut.Span(i)
		k := jaeger.Find(e.ID)
		other := jaeger.Entry(k)
		if e.Start != other.Start || e.End != other.End || e.Start != s.Start.UnixNano() || e.End != s.End.UnixNano() {
			t.Errorf("%s is from %d to %d, and as Jaeger has it from %d to %d", e.ID, e.Start, e.End, other.Start, other.End)
		}
		events := jaeger.Span(k).Events
		for n := range s.Events {
			if !s.Events[n].At.Equal(events[n].At) {
				t.Errorf("an event of %s is at %s, and as Jaeger has it at %s", e.ID, s.Events[n].At, events[n].At)
			}
		}
	}
}

// Processes come as a person looks for them, and spans in any order that is asked for.
func TestServicesAndOrders(t *testing.T) {
	var all []read.Span
	for i, service := range []string{"node-10", "client-2", "node-2", "world", "client-1", "node-2"} {
		id := world.CausalID(i + 1)
		all = append(all, read.Span{
			Run: 1, Root: id, ID: id, Service: service, Start: epoch,
			End: epoch.Add(-time.Duration(i / 2)),
		})
	}
	x := index.Of(all)
	if got := fmt.Sprint(x.Services()); got != "[world client-1 client-2 node-2 node-10]" {
		t.Errorf("the processes are %s", got)
	}
	byEnd := x.InOrder(func(a, b *index.Entry) int { return int(a.End - b.End) })
	if got := fmt.Sprint(byEnd); got != "[4 5 2 3 0 1]" {
		t.Errorf("by their ends, the spans are %s", got)
	}
}

// A call's reply is the one that it took in: that to the copy that it names, or, where steps have no numbers, to the
// first copy, unless that was handled too late.
func TestReplies(t *testing.T) {
	call := read.Span{
		Run: 1, Root: 1, ID: 1, Name: "call", Kind: trace.SpanKindClient, Service: "node-1", Start: epoch,
		End:        epoch.Add(100),
		Attributes: []attribute.KeyValue{attribute.String("raft.reply", "Yes")},
	}
	handled := func(id world.CausalID, end time.Duration, copied int64) read.Span {
		s := read.Span{
			Run: 1, Root: 1, ID: id, Parent: 1, Name: "call", Kind: trace.SpanKindServer, Service: "node-2", Start: epoch,
			End: epoch.Add(end),
		}
		if copied > 0 {
			s.Attributes = []attribute.KeyValue{attribute.Int64("raftkv.copy", copied)}
		}
		return s
	}
	numbered, second, unanswered := call, call, call
	numbered.Attributes = append(slices.Clip(call.Attributes), attribute.Int64("raftkv.step", 1))
	second.Attributes = append(slices.Clip(numbered.Attributes), attribute.Int64("raftkv.answered_copy", 1))
	unanswered.Attributes = nil
	for name, c := range map[string]struct {
		spans []read.Span
		want  int32
	}{
		"the first copy":             {[]read.Span{call, handled(2, 50, 0), handled(3, 40, 1)}, 1},
		"the first, which is last":   {[]read.Span{call, handled(2, 40, 1), handled(3, 50, 0)}, 2},
		"the second, in time":        {[]read.Span{call, handled(2, 150, 0), handled(3, 40, 1)}, 2},
		"none in time":               {[]read.Span{call, handled(2, 150, 0)}, index.None},
		"numbered, the first copy":   {[]read.Span{numbered, handled(2, 40, 1), handled(3, 50, 0)}, 2},
		"numbered, the second":       {[]read.Span{second, handled(2, 50, 0), handled(3, 60, 1)}, 2},
		"no answer was taken in":     {[]read.Span{unanswered, handled(2, 50, 0)}, index.None},
		"handled by somebody's work": {[]read.Span{handled(7, 50, 0), handled(1, 50, 0)}, index.None},
	} {
		replies := index.Of(c.spans).Replies()
		if replies[0] != c.want {
			t.Errorf("%s: the reply is %d, want %d", name, replies[0], c.want)
		}
	}
}
