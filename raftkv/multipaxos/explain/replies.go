package explain

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/explain"
)

// reply is the answer of an acceptor to a Prepare or an Accept, as it arrived at the leader, or that none did.
type reply struct {
	call    *span.Span
	arrived *span.Span // the call itself, or the span of a reply that came late or again
	answer  *span.Span // the acceptor's span; nil where the trace lacks it
	peer    string
}

// replies are those to some calls, in the order in which they arrived.
func (e *paxos) replies(calls []*span.Span) (list []reply) {
	for _, call := range calls {
		list = append(list, reply{call, call, e.Answering(call), e.Peer(call)})
		for _, r := range e.Receivers(call) {
			for late := range e.Below(r.ID, spans.LateReplyID) {
				list = append(list, reply{call, late, r, e.Peer(call)})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b reply) int { return a.arrived.End.Compare(b.arrived.End) })
	return list
}

// granted are the promises or acceptances among replies that had arrived by a time, the first of each acceptor.
func (e *paxos) granted(calls []*span.Span, until time.Time) (list []reply) {
	for _, r := range e.replies(calls) {
		if e.grants(r.arrived) && !r.arrived.End.After(until) &&
			!slices.ContainsFunc(list, func(other reply) bool { return other.peer == r.peer }) {
			list = append(list, r)
		}
	}
	return list
}

// grants says whether a span got, or gave, a promise, or that a proposal was accepted.
func (e *paxos) grants(s *span.Span) bool {
	return e.replied(s, protocol.Promise{}) || e.replied(s, protocol.Accepted{})
}

// peers are the acceptors that replied, in their order.
func peers(list []reply) (names []string) {
	for _, r := range list {
		names = append(names, r.peer)
	}
	explain.SortProcesses(names)
	return names
}

// answers says what each acceptor replied to calls that were made by a time: that it refused, that nothing came, and,
// as a given function has it, that it granted what it was asked for. Of replies that came later it says so, or nothing.
func (e *paxos) answers(calls []*span.Span, until time.Time, later bool,
	granted func(r *reply, count int) step,
) (steps []step) {
	told, had := map[string]bool{}, map[string]bool{}
	for _, r := range e.replies(calls) {
		late, what := r.arrived.End.After(until), r.peer+e.Reply(r.arrived)
		if told[what] || had[r.peer] || r.call.Start.After(until) || late && !later {
			continue
		}
		told[what] = true
		switch {
		case late || e.Reply(r.arrived) == "":
			steps = append(steps, because(e.cameToNothing(&r), e.Begin(r.call), "The %s to %s came to nothing",
				e.Message(r.call), r.peer))
		case e.grants(r.arrived):
			had[r.peer] = true
			steps = append(steps, granted(&r, len(had)))
		default:
			steps = append(steps, because(e.turnedAway(r.call, r.arrived, r.answer), e.End(r.arrived), "%s's refusal arrived",
				r.peer))
			steps[len(steps)-1].ID = r.arrived.ID
		}
	}
	return explain.ByTime(steps)
}

// cameToNothing says why a call brought no answer, or none in time.
func (e *paxos) cameToNothing(r *reply) step {
	if e.Reply(r.arrived) == "" {
		return e.Absent(r.call)
	}
	return tell(e.End(r.arrived), "%s's answer came at %s only", r.peer, e.End(r.arrived)).Resting(e.Begin(r.call)).
		Kept(explain.TooLate)
}

// acceptedSaid says that an acceptor's answer arrived: it had accepted a proposal.
func (e *paxos) acceptedSaid(r *reply, _ int) step {
	if r.answer == nil {
		return tell(e.End(r.arrived), "%s's answer arrived: it had accepted it.", r.peer)
	}
	return tell(e.End(r.arrived), "%s's answer arrived: it had accepted it at %s.", r.peer, e.End(r.answer))
}

// turnedAway says why an acceptor turned a Prepare or an Accept away: it had promised a higher ballot. The answer is
// the acceptor's span; nil where the trace lacks it.
func (e *paxos) turnedAway(call, arrived, answer *span.Span) step {
	if answer == nil {
		answer = arrived
	}
	promised, since := shown(answer, spans.PaxosPromisedKey), sentence{}
	for s := range e.Of(e.Peer(call), spans.PrepareServerID, spans.AcceptServerID) {
		if shown(s, spans.PaxosPromisedKey) == promised && s.End.Before(answer.End) {
			since = say(" at %s", e.End(s))
			break
		}
	}
	return tell(e.End(answer), "it had promised ballot %s%s, and turns away what is below that (PMS §2.5)", promised,
		since).Resting(e.Begin(call)).Held(HigherPromise)
}
