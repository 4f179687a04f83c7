package traces_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/story"
)

// TestHostileSpans reads spans in which every text holds a control character: none of it reaches whoever reads what is told, drawn, judged or explained of them.
func TestHostileSpans(t *testing.T) {
	specs := append(spans.AllSpecs(), spans.Spec{Name: "x\x7fy", Kind: trace.SpanKindInternal, Attributes: []spans.AttributeSpec{{Key: "a\x7f", Type: attribute.STRING}}})
	for _, spec := range specs {
		for _, service := range []string{"node-1", "no\x7fde"} {
			s := span.Span{
				Run: 1, Root: 1, ID: 1, Name: spec.Name, Kind: spec.Kind, Service: service, Start: time.Unix(0, 1), End: time.Unix(0, 2),
				Status: span.Status{Code: codes.Error, Description: "m\x7f"}, Events: []span.Event{{Name: "e\x7f", At: time.Unix(0, 1)}},
			}
			for _, attributes := range hostileAttributes(spec.Attributes) {
				s := s
				s.Attributes = attributes
				tellNothingHostile(t, spec.Name, s)
			}
			for _, event := range spec.Events {
				for _, attributes := range hostileAttributes(event.Attributes) {
					s := s
					s.Events = []span.Event{{Name: event.Name, At: time.Unix(0, 1), Attributes: attributes}}
					tellNothingHostile(t, spec.Name, s)
				}
			}
		}
	}
}

// hostileAttributes are texts with a control character for each attribute alone, and for all.
func hostileAttributes(specs []spans.AttributeSpec) [][]attribute.KeyValue {
	all := []attribute.KeyValue{}
	list := [][]attribute.KeyValue{}
	for _, a := range specs {
		value := attribute.StringValue("put v\x7f w\x7f")
		if a.Type == attribute.STRINGSLICE {
			value = attribute.StringSliceValue([]string{"1@1 put v\x7f w\x7f", "x\x7f"})
		}
		all = append(all, attribute.KeyValue{Key: a.Key, Value: value})
		list = append(list, all[len(all)-1:])
	}
	return append(list, slices.Clip(all))
}

// TestHostileRun reads a run in which one attribute after the other holds a control character wherever it is, so that it comes into what is told of several spans.
func TestHostileRun(t *testing.T) {
	short := rafttest.Rough()
	short.Requests = 2
	run := rafttest.Spans(t, short)
	keys := map[attribute.Key]bool{}
	for _, s := range run {
		for _, a := range s.Attributes {
			if spoilt(a.Value) != a.Value {
				keys[a.Key] = true
			}
		}
	}
	for key := range keys {
		hostile := slices.Clone(run)
		for i := range hostile {
			s := &hostile[i]
			s.Attributes = slices.Clone(s.Attributes)
			for k, a := range s.Attributes {
				if a.Key == key {
					s.Attributes[k].Value = spoilt(a.Value)
				}
			}
		}
		tellNothingHostile(t, string(key), hostile...)
	}
}

// spoilt is a value whose texts end with a control character.
func spoilt(v attribute.Value) attribute.Value {
	if v.Type() == attribute.STRING {
		return attribute.StringValue(v.AsString() + "\x7f")
	}
	list := v.AsStringSlice()
	if len(list) == 0 {
		return v
	}
	for i := range list {
		list[i] += "\x7f"
	}
	return attribute.StringSliceValue(list)
}

func tellNothingHostile(t *testing.T, what string, all ...traces.Span) {
	t.Helper()
	for line := range strings.Lines(everythingToldOf(t, all)) {
		if strings.Contains(line, "\x7f") {
			t.Errorf("%s: a control character reaches the terminal: %q", what, line)
		}
	}
}

// everythingToldOf is what a person reads of spans, whoever tells it.
func everythingToldOf(t *testing.T, all []span.Span) string {
	t.Helper()
	lines, judge := story.New(raftstory.Protocol()), raftconform.New()
	for i := range all {
		lines.Add(&all[i])
		judge.Add(&all[i], i+1)
	}
	var tree bytes.Buffer
	if err := traces.WriteTree(&tree, all); err != nil {
		t.Fatal(err)
	}
	told := tell(t, lines, story.Plain) + tree.String() + explainAll(t, all)
	for _, f := range judge.Report().Findings {
		told += f.Span.String() + f.Got + f.Want + fmt.Sprint(f.Clashes)
	}
	return told
}

// A finding names the process of its span, which need not have a name.
func TestSpanOfANamelessProcess(t *testing.T) {
	if got, want := (conform.SpanRef{Name: "GET /cart", Line: 1}).String(), "GET /cart 0000000000000000 of a process without a name at 0.000ms, line 1"; got != want {
		t.Errorf("it is told as %q, want %q", got, want)
	}
}
