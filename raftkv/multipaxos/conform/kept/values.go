package kept

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	check "github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/words"
)

// Malformed says how the text of an attribute of a span should read.
func Malformed(kind string, key attribute.Key, text string) (want string) {
	switch key {
	case spans.PaxosProcessIDKey:
		return malformedProcess(text)
	case spans.PaxosPeerIDKey:
		if slices.Contains(Requests, kind) {
			return malformedClient(text)
		}
		return malformedProcess(text)
	case kvspans.RaftPeerIDKey:
		return malformedLeader(text)
	case kvspans.KVLeaderIDKey:
		if text != protocol.LeaderID(0).String() {
			return malformedLeader(text)
		}
	case kvspans.KVClientIDKey:
		return malformedClient(text)
	case spans.PaxosBallotKey, spans.PaxosPromisedKey:
		if _, is := ParseBallot(text); !is {
			return "a ballot, ROUND.LEADER, such as 2.1"
		}
	case kvspans.KVRequestIDKey:
		if !clients.IsRequest(text) {
			return "a client and the number of its operation, such as client-2/3"
		}
	case spans.PaxosCommandKey:
		if !clients.IsCommand(text) {
			return "a command: put KEY VALUE, get KEY, delete KEY or noop"
		}
	}
	return ""
}

// KindOf returns which kind of process one is, by its name.
func KindOf(process string) (protocol.Kind, bool) {
	kind, _, _ := strings.Cut(process, "-")
	k, err := protocol.ParseKind(kind)
	if err != nil {
		return 0, false
	}
	switch k {
	case protocol.KindAcceptor:
		n, err := protocol.ParseAcceptorID(process)
		return k, err == nil && n > 0
	case protocol.KindLeader:
		return k, malformedLeader(process) == ""
	case protocol.KindReplica:
		n, err := protocol.ParseReplicaID(process)
		return k, err == nil && n > 0
	}
	return 0, false
}

func malformedProcess(name string) (want string) {
	if _, is := KindOf(name); !is {
		return "a process, such as acceptor-1, leader-2 or replica-1"
	}
	return ""
}

func malformedLeader(name string) (want string) {
	if n, err := protocol.ParseLeaderID(name); err != nil || n == 0 {
		return "a leader, such as leader-1"
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
func (worker) Alone(s *span.Span, kind *check.Kind, find func(check.Rule) *check.Found) {
	a := attributes(s.Attributes)
	switch kind.ID {
	case spans.PrepareClientID, spans.PrepareServerID:
		listed(a, spans.PaxosAcceptedKey, spans.PaxosAcceptedCountKey, 0, find)
	case spans.CatchUpClientID:
		listed(a, spans.PaxosValuesKey, spans.PaxosValuesCountKey, a.number(spans.PaxosFirstSlotKey), find)
	case spans.StartID:
		startTells(s, find)
	case spans.AcceptClientID, spans.AcceptServerID, spans.ChosenID, spans.ApplyID:
		if v := a.value(); (v.Request == "") != (v.Command == Noop) {
			find(check.RuleMalformedValue).
				Got("the command is %s, and the request %s", words.Printable(v.Command), check.QuotedOr(v.Request, "missing")).
				Want("a request, and for a no-op none")
		}
	}
	replyTells(s, kind, find)
	clients.Alone(s, kind, find)
}

// listed compares a list of proposals with how many it says there are. From first on, unless that is 0, each slot has
// one, without ballots.
func listed(a attributes, list, count attribute.Key, first uint64, find func(check.Rule) *check.Found) {
	texts, n := a.list(list), a.number(count)
	if uint64(len(texts)) != n {
		find(check.RuleMalformedValue).
			Got("%s lists %s, and %s is %d", list, words.Counted(len(texts), "value"), count, n).
			Want("as many as the count says")
	}
	before := uint64(0)
	for i, text := range texts {
		p, is := parseProposal(text)
		hasBallot := p.Ballot != protocol.Ballot{}
		switch {
		case !is || hasBallot != (first == 0):
			form := "SLOT@BALLOT REQUEST COMMAND, such as 7@2.1 client-1/3 put a val_3"
			if first > 0 {
				form = "SLOT REQUEST COMMAND, such as 7 client-1/3 put a val_3"
			}
			find(check.RuleMalformedValue).Got("a value reads %s", words.Printable(text)).Want("%s", form)
			return
		case p.Slot <= before, first > 0 && p.Slot != first+uint64(i):
			find(check.RuleMalformedValue).
				Got("its value number %d is that of slot %d", i+1, p.Slot).Want("values in the order of their slots")
			return
		}
		before = p.Slot
	}
}

// startTells finds what a process that starts does not say, though its kind of process keeps it.
func startTells(s *span.Span, find func(check.Rule) *check.Found) {
	kind, is := KindOf(s.Service)
	if !is {
		return
	}
	kept := map[protocol.Kind][]attribute.Key{
		protocol.KindAcceptor: {spans.PaxosPromisedKey, spans.PaxosAcceptedCountKey},
		protocol.KindLeader:   {spans.PaxosRoundKey, spans.PaxosChosenSlotKey},
		protocol.KindReplica:  {spans.PaxosChosenSlotKey},
	}[kind]
	for _, key := range []attribute.Key{
		spans.PaxosPromisedKey, spans.PaxosAcceptedCountKey, spans.PaxosRoundKey, spans.PaxosChosenSlotKey,
	} {
		switch there, should := s.Attribute(key).Type() != attribute.EMPTY, slices.Contains(kept, key); {
		case should && !there:
			find(check.RuleRequired).Got("there is no %s", key).Want("%s, which the disk of %s keeps", key, s.Service)
		case there && !should:
			find(check.RuleUnknownAttribute).
				Got("an attribute %s", key).Want("none of that name: the disk of %s keeps no such thing", s.Service)
		}
	}
}

// tells are the attributes that a span has with one reply to its message, and with no other.
type tells struct {
	reply string
	keys  []attribute.Key
}

// tellsOf are those of the spans that tell a reply, by the ids of their kinds.
var tellsOf = func() map[string][]tells {
	promised := []attribute.Key{spans.PaxosPromisedKey}
	accepted := tells{Promise, []attribute.Key{spans.PaxosAcceptedCountKey}}
	all := map[string][]tells{
		spans.PrepareClientID: {accepted, {prepareRejected, promised}},
		spans.PrepareServerID: {accepted},
		spans.AcceptClientID:  {{acceptRejected, promised}},
		spans.CatchUpClientID: {{CaughtUp, []attribute.Key{spans.PaxosValuesCountKey}}},
	}
	for _, id := range slices.Concat(clients.Tries, Requests) {
		all[id] = []tells{{Answered, []attribute.Key{kvspans.KVResultKey}}}
	}
	return all
}()

// replyTells compares what a span says of a reply with which one it is.
func replyTells(s *span.Span, kind *check.Kind, find func(check.Rule) *check.Found) {
	reply := s.Attribute(spans.PaxosReplyKey).AsString()
	if kind.Is(clients.Tries...) {
		reply = s.Attribute(kvspans.RaftReplyKey).AsString()
	}
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
