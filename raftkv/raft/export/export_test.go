package export_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	raftexport "github.com/raftkv/raftkv/raftkv/raft/export"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// TestShiVizTexts holds what ShiViz shows of a refused vote, of a call that is given up, and of an entry that is sent.
func TestShiVizTexts(t *testing.T) {
	peer := kvspans.RaftPeerIDKey.String("node-2")
	call := func(id world.CausalID, name string, kind trace.SpanKind, failed bool, says ...attribute.KeyValue) span.Span {
		s := span.Span{
			Run: 1, Root: id, ID: id, Name: name, Kind: kind, Service: "node-1",
			Start: tracetest.Epoch.Add(time.Duration(id) * time.Millisecond), Attributes: append(says, peer),
		}
		s.End = s.Start.Add(time.Microsecond)
		if failed {
			s.Status.Code = codes.Error
		}
		return s
	}
	all := index.Of([]span.Span{
		call(1, spans.RequestVoteServerName, trace.SpanKindServer, false,
			kvspans.RaftReplyKey.String("VoteDenied"), spans.RaftReasonKey.String("log_behind")),
		call(2, spans.RequestVoteClientName, trace.SpanKindClient, true, worldspans.ErrorTypeKey.String("timeout")),
		call(3, spans.AppendEntriesClientName, trace.SpanKindClient, false,
			spans.RaftPrevLogIndexKey.Int(4), spans.RaftEntriesCountKey.Int(2), kvspans.RaftReplyKey.String("AppendEntriesOk")),
	})
	var b bytes.Buffer
	if err := export.WriteShiViz(&b, all, raftexport.Protocol()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"receive RequestVote from node-2\n", "reply VoteDenied: log behind to node-2\n", "send RequestVote to node-2\n",
		"give up RequestVote to node-2 (timeout)\n", "send AppendEntries to node-2 with entries 5 to 6\n",
		"receive AppendEntriesOk from node-2\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no event %q in\n%s", want, &b)
		}
	}
}
