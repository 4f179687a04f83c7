package conform

import (
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/kv"
	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	check "github.com/raftkv/raftkv/traces/conform"
)

// Protocol is Raft, as the checker has to be told of it.
type Protocol struct{ history []clients.Operation }

// Spec returns Raft's tables, and what they do not say.
func (Protocol) Spec() check.Spec {
	return check.Spec{
		Spans: spans.AllSpecs(), Hash: protocol.SpecHash, System: worldspans.System, Replies: replies(),
		Self: spans.RaftNodeIDKey, Peers: []attribute.Key{kvspans.RaftPeerIDKey, kvspans.KVClientIDKey},
		Reply: kvspans.RaftReplyKey, Term: spans.RaftTermKey, Role: spans.RaftRoleKey, Persist: spans.EventPersist,
		IndexedLink: worldspans.LinkCommit, LinkIndex: spans.RaftIndexKey,
		Starts: spans.StartID, LateReply: spans.LateReplyID, Calls: calls,
		Waits: slices.Concat(calls, clients.Operations, clients.Tries),
	}
}

// Tables returns Raft's tables, made ready once.
var Tables = sync.OnceValue(func() *check.Tables { return check.NewTables(Protocol{}) })

// Worker returns what looks at spans one by one.
func (Protocol) Worker() check.Worker { return &worker{entries: map[string]readEntry{}} }

// Tells says whether the trace tells what is durable, and of each lost message that it was: earlier builds did not.
func (Protocol) Tells(f *check.Facts) bool {
	for _, s := range f.Spans {
		if start, is := s.Facts.(*start); is && start.votedFor != "" {
			return true
		}
	}
	return false
}

// replies returns the names of the replies to the request of a span, by its id.
func replies() map[string][]string {
	replies := map[string][]string{}
	add := func(reply string, to ...string) {
		for _, id := range to {
			replies[id] = append(replies[id], reply)
		}
	}
	for _, m := range []interface{ Name() string }{
		protocol.VoteGranted{}, protocol.VoteDenied{}, protocol.AppendEntriesOk{}, protocol.AppendEntriesRejected{},
		kv.Answered{}, kv.NotLeader{}, kv.OutcomeUnknown{},
	} {
		if _, is := m.(protocol.RequestVoteReply); is {
			add(m.Name(), spans.RequestVoteClientID, spans.RequestVoteServerID, spans.LateReplyID)
		}
		if _, is := m.(protocol.AppendEntriesReply); is {
			add(m.Name(), spans.AppendEntriesClientID, spans.AppendEntriesServerID, spans.LateReplyID)
		}
		if _, is := m.(kv.ClientPutReply); is {
			add(m.Name(), kvspans.PutClientID, spans.PutServerID)
		}
		if _, is := m.(kv.ClientGetReply); is {
			add(m.Name(), kvspans.GetClientID, spans.GetServerID)
		}
		if _, is := m.(kv.ClientDeleteReply); is {
			add(m.Name(), kvspans.DeleteClientID, spans.DeleteServerID)
		}
	}
	return replies
}

// Names of messages, of the reasons for refusals, and of roles.
var (
	voteGranted     = protocol.VoteGranted{}.Name()
	voteDenied      = protocol.VoteDenied{}.Name()
	entriesOk       = protocol.AppendEntriesOk{}.Name()
	entriesRejected = protocol.AppendEntriesRejected{}.Name()
	answered        = kv.Answered{}.Name()
	notLeader       = kv.NotLeader{}.Name()
	outcomeUnknown  = kv.OutcomeUnknown{}.Name()

	noop    = kv.Noop{}.String()
	restart = protocol.RoleEventRestart.String()

	leader    = protocol.RoleLeader.String()
	candidate = protocol.RoleCandidate.String()
	follower  = protocol.RoleFollower.String()
)

// Checker checks traces of Raft.
type Checker struct {
	*check.Checker

	protocol *Protocol
	clients  *check.Findings // of the clients' operations
	asked    sync.Once
}

// Report is what a checker found.
type Report struct {
	check.Report
	History []clients.Operation // what the clients asked for and were answered, in the order of time
	Term    uint64              // the first in which a server stood for election; 0 is none
}

// New makes a checker of traces of Raft.
func New() *Checker {
	p := &Protocol{}
	return &Checker{Checker: check.New(p), protocol: p, clients: check.NewFindings()}
}

// History ends the gathering, and returns what the clients asked for and were answered, in the order of time, and
// when the run began. It may be looked at while Report looks at the rest.
func (c *Checker) History() ([]clients.Operation, time.Time) {
	f := c.Facts()
	c.asked.Do(func() { c.protocol.history = clients.History(f, c.clients) })
	return c.protocol.history, time.Unix(0, f.Epoch).UTC()
}

// Report ends the gathering, and says all that is wrong.
func (c *Checker) Report() Report {
	history, _ := c.History()
	r := Report{Report: c.Checker.Report(c.clients), History: history}
	for _, s := range c.Facts().Spans {
		if s.Is(spans.ElectionID) && (r.Term == 0 || s.Term < r.Term) {
			r.Term = s.Term
		}
	}
	return r
}

// The rules of Raft that are no invariants of the spec.
var (
	ruleIllegalTransition = check.Rule{
		ID:   "illegal_transition",
		Says: "A role changes along the edges of Figure 4, from the role that the server had.",
	}
	ruleUnjustifiedCommit = check.Rule{
		ID: "unjustified_commit",
		Says: "A follower commits no further than its leader told, and than its log is known to equal the leader's (Figure " +
			"2, AppendEntries step 5).",
	}
	ruleWrongVote = check.Rule{
		ID: "wrong_vote",
		Says: "A server gives its vote to a candidate whose log is at least as up to date as its own, unless it gave it to " +
			"another in that term, and refuses it for no other reason (§5.2, §5.4.1).",
	}
	ruleWrongLogEnd = check.Rule{
		ID: "wrong_log_end",
		Says: "After AppendEntries a follower's log ends where Figure 2 has it: an entry that conflicts is removed with all " +
			"that follow it, and nothing else is.",
	}
	ruleWrongNextIndex = check.Rule{
		ID: "wrong_next_index",
		Says: "A leader that is refused goes back in its log to where the follower's may match, and goes on from there " +
			"(§5.3).",
	}
	ruleAnswerWithoutEntry = check.Rule{
		ID:   "answer_without_entry",
		Says: "A client's command is answered when its entry is applied, and has an entry (§8).",
	}
)

// Rules returns the rules that a trace has to conform to, beside the invariants of the spec.
func Rules() []check.Rule {
	all := check.Rules()
	last := len(all) - 1
	return append(append(append([]check.Rule{}, all[:last]...), ruleIllegalTransition), append(all[last:],
		ruleUnjustifiedCommit, ruleWrongVote, ruleWrongLogEnd, ruleWrongNextIndex, ruleAnswerWithoutEntry)...)
}

// invariants are the invariants of the spec, as rules.
var invariants = func() map[protocol.InvariantName]check.Rule {
	all := map[protocol.InvariantName]check.Rule{}
	for _, i := range protocol.AllInvariants() {
		all[i.Name] = check.Rule{ID: string(i.Name), Says: i.Doc, Section: i.ID + ", " + i.Section}
	}
	return all
}()

// What a trace of Raft may not tell.
var (
	unknownMembers = check.UnknownKind{
		ID: "majority", Order: 0, One: "how many servers make a majority: no span tells which servers there are",
	}
	unknownDisk = check.UnknownKind{
		ID: "lying_disk", Order: 7, Thing: "time",
		One: "whether what is violated is a mistake: a disk lost what it had said that it keeps, or was made to, and Raft " +
			"relies on that none does",
		More: "whether what is violated is a mistake: disks lost what they had said that they keep, or were made to, %s, " +
			"and Raft relies on that none does",
	}
	unknownLoss = check.UnknownKind{
		ID: "known_loss", Order: 8, Thing: "time",
		One: "what a server said before a fault had its disk lose it: it started again with less than it had made durable",
		More: "what servers said before faults had their disks lose it: they started again with less than they had made " +
			"durable, %s",
	}
)
