package states_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/view/states"
)

// protocol is one with a value and a table on the disk, and a table that a sender fills.
func protocol() *states.Protocol {
	told := func(name string, t span.Telling) span.Telling {
		t.Name, t.Kind = name, trace.SpanKindInternal
		return t
	}
	return &states.Protocol{
		Specs: []span.Spec{{Name: "p.start", Kind: trace.SpanKindInternal, Service: "peer"}},
		Shown: span.Shown{
			{Name: "term", Groups: []string{"peer"}, Kept: true, Told: []span.Telling{{Value: "p.term"}}},
			{Name: "round", Groups: []string{"peer"}, Initial: "0", Told: []span.Telling{{Value: "p.round"}}},
			{Name: "log", Groups: []string{"peer"}, Kept: true, Columns: []string{"request", "command"}, Told: []span.Telling{
				told("p.list", span.Telling{List: "p.rows", Form: "{position}[ {request}] {command}"}),
				{Last: "p.last"},
				told("p.keep", span.Telling{
					Position: "p.at", Keep: true, Cells: []span.Cell{{}, {Key: "p.command"}},
				}),
			}},
		},
	}
}

// written is a trace, a line for each span: its process, its name, and what it says. Each is a step of its own.
func written(lines ...string) *index.Trace {
	spans := []traces.Span{{ID: 1, Root: 1, Name: worldspans.RunName, Service: "world", Kind: trace.SpanKindInternal}}
	steps := map[string]int64{}
	for i, line := range lines {
		words := strings.Split(line, " ")
		at := time.Unix(1, int64(i)*1e6)
		s := traces.Span{
			ID: world.CausalID(i + 2), Root: world.CausalID(i + 2), Service: words[0], Name: words[1],
			Kind: trace.SpanKindInternal, Start: at, End: at.Add(1000),
		}
		for _, set := range words[2:] {
			key, value, _ := strings.Cut(set, "=")
			value = strings.ReplaceAll(value, "_", " ")
			if key == string(worldspans.RaftkvFaultKey) {
				value = strings.ReplaceAll(value, "-", "_")
			}
			switch key {
			case "persist":
				s.Events = append(s.Events, traces.Event{Name: "persist", At: at})
			case "p.rows":
				s.Attributes = append(s.Attributes, attribute.StringSlice(key, strings.Split(value, ",")))
			default:
				s.Attributes = append(s.Attributes, attribute.String(key, value))
			}
		}
		if s.Service != "world" {
			steps[s.Service]++
			s.Attributes = append(s.Attributes, worldspans.RaftkvStepKey.Int64(steps[s.Service]))
		}
		spans = append(spans, s)
	}
	return index.Of(spans)
}

// fault is the line of one that happens to peer-1.
func fault(kind string) string {
	kind = strings.ReplaceAll(kind, "_", "-")
	return fmt.Sprintf("world %s %s=%s %s=%s", worldspans.FaultName, worldspans.RaftkvFaultKey, kind,
		worldspans.RaftkvFaultTargetKey, "peer-1")
}

// TestChanges has traces tell what changes.
func TestChanges(t *testing.T) {
	start := "peer-1 p.start p.term=1 p.last=0 persist="
	for _, test := range []struct {
		name  string
		lines []string
		want  []string // the last changes
	}{
		{"rows with and without a request", []string{
			start, "peer-1 p.list p.rows=1_client-1/2_get_a,2_noop,x_noop",
		}, []string{
			"log 1 [client-1/2 get a]", "log 2 [ noop]",
		}},
		{"what is equal is no change", []string{start, "peer-1 p.x p.term=2", "peer-1 p.x p.term=2 p.round=0"}, []string{
			"term  [1]", "term  [2]",
		}},
		{"a row that is kept", []string{
			start, "peer-1 p.list p.rows=1_noop", "peer-1 p.keep p.at=1 p.command=get_a",
		}, []string{"log 1 [ noop]"}},
		{"rows far away", []string{
			start, "peer-1 p.keep p.at=18446744073709551615 p.command=noop", "peer-1 p.x p.last=3",
		}, []string{
			"log 18446744073709551615 [ noop]", "log 18446744073709551615 []",
		}},
		{"a crash", []string{start, "peer-1 p.x p.round=4", fault("crash")}, []string{
			"round  [4]", "status  [down]", "round  []",
		}},
		{"a disk that lies", []string{
			start, "peer-1 p.list p.rows=1_noop persist=", fault("skip_sync"),
			"peer-1 p.list p.rows=1_get_a,2_noop persist=", fault("crash"), fault("restart"),
			"peer-1 p.start p.term=1 p.last=1",
		}, []string{"status  [up]", "round  [0]", "log 2 []", "log 1 [ noop]"}},
		{"a disk that holds what nothing tells of", []string{
			start, "peer-1 p.list p.rows=1_noop persist=", fault("skip_sync"),
			"peer-1 p.list p.rows=1_get_a,2_noop persist=", fault("crash"), fault("restart"),
			"peer-1 p.start p.term=1 p.last=7",
		}, []string{"log 2 []", "log 1 [ noop]", "log 1 []"}},
		{"a disk that holds less than what was said last", []string{
			start, "peer-1 p.list p.rows=1_noop persist=", "peer-1 p.list p.rows=2_noop persist=",
			fault("skip_sync"), fault("crash"), fault("restart"),
			"peer-1 p.start p.term=1 p.last=1",
		}, []string{"round  [0]", "log 2 []"}},
	} {
		x, p := written(test.lines...), protocol()
		fields, changes, err := states.Of(x, p)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, c := range changes {
			got = append(got, fmt.Sprint(fields[c.Field].Name, " ", c.Key, " ", c.Values))
		}
		if len(got) < len(test.want) || !slices.Equal(got[len(got)-len(test.want):], test.want) {
			t.Errorf("%s: the changes are %q, and the last should be %q", test.name, got, test.want)
		}
	}
}
