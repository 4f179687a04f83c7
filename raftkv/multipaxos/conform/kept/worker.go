package kept

import (
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	clients "github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	check "github.com/raftkv/raftkv/traces/conform"
)

// worker looks at spans one by one.
type worker struct{}

// NewWorker makes one.
func NewWorker() check.Worker { return worker{} }

// attributes are those of a span.
type attributes []attribute.KeyValue

func (a attributes) number(key attribute.Key) uint64 { return check.Number(span.Find(a, key)) }
func (a attributes) text(key attribute.Key) string   { return span.Find(a, key).AsString() }
func (a attributes) list(key attribute.Key) []string { return span.Find(a, key).AsStringSlice() }

func (a attributes) ballot(key attribute.Key) protocol.Ballot {
	ballot, _ := ParseBallot(a.text(key))
	return ballot
}

func (a attributes) value() Value {
	return Value{a.text(spans.PaxosCommandKey), a.text(kvspans.KVRequestIDKey)}
}

// Keep returns what is kept of a span.
func (worker) Keep(s *span.Span, kind *check.Kind) any {
	a := attributes(s.Attributes)
	ballot, slot := a.ballot(spans.PaxosBallotKey), a.number(spans.PaxosSlotKey)
	attempt, upto := a.number(spans.PaxosAttemptKey), a.number(spans.PaxosChosenSlotKey)
	switch kind.ID {
	case spans.PutServerID, spans.GetServerID, spans.DeleteServerID:
		return &Request{clients.Keep(s, kind), ballot, proposedIn(s)}
	case spans.PrepareClientID, spans.PrepareServerID:
		return &Prepare{
			ballot, a.number(spans.PaxosFirstSlotKey), attempt, a.ballot(spans.PaxosPromisedKey),
			proposals(a.list(spans.PaxosAcceptedKey)),
		}
	case spans.AcceptClientID, spans.AcceptServerID:
		return &Accept{ballot, slot, a.value(), attempt, a.ballot(spans.PaxosPromisedKey)}
	case spans.LateReplyID:
		return &Late{a.ballot(spans.PaxosPromisedKey)}
	case spans.ChosenID:
		return &Chosen{ballot, slot, a.value(), a.list(spans.PaxosAcceptedByKey), a.number(spans.PaxosQuorumKey)}
	case spans.CommitProducerID, spans.CommitConsumerID:
		return &Commit{ballot, slot, a.text(spans.PaxosCommandKey), upto}
	case spans.ApplyID:
		return &Apply{slot, upto, a.value(), a.text(kvspans.KVResultKey)}
	case spans.HeartbeatID, spans.HeartbeatProducerID, spans.HeartbeatConsumerID:
		return &Beat{ballot, a.number(spans.PaxosHeartbeatKey), upto}
	case spans.CatchUpClientID, spans.CatchUpServerID:
		return &CatchUp{
			a.number(spans.PaxosFirstSlotKey), attempt, a.number(spans.PaxosValuesCountKey), upto,
			proposals(a.list(spans.PaxosValuesKey)),
		}
	}
	return keepMore(s, kind, a, ballot)
}

// keepMore is Keep for the spans of a leader's role, for starts and for the clients' spans.
func keepMore(s *span.Span, kind *check.Kind, a attributes, ballot protocol.Ballot) any {
	switch kind.ID {
	case spans.StartID:
		return &Start{durableIn(a), oneOf(protocol.RoleValues(), a.text(spans.PaxosRoleBeforeKey))}
	case spans.Phase1ID:
		return &Phase1{
			ballot, a.number(spans.PaxosFirstSlotKey), a.number(spans.PaxosAcceptorsKey), a.number(spans.PaxosQuorumKey),
			a.number(spans.PaxosPromisesKey), a.text(spans.PaxosOutcomeKey),
		}
	case spans.RoleChangeID:
		return &RoleChange{
			ballot, oneOf(protocol.RoleValues(), a.text(spans.PaxosRoleFromKey)),
			oneOf(protocol.RoleEventValues(), a.text(spans.PaxosRoleEventKey)), proposedIn(s),
		}
	}
	if kind.Is(clients.Operations...) || kind.Is(clients.Tries...) {
		r := clients.Keep(s, kind)
		return &r
	}
	return nil
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

// Persisted returns what an event says that it made durable.
func (worker) Persisted(e *span.Event) any { return durableIn(e.Attributes) }

func durableIn(a attributes) Durable {
	return Durable{
		a.ballot(spans.PaxosPromisedKey), a.number(spans.PaxosAcceptedCountKey), a.number(spans.PaxosRoundKey),
		a.number(spans.PaxosChosenSlotKey),
	}
}

// proposedIn returns what a span says that its leader gave slots to.
func proposedIn(s *span.Span) (all []Proposed) {
	for i := range s.Events {
		if e := &s.Events[i]; e.Name == spans.EventPropose {
			a := attributes(e.Attributes)
			all = append(all,
				Proposed{a.number(spans.PaxosSlotKey), a.text(spans.PaxosCommandKey), a.text(spans.PaxosSourceKey)})
		}
	}
	return all
}

// proposals reads those of a list.
func proposals(texts []string) []Proposal {
	if len(texts) == 0 {
		return nil
	}
	all := make([]Proposal, len(texts))
	for i, text := range texts {
		all[i], _ = parseProposal(text)
	}
	return all
}

// ParseBallot reads `round.leader`.
func ParseBallot(s string) (b protocol.Ballot, is bool) {
	round, leader, _ := strings.Cut(s, ".")
	r, err := strconv.ParseUint(round, 10, 64)
	l, err2 := strconv.ParseUint(leader, 10, 32)
	if b = (protocol.Ballot{Round: protocol.Round(r), Leader: uint32(l)}); err != nil || err2 != nil || b.String() != s {
		return protocol.Ballot{}, false
	}
	return b, true
}

// parseProposal reads `slot@ballot request command`, and `slot request command`. A no-op has no request.
func parseProposal(s string) (p Proposal, is bool) {
	head, command, hasCommand := strings.Cut(s, " ")
	slot, ballot, hasBallot := strings.Cut(head, "@")
	n, err := strconv.ParseUint(slot, 10, 32)
	is = hasCommand && err == nil && n > 0
	if p.Slot = n; hasBallot {
		var read bool
		p.Ballot, read = ParseBallot(ballot)
		is = is && read
	}
	if request, rest, more := strings.Cut(command, " "); more && clients.IsRequest(request) {
		p.Request, command = request, rest
	}
	p.Command = command
	return p, is && clients.IsCommand(command) && (p.Request == "") == (command == Noop)
}
