package traces

import (
	"math"
	"time"

	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
)

// facts are what is kept of spans beyond what all have, a list for each kind.
type facts struct {
	votes     []voteFact
	entries   []entriesFact
	roles     []roleFact
	commits   []commitFact
	applies   []applyFact
	requests  []requestFact
	elections []electionFact
	told      []toldFact
	faults    []faultFact
	peers     []peersFact
	starts    []startFact
	late      []uint64 // the terms that late replies say
	builds    []uint32

	slots []slot // of the lists of entries
	acks  []processPlace
}

// slot is an entry of a log; of term 0 when it is not known.
type slot struct {
	term    uint64
	command uint32 // among the texts
	request uint32 // the same; noText for a no-op, and where no span tells
}

// list is a part of a list that many share.
type list struct{ from, to uint32 }

// voteFact is what a RequestVote says.
type voteFact struct {
	attempt             uint64
	lastIndex, lastTerm uint64
	reason              uint32
	votedFor            processPlace // by the server that was asked
	ends                endFact
	messageTerm         uint64
}

// endFact is what a call says at its end.
type endFact struct {
	replyTerm uint64 // 0 where there is none
	term      uint64 // of the caller, where that is another one than before; or 0
	role      uint8  // the same, plus one
}

// entriesFact is what an AppendEntries says, and its reply.
type entriesFact struct {
	attempt                     uint64
	prevIndex, prevTerm, commit uint64
	match                       uint64
	conflictIndex, conflictTerm uint64
	entries                     list
	reason                      uint32
	last                        uint64 // where the follower's log ends
	next                        uint64 // where the leader goes on; 0 where it does not go back
	messageTerm                 uint64
	ends                        endFact
}

// appended is an entry that a leader took into its log.
type appended struct {
	index, term uint64
	command     uint32
	at          int64
}

// roleFact is a change of role.
type roleFact struct {
	from, event uint8
	appended    appended
}

type commitFact struct {
	from, to, quorum uint64
	acks             list
}

type applyFact struct {
	index, term              uint64
	command, request, result uint32
}

// slot is the entry that was applied.
func (a *applyFact) slot() slot { return slot{a.term, a.command, a.request} }

// requestFact is what a client's request says, at the client or at the server, and its answer.
type requestFact struct {
	try             uint64
	request, result uint32
	command         uint32 // that a client's operation is
	key, value      uint32 // that it is of
	leader          processPlace
	appended        appended
}

type electionFact struct {
	outcome       uint32
	votes, quorum uint64
	votedFor      processPlace
}

// toldFact is a commit index that was told, or the number of a heartbeat round.
type toldFact struct{ number, messageTerm uint64 }

// startFact is what a server starts with.
type startFact struct {
	durable
	lastTerm uint64
	before   uint8 // its role before, plus one; 0 where it says none
}

// durable is what a disk holds.
type durable struct {
	term     uint64
	votedFor processPlace
	last     uint64 // index of the log
}

// persistRef is what a span says that it made durable.
type persistRef struct {
	durable
	from int32
	step uint32
	at   int64
}

type faultFact struct{ kind, target uint32 }

type peersFact struct {
	peers  list
	quorum uint64
}

// The names of what roles and their events are, each the place in the spec.
var (
	roleNames      = namesOf(protocol.RoleValues())
	roleEventNames = namesOf(protocol.RoleEventValues())
)

func namesOf[T interface{ String() string }](values []T) []string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = v.String()
	}
	return names
}

// clear empties the lists.
func (f *facts) clear() {
	f.votes, f.entries, f.roles, f.commits, f.applies = f.votes[:0], f.entries[:0], f.roles[:0], f.commits[:0], f.applies[:0]
	f.requests, f.elections, f.told, f.faults, f.peers = f.requests[:0], f.elections[:0], f.told[:0], f.faults[:0], f.peers[:0]
	f.starts, f.late, f.builds = f.starts[:0], f.late[:0], f.builds[:0]
	f.slots, f.acks = f.slots[:0], f.acks[:0]
}

// factList is the list that what is kept of a span goes to.
type factList uint8

// The lists.
const (
	listNone factList = iota
	listVotes
	listEntries
	listRoles
	listCommits
	listApplies
	listRequests
	listOperations // which are requests too, and whose commands their clients tell
	listElections
	listTold
	listBeats // which are among what was told
	listFaults
	listPeers
	listStarts
	listLate
	listBuilds
)

// lists are those of the spans that there is more to keep of.
var lists = map[string]factList{
	spans.RequestVoteClientID: listVotes, spans.RequestVoteServerID: listVotes,
	spans.AppendEntriesClientID: listEntries, spans.AppendEntriesServerID: listEntries,
	spans.RoleChangeID: listRoles, spans.CommitID: listCommits, spans.ApplyID: listApplies,
	spans.PutClientID: listRequests, spans.GetClientID: listRequests, spans.DeleteClientID: listRequests,
	spans.PutServerID: listRequests, spans.GetServerID: listRequests, spans.DeleteServerID: listRequests,
	spans.KVPutID: listOperations, spans.KVGetID: listOperations, spans.KVDeleteID: listOperations,
	spans.ElectionID: listElections, spans.CommitNotificationProducerID: listTold, spans.CommitNotificationConsumerID: listTold, spans.HeartbeatID: listBeats,
	spans.FaultID: listFaults, spans.SetPeersID: listPeers, spans.StartID: listStarts, spans.LateReplyID: listLate, spans.RunID: listBuilds,
}

// factOf keeps what a span says, and returns where in its list.
func (c *clerk) factOf(s *Span, spec *specShape, v *said) int32 {
	f := &c.out.facts
	switch spec.list {
	case listVotes:
		return push(&f.votes, voteFact{
			attempt: v[saidAttempt], lastIndex: v[saidLastLogIndex], lastTerm: v[saidLastLogTerm], reason: v.text(saidReason),
			votedFor: v.vote(), messageTerm: v[saidMessageTerm], ends: endOf(v),
		})
	case listEntries:
		return push(&f.entries, entriesFact{
			attempt: v[saidAttempt], prevIndex: v[saidPrevLogIndex], prevTerm: v[saidPrevLogTerm], commit: v[saidLeaderCommit], match: v[saidMatchIndex],
			conflictIndex: v[saidConflictIndex], conflictTerm: v[saidConflictTerm], entries: c.entriesOf(s, v), reason: v.text(saidReason),
			last: v[saidLastLogIndex], next: v[saidNextIndex], messageTerm: v[saidMessageTerm], ends: endOf(v),
		})
	case listRoles:
		return push(&f.roles, roleFact{from: uint8(v[saidRoleFrom]), event: uint8(v[saidRoleEvent]), appended: c.appendedOf(s)})
	case listCommits:
		return push(&f.commits, commitFact{from: v[saidCommitFrom], to: v[saidCommitTo], quorum: v[saidQuorum], acks: c.processList(s, v, saidAcknowledged)})
	case listApplies:
		return push(&f.applies, applyFact{index: v[saidIndex], term: v[saidEntryTerm], command: v.text(saidCommand), request: v.text(saidRequest), result: v.text(saidResult)})
	case listRequests, listOperations:
		request := requestFact{try: v[saidTry], request: v.text(saidRequest), result: v.text(saidResult), leader: v.process(saidLeader), appended: c.appendedOf(s)}
		if spec.list == listOperations {
			request.command, request.key, request.value = c.text(commandOf(s, spec)), v.text(saidKey), v.text(saidValue)
		}
		return push(&f.requests, request)
	case listElections:
		return push(&f.elections, electionFact{outcome: v.text(saidOutcome), votes: v[saidVotes], quorum: v[saidQuorum], votedFor: v.vote()})
	case listTold:
		return push(&f.told, toldFact{v[saidLeaderCommit], v[saidMessageTerm]})
	case listBeats:
		return push(&f.told, toldFact{number: v[saidHeartbeat]})
	case listFaults:
		return push(&f.faults, faultFact{v.text(saidFault), v.text(saidFaultTarget)})
	case listPeers:
		return push(&f.peers, peersFact{c.processList(s, v, saidPeers), v[saidQuorum]})
	case listStarts:
		return push(&f.starts, startFact{
			durable: durable{v[saidTerm], v.vote(), v[saidLastLogIndex]}, lastTerm: v[saidLastLogTerm], before: uint8(v[saidRoleBefore]),
		})
	case listLate:
		return push(&f.late, v[saidReplyTerm])
	case listBuilds:
		return push(&f.builds, v.text(saidBuild))
	case listNone:
	}
	return -1
}

// endOf is what a call says at its end.
func endOf(v *said) endFact {
	return endFact{replyTerm: v[saidReplyTerm], term: v[saidEndTerm], role: uint8(v[saidEndRole])}
}

// persistsOf keeps what a span says that it made durable.
func (c *clerk) persistsOf(at int32, s *Span, v *said) {
	for i := range s.Events {
		e := &s.Events[i]
		if e.Name != spans.EventPersist {
			continue
		}
		p := persistRef{from: at, step: v.step(saidStep), at: e.At.UnixNano()}
		if step := number(e.Attribute(spans.RaftkvStepKey)); step > 0 {
			p.step = uint32(min(step, math.MaxUint32))
		}
		var kept said
		kept[saidVotedFor] = c.vote(e.Attribute(spans.RaftVotedForKey).AsString())
		p.durable = durable{number(e.Attribute(spans.RaftTermKey)), kept.vote(), number(e.Attribute(spans.RaftLastLogIndexKey))}
		c.out.persists = append(c.out.persists, p)
	}
}

// entriesOf are the entries that a span lists.
func (c *clerk) entriesOf(s *Span, v *said) list {
	f := &c.out.facts
	l := list{from: uint32(len(f.slots))}
	for _, entry := range c.entriesIn(s, v) {
		read := c.forms.entriesRead.entry(entry)
		if read.number == 0 {
			read.number, read.asks = c.text(read.command)+1, c.text(read.request)
		}
		f.slots = append(f.slots, slot{term: read.term, command: read.number - 1, request: read.asks})
	}
	l.to = uint32(len(f.slots))
	return l
}

// entriesIn are the texts of them.
func (c *clerk) entriesIn(s *Span, v *said) []string {
	if at := v[saidEntries]; at > 0 && c.listed == nil {
		c.listed = s.Attributes[at-1].Value.AsStringSlice()
	}
	return c.listed
}

// appendedOf is the entry that a span says was taken into the log.
func (c *clerk) appendedOf(s *Span) (a appended) {
	for i := range s.Events {
		e := &s.Events[i]
		if e.Name == spans.EventAppend {
			a = appended{
				index: number(e.Attribute(spans.RaftIndexKey)), term: number(e.Attribute(spans.RaftTermKey)), command: c.text(e.Attribute(spans.RaftCommandKey).AsString()),
				at: e.At.UnixNano(),
			}
		}
	}
	return a
}

// commandOf is the command that a client's operation asks for.
func commandOf(s *Span, shape *specShape) string {
	key := s.Attribute(spans.KVKeyKey).AsString()
	switch shape.ID {
	case spans.KVPutID:
		return protocol.Put{Key: key, Value: s.Attribute(spans.KVValueKey).AsString()}.String()
	case spans.KVDeleteID:
		return protocol.Delete{Key: key}.String()
	}
	return protocol.Get{Key: key}.String()
}

// delaysOf is by how much the two copies of a message were late, in ns.
func delaysOf(s *Span) (delays [2]int64) {
	for i := range s.Events {
		e := &s.Events[i]
		by := int64(number(e.Attribute(spans.RaftkvDelayNsKey)))
		switch e.Name {
		case spans.EventDelay:
			delays[0] = max(delays[0], by)
		case spans.EventLateCopy:
			delays[1] = max(delays[1], by)
		}
	}
	return delays
}

// processList are the processes that a span lists.
func (c *clerk) processList(s *Span, v *said, f field) list {
	l := list{from: uint32(len(c.out.facts.acks))}
	if at := v[f]; at > 0 {
		for _, name := range s.Attributes[at-1].Value.AsStringSlice() {
			c.out.facts.acks = append(c.out.facts.acks, processPlace(c.process(name)-1))
		}
	}
	l.to = uint32(len(c.out.facts.acks))
	return l
}

// Operation is what a client asked for and was answered, as its span tells it.
type Operation struct {
	Span    SpanRef
	Client  string
	Request string
	Kind    string // the id of its span: kv_put, kv_get or kv_delete
	Key     string
	Value   string // what a put wants stored
	Result  string // empty when there was no answer
	Call    time.Time
	Return  time.Time
}

// Unanswered is the result of an operation that its client gave up.
const Unanswered = "outcome unknown"

// operation adds a client's operation to the history.
func (j *Judge) operation(at int32) {
	r := &j.records[at]
	f := &j.facts.requests[r.fact]
	op := Operation{
		Span: j.ref(at), Client: j.processes.names[r.process], Request: j.texts.of(f.request), Kind: j.shapeOf(at).ID,
		Key: j.texts.of(f.key), Value: j.texts.of(f.value), Result: j.texts.of(f.result), Call: time.Unix(0, r.start).UTC(), Return: time.Unix(0, r.end).UTC(),
	}
	if op.Result == Unanswered || r.is&(failed|unfinished) != 0 {
		op.Result = ""
	}
	j.history = append(j.history, op)
}
