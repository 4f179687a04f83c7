package index_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// What processes do is in the order of their steps, what is of one step in that of its times and stages, and what is of
// several processes in that of time, but for what comes after something of another process.
func TestOrdered(t *testing.T) {
	none := func(int32) int32 { return index.None }
	after := func(pairs map[int32]int32) func(int32) int32 {
		return func(i int32) int32 {
			if before, ok := pairs[i]; ok {
				return before
			}
			return index.None
		}
	}
	for name, c := range map[string]struct {
		all   []index.Happening
		after func(int32) int32
		want  []int32
	}{
		"by times": {[]index.Happening{{At: 3}, {At: 1}, {At: 2}}, none, []int32{1, 2, 0}},
		"by steps": {
			[]index.Happening{{At: 3, Step: 1}, {At: 1, Step: 3}, {At: 2, Step: 2}},
			none,
			[]int32{0, 2, 1},
		},
		"steps, one without": {
			[]index.Happening{{At: 3, Step: 1}, {At: 1}, {At: 2, Step: 2}},
			none,
			[]int32{1, 2, 0},
		},
		"by stages": {[]index.Happening{
			{Stage: index.StageSends},
			{Stage: index.StageArrives},
			{Stage: index.StageHappens},
		}, none, []int32{1, 2, 0}},
		"two processes": {
			[]index.Happening{{Process: 1, At: 1}, {At: 2}, {Process: 1, At: 3}, {At: 1}},
			none,
			[]int32{0, 3, 1, 2},
		},
		"sent later than it arrives": {
			[]index.Happening{{Process: 1, At: 1}, {At: 2}},
			after(map[int32]int32{0: 1}),
			[]int32{1, 0},
		},
		"a ring": {
			[]index.Happening{{Process: 1, At: 1}, {At: 2}},
			after(map[int32]int32{0: 1, 1: 0}),
			[]int32{1, 0},
		},
		"what comes before has a before": {
			[]index.Happening{{Process: 1, At: 1}, {At: 2}, {At: 1}},
			after(map[int32]int32{0: 1}),
			[]int32{2, 1, 0},
		},
	} {
		got := slices.Collect(index.Ordered(len(c.all), 2, func(i int32) index.Happening { return c.all[i] }, c.after))
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: the order is %d, want %d", name, got, c.want)
		}
	}
}

// A message is sent before it arrives, and its reply before that is taken in, whatever the times say, which may have
// been cut.
func TestMomentsFollowMessages(t *testing.T) {
	span := func(id, parent world.CausalID, service string, kind trace.SpanKind, start, end time.Duration) read.Span {
		return read.Span{
			Run: 1, Root: 1, ID: id, Parent: parent, Name: "call", Service: service, Kind: kind, Start: epoch.Add(start),
			End:        epoch.Add(end),
			Attributes: []attribute.KeyValue{attribute.String("raft.reply", "Yes")},
		}
	}
	x := index.Of([]read.Span{
		span(2, 1, "node-2", trace.SpanKindServer, 4, 9), // before it was sent
		span(1, 0, "node-1", trace.SpanKindClient, 5, 9),
	})
	beginnings, ends := x.BeginningsAndEnds()
	if got := fmt.Sprint(beginnings, ends); got != "[1 0] [0 1]" {
		t.Errorf("beginnings and ends are %s", got)
	}
}

// TestIsReceiver holds which kinds of spans take in a message when they begin.
func TestIsReceiver(t *testing.T) {
	for kind, want := range map[trace.SpanKind]bool{
		trace.SpanKindServer: true, trace.SpanKindConsumer: true,
		trace.SpanKindClient: false, trace.SpanKindProducer: false, trace.SpanKindInternal: false,
	} {
		if got := index.Of([]read.Span{{ID: 1, Kind: kind}}).IsReceiver(0); got != want {
			t.Errorf("a %s span takes in a message: %v, want %v", kind, got, want)
		}
	}
}
