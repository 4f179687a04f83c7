package explain

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/words"
)

// What spans tell of the processes: who led when, what was proposed, accepted and chosen. And what is read of a single
// span again and again, by short names.

type (
	moment   = explain.Moment
	part     = explain.Part
	sentence = explain.Sentence
	step     = explain.Step
)

func say(format string, arguments ...any) sentence { return explain.Say(format, arguments...) }

func tell(at moment, format string, arguments ...any) step {
	return explain.At(at, format, arguments...)
}

// because tells what a reason led to; the sentence goes on with the reason.
func because(why step, at moment, format string, arguments ...any) step {
	return tell(at, format+": %s.", append(arguments, why)...).Because(why)
}

func one(s step) []step { return []step{s} }

func shown(s *span.Span, key attribute.Key) string { return explain.Shown(s, key) }

func integer(s *span.Span, key attribute.Key) int64 { return explain.Integer(s, key) }

func ballotOf(s *span.Span) string { return shown(s, spans.PaxosBallotKey) }

func slotOf(s *span.Span) int64 { return integer(s, spans.PaxosSlotKey) }

func quorumOf(s *span.Span) int { return int(integer(s, spans.PaxosQuorumKey)) }

// commandText is a command as a person reads it.
func commandText(command string) string {
	if command == (kv.Noop{}).String() {
		return "a no-op"
	}
	return words.ParseCommand(command).Text
}

// is says whether an attribute has a value of an enum.
func is(s *span.Span, key attribute.Key, value fmt.Stringer) bool {
	return s.Attribute(key).AsString() == value.String()
}

// replied says whether a span got, or gave, such a reply.
func (e *paxos) replied(s *span.Span, m interface{ Name() string }) bool {
	return e.Reply(s) == m.Name()
}

func (e *paxos) promised(s *span.Span) bool { return e.replied(s, protocol.Promise{}) }

func (e *paxos) accepted(s *span.Span) bool { return e.replied(s, protocol.Accepted{}) }

func led(phase *span.Span) bool { return shown(phase, spans.PaxosOutcomeKey) == spans.OutcomeLeads }

// phaseOf is the first phase 1 of a ballot; nil for none.
func (e *paxos) phaseOf(ballot string) *span.Span {
	for _, s := range e.phases {
		if ballotOf(s) == ballot {
			return s
		}
	}
	return nil
}

// endOf says what ended the time in which a leader prepared or led in a ballot, as "it led until" goes on: it was
// preempted, or crashed, or the run ended.
func (e *paxos) endOf(phase *span.Span) step {
	ended := e.started(phase.Service, phase.Start, e.Last().End, true)
	for s := range e.Of(phase.Service, spans.RoleChangeID) {
		if is(s, spans.PaxosRoleEventKey, protocol.RoleEventPreempted) && !s.End.Before(phase.End) {
			if ended == nil || s.Start.Before(ended.Start) {
				ended = s
			}
			break
		}
	}
	for _, f := range e.Faults() {
		if traces.IsCrash(f) && explain.Touches(f, phase.Service) && !f.Start.Before(phase.Start) &&
			(ended == nil || f.Start.Before(ended.Start)) {
			return tell(e.Begin(f), "it crashed at %s", e.Begin(f)).Kept(explain.Crashed)
		}
	}
	switch {
	case ended == nil:
		return tell(e.RunEnd(), "the run ended at %s", e.RunEnd()).Kept(explain.RunEnded)
	case e.Is(ended, spans.StartID):
		return tell(e.Begin(ended), "it had crashed, and started again at %s", e.Begin(ended)).Kept(explain.Crashed)
	}
	return e.preemptedBy(ended)
}

// preemptedBy says of which higher ballot a leader heard that stood by from then on.
func (e *paxos) preemptedBy(change *span.Span) step {
	at, cause := e.End(change), e.Span(change.Parent)
	if cause == nil {
		return tell(at, "it stood by at %s; of which ballot it had heard the trace does not tell", at).
			Kept(explain.NotInTrace)
	}
	if promised := shown(cause, spans.PaxosPromisedKey); promised != "" {
		return tell(at, "it heard at %s that %s had promised ballot %s, which is higher (PMMC §2)", at, e.Peer(cause),
			promised).Resting(e.End(cause)).Held(Preempted)
	}
	return tell(at, "it heard at %s from %s, which led in ballot %s, and that is higher (PMMC §2)", at, e.Peer(cause),
		ballotOf(cause)).Resting(e.End(cause)).Held(Preempted)
}

// started is a start of a process within a time, the first or the last one; nil for none.
func (e *paxos) started(process string, from, to time.Time, first bool) (start *span.Span) {
	for s := range e.Of(process, spans.StartID) {
		if s.Start.After(from) && !s.Start.After(to) {
			if start = s; first {
				break
			}
		}
	}
	return start
}

// value is what a place in a span's list says: `slot@ballot request command`, or without a ballot.
type value struct {
	slot                     int64
	ballot, request, command string
}

// values are those that a list of a span has.
func values(s *span.Span, key attribute.Key) (list []value) {
	for _, text := range s.Attribute(key).AsStringSlice() {
		var v value
		place, rest, _ := strings.Cut(text, " ")
		place, v.ballot, _ = strings.Cut(place, "@")
		if request, command, has := strings.Cut(rest, " "); has && strings.Contains(request, "/") {
			v.request, rest = request, command
		}
		if n, err := strconv.ParseInt(place, 10, 64); err == nil && rest != "" {
			v.slot, v.command = n, rest
			list = append(list, v)
		}
	}
	return list
}

// proposal is a value that a leader gave a slot.
type proposal struct {
	value

	source string
	by     *span.Span // the client's request, or the role change of who began to lead
	at     moment
}

// proposals are those of some leaders' spans, in the order of time.
func (e *paxos) proposals(list iter.Seq[*span.Span]) (all []proposal) {
	for s := range list {
		for i := range s.Events {
			if v := &s.Events[i]; v.Name == spans.EventPropose {
				all = append(all, proposal{
					value{
						v.Attribute(spans.PaxosSlotKey).AsInt64(), ballotOf(s), shown(s, kvspans.KVRequestIDKey),
						v.Attribute(spans.PaxosCommandKey).AsString(),
					},
					v.Attribute(spans.PaxosSourceKey).AsString(), s, e.When(s, v),
				})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b proposal) int { return int(a.at.At - b.at.At) })
	return all
}

// proposedIn are the proposals in a slot, in the order of time.
func (e *paxos) proposedIn(slot int64) []proposal {
	return slices.DeleteFunc(e.proposals(e.Of("", spans.PutServerID, spans.GetServerID, spans.DeleteServerID,
		spans.RoleChangeID)), func(p proposal) bool { return p.slot != slot })
}

// accepts are the Accepts of a proposal, by start.
func (e *paxos) accepts(p *proposal) (list []*span.Span) {
	for s := range e.Of(p.by.Service, spans.AcceptClientID) {
		if slotOf(s) == p.slot && ballotOf(s) == p.ballot && shown(s, spans.PaxosCommandKey) == p.command &&
			e.Since(s.Start) >= p.at.At {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b *span.Span) int { return a.Start.Compare(b.Start) })
	return list
}

// chosenIn is where a leader first took a value for chosen in a slot, in one ballot or, for an empty one, in any.
func (e *paxos) chosenIn(slot int64, ballot string) *span.Span {
	for s := range e.Of("", spans.ChosenID) {
		if slotOf(s) == slot && (ballot == "" || ballotOf(s) == ballot) {
			return s
		}
	}
	return nil
}

// majorityAccepted is when a majority of the acceptors had accepted a proposal, whoever knew; false if none had.
func (e *paxos) majorityAccepted(p *proposal) (at moment, by []string, is bool) {
	phase := e.phaseOf(p.ballot)
	if phase == nil {
		return at, nil, false
	}
	for s := range e.Of("", spans.AcceptServerID) {
		if slotOf(s) != p.slot || ballotOf(s) != p.ballot || !e.accepted(s) || slices.Contains(by, s.Service) ||
			shown(s, spans.PaxosCommandKey) != p.command {
			continue
		}
		if by = append(by, s.Service); len(by) == quorumOf(phase) {
			explain.SortProcesses(by)
			return e.End(s), by, true
		}
	}
	return at, by, false
}

// appliedBy is where a learner applied a slot last: one that starts again applies all again.
func (e *paxos) appliedBy(process string, slot int64) *span.Span {
	for s := range e.Backward(process, spans.ApplyID) {
		if slotOf(s) == slot {
			return s
		}
	}
	return nil
}

// usedSlots are the slots of which the trace tells anything, in their order.
func (e *paxos) usedSlots() (list []int64) {
	for s := range e.Of("", spans.ApplyID, spans.ChosenID, spans.AcceptClientID, spans.CommitConsumerID) {
		list = append(list, slotOf(s))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// mentioned is when the trace first tells of a slot, if it does.
func (e *paxos) mentioned(slot int64) []moment {
	for s := range e.Of("", spans.ApplyID, spans.ChosenID, spans.AcceptClientID, spans.CommitConsumerID) {
		if slotOf(s) == slot {
			return []moment{e.End(s)}
		}
	}
	return nil
}

// carried says what a message carries, as a sentence goes on behind its name.
func carried(s *span.Span) string {
	has := func(key attribute.Key) bool { return shown(s, key) != "" }
	var said string
	if has(spans.PaxosSlotKey) && has(spans.PaxosCommandKey) {
		said = fmt.Sprintf(" of %s in slot %d", commandText(shown(s, spans.PaxosCommandKey)), slotOf(s))
	}
	if has(spans.PaxosBallotKey) && !has(kvspans.KVRequestIDKey) || has(spans.PaxosSlotKey) {
		said += " in ballot " + ballotOf(s)
	}
	if has(spans.PaxosFirstSlotKey) {
		said += fmt.Sprintf(" for the slots from %d on", integer(s, spans.PaxosFirstSlotKey))
	}
	return said
}
