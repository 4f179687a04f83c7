package traces

import (
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// repliesOf are the names of the replies that there are to the request of a span; nil for spans of no request.
var repliesOf = func() map[string][]string {
	replies := map[string][]string{}
	for _, m := range []interface{ Name() string }{
		protocol.VoteGranted{}, protocol.VoteDenied{}, protocol.AppendEntriesOk{}, protocol.AppendEntriesRejected{}, protocol.Answered{}, protocol.NotLeader{}, protocol.OutcomeUnknown{},
	} {
		add := func(is bool, ids ...string) {
			for _, id := range ids {
				if is {
					replies[id] = append(replies[id], m.Name())
				}
			}
		}
		_, vote := m.(protocol.RequestVoteReply)
		_, entries := m.(protocol.AppendEntriesReply)
		_, put := m.(protocol.ClientPutReply)
		_, get := m.(protocol.ClientGetReply)
		_, remove := m.(protocol.ClientDeleteReply)
		add(vote, spans.RequestVoteClientID, spans.RequestVoteServerID)
		add(entries, spans.AppendEntriesClientID, spans.AppendEntriesServerID)
		add(vote || entries, spans.LateReplyID)
		add(put, spans.PutClientID, spans.PutServerID)
		add(get, spans.GetClientID, spans.GetServerID)
		add(remove, spans.DeleteClientID, spans.DeleteServerID)
	}
	return replies
}()

// values looks at what attributes say, beyond their types.
func (j *Judge) values(s *Span, shape *specShape, ref SpanRef, notes []note) {
	for i := range s.Attributes {
		if notes != nil && notes[i].sound {
			continue
		}
		a := &s.Attributes[i]
		if want := Malformed(shape.ID, a); want != "" {
			j.find(ruleMalformedValue, ref, fmt.Sprintf("%s is %s", a.Key, words.Printable(words.Text(a.Value))), want)
		}
		if !RepliesTo(shape.ID, a) {
			j.find(ruleUndefinedVariant, ref, fmt.Sprintf("%s is %s", a.Key, words.Printable(a.Value.AsString())), "one of "+strings.Join(repliesOf[shape.ID], ", "))
		}
	}
	if shape.ID == spans.AppendEntriesClientID || shape.ID == spans.AppendEntriesServerID {
		j.entries(s, ref)
	}
	j.reply(s, shape, ref)
	j.namesIn(s, shape, ref)
}

// says are the attributes that a span has with one reply to its message, and with no other.
type says struct {
	reply string
	keys  []attribute.Key
}

// sayings are those by the spans that tell a reply.
var sayings = func() map[string][]says {
	ok, rejected, denied := (protocol.AppendEntriesOk{}).Name(), (protocol.AppendEntriesRejected{}).Name(), (protocol.VoteDenied{}).Name()
	all := map[string][]says{
		spans.RequestVoteServerID:   {{denied, []attribute.Key{spans.RaftReasonKey}}},
		spans.AppendEntriesClientID: {{ok, []attribute.Key{spans.RaftMatchIndexKey}}, {rejected, []attribute.Key{spans.RaftConflictIndexKey, spans.RaftConflictTermKey}}},
		spans.AppendEntriesServerID: {{ok, []attribute.Key{spans.RaftMatchIndexKey}}, {rejected, []attribute.Key{spans.RaftConflictIndexKey, spans.RaftConflictTermKey, spans.RaftReasonKey}}},
	}
	for _, id := range []string{spans.PutClientID, spans.GetClientID, spans.DeleteClientID, spans.PutServerID, spans.GetServerID, spans.DeleteServerID} {
		all[id] = []says{{(protocol.Answered{}).Name(), []attribute.Key{spans.KVResultKey}}}
	}
	return all
}()

// reply compares what a span says of a reply with which one it is.
func (j *Judge) reply(s *Span, shape *specShape, ref SpanRef) {
	if len(shape.sayings) == 0 {
		return
	}
	reply := s.Attribute(spans.RaftReplyKey).AsString()
	for _, saying := range shape.sayings {
		for _, key := range saying.keys {
			there := s.Attribute(key).Type() != attribute.EMPTY
			switch {
			case reply == saying.reply && !there:
				j.find(ruleRequired, ref, fmt.Sprintf("the reply is %s, and there is no %s", reply, key), fmt.Sprintf("%s, which that reply tells", key))
			case reply != saying.reply && there:
				j.find(ruleUnknownAttribute, ref, fmt.Sprintf("the reply is %s, and there is %s", quotedOr(reply, "none"), key), fmt.Sprintf("none of that name: only %s tells it", saying.reply))
			}
		}
	}
}

// namesIn compares the names that a span gives with each other: of the method, of who is called, and of whose operation it is.
func (j *Judge) namesIn(s *Span, shape *specShape, ref SpanRef) {
	differs := func(key attribute.Key, want string) {
		if is := s.Attribute(key); is.Type() == attribute.STRING && is.AsString() != want {
			j.find(ruleMalformedValue, ref, fmt.Sprintf("%s is %s", key, words.Printable(is.AsString())), words.Printable(want))
		}
	}
	if shape.Kind == trace.SpanKindClient || shape.Kind == trace.SpanKindServer {
		called := s.Service
		if shape.Kind == trace.SpanKindClient {
			called = s.Attribute(spans.RaftPeerIDKey).AsString()
		}
		differs(spans.RPCSystemNameKey, spans.System)
		differs(spans.RPCMethodKey, shape.Name)
		differs(spans.ServerAddressKey, called)
	}
	if shape.sends {
		to := s.Attribute(spans.RaftPeerIDKey)
		if to.Type() == attribute.EMPTY {
			to = s.Attribute(spans.KVClientIDKey)
		}
		differs(spans.PeerServiceKey, to.AsString())
	}
	if shape.Service == spans.ServiceClient {
		request := s.Attribute(spans.KVRequestIDKey).AsString()
		if client, _, found := strings.Cut(request, "/"); found && client != s.Service {
			j.find(ruleWrongService, ref, "it is about the operation "+words.Printable(request), "an operation of "+words.Printable(s.Service))
		}
	}
}

// RepliesTo says whether an attribute names a reply to the request of a span, if it names a reply.
func RepliesTo(id string, a *attribute.KeyValue) bool {
	return a.Key != spans.RaftReplyKey || slices.Contains(repliesOf[id], a.Value.AsString())
}

// Malformed says how the value of an attribute should read, if it does not.
func Malformed(id string, a *attribute.KeyValue) (want string) {
	is := a.Value.Type()
	if is == attribute.INT64 && a.Value.AsInt64() < 0 && a.Key != spans.RaftkvFaultByNsKey && a.Key != spans.RaftkvSeedKey {
		return "a number that is not negative"
	}
	if is == attribute.INT64 && a.Value.AsInt64() > 1 && (a.Key == spans.RaftkvCopyKey || a.Key == spans.RaftkvAnsweredCopyKey) {
		return "0 or 1: the network makes two copies at most"
	}
	if is == attribute.STRING {
		return malformedText(id, a.Key, a.Value.AsString())
	}
	return ""
}

func malformedText(id string, key attribute.Key, s string) (want string) {
	switch key {
	case spans.RaftNodeIDKey, spans.KVClientIDKey:
		return malformedName(key, s)
	case spans.RaftPeerIDKey:
		if id == spans.PutServerID || id == spans.GetServerID || id == spans.DeleteServerID {
			key = spans.KVClientIDKey
		}
		return malformedName(key, s)
	case spans.KVRequestIDKey:
		if !isRequest(s) {
			return "a client and the number of its operation, such as client-2/3"
		}
	case spans.RaftVotedForKey:
		if s != protocol.NodeID(0).String() {
			return malformedName(key, s)
		}
	case spans.RaftCommandKey:
		if !isCommand(s) {
			return "a command: put KEY VALUE, get KEY, delete KEY or noop"
		}
	}
	return ""
}

// malformedName says how the name of a process should read, if it does not.
func malformedName(key attribute.Key, s string) (want string) {
	if key == spans.KVClientIDKey {
		if n, err := protocol.ParseClientID(s); err != nil || n == 0 {
			return "a client, such as client-1"
		}
		return ""
	}
	if n, err := protocol.ParseNodeID(s); err != nil || n == 0 {
		return "a server, such as node-1"
	}
	return ""
}

func isNumber(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != "" && s[0] != '0'
}

// isCommand says whether a text may be a command. Keys and values may hold spaces, so that it cannot be taken apart for sure.
func isCommand(s string) bool {
	name, rest, _ := strings.Cut(s, " ")
	switch name {
	case "put":
		return strings.Contains(rest, " ")
	case "get", "delete":
		return rest != ""
	}
	return s == protocol.Noop{}.String()
}

// entries compares the entries of an AppendEntries with what it says of them.
func (j *Judge) entries(s *Span, ref SpanRef) {
	j.entriesListed(ref, number(s.Attribute(spans.RaftPrevLogIndexKey)), number(s.Attribute(spans.RaftPrevLogTermKey)), number(s.Attribute(spans.RaftEntriesCountKey)), s.Attribute(spans.RaftEntriesKey).AsStringSlice())
}

// entriesListed compares entries with the index and the term of what they say comes before them, and with how many they say there are.
func (j *Judge) entriesListed(ref SpanRef, prev, before, count uint64, entries []string) {
	if uint64(len(entries)) != count {
		j.find(ruleMalformedValue, ref, fmt.Sprintf("%s lists %s, and %s is %d", spans.RaftEntriesKey, words.Counted(len(entries), "entry"), spans.RaftEntriesCountKey, count), "as many as the count says")
	}
	for i, entry := range entries {
		read := j.entriesRead.entry(entry)
		index, term := read.index, read.term
		switch {
		case !read.ok:
			j.find(ruleMalformedValue, ref, fmt.Sprintf("an entry reads %s", words.Printable(entry)), "INDEX@TERM REQUEST COMMAND, such as 7@2 client-1/3 put a val_3")
			return
		case read.request == "" && read.command != (protocol.Noop{}).String():
			j.find(ruleMalformedValue, ref, fmt.Sprintf("the entry %s does not say who asked for it", words.Printable(entry)), "INDEX@TERM REQUEST COMMAND: only a no-op has no request")
			return
		case index != prev+uint64(i)+1:
			j.find(ruleMalformedValue, ref, fmt.Sprintf("its entry number %d has the index %d", i+1, index), fmt.Sprintf("%d, since the entry before the new ones has the index %d", prev+uint64(i)+1, prev))
			return
		case term < before:
			j.breaks(protocol.InvariantLogMatching, ref, fmt.Sprintf("the entry at index %d is of term %d, and the one before it of term %d", index, term, before), "terms that never fall along a log")
			return
		}
		before = term
	}
}
