package cluster_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/view/states"
)

// TestStatesOfServers has what a Collector and two Jaegers make of a trace tell the same state in the end as the run's
// own file. They are of a build whose steps had no numbers.
func TestStatesOfServers(t *testing.T) {
	want := lastState(t, record.FileName)
	for _, must := range []string{"node-2 applied ", "node-2 log 1", "node-1 role ", "node-2 status "} {
		if want[must] == "" {
			t.Errorf("nothing is told of %s: %q", must, want)
		}
	}
	for _, file := range []string{"collector.jsonl", "jaeger-v2.json", "jaeger-v3.json"} {
		if got := lastState(t, file); !maps.Equal(got, want) {
			t.Errorf("%s tells %q, and the run's own file %q", file, got, want)
		}
	}
}

// lastState is the state that a file tells in the end.
func lastState(t *testing.T, file string) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "..", "traces", "testdata", "servers", file))
	if err != nil {
		t.Fatal(err)
	}
	x, p := indexed(t, content), protocols.Usual()
	fields, changes, err := states.Of(x, &states.Protocol{Specs: p.Specs, Landmarks: p.Landmarks, Shown: p.Shown})
	if err != nil {
		t.Fatal(err)
	}
	names := map[int32]string{}
	for _, shape := range x.Shapes() {
		names[shape.Process] = shape.Service
	}
	state := map[string]string{}
	for _, c := range changes {
		key := names[c.Process] + " " + fields[c.Field].Name + " " + c.Key
		if state[key] = strings.Join(c.Values, "|"); c.Values == nil {
			delete(state, key)
		}
	}
	return state
}

// TestStatesOfParts has nothing wrong be told by a trace without its end, as far as it goes, or without its beginning.
func TestStatesOfParts(t *testing.T) {
	for _, protocol := range protocols.Names() {
		for seed := range 5 {
			c := recorded.Config(t, "", "mixed", "protocol="+protocol, fmt.Sprintf("seed=%d", seed+1)).Config
			spans, _ := recorded.Spans(t, c, cluster.Options{})
			events := 0
			recorded.Trace(t, c, cluster.Options{Observer: func(*cluster.Observed) { events++ }})
			all := moments(t, "parts", c, cluster.Options{}, events)
			all.ofPart = true
			half := len(spans) / 2
			all.before = faultsIn(spans[:half])
			t.Run(fmt.Sprintf("%s %d without its beginning", protocol, seed+1), func(t *testing.T) {
				all.compare(t, index.Of(spans[half:], protocols.Replies()...), c)
			})
			all.before, all.until = 0, firstSteps(spans[half:])
			t.Run(fmt.Sprintf("%s %d without its end", protocol, seed+1), func(t *testing.T) {
				all.compare(t, index.Of(spans[:half], protocols.Replies()...), c)
			})
		}
	}
}

// faultsIn is how many faults spans tell.
func faultsIn(spans []traces.Span) (count int) {
	for i := range spans {
		if traces.IsFault(spans[i].Name) {
			count++
		}
	}
	return count
}

// firstSteps are the first steps of processes that spans are of.
func firstSteps(spans []traces.Span) map[string]uint64 {
	first := map[string]uint64{}
	for i := range spans {
		s := &spans[i]
		begin, _ := index.StepsOf(s)
		if known, is := first[s.Service]; !is || uint64(begin) < known {
			first[s.Service] = uint64(begin)
		}
	}
	return first
}
