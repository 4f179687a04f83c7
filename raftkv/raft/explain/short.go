package explain

import (
	"fmt"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// What is said again and again, by short names.

func say(format string, arguments ...any) explain.Sentence { return explain.Say(format, arguments...) }

func step(at explain.Moment, format string, arguments ...any) explain.Step {
	return explain.At(at, format, arguments...)
}

func shown(s *explain.Span, key attribute.Key) string { return explain.Shown(s, key) }

func integer(s *explain.Span, key attribute.Key) int64 { return explain.Integer(s, key) }

func peerOf(s *explain.Span) string { return explain.Peer(s) }

// is says whether an attribute has a value of an enum.
func is(s *explain.Span, key attribute.Key, value fmt.Stringer) bool {
	return s.Attribute(key).AsString() == value.String()
}

func termOf(s *explain.Span) int64 { return integer(s, spans.RaftTermKey) }

func hasReplied(s *explain.Span, m interface{ Name() string }) bool {
	return s.Attribute(kvspans.RaftReplyKey).AsString() == m.Name()
}

func isLeading(s *explain.Span) bool { return is(s, spans.RaftRoleKey, protocol.RoleLeader) }

// commandIn is the command that a span applied.
func commandIn(s *explain.Span) words.Command {
	return words.ParseCommand(s.Attribute(spans.RaftCommandKey).AsString())
}

// carries says whether an AppendEntries has the entry of an index.
func carries(s *explain.Span, index int64) bool {
	before := integer(s, spans.RaftPrevLogIndexKey)
	return before < index && index <= before+integer(s, spans.RaftEntriesCountKey)
}
