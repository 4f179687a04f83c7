// Package export is what Raft adds to the formats of other programs: what ShiViz shows of the spans of servers.
package export

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/phrases"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/words"
)

// Protocol returns what the texts of events have of Raft.
func Protocol() export.Protocol {
	return export.Protocol{
		Landmarks: spans.Landmarks(), Begins: begins, Ends: ends,
		Carries: func(s *traces.Span) string { return phrases.WithEntries(s) },
	}
}

func begins(s *traces.Span) string {
	if s.Name == spans.ElectionName {
		return "begin election" + export.Labelled(s, " for term ", spans.RaftTermKey)
	}
	return ""
}

func ends(s *traces.Span) string {
	of := func(before string, key attribute.Key) string { return export.Labelled(s, before, key) }
	term, reply := of(" of term ", spans.RaftTermKey), of("", kvspans.RaftReplyKey)
	switch s.Name {
	case spans.HeartbeatName:
		return "heartbeat" + of(" ", spans.RaftHeartbeatKey) + term
	case spans.ElectionName:
		return "end election" + of(" for term ", spans.RaftTermKey) + of(": ", spans.RaftOutcomeKey) + export.Failure(s)
	case spans.RoleChangeName:
		return of("", spans.RaftRoleFromKey) + of(" becomes ", spans.RaftRoleKey) + of(" in term ", spans.RaftTermKey) +
			words.Spaced(of(": ", spans.RaftRoleEventKey))
	case spans.CommitName:
		return "commit" + of(" ", spans.RaftCommitFromKey) + of(" -> ", spans.RaftCommitToKey)
	case spans.ApplyName:
		return "apply" + of(" ", spans.RaftIndexKey) + of(": ", spans.RaftCommandKey) + of(" -> ", kvspans.KVResultKey)
	case spans.StartName:
		return "start" + of(" as ", spans.RaftRoleKey) + of(" in term ", spans.RaftTermKey)
	case spans.SetPeersName:
		return "is told the cluster"
	case spans.LateReplyName:
		return "receive late " + reply + of(" from ", kvspans.RaftPeerIDKey)
	}
	if s.Kind == trace.SpanKindServer && reply != "" && of("", spans.RaftReasonKey) != "" {
		return "reply " + reply + words.Spaced(of(": ", spans.RaftReasonKey)) + of(" to ", kvspans.RaftPeerIDKey)
	}
	return ""
}
