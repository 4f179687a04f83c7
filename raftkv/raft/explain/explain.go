package explain

import (
	"fmt"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/explain/state"
	"github.com/raftkv/raftkv/raftkv/raft/phrases"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/explain"
)

// Protocol is Raft, for those who explain runs.
func Protocol() explain.Protocol {
	notification := (protocol.CommitNotification{}).Name()
	return explain.Protocol{
		Specs: spans.AllSpecs(),
		Messages: map[string]string{
			spans.CommitNotificationProducerID: notification, spans.CommitNotificationConsumerID: notification,
		},
		Numbers: map[string]string{
			"leader": "term", "election": "term", "elections": "term", "term": "term",
			"index": "index",
		},
		Questions: "leader term N, client-N N, or index N node-N",
		Reason:    spans.RaftReasonKey,
		Rules:     rules(),
		Malformed: func(id string, a *attribute.KeyValue) bool {
			return conform.Tables().Malformed(id, a)
		},
		Unread: unread,
		Of:     func(t *explain.Trace) explain.Answers { return &raft{state.Of(t)} },
	}
}

// unread are the attributes that no answer rests on: older traces have not all of them.
func unread(id string, key attribute.Key) bool {
	switch key {
	case worldspans.RPCSystemNameKey, worldspans.RPCMethodKey, worldspans.ServerAddressKey, worldspans.PeerServiceKey,
		spans.RaftVotedForKey, spans.RaftMessageTermKey, spans.RaftReplyTermKey:
		return true
	case spans.RaftLastLogIndexKey, spans.RaftLastLogTermKey:
		return id != spans.RequestVoteClientID
	}
	return false
}

// raft is what is to be said of one run of Raft.
type raft struct{ *state.Cluster }

// Ask answers what is asked of an election or an entry.
func (e *raft) Ask(q *explain.Asked) (*explain.Explanation, error) {
	switch q.For {
	case "term":
		return e.explainTerm(int64(q.Numbers["term"]))
	case "index server":
		return e.explainEntry(int64(q.Numbers["index"]), q.Server)
	case "which term":
		return nil, e.whichTerm(q.Question)
	case "index":
		return nil, fmt.Errorf("cannot tell what %q asks: of which server it does not say", q.Question)
	case "server":
		if q.Alone {
			return nil, fmt.Errorf("cannot tell what %q asks: which index of %s it does not say", q.Question, q.Server)
		}
	}
	return nil, nil
}

// Questions are about each term, and each index of each log.
func (e *raft) Questions(most int) (terms, entries []string) {
	last := int64(0)
	for _, s := range e.Elections {
		if term := state.Term(s); term > last {
			terms, last = append(terms, termQuestion(term)), term
		}
	}
	for _, node := range e.Nodes {
		if len(entries) >= most {
			break
		}
		last := e.LastIndex(node)
		for index := int64(1); index <= last && len(entries) < most; index++ {
			entries = append(entries, entryQuestion(index, node))
		}
	}
	return terms, entries
}

// Same is the question about a term, of the election that it is answered with.
func (e *raft) Same(s *span.Span) string {
	if e.Is(s, spans.ElectionID) {
		if winner := e.Winner(state.Term(s)); winner != nil && winner.ID == s.ID {
			return termQuestion(state.Term(s))
		}
	}
	return ""
}

// Whole explains an election of which its term's answer does not tell all.
func (e *raft) Whole(s *span.Span) *explain.Explanation {
	if e.Is(s, spans.ElectionID) {
		return e.explainElection(s)
	}
	return nil
}

// Carried names the entries that a message carries.
func (e *raft) Carried(s *span.Span) string { return phrases.WithEntries(s) }

// termQuestion is the question about the election of a term.
func termQuestion(term int64) string { return "leader term " + strconv.FormatInt(term, 10) }

// entryQuestion is the question about an entry of a server's log.
func entryQuestion(index int64, node string) string { return fmt.Sprintf("index %d %s", index, node) }
