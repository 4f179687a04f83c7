// Package diff is what Raft adds to the comparison of two runs: what says which one a span is, what its spans are in
// words, and who leads and applies.
package diff

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/phrases"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/words"
)

// Protocol returns what runs of Raft are compared by.
func Protocol() diff.Protocol {
	return diff.Protocol{
		Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(),
		Keys: content.Keys{
			Identifies: []attribute.Key{spans.RaftAttemptKey, spans.RaftHeartbeatKey, spans.RaftIndexKey, spans.RaftCommitToKey},
			Term:       spans.RaftTermKey,
			OfTerm:     []string{spans.ElectionName, spans.HeartbeatName},
			AtEnd: []attribute.Key{
				spans.RaftMatchIndexKey, spans.RaftConflictIndexKey, spans.RaftConflictTermKey, spans.RaftReasonKey,
				spans.RaftReplyTermKey, spans.RaftEndTermKey, spans.RaftEndRoleKey, spans.RaftNextIndexKey,
				spans.RaftOutcomeKey, spans.RaftVotesKey,
			},
		},
		Repeats: []attribute.Key{
			spans.RaftMessageTermKey, spans.RaftReplyTermKey, spans.RaftEndTermKey, spans.RaftEndRoleKey,
		},
		Persist:    spans.EventPersist,
		Starts:     []string{spans.StartName, spans.SetPeersName},
		Phrase:     phrase,
		OfElection: ofElection,
	}
}

// ofElection says whether spans of a name, in a trace whose root has another one, belong to an election: entries that
// the new leader sends, commits and applies do not.
func ofElection(name, root string) bool {
	switch name {
	case spans.RoleChangeName, spans.RequestVoteClientName:
		return true
	case spans.ApplyName:
		return false
	}
	return root == spans.ElectionName && !strings.Contains(name, "AppendEntries") && !strings.Contains(name, "commit")
}

// phrase says what a span of a server is; it is empty for any other span.
func phrase(s *span.Span) string {
	text := func(key attribute.Key) string { return words.Text(s.Attribute(key)) }
	peer := text(kvspans.RaftPeerIDKey)
	calls := s.Kind == trace.SpanKindClient
	switch s.Name {
	case spans.StartName:
		return "starts as " + text(spans.RaftRoleKey)
	case spans.SetPeersName:
		return "is told its peers"
	case spans.ElectionName:
		return "stands for election in term " + text(spans.RaftTermKey)
	case spans.HeartbeatName:
		return "heartbeat " + text(spans.RaftHeartbeatKey) + " of term " + text(spans.RaftTermKey)
	case spans.RoleChangeName:
		return "becomes " + text(spans.RaftRoleKey) + ": " + words.Spaced(text(spans.RaftRoleEventKey))
	case spans.RequestVoteClientName:
		if calls {
			return "asks " + peer + " for its vote in term " + text(spans.RaftTermKey) + attempt(s)
		}
		return "votes on " + peer + content.CopyPhrase(s)
	case spans.AppendEntriesClientName:
		if calls {
			return "sends " + entries(s) + " to " + peer + attempt(s)
		}
		return "takes " + entries(s) + " from " + peer + content.CopyPhrase(s)
	case spans.LateReplyName:
		return "gets a late reply from " + peer + content.CopyPhrase(s)
	case spans.CommitName:
		return "commit index " + text(spans.RaftCommitFromKey) + " -> " + text(spans.RaftCommitToKey)
	case spans.ApplyName:
		command := words.ParseCommand(s.Attribute(spans.RaftCommandKey).AsString())
		return "applies index " + text(spans.RaftIndexKey) + ": " + command.Text
	case spans.CommitNotificationProducerName:
		committed := " that index " + text(spans.RaftLeaderCommitKey) + " is committed"
		if s.Kind == trace.SpanKindProducer {
			return "tells " + peer + committed
		}
		return "hears from " + peer + committed + content.CopyPhrase(s)
	}
	return ""
}

func attempt(s *span.Span) string { return content.OrdinalPhrase(s, "attempt", spans.RaftAttemptKey) }

// entries says which entries a message carries.
func entries(s *span.Span) string {
	if s.Attribute(spans.RaftEntriesCountKey).AsInt64() == 0 {
		return "no entries"
	}
	return phrases.Entries(s)
}
