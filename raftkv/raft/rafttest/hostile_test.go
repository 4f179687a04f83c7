package rafttest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	raftexport "github.com/raftkv/raftkv/raftkv/raft/export"
	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// TestHostileSpans reads spans in which every text holds a control character: none of it reaches whoever reads what is
// told, drawn, judged or explained of them.
func TestHostileSpans(t *testing.T) {
	specs := append(spans.AllSpecs(), span.Spec{
		Name: "x\x7fy", Kind: trace.SpanKindInternal,
		Attributes: []span.AttributeSpec{{Key: "a\x7f", Type: attribute.STRING}},
	})
	for _, spec := range specs {
		for _, service := range []string{"node-1", "no\x7fde"} {
			s := span.Span{
				Run: 1, Root: 1, ID: 1, Name: spec.Name, Kind: spec.Kind, Service: service, Start: time.Unix(0, 1),
				End:    time.Unix(0, 2),
				Status: span.Status{Code: codes.Error, Description: "m\x7f"},
				Events: []span.Event{{Name: "e\x7f", At: time.Unix(0, 1)}},
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
func hostileAttributes(specs []span.AttributeSpec) [][]attribute.KeyValue {
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

// TestHostileRun reads a run in which one attribute after the other holds a control character wherever it is, so that
// it comes into what is told of several spans.
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
	lines, checker := story.New(raftstory.Protocol()), raftconform.New()
	for i := range all {
		lines.Add(&all[i])
		checker.Add(&all[i], i+1)
	}
	var b strings.Builder
	if err := errors.Join(lines.Write(&b, story.Plain), traces.WriteTree(&b, all)); err != nil {
		t.Fatal(err)
	}
	text, _ := rafttest.ExplainAll(t, index.Of(all), "leader term 1", "client-1 1", "index 1 node-1")
	b.WriteString(text)
	for _, f := range checker.Report().Findings {
		b.WriteString(f.Span.String() + f.Got + f.Want + fmt.Sprint(f.Clashes))
	}
	return b.String()
}

// FuzzTell reads whatever is a trace: all that reads spans ends, writes JSON where it is to, and tells nothing that is
// not for a terminal.
func FuzzTell(f *testing.F) {
	for i := range tracetest.EveryType {
		s := tracetest.Plain(1)
		s.Resource, s.Attributes = nil, tracetest.EveryType[i:i+1]
		f.Add(tracetest.Write(f, s))
	}
	f.Add(tracetest.Write(f, tracetest.Full(1), tracetest.Plain(2)))
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000ab0000000000000001",` +
		`"spanId":"0001000000000002","name":"long ago","startTimeUnixNano":"9466848000010000000"}]}]}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		all, err := tracetest.Read(file, rafttest.Lists)
		if err != nil {
			return
		}
		x := index.Of(all)
		var perfetto, jaeger bytes.Buffer
		err = errors.Join(export.WritePerfetto(&perfetto, x), export.WriteJaeger(&jaeger, x),
			export.WriteShiViz(io.Discard, x, raftexport.Protocol()))
		if err != nil || !json.Valid(perfetto.Bytes()) || !json.Valid(jaeger.Bytes()) {
			t.Errorf("%v, or it is no JSON:\n%s\n%s", err, &perfetto, &jaeger)
		}
		for _, r := range strings.ReplaceAll(everythingToldOf(t, all), "\n", "") {
			if !strconv.IsPrint(r) {
				t.Errorf("%q reaches the terminal", r)
			}
		}
	})
}
