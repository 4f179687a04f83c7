package traces_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"

	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/tracetest"
)

func TestWriteTree(t *testing.T) {
	at := func(ms int64) time.Time { return tracetest.Epoch.Add(time.Duration(ms) * time.Millisecond) }
	span := func(root, id, parent world.CausalID, name, service string, start, end int64) traces.Span {
		return traces.Span{
			Run: 1, Root: root, ID: id, Parent: parent, Name: name, Service: service, Start: at(start),
			End: at(end),
		}
	}
	lost := span(1, 3, 2, "raft.Raft/AppendEntries", "node-1", 3, 103)
	lost.Status = traces.Status{Code: codes.Error, Description: "no reply in time"}
	lost.Events = []traces.Event{{
		Name: "drop", At: at(3),
		Attributes: []attribute.KeyValue{attribute.String("raftkv.cause", "network")},
	}}
	lost.Links = []traces.Link{{Run: 1, Root: 5, ID: 5}, {Run: 1, Root: 8, ID: 8}}
	lost.Attributes = []attribute.KeyValue{
		attribute.String("rpc.method", "raft.Raft/AppendEntries"), attribute.String("raft.node.id",
			"node-1"), attribute.String("rpc.system.name", "raftkv"),
		attribute.String("raft.peer.id", "node-2"), attribute.Int("raft.term", 3), attribute.StringSlice("raft.entries",
			[]string{"1@1 put a b", "2@1 noop"}),
		attribute.String("text", "with space"), attribute.String("empty", ""), attribute.String("control", "\x1b[31m"),
	}
	all := []traces.Span{
		span(9, 9, 0, "raftkv.run", "world", 0, 0),
		span(5, 5, 0, "raft.election", "node-1", 1, 2),
		lost,
		span(1, 2, 1, "raftkv.KV/Put", "node-1", 2, 110),
		span(1, 4, 2, "raft.commit", "node-1", 2, 100),
		span(7, 11, 10, "raft.apply", "node-3", 5, 5),
		span(1, 1, 0, "kv.put", "client-1", 2, 120),
		span(20, 21, 22, "ring", "node-1", 6, 6), span(20, 22, 21, "ring", "node-1", 7, 7),
	}
	const want = `raftkv.run                           world         0.000ms    +0.000ms
raft.election                        node-1        1.000ms    +1.000ms

kv.put                               client-1      2.000ms  +118.000ms
  raftkv.KV/Put                      node-1        2.000ms  +108.000ms
    raft.commit                      node-1        2.000ms   +98.000ms
    raft.Raft/AppendEntries          node-1        3.000ms  +100.000ms  Error "no reply in time"  ` +
		`raft.peer.id=node-2 raft.term=3 raft.entries=[1@1 put a b, 2@1 noop] text="with space" empty="" control="\x1b[31m"
      * drop                                       3.000ms  raftkv.cause=network
      > raft.election of node-1 at 1.000ms
      > a span that is missing

raft.apply                           node-3        5.000ms    +0.000ms  (its parent is missing)
ring                                 node-1        6.000ms    +0.000ms
  ring                               node-1        7.000ms    +0.000ms
`
	var b bytes.Buffer
	if err := traces.WriteTree(&b, all); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	if err := traces.WriteTree(&fullDisk{}, all); !errors.Is(err, errFull) {
		t.Errorf("on a full disk, the error is %v", err)
	}
}

var errFull = errors.New("no space left on device")

// fullDisk takes nothing.
type fullDisk struct{}

// Write implements io.Writer.
func (*fullDisk) Write([]byte) (int, error) { return 0, errFull }
