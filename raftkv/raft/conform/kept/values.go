package kept

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/kv"
	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// Malformed says how the text of an attribute of a span should read.
func Malformed(kind string, key attribute.Key, text string) (want string) {
	switch key {
	case kvspans.RaftPeerIDKey:
		if slices.Contains(Requests, kind) {
			return malformedClient(text)
		}
		return malformedServer(text)
	case spans.RaftNodeIDKey:
		return malformedServer(text)
	case kvspans.KVClientIDKey:
		return malformedClient(text)
	case spans.RaftVotedForKey:
		if text != Nobody {
			return malformedServer(text)
		}
	case kvspans.KVRequestIDKey:
		if !clients.IsRequest(text) {
			return "a client and the number of its operation, such as client-2/3"
		}
	case spans.RaftCommandKey:
		if !clients.IsCommand(text) {
			return "a command: put KEY VALUE, get KEY, delete KEY or noop"
		}
	}
	return ""
}

func malformedServer(name string) (want string) {
	if n, err := kv.ParseNodeID(name); err != nil || n == 0 {
		return "a server, such as node-1"
	}
	return ""
}

func malformedClient(name string) (want string) {
	if !clients.IsClient(name) {
		return "a client, such as client-1"
	}
	return ""
}

// Alone finds what is wrong with a span by itself that the tables do not tell.
func (w *worker) Alone(s *span.Span, kind *check.Kind, find func(check.Rule) *check.Found) {
	if kind.Is(spans.AppendEntriesClientID, spans.AppendEntriesServerID) {
		w.entriesListed(s.Attributes, find)
	}
	replyTells(s, kind, find)
	clients.Alone(s, kind, find)
}

// entriesListed compares the entries of an AppendEntries with the index and the term of what it says comes before
// them, and with how many it says there are.
func (w *worker) entriesListed(a attributes, find func(check.Rule) *check.Found) {
	prev, before := a.number(spans.RaftPrevLogIndexKey), a.number(spans.RaftPrevLogTermKey)
	entries, count := span.Find(a, spans.RaftEntriesKey).AsStringSlice(), a.number(spans.RaftEntriesCountKey)
	if uint64(len(entries)) != count {
		find(check.RuleMalformedValue).
			Got("%s lists %s, and %s is %d",
				spans.RaftEntriesKey, words.Counted(len(entries), "entry"), spans.RaftEntriesCountKey, count).
			Want("as many as the count says")
	}
	for i, text := range entries {
		e, want := w.entry(text), prev+uint64(i)+1
		switch {
		case !e.ok:
			find(check.RuleMalformedValue).
				Got("an entry reads %s", words.Printable(text)).
				Want("INDEX@TERM REQUEST COMMAND, such as 7@2 client-1/3 put a val_3")
		case e.Request == "" && e.Command != noop:
			find(check.RuleMalformedValue).
				Got("the entry %s does not say who asked for it", words.Printable(text)).
				Want("INDEX@TERM REQUEST COMMAND: only a no-op has no request")
		case e.index != want:
			find(check.RuleMalformedValue).
				Got("its entry number %d has the index %d", i+1, e.index).
				Want("%d, since the entry before the new ones has the index %d", want, prev)
		case e.Term < before:
			find(Invariants[protocol.InvariantLogMatching]).
				Got("the entry at index %d is of term %d, and the one before it of term %d", e.index, e.Term, before).
				Want("terms that never fall along a log")
		default:
			before = e.Term
			continue
		}
		return
	}
}

// tells are the attributes that a span has with one reply to its message, and with no other.
type tells struct {
	reply string
	keys  []attribute.Key
}

// tellsOf are those of the spans that tell a reply, by the ids of their kinds.
var tellsOf = func() map[string][]tells {
	ok := tells{EntriesOk, []attribute.Key{spans.RaftMatchIndexKey}}
	conflict := []attribute.Key{spans.RaftConflictIndexKey, spans.RaftConflictTermKey}
	all := map[string][]tells{
		spans.RequestVoteServerID:   {{voteDenied, []attribute.Key{spans.RaftReasonKey}}},
		spans.AppendEntriesClientID: {ok, {EntriesRejected, conflict}},
		spans.AppendEntriesServerID: {ok, {EntriesRejected, slices.Concat(conflict, []attribute.Key{spans.RaftReasonKey})}},
	}
	for _, id := range slices.Concat(clients.Tries, Requests) {
		all[id] = []tells{{Answered, []attribute.Key{kvspans.KVResultKey}}}
	}
	return all
}()

// replyTells compares what a span says of a reply with which one it is.
func replyTells(s *span.Span, kind *check.Kind, find func(check.Rule) *check.Found) {
	reply := s.Attribute(kvspans.RaftReplyKey).AsString()
	for _, t := range tellsOf[kind.ID] {
		for _, key := range t.keys {
			there := s.Attribute(key).Type() != attribute.EMPTY
			switch {
			case reply == t.reply && !there:
				find(check.RuleRequired).
					Got("the reply is %s, and there is no %s", reply, key).Want("%s, which that reply tells", key)
			case reply != t.reply && there:
				find(check.RuleUnknownAttribute).
					Got("the reply is %s, and there is %s", check.QuotedOr(reply, "none"), key).
					Want("none of that name: only %s tells it", t.reply)
			}
		}
	}
}
