// Package diff is what MultiPaxos adds to the comparison of two runs: what says which one a span is, what its spans are
// in words, and who leads and applies.
package diff

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/words"
)

// Protocol returns what runs of MultiPaxos are compared by.
func Protocol() diff.Protocol {
	return diff.Protocol{
		Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(),
		Keys: content.Keys{
			Identifies: []attribute.Key{spans.PaxosAttemptKey, spans.PaxosHeartbeatKey, spans.PaxosSlotKey},
			Term:       spans.PaxosBallotKey,
			OfTerm:     []string{spans.Phase1Name, spans.HeartbeatName},
			AtEnd: []attribute.Key{
				spans.PaxosOutcomeKey, spans.PaxosPromisesKey, spans.PaxosPromisedKey, spans.PaxosAcceptedKey,
				spans.PaxosAcceptedCountKey, spans.PaxosValuesKey, spans.PaxosValuesCountKey,
			},
		},
		Repeats: []attribute.Key{
			spans.PaxosPromisedKey, spans.PaxosAcceptedCountKey, spans.PaxosValuesCountKey, spans.PaxosChosenSlotKey,
		},
		Persist:    persists,
		Starts:     []string{spans.StartName},
		Phrase:     phrase,
		OfElection: ofElection,
	}
}

// persists is what the names of the events begin with that say what was written to a disk.
const persists = "persist_"

// ofElection says whether spans of a name belong to phase 1, whatever the root of their trace: what the new leader
// proposes does not.
func ofElection(name, _ string) bool {
	switch name {
	case spans.Phase1Name, spans.RoleChangeName, spans.PrepareClientName:
		return true
	}
	return false
}

// phrase says what a span of a process is; it is empty for any other span.
func phrase(s *span.Span) string {
	switch s.Kind {
	case trace.SpanKindClient, trace.SpanKindServer:
		return call(s)
	case trace.SpanKindProducer, trace.SpanKindConsumer:
		return oneWay(s)
	case trace.SpanKindUnspecified, trace.SpanKindInternal:
	}
	switch s.Name {
	case spans.StartName:
		return "starts"
	case spans.Phase1Name:
		return "begins ballot " + text(s, spans.PaxosBallotKey)
	case spans.HeartbeatName:
		return "heartbeat " + text(s, spans.PaxosHeartbeatKey) + " of ballot " + text(s, spans.PaxosBallotKey)
	case spans.RoleChangeName:
		return "becomes " + text(s, spans.PaxosRoleKey) + ": " + words.Spaced(text(s, spans.PaxosRoleEventKey))
	case spans.LateReplyName:
		return "gets a late reply from " + peer(s) + content.CopyPhrase(s)
	case spans.ChosenName:
		return "takes slot " + text(s, spans.PaxosSlotKey) + " for chosen: " + command(s)
	case spans.ApplyName:
		return "applies slot " + text(s, spans.PaxosSlotKey) + ": " + command(s)
	}
	return ""
}

// call says what a request is, for who sends it and for who takes it in.
func call(s *span.Span) string {
	asks := s.Kind == trace.SpanKindClient
	slot, first := text(s, spans.PaxosSlotKey), text(s, spans.PaxosFirstSlotKey)
	switch s.Name {
	case spans.PrepareClientName:
		return either(s, asks, "asks "+peer(s)+" for its promise of ballot "+text(s, spans.PaxosBallotKey),
			"answers Prepare("+text(s, spans.PaxosBallotKey)+") of "+peer(s))
	case spans.AcceptClientName:
		return either(s, asks, "asks "+peer(s)+" to accept slot "+slot, "answers "+peer(s)+"'s Accept of slot "+slot)
	case spans.CatchUpClientName:
		return either(s, asks, "asks "+peer(s)+" for what is chosen from slot "+first+" on",
			"tells "+peer(s)+" what is chosen from slot "+first+" on")
	}
	return ""
}

// either is what the sender of a request does, or what its receiver does.
func either(s *span.Span, asks bool, sender, receiver string) string {
	if asks {
		return sender + content.OrdinalPhrase(s, "attempt", spans.PaxosAttemptKey)
	}
	return receiver + content.CopyPhrase(s)
}

// oneWay says what a message is that nobody answers.
func oneWay(s *span.Span) string {
	told := ""
	switch s.Name {
	case spans.CommitProducerName:
		told = " what is chosen in slot " + text(s, spans.PaxosSlotKey)
	case spans.HeartbeatName:
		told = " who leads"
	default:
		return ""
	}
	if s.Kind == trace.SpanKindProducer {
		return "tells " + peer(s) + told
	}
	return strings.Join([]string{"hears from ", peer(s), told, content.CopyPhrase(s)}, "")
}

func text(s *span.Span, key attribute.Key) string { return words.Text(s.Attribute(key)) }

func peer(s *span.Span) string { return text(s, spans.PaxosPeerIDKey) }

func command(s *span.Span) string {
	return words.ParseCommand(s.Attribute(spans.PaxosCommandKey).AsString()).Text
}
