package diff_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	raftdiff "github.com/raftkv/raftkv/raftkv/raft/diff"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
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

// asJaeger returns a trace of these spans as Jaeger's own JSON has it.
func asJaeger(t *testing.T, spans []read.Span) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := export.WriteJaeger(&b, index.Of(spans)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func compared(t *testing.T, a, b []byte) *diff.Difference {
	t.Helper()
	var both [2]*diff.Trace
	for i, file := range [][]byte{a, b} {
		x, err := diff.ReadInput(t.Context(), "trace", bytes.NewReader(file), raftdiff.Protocol(), diff.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		both[i] = x
	}
	d, err := diff.Compare(t.Context(), both[0], both[1], diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A span that is moved by a microsecond, at either end or by an event, is told from what Jaeger makes of the run: each
// is, either way around. One that is not, is not.
func TestDiffTellsAMicrosecondFromJaegersTimes(t *testing.T) {
	own := server(t, read.FileName)
	spans := spansOf(t, own)
	if d := compared(t, own, asJaeger(t, spans)); d.Verdict != diff.Same || d.Resolution != time.Microsecond ||
		len(d.Users.Operations)+len(d.Users.Leaders) > 0 {
		t.Fatalf("%+v", d)
	}
	for i := range spans {
		if spans[i].Name == "raftkv.run" {
			continue // it is exempt
		}
		for name, move := range map[string]func(s *read.Span, by time.Duration){
			"start":    func(s *read.Span, by time.Duration) { s.Start, s.End = s.Start.Add(by), s.End.Add(by) },
			"duration": func(s *read.Span, by time.Duration) { s.End = s.End.Add(by) },
			"event": func(s *read.Span, by time.Duration) {
				s.Events = slices.Clone(s.Events)
				for k := range s.Events {
					s.Events[k].At = s.Events[k].At.Add(by)
				}
			},
		} {
			if name == "event" && len(spans[i].Events) == 0 {
				continue
			}
			moved := slices.Clone(spans)
			move(&moved[i], time.Microsecond)
			jaeger := asJaeger(t, moved)
			if a, b := compared(t, own, jaeger), compared(t, jaeger, own); a.Verdict == diff.Same || b.Verdict == diff.Same ||
				a.Followed.Spans != 1 || b.Followed.Spans != 1 {
				t.Errorf("the %s of span %s moved by 1µs: %s (%s), and the other way around %s (%s)", name, spans[i].ID, a.Verdict,
					a.Why, b.Verdict, b.Why)
			}
		}
	}
}

// What is told of a span that differs is what differs, and no time that was cut on one side only.
func TestDiffOfCutTimesTellsNoTimes(t *testing.T) {
	own := server(t, read.FileName)
	for i, s := range spansOf(t, own) {
		changed := spansOf(t, own)
		if s.Parent == 0 {
			continue
		}
		changed[i].Status.Description = "another"
		d := compared(t, own, asJaeger(t, changed))
		if d.First == nil || len(d.First.Fields) != 1 || d.First.Fields[0].Name != "status" {
			t.Errorf("%s of %s: %+v", s.Name, s.Service, d.First)
		}
	}
}

// Half of a run in lines, with all its times, and half as Jaeger has it: each way to have a run is the same run.
func TestDiffOfAFileWithTwoResolutions(t *testing.T) {
	own := server(t, read.FileName)
	spans := spansOf(t, own)
	var fine, coarse []read.Span
	for i := range spans {
		if spans[i].Root&1 == 0 {
			fine = append(fine, spans[i])
		} else {
			coarse = append(coarse, spans[i])
		}
	}
	var mixed []byte
	ids := map[string]bool{}
	for _, s := range fine {
		ids[s.TraceID().String()] = true
	}
	for trace := range bytes.Lines(server(t, "jaeger-v3.json")) {
		if s := spansOf(t, trace); ids[s[0].TraceID().String()] {
			mixed = append(mixed, trace...)
		}
	}
	jaeger := asJaeger(t, coarse)
	for _, mixed := range [][]byte{slices.Concat(mixed, jaeger), slices.Concat(jaeger, mixed)} {
		for _, other := range [][]byte{own, server(t, "jaeger-v2.json"), server(t, "jaeger-v3.json"), mixed} {
			if d := compared(t, mixed, other); d.Verdict != diff.Same || d.Resolution != time.Microsecond || len(fine) == 0 ||
				len(coarse) == 0 {
				t.Errorf("%d and %d spans: %s, %s", len(fine), len(coarse), d.Verdict, d.Why)
			}
		}
	}
}

// What is not looked at is not looked at in the trace that is read once more, either.
func TestDiffOfCutTimesIgnoresWhatItIsTold(t *testing.T) {
	own := server(t, read.FileName)
	changed := spansOf(t, own)
	for i := range changed {
		for k, a := range changed[i].Attributes {
			if a.Key == "raft.term" {
				changed[i].Attributes[k].Value = attribute.Int64Value(77)
			}
		}
	}
	var both [2]*diff.Trace
	for i, file := range [][]byte{own, asJaeger(t, changed)} {
		options := diff.ReadOptions{Ignore: []string{"raft.term"}}
		x, err := diff.ReadInput(t.Context(), "trace", bytes.NewReader(file), raftdiff.Protocol(), options)
		if err != nil {
			t.Fatal(err)
		}
		both[i] = x
	}
	d, err := diff.Compare(t.Context(), both[0], both[1], diff.Options{Ignore: []string{"raft.term"}})
	if err != nil || d.Resolution != time.Microsecond || d.First != nil {
		t.Errorf("error %v, resolution %s, first %+v", err, d.Resolution, d.First)
	}
}
