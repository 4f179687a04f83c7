package story_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// at returns a tracer of the first run, for a service whose clock the test sets.
func at(recorder *record.Recorder, service string) (spans.Tracer, *tracetest.Clock) {
	tracer, clock := spans.NewTracer(recorder, service, 1, tracetest.Epoch), &tracetest.Clock{}
	tracer.Follow(clock)
	return tracer, clock
}

// Who cannot be reached is said once, with how often it is said again, until something passes; several at the same
// moment are one line.
func TestStoryFoldsComplaints(t *testing.T) {
	lines := story.New(raftstory.Protocol())
	recorder := record.NewRecorder(record.RecorderOptions{}, lines)
	node, clock := at(recorder, "node-1")
	leader := spans.Who{Node: 1, Term: 4, Role: protocol.RoleLeader}
	id := uint64(0)
	send := func(peer string, at time.Duration, lost bool) {
		id++
		clock.Set(at)
		span := node.StartAppendEntriesClient(span.Begin{Self: span.Ref{Root: id, ID: id}}, leader, peer, 1, 7, 1, 0, 0)
		if lost {
			span.Drop("fault")
			clock.Set(clock.Ends + 100*time.Millisecond)
			span.Fail(worldspans.ErrorTypeTimeout, "")
			return
		}
		clock.Set(clock.Ends + time.Millisecond)
		span.End("AppendEntriesOk", 4)
	}
	for at := time.Duration(0); at < 400*time.Millisecond; at += 100 * time.Millisecond {
		send("node-3", at, true)
		send("node-2", at, at != 200*time.Millisecond)
	}
	var got []string
	for line := range strings.Lines(tell(t, lines, story.Plain)) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"0.000ms node-1 0000000000000001 AppendEntries to node-2, node-3 are lost (fault), and 4 more until 300.000ms",
		"300.000ms node-1 0000000000000008 AppendEntries to node-2 is lost (fault)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
