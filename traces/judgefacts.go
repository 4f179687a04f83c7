package traces

import (
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/protocol"
	"github.com/raftkv/raftkv/raftkv/spans"
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
	told      []uint64 // commit indexes that were told, and numbers of heartbeat rounds
	faults    []faultFact
	peers     []peersFact

	slots []slot // of the lists of entries
	acks  []uint16
}

// slot is an entry of a log; of term 0 when it is not known.
type slot struct {
	term    uint64
	command uint32 // among the texts
}

// list is a part of a list that many share.
type list struct{ from, to uint32 }

// voteFact is what a RequestVote says.
type voteFact struct {
	attempt             uint64
	lastIndex, lastTerm uint64
	reason              uint32
}

// entriesFact is what an AppendEntries says, and its reply.
type entriesFact struct {
	attempt                     uint64
	prevIndex, prevTerm, commit uint64
	match                       uint64
	conflictIndex, conflictTerm uint64
	entries                     list
	reason                      uint32
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

// requestFact is what a client's request says, at the client or at the server, and its answer.
type requestFact struct {
	try             uint64
	request, result uint32
	command         uint32 // that a client's operation is
	leader          uint16
	appended        appended
}

type electionFact struct {
	outcome       uint32
	votes, quorum uint64
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

// readFacts keeps what a span says.
func (j *Judge) readFacts(s *Span, shape *specShape, at int32) {
	r := &j.records[at]
	f := &j.facts
	switch shape.ID {
	case spans.RequestVoteClientID, spans.RequestVoteServerID:
		r.fact = push(&f.votes, voteFact{
			attempt: number(s.Attribute(spans.RaftAttemptKey)), lastIndex: number(s.Attribute(spans.RaftLastLogIndexKey)), lastTerm: number(s.Attribute(spans.RaftLastLogTermKey)),
			reason: j.texts.add(s.Attribute(spans.RaftReasonKey).AsString()),
		})
	case spans.AppendEntriesClientID, spans.AppendEntriesServerID:
		r.fact = push(&f.entries, j.entriesOf(s))
	case spans.RoleChangeID:
		r.fact = push(&f.roles, roleFact{
			from: variant(roleNames, s.Attribute(spans.RaftRoleFromKey).AsString()), event: variant(roleEventNames, s.Attribute(spans.RaftRoleEventKey).AsString()), appended: j.appendedOf(s),
		})
	case spans.CommitID:
		c := commitFact{from: number(s.Attribute(spans.RaftCommitFromKey)), to: number(s.Attribute(spans.RaftCommitToKey)), quorum: number(s.Attribute(spans.RaftQuorumKey))}
		c.acks = j.processList(s.Attribute(spans.RaftCommitAcknowledgedByKey))
		r.fact = push(&f.commits, c)
	case spans.ApplyID:
		r.fact = push(&f.applies, applyFact{
			index: number(s.Attribute(spans.RaftIndexKey)), term: number(s.Attribute(spans.RaftEntryTermKey)), command: j.texts.add(s.Attribute(spans.RaftCommandKey).AsString()),
			request: j.texts.add(s.Attribute(spans.KVRequestIDKey).AsString()), result: j.texts.add(s.Attribute(spans.KVResultKey).AsString()),
		})
	case spans.PutClientID, spans.GetClientID, spans.DeleteClientID, spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		r.fact = push(&f.requests, j.requestOf(s))
	case spans.ElectionID:
		r.fact = push(&f.elections, electionFact{
			outcome: j.texts.add(s.Attribute(spans.RaftOutcomeKey).AsString()), votes: number(s.Attribute(spans.RaftVotesKey)), quorum: number(s.Attribute(spans.RaftQuorumKey)),
		})
	case spans.CommitNotificationProducerID, spans.CommitNotificationConsumerID:
		r.fact = push(&f.told, number(s.Attribute(spans.RaftLeaderCommitKey)))
	case spans.HeartbeatID:
		r.fact = push(&f.told, number(s.Attribute(spans.RaftHeartbeatKey)))
	case spans.FaultID:
		r.fact = push(&f.faults, faultFact{j.texts.add(s.Attribute(spans.RaftkvFaultKey).AsString()), j.texts.add(s.Attribute(spans.RaftkvFaultTargetKey).AsString())})
	case spans.SetPeersID:
		r.fact = push(&f.peers, peersFact{j.processList(s.Attribute(spans.RaftPeersKey)), number(s.Attribute(spans.RaftQuorumKey))})
	case spans.KVPutID, spans.KVGetID, spans.KVDeleteID:
		request := j.requestOf(s)
		request.command = j.texts.add(commandOf(s, shape))
		r.fact = push(&f.requests, request)
		j.operation(s, shape, at)
	}
}

func push[T any](list *[]T, item T) int32 {
	*list = append(*list, item)
	return int32(len(*list) - 1)
}

func (j *Judge) entriesOf(s *Span) entriesFact {
	e := entriesFact{}
	for i := range s.Attributes {
		a := &s.Attributes[i]
		switch a.Key {
		case spans.RaftAttemptKey:
			e.attempt = number(a.Value)
		case spans.RaftPrevLogIndexKey:
			e.prevIndex = number(a.Value)
		case spans.RaftPrevLogTermKey:
			e.prevTerm = number(a.Value)
		case spans.RaftLeaderCommitKey:
			e.commit = number(a.Value)
		case spans.RaftMatchIndexKey:
			e.match = number(a.Value)
		case spans.RaftConflictIndexKey:
			e.conflictIndex = number(a.Value)
		case spans.RaftConflictTermKey:
			e.conflictTerm = number(a.Value)
		case spans.RaftReasonKey:
			e.reason = j.texts.add(a.Value.AsString())
		case spans.RaftEntriesKey:
			e.entries.from = uint32(len(j.facts.slots))
			for _, entry := range a.Value.AsStringSlice() {
				_, term, command, _ := parseEntry(entry)
				j.facts.slots = append(j.facts.slots, slot{term: term, command: j.texts.add(command)})
			}
			e.entries.to = uint32(len(j.facts.slots))
		}
	}
	return e
}

// parseEntry reads `index@term command`.
func parseEntry(s string) (index, term uint64, command string, ok bool) {
	head, command, hasCommand := strings.Cut(s, " ")
	i, t, hasTerm := strings.Cut(head, "@")
	index, err := strconv.ParseUint(i, 10, 64)
	term, err2 := strconv.ParseUint(t, 10, 64)
	return index, term, command, hasCommand && hasTerm && err == nil && err2 == nil && index > 0 && term > 0
}

// appendedOf is the entry that a span says was taken into the log.
func (j *Judge) appendedOf(s *Span) (a appended) {
	for i := range s.Events {
		e := &s.Events[i]
		if e.Name == spans.EventAppend {
			a = appended{
				index: number(e.Attribute(spans.RaftIndexKey)), term: number(e.Attribute(spans.RaftTermKey)), command: j.texts.add(e.Attribute(spans.RaftCommandKey).AsString()),
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

// delayOf is by how much a message was made late, in ns.
func delayOf(s *Span) (delay int64) {
	for i := range s.Events {
		if e := &s.Events[i]; e.Name == spans.EventDelay {
			delay = max(delay, int64(number(e.Attribute(spans.RaftkvDelayNsKey))))
		}
	}
	return delay
}

func (j *Judge) requestOf(s *Span) requestFact {
	f := requestFact{leader: noProcess, appended: j.appendedOf(s)}
	for i := range s.Attributes {
		a := &s.Attributes[i]
		switch a.Key {
		case spans.KVTryKey:
			f.try = number(a.Value)
		case spans.KVRequestIDKey:
			f.request = j.texts.add(a.Value.AsString())
		case spans.KVResultKey:
			f.result = j.texts.add(a.Value.AsString())
		case spans.KVLeaderIDKey:
			if id := a.Value.AsString(); id != protocol.NodeID(0).String() {
				f.leader = j.processes.add(id)
			}
		}
	}
	return f
}

func (j *Judge) processList(v attribute.Value) list {
	l := list{from: uint32(len(j.facts.acks))}
	for _, name := range v.AsStringSlice() {
		j.facts.acks = append(j.facts.acks, j.processes.add(name))
	}
	l.to = uint32(len(j.facts.acks))
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

func (j *Judge) operation(s *Span, shape *specShape, at int32) {
	op := Operation{
		Span: j.ref(at), Client: j.processes.names[j.records[at].process], Request: j.text(s, spans.KVRequestIDKey), Kind: shape.ID,
		Key: j.text(s, spans.KVKeyKey), Value: j.text(s, spans.KVValueKey), Result: j.text(s, spans.KVResultKey), Call: s.Start, Return: s.End,
	}
	if op.Result == Unanswered || j.records[at].is&(failed|unfinished) != 0 {
		op.Result = ""
	}
	j.history = append(j.history, op)
}

// text is the value of an attribute, kept once however often it comes.
func (j *Judge) text(s *Span, key attribute.Key) string {
	return j.texts.of(j.texts.add(s.Attribute(key).AsString()))
}
