package explain_test

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/tracetest"
)

func TestExplainWhatIsWrong(t *testing.T) {
	x := index.Of(rafttest.Broken(t))
	once, _ := rafttest.ExplainAll(t, x, "leader term 1", "client-1 1", "index 1 node-1")
	again, _ := rafttest.ExplainAll(t, x, "leader term 1", "client-1 1", "index 1 node-1")
	if once != again || once == "" {
		t.Error("a broken trace is explained otherwise when it is asked again, or not at all")
	}
}

// Without a span of the run itself, it began when the first span did, wherever that stands.
func TestExplainTimesFromTheFirstStart(t *testing.T) {
	heartbeat := func(id world.CausalID, at time.Duration) span.Span {
		start := tracetest.Epoch.Add(at)
		return span.Span{
			Run: 1, Root: id, ID: id, Name: "raft.heartbeat", Kind: trace.SpanKindInternal, Service: "node-1",
			Start: start, End: start.Add(time.Millisecond),
		}
	}
	x := index.Of([]span.Span{
		heartbeat(1, 5*time.Millisecond), heartbeat(2, 2*time.Millisecond), heartbeat(3, 9*time.Millisecond),
	})
	if text, _ := rafttest.ExplainAll(t, x); !strings.Contains(text, "7.000ms") {
		t.Errorf("a span that began 7ms after the first is told of as\n%s", text)
	}
}
