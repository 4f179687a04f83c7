package export_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	paxosexport "github.com/raftkv/raftkv/raftkv/multipaxos/export"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// TestShiVizTexts holds what ShiViz shows of phase 1, of an Accept that is refused, and of what is chosen.
func TestShiVizTexts(t *testing.T) {
	peer := spans.PaxosPeerIDKey.String("acceptor-2")
	one := func(id world.CausalID, name string, kind trace.SpanKind, says ...attribute.KeyValue) span.Span {
		s := span.Span{
			Run: 1, Root: id, ID: id, Name: name, Kind: kind, Service: "leader-1",
			Start: tracetest.Epoch.Add(time.Duration(id) * time.Millisecond), Attributes: says,
		}
		s.End = s.Start.Add(time.Microsecond)
		return s
	}
	ballot, slot := spans.PaxosBallotKey.String("2.1"), spans.PaxosSlotKey.Int(7)
	all := index.Of([]span.Span{
		one(1, spans.Phase1Name, trace.SpanKindInternal, ballot, spans.PaxosOutcomeKey.String("preempted")),
		one(2, spans.AcceptServerName, trace.SpanKindServer, slot, peer, spans.PaxosReplyKey.String("AcceptRejected"),
			spans.PaxosPromisedKey.String("3.2")),
		one(3, spans.AcceptClientName, trace.SpanKindClient, slot, peer, spans.PaxosReplyKey.String("Accepted")),
		one(4, spans.ChosenName, trace.SpanKindInternal, slot, spans.PaxosCommandKey.String("get a")),
		one(5, spans.HeartbeatName, trace.SpanKindInternal, ballot, spans.PaxosHeartbeatKey.Int(3)),
	})
	var b bytes.Buffer
	if err := export.WriteShiViz(&b, all, paxosexport.Protocol()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"end phase 1 of ballot 2.1: preempted\n", "receive Accept from acceptor-2 of slot 7\n",
		"reply AcceptRejected: promised is 3.2 to acceptor-2\n", "send Accept to acceptor-2 of slot 7\n",
		"receive Accepted from acceptor-2\n", "chosen in slot 7: get a\n", "heartbeat 3 of ballot 2.1\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no event %q in\n%s", want, &b)
		}
	}
}
