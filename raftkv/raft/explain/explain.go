package explain

import (
	"fmt"
	"slices"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/phrases"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/explain"
)

// Protocol is Raft, for those who explain runs.
func Protocol() explain.Protocol {
	return explain.Protocol{
		Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(),
		Servers: []string{kvspans.ServiceNode},
		Asks: map[string]string{
			"leader": "term", "election": "term", "elections": "term", "term": "term", "index": "index",
		},
		Questions: "leader term N, client-N N, or index N node-N",
		Reason:    spans.RaftReasonKey,
		Rules:     rules(),
		Applied:   spans.ApplyID,
		Once:      Once,
		Malformed: func(id string, a *attribute.KeyValue) bool { return conform.Tables().Malformed(id, a) },
		Unread:    unread,
		Carried:   func(s *span.Span) string { return phrases.WithEntries(s) },
		Of:        func(t *explain.Trace) explain.Answers { return newRaft(t) },
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

// The rules of the algorithm that can hold something back, and where the paper has each, as sentences cite it.
var (
	TermOver       = rule("term_over", "§5.1", "a newer term makes every server its follower")
	OneVote        = rule("one_vote", "§5.2", "a server has one vote in a term, and a term at most one leader")
	Votes          = rule("votes", "§5.2", "a leader has the votes of a majority")
	LogMatch       = rule("log_match", "§5.3", "a leader goes back in its log until both agree")
	LeaderLog      = rule("leader_log", "§5.3", "what conflicts with the leader's log is removed")
	Copies         = rule("copies", "§5.3", "an entry is committed when a majority is known to hold it")
	Matched        = rule("matched", "§5.3", "a follower commits what it is told of, as far as its log is known to match")
	UpToDate       = rule("up_to_date", "§5.4.1", "a vote is for a log that is no less up to date")
	OwnTerm        = rule("own_term", "§5.4.2", "a leader counts the copies of entries of its own term only")
	CommittedStays = rule("committed_stays", "§5.4.3", "what is committed is never replaced")
	LeaderOnly     = rule("leader_only", "§8", "only the leader takes a client's command")
	ThroughLog     = rule("through_log", "§8", "a command is answered when its entry is applied")
	Once           = rule("once", "§8", "an operation takes effect once, and its retry gets the first answer")
	Window         = rule("window", "Ongaro's thesis, 10.2.1", "only so many AppendEntries are on the way to a follower")
)

func rule(name, section, says string) explain.Rule {
	return explain.Rule{Name: name, Section: section, Says: says}
}

// rules are all of them, in the paper's order.
func rules() []explain.Rule {
	return []explain.Rule{
		TermOver, OneVote, Votes, LogMatch, LeaderLog, Copies, Matched, UpToDate,
		OwnTerm, CommittedStays, LeaderOnly, ThroughLog, Once, Window,
	}
}

// raft is what is to be said of one run of Raft.
type raft struct {
	*explain.Trace

	elections []*span.Span // by start
	nodes     []string     // those that the cluster consists of
	peers     *span.Span   // that names them; nil for none
}

func newRaft(t *explain.Trace) *raft {
	e := &raft{Trace: t, elections: slices.Collect(t.Below(0, spans.ElectionID))}
	for s := range t.Below(0, spans.SetPeersID) {
		e.nodes, e.peers = explain.List(s, spans.RaftPeersKey), s
	}
	if len(e.nodes) == 0 {
		e.nodes = t.Servers()
	}
	return e
}

// Ask answers what is asked of an election or an entry.
func (e *raft) Ask(q *explain.Asked) (*explain.Explanation, error) {
	if q.Span != nil {
		if e.Is(q.Span, spans.ElectionID) {
			return e.explainElection(q.Span), nil
		}
		return nil, nil
	}
	term, index := number(q.Numbers["term"]), number(q.Numbers["index"])
	switch {
	case q.For == "term" && term > 0:
		return e.explainTerm(term)
	case q.For == "index server" && index > 0:
		return e.explainEntry(index, q.Server)
	case q.For == "which term":
		return nil, e.whichTerm(q.Question)
	case q.For == "index":
		return nil, fmt.Errorf("cannot tell what %q asks: of which server it does not say", q.Question)
	case q.For == "server":
		return nil, fmt.Errorf("cannot tell what %q asks: which index of %s it does not say", q.Question, q.Server)
	}
	return nil, nil
}

// number is a number that is counted from 1; 0 if a word is none.
func number(word string) int64 {
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Questions are about each term, and each index of each log.
func (e *raft) Questions(most int) (terms, entries []string) {
	last := int64(0)
	for _, s := range e.elections {
		if term := termOf(s); term > last {
			terms, last = append(terms, termQuestion(term)), term
		}
	}
	for _, node := range e.nodes {
		if len(entries) >= most {
			break
		}
		last := e.lastIndex(node)
		for index := int64(1); index <= last && len(entries) < most; index++ {
			entries = append(entries, entryQuestion(index, node))
		}
	}
	return terms, entries
}

// Same is the question about a term, of the election that it is answered with.
func (e *raft) Same(s *span.Span) string {
	if winner := e.winner(termOf(s)); e.Is(s, spans.ElectionID) && winner != nil && winner.ID == s.ID {
		return termQuestion(termOf(s))
	}
	return ""
}

// termQuestion is the question about the election of a term.
func termQuestion(term int64) string { return "leader term " + strconv.FormatInt(term, 10) }

// entryQuestion is the question about an entry of a server's log.
func entryQuestion(index int64, node string) string { return fmt.Sprintf("index %d %s", index, node) }
