package kept

import (
	"fmt"

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

// Span is what is kept of a span.
type Span = check.Span

// The ids of spans that are alike.
var (
	Requests = []string{spans.PutServerID, spans.GetServerID, spans.DeleteServerID}
	Handlers = []string{spans.RequestVoteServerID, spans.AppendEntriesServerID, spans.CommitNotificationConsumerID}

	// senders send what depends on what is on the disk.
	Senders = []string{
		spans.RequestVoteClientID, spans.AppendEntriesClientID, spans.CommitNotificationProducerID,
		spans.RequestVoteServerID, spans.AppendEntriesServerID,
	}
)

// Nobody has got a vote that is nobody's.
var Nobody = kv.NodeID(0).String()

// Vote is what a RequestVote says.
type Vote struct {
	Attempt, MessageTerm uint64
	LastIndex, LastTerm  uint64
	Reason               string
	VotedFor             string // by the server that was asked; empty where it is not told
	Ends                 Ends
}

// Processes returns who got the vote.
func (v *Vote) Processes() []string { return voted(v.VotedFor) }

// IsBehind says whether a candidate's log is less up to date than one that ends with this (§5.4.1).
func (v *Vote) IsBehind(last, term uint64) bool {
	return v.LastTerm < term || v.LastTerm == term && v.LastIndex < last
}

// Ends is what a call says at its end.
type Ends struct {
	ReplyTerm uint64 // 0 where there is none
	Term      uint64 // of the caller, where that is another one than before; or 0
	Role      string // the same
}

// Replication is what an AppendEntries says, and its reply.
type Replication struct {
	Attempt, MessageTerm        uint64
	PrevIndex, PrevTerm, Commit uint64
	Match                       uint64
	ConflictIndex, ConflictTerm uint64
	Entries                     []Entry
	Reason                      string
	Last                        uint64 // where the follower's log ends
	Next                        uint64 // where the leader goes on; 0 where it does not go back
	Ends                        Ends
}

// Appended is an entry that a leader took into its log.
type Appended struct {
	Index, Term uint64
	Command     string
	At          int64
}

// RoleChange is a change of role.
type RoleChange struct {
	From     string // empty if it is no role
	Event    string // empty if there is no such event
	Appended Appended
}

// Commit is a rise of a commit index.
type Commit struct {
	From, To, Quorum uint64
	Holders          []string // of what is committed
}

// Processes returns who holds what is committed.
func (c *Commit) Processes() []string { return c.Holders }

// Apply is an entry that a state machine took.
type Apply struct {
	Entry
	Index  uint64
	Result string
}

// Request is how a server handles a client's request.
type Request struct {
	clients.Request
	Appended Appended
}

// Election is what an election came to, as its candidate has it.
type Election struct {
	Outcome       string
	Votes, Quorum uint64
	VotedFor      string
}

// Processes returns who got the vote.
func (e *Election) Processes() []string { return voted(e.VotedFor) }

// Notice is a commit index that a leader told.
type Notice struct{ Index, MessageTerm uint64 }

// Round is the number of a heartbeat round.
type Round uint64

// LateTerm is the term that a late reply says.
type LateTerm uint64

// Start is what a server starts with.
type Start struct {
	Durable
	LastTerm uint64
	Before   string // its role before; empty where it says none
}

// Durable is what a disk holds.
type Durable struct {
	Term     uint64
	VotedFor string // empty where it is not told
	Last     uint64 // index of the log
}

// Processes returns who got the vote.
func (d Durable) Processes() []string { return voted(d.VotedFor) }

// String is what a disk holds, in a sentence.
func (d Durable) String() string {
	return fmt.Sprintf("term %d, the vote %s, the log up to index %d", d.Term, VoteText(d.VotedFor), d.Last)
}

// VoteText is who got a vote, in a sentence.
func VoteText(to string) string {
	switch to {
	case Nobody:
		return "nobody's"
	case "":
		return "not told"
	}
	return "that of " + check.Name(to)
}

// Peers are the servers that one knows of, and how many of them are a majority.
type Peers struct {
	Peers  []string
	Quorum uint64
}

// Processes returns the peers.
func (p *Peers) Processes() []string { return p.Peers }

// voted returns the process that got a vote, if one did.
func voted(to string) []string {
	if to == "" || to == Nobody {
		return nil
	}
	return []string{to}
}

// worker looks at spans one by one.
type worker struct {
	entries map[string]readEntry // that were read of late, by their texts: both ends of each message tell them
}

// NewWorker makes one.
func NewWorker() check.Worker { return &worker{entries: map[string]readEntry{}} }

// attributes are those of a span.
type attributes []attribute.KeyValue

func (a attributes) number(key attribute.Key) uint64 { return check.Number(span.Find(a, key)) }
func (a attributes) text(key attribute.Key) string   { return span.Find(a, key).AsString() }

func (a attributes) ends() Ends {
	return Ends{
		a.number(spans.RaftReplyTermKey), a.number(spans.RaftEndTermKey),
		oneOf(protocol.RoleValues(), a.text(spans.RaftEndRoleKey)),
	}
}

// oneOf returns the name if a value has it, and nothing otherwise.
func oneOf[T interface{ String() string }](values []T, name string) string {
	for _, v := range values {
		if v.String() == name {
			return name
		}
	}
	return ""
}

// Keep returns what is kept of a span.
func (w *worker) Keep(s *span.Span, kind *check.Kind) any {
	a := attributes(s.Attributes)
	switch kind.ID {
	case spans.RequestVoteClientID, spans.RequestVoteServerID:
		return &Vote{
			a.number(spans.RaftAttemptKey), a.number(spans.RaftMessageTermKey), a.number(spans.RaftLastLogIndexKey),
			a.number(spans.RaftLastLogTermKey), a.text(spans.RaftReasonKey), a.text(spans.RaftVotedForKey), a.ends(),
		}
	case spans.AppendEntriesClientID, spans.AppendEntriesServerID:
		return w.replication(a)
	case spans.RoleChangeID:
		return &RoleChange{
			oneOf(protocol.RoleValues(), a.text(spans.RaftRoleFromKey)),
			oneOf(protocol.RoleEventValues(), a.text(spans.RaftRoleEventKey)), appendedIn(s),
		}
	case spans.CommitID:
		return &Commit{
			a.number(spans.RaftCommitFromKey), a.number(spans.RaftCommitToKey), a.number(spans.RaftQuorumKey),
			span.Find(a, spans.RaftCommitAcknowledgedByKey).AsStringSlice(),
		}
	case spans.ApplyID:
		return &Apply{
			Entry{a.number(spans.RaftEntryTermKey), a.text(spans.RaftCommandKey), a.text(kvspans.KVRequestIDKey)},
			a.number(spans.RaftIndexKey), a.text(kvspans.KVResultKey),
		}
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		return &Request{clients.Keep(s, kind), appendedIn(s)}
	case spans.ElectionID:
		return &Election{
			a.text(spans.RaftOutcomeKey), a.number(spans.RaftVotesKey), a.number(spans.RaftQuorumKey),
			a.text(spans.RaftVotedForKey),
		}
	}
	return w.keepMore(s, kind, a)
}

// keepMore is Keep for spans of other kinds.
func (w *worker) keepMore(s *span.Span, kind *check.Kind, a attributes) any {
	switch kind.ID {
	case spans.CommitNotificationProducerID, spans.CommitNotificationConsumerID:
		return &Notice{a.number(spans.RaftLeaderCommitKey), a.number(spans.RaftMessageTermKey)}
	case spans.HeartbeatID:
		return Round(a.number(spans.RaftHeartbeatKey))
	case spans.SetPeersID:
		return &Peers{span.Find(a, spans.RaftPeersKey).AsStringSlice(), a.number(spans.RaftQuorumKey)}
	case spans.StartID:
		return &Start{
			durableIn(a), a.number(spans.RaftLastLogTermKey), oneOf(protocol.RoleValues(), a.text(spans.RaftRoleBeforeKey)),
		}
	case spans.LateReplyID:
		return LateTerm(a.number(spans.RaftReplyTermKey))
	}
	if kind.Is(clients.Operations...) || kind.Is(clients.Tries...) {
		r := clients.Keep(s, kind)
		return &r
	}
	return nil
}

func (w *worker) replication(a attributes) *Replication {
	r := &Replication{
		Attempt: a.number(spans.RaftAttemptKey), MessageTerm: a.number(spans.RaftMessageTermKey),
		PrevIndex: a.number(spans.RaftPrevLogIndexKey), PrevTerm: a.number(spans.RaftPrevLogTermKey),
		Commit: a.number(spans.RaftLeaderCommitKey), Match: a.number(spans.RaftMatchIndexKey),
		ConflictIndex: a.number(spans.RaftConflictIndexKey), ConflictTerm: a.number(spans.RaftConflictTermKey),
		Reason: a.text(spans.RaftReasonKey), Last: a.number(spans.RaftLastLogIndexKey),
		Next: a.number(spans.RaftNextIndexKey), Ends: a.ends(),
	}
	list := span.Find(a, spans.RaftEntriesKey).AsStringSlice()
	if len(list) > 0 {
		r.Entries = make([]Entry, len(list))
	}
	for i, text := range list {
		r.Entries[i] = w.entry(text).Entry
	}
	return r
}

// Persisted returns what an event says that it made durable.
func (w *worker) Persisted(e *span.Event) any { return durableIn(e.Attributes) }

func durableIn(a attributes) Durable {
	return Durable{a.number(spans.RaftTermKey), a.text(spans.RaftVotedForKey), a.number(spans.RaftLastLogIndexKey)}
}

// appendedIn returns the entry that a span says was taken into the log.
func appendedIn(s *span.Span) (a Appended) {
	for i := range s.Events {
		if e := &s.Events[i]; e.Name == spans.EventAppend {
			has := attributes(e.Attributes)
			a = Appended{
				has.number(spans.RaftIndexKey), has.number(spans.RaftTermKey), has.text(spans.RaftCommandKey),
				e.At.UnixNano(),
			}
		}
	}
	return a
}

// Indexes returns those of the entries that a span sends or commits.
func Indexes(s *Span) (first, last uint64) {
	if c, is := s.Facts.(*Commit); is {
		return c.From + 1, c.To
	}
	e := s.Facts.(*Replication)
	return e.PrevIndex + 1, e.PrevIndex + uint64(len(e.Entries))
}

// LinksToAll finds that a span does not link to each of the requests whose entries it sends or commits, its parent
// aside.
func LinksToAll(s *Span, entries []Entry, found *check.Findings) {
	want, got := 0, 0
	for _, e := range entries {
		if e.Term == s.Term && e.Command != noop {
			want++
		}
	}
	if want > 0 && s.Parent.Is(Requests...) {
		want--
	}
	for i := range s.Links {
		if s.Links[i].Target.Is(Requests...) {
			got++
		}
	}
	if got < want && s.Parent != nil {
		found.Add(check.RuleMissingLink, s).
			Got("it links to %s", words.Counted(got, "request")).
			Want("to %d: one for each entry that a client asked for in term %d, but for its parent's", want, s.Term)
	}
}
