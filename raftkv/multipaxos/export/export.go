// Package export is what MultiPaxos adds to the formats of other programs: what ShiViz shows of the spans of processes.
package export

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/words"
)

// Protocol returns what the texts of events have of MultiPaxos.
func Protocol() export.Protocol {
	return export.Protocol{Landmarks: spans.Landmarks(), Begins: begins, Ends: ends, Carries: carries}
}

func begins(s *traces.Span) string {
	if s.Name == spans.Phase1Name {
		return "begin phase 1" + export.Labelled(s, " of ballot ", spans.PaxosBallotKey)
	}
	return ""
}

func ends(s *traces.Span) string {
	of := func(before string, key attribute.Key) string { return export.Labelled(s, before, key) }
	ballot := of(" of ballot ", spans.PaxosBallotKey)
	if s.Kind != trace.SpanKindInternal {
		return rejects(s)
	}
	switch s.Name {
	case spans.HeartbeatName:
		return "heartbeat" + of(" ", spans.PaxosHeartbeatKey) + ballot
	case spans.Phase1Name:
		return "end phase 1" + ballot + of(": ", spans.PaxosOutcomeKey) + export.Failure(s)
	case spans.RoleChangeName:
		return of("", spans.PaxosRoleFromKey) + of(" becomes ", spans.PaxosRoleKey) +
			of(" in ballot ", spans.PaxosBallotKey) + words.Spaced(of(": ", spans.PaxosRoleEventKey))
	case spans.ChosenName:
		return "chosen in slot" + of(" ", spans.PaxosSlotKey) + of(": ", spans.PaxosCommandKey)
	case spans.ApplyName:
		return "apply slot" + of(" ", spans.PaxosSlotKey) + of(": ", spans.PaxosCommandKey) +
			of(" -> ", kvspans.KVResultKey)
	case spans.StartName:
		return "start"
	case spans.LateReplyName:
		return "receive late " + of("", spans.PaxosReplyKey) + of(" from ", spans.PaxosPeerIDKey)
	}
	return ""
}

// rejects is what an acceptor answers that promised a higher ballot.
func rejects(s *traces.Span) string {
	reply := s.Attribute(spans.PaxosReplyKey).AsString()
	if s.Kind != trace.SpanKindServer || reply != "PrepareRejected" && reply != "AcceptRejected" {
		return ""
	}
	return "reply " + reply + export.Labelled(s, ": promised is ", spans.PaxosPromisedKey) +
		export.Labelled(s, " to ", spans.PaxosPeerIDKey)
}

// carries says what a message is about.
func carries(s *traces.Span) string {
	switch s.Name {
	case spans.PrepareClientName:
		return export.Labelled(s, " of ballot ", spans.PaxosBallotKey)
	case spans.AcceptClientName, spans.CommitProducerName:
		return export.Labelled(s, " of slot ", spans.PaxosSlotKey)
	case spans.CatchUpClientName:
		return export.Labelled(s, " from slot ", spans.PaxosFirstSlotKey)
	}
	return ""
}
