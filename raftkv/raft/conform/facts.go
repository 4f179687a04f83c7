package conform

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/kv"
	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	check "github.com/raftkv/raftkv/traces/conform"
)

// Span is what is kept of a span.
type Span = check.Span

// The ids of spans that are alike.
var (
	requests = []string{spans.PutServerID, spans.GetServerID, spans.DeleteServerID}
	calls    = []string{spans.RequestVoteClientID, spans.AppendEntriesClientID}
	handlers = []string{spans.RequestVoteServerID, spans.AppendEntriesServerID, spans.CommitNotificationConsumerID}

	// senders send what depends on what is on the disk.
	senders = []string{
		spans.RequestVoteClientID, spans.AppendEntriesClientID, spans.CommitNotificationProducerID,
		spans.RequestVoteServerID, spans.AppendEntriesServerID,
	}
)

// nobody has got a vote that is nobody's.
var nobody = kv.NodeID(0).String()

// entry is an entry of a log; of term 0 when it is not known.
type entry struct {
	term             uint64
	command, request string // no request for a no-op, and where no span tells
}

// vote is what a RequestVote says.
type vote struct {
	attempt, messageTerm uint64
	lastIndex, lastTerm  uint64
	reason               string
	votedFor             string // by the server that was asked; empty where it is not told
	ends                 ends
}

func (v *vote) Processes() []string { return voted(v.votedFor) }

// ends is what a call says at its end.
type ends struct {
	replyTerm uint64 // 0 where there is none
	term      uint64 // of the caller, where that is another one than before; or 0
	role      string // the same
}

// replication is what an AppendEntries says, and its reply.
type replication struct {
	attempt, messageTerm        uint64
	prevIndex, prevTerm, commit uint64
	match                       uint64
	conflictIndex, conflictTerm uint64
	entries                     []entry
	reason                      string
	last                        uint64 // where the follower's log ends
	next                        uint64 // where the leader goes on; 0 where it does not go back
	ends                        ends
}

// appended is an entry that a leader took into its log.
type appended struct {
	index, term uint64
	command     string
	at          int64
}

// roleChange is a change of role.
type roleChange struct {
	from     string // empty if it is no role
	event    string // empty if there is no such event
	appended appended
}

// commit is a rise of a commit index.
type commit struct {
	from, to, quorum uint64
	holders          []string // of what is committed
}

func (c *commit) Processes() []string { return c.holders }

// apply is an entry that a state machine took.
type apply struct {
	entry
	index  uint64
	result string
}

// request is how a server handles a client's request.
type request struct {
	clients.Request
	appended appended
}

type election struct {
	outcome       string
	votes, quorum uint64
	votedFor      string
}

func (e *election) Processes() []string { return voted(e.votedFor) }

// notice is a commit index that a leader told.
type notice struct{ index, messageTerm uint64 }

// round is the number of a heartbeat round.
type round uint64

// lateTerm is the term that a late reply says.
type lateTerm uint64

// start is what a server starts with.
type start struct {
	durable
	lastTerm uint64
	before   string // its role before; empty where it says none
}

// durable is what a disk holds.
type durable struct {
	term     uint64
	votedFor string // empty where it is not told
	last     uint64 // index of the log
}

func (d durable) Processes() []string { return voted(d.votedFor) }

type peers struct {
	peers  []string
	quorum uint64
}

func (p *peers) Processes() []string { return p.peers }

// voted returns the process that got a vote, if one did.
func voted(to string) []string {
	if to == "" || to == nobody {
		return nil
	}
	return []string{to}
}

// worker looks at spans one by one.
type worker struct {
	entries map[string]readEntry // that were read of late, by their texts: both ends of each message tell them
}

// attributes are those of a span.
type attributes []attribute.KeyValue

func (a attributes) number(key attribute.Key) uint64 { return check.Number(span.Find(a, key)) }
func (a attributes) text(key attribute.Key) string   { return span.Find(a, key).AsString() }

func (a attributes) ends() ends {
	return ends{
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
		return &vote{
			a.number(spans.RaftAttemptKey), a.number(spans.RaftMessageTermKey), a.number(spans.RaftLastLogIndexKey),
			a.number(spans.RaftLastLogTermKey), a.text(spans.RaftReasonKey), a.text(spans.RaftVotedForKey), a.ends(),
		}
	case spans.AppendEntriesClientID, spans.AppendEntriesServerID:
		return w.replication(a)
	case spans.RoleChangeID:
		return &roleChange{
			oneOf(protocol.RoleValues(), a.text(spans.RaftRoleFromKey)),
			oneOf(protocol.RoleEventValues(), a.text(spans.RaftRoleEventKey)), appendedIn(s),
		}
	case spans.CommitID:
		return &commit{
			a.number(spans.RaftCommitFromKey), a.number(spans.RaftCommitToKey), a.number(spans.RaftQuorumKey),
			span.Find(a, spans.RaftCommitAcknowledgedByKey).AsStringSlice(),
		}
	case spans.ApplyID:
		return &apply{
			entry{a.number(spans.RaftEntryTermKey), a.text(spans.RaftCommandKey), a.text(kvspans.KVRequestIDKey)},
			a.number(spans.RaftIndexKey), a.text(kvspans.KVResultKey),
		}
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		return &request{clients.Keep(s, kind), appendedIn(s)}
	case spans.ElectionID:
		return &election{
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
		return &notice{a.number(spans.RaftLeaderCommitKey), a.number(spans.RaftMessageTermKey)}
	case spans.HeartbeatID:
		return round(a.number(spans.RaftHeartbeatKey))
	case spans.SetPeersID:
		return &peers{span.Find(a, spans.RaftPeersKey).AsStringSlice(), a.number(spans.RaftQuorumKey)}
	case spans.StartID:
		return &start{
			durableIn(a), a.number(spans.RaftLastLogTermKey), oneOf(protocol.RoleValues(), a.text(spans.RaftRoleBeforeKey)),
		}
	case spans.LateReplyID:
		return lateTerm(a.number(spans.RaftReplyTermKey))
	}
	if kind.Is(clients.Operations...) || kind.Is(clients.Tries...) {
		r := clients.Keep(s, kind)
		return &r
	}
	return nil
}

func (w *worker) replication(a attributes) *replication {
	r := &replication{
		attempt: a.number(spans.RaftAttemptKey), messageTerm: a.number(spans.RaftMessageTermKey),
		prevIndex: a.number(spans.RaftPrevLogIndexKey), prevTerm: a.number(spans.RaftPrevLogTermKey),
		commit: a.number(spans.RaftLeaderCommitKey), match: a.number(spans.RaftMatchIndexKey),
		conflictIndex: a.number(spans.RaftConflictIndexKey), conflictTerm: a.number(spans.RaftConflictTermKey),
		reason: a.text(spans.RaftReasonKey), last: a.number(spans.RaftLastLogIndexKey),
		next: a.number(spans.RaftNextIndexKey), ends: a.ends(),
	}
	list := span.Find(a, spans.RaftEntriesKey).AsStringSlice()
	if len(list) > 0 {
		r.entries = make([]entry, len(list))
	}
	for i, text := range list {
		r.entries[i] = w.entry(text).entry
	}
	return r
}

// Persisted returns what an event says that it made durable.
func (w *worker) Persisted(e *span.Event) any { return durableIn(e.Attributes) }

func durableIn(a attributes) durable {
	return durable{a.number(spans.RaftTermKey), a.text(spans.RaftVotedForKey), a.number(spans.RaftLastLogIndexKey)}
}

// appendedIn returns the entry that a span says was taken into the log.
func appendedIn(s *span.Span) (a appended) {
	for i := range s.Events {
		if e := &s.Events[i]; e.Name == spans.EventAppend {
			has := attributes(e.Attributes)
			a = appended{
				has.number(spans.RaftIndexKey), has.number(spans.RaftTermKey), has.text(spans.RaftCommandKey),
				e.At.UnixNano(),
			}
		}
	}
	return a
}

// readEntry is what an entry's text says.
type readEntry struct {
	entry
	index uint64
	ok    bool // it reads as an entry does
}

// mostEntries is how many entries are remembered.
const mostEntries = 1 << 10

// entry reads an entry.
func (w *worker) entry(text string) readEntry {
	e, known := w.entries[text]
	if !known {
		e = parseEntry(text)
		if len(w.entries) == mostEntries {
			clear(w.entries)
		}
		w.entries[text] = e
	}
	return e
}

// parseEntry reads `index@term request command`. A no-op has no request, and traces of earlier builds tell of none.
func parseEntry(s string) (e readEntry) {
	head, command, hasCommand := strings.Cut(s, " ")
	i, t, hasTerm := strings.Cut(head, "@")
	var err, err2 error
	e.index, err = strconv.ParseUint(i, 10, 64)
	e.term, err2 = strconv.ParseUint(t, 10, 64)
	if request, rest, more := strings.Cut(command, " "); more && clients.IsRequest(request) {
		e.request, command = request, rest
	}
	e.command = command
	e.ok = hasCommand && hasTerm && err == nil && err2 == nil && e.index > 0 && e.term > 0 && clients.IsCommand(command)
	return e
}
