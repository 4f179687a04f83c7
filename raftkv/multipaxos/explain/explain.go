package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/kv/conform"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/multipaxos/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/explain"
)

// Protocol is MultiPaxos, for those who explain runs.
func Protocol() explain.Protocol {
	return explain.Protocol{
		Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(),
		Servers:   []string{spans.ServiceLeader, spans.ServiceReplica, spans.ServiceAcceptor},
		Asks:      map[string]string{"leader": "ballot", "ballot": "ballot", "slot": "slot"},
		Questions: "leader ballot N.N, client-N N, or slot N replica-N",
		Rules: []explain.Rule{
			Majority, HigherPromise, PromiseKept, BallotOnce, OwnPromises, Demanded, NoHole, OneValue, OneChosen, OneLeads,
			Preempted, Window, InOrder, SameResult, ThroughSlot, Once,
		},
		Applied:   spans.ApplyID,
		Once:      Once,
		Malformed: malformed,
		Unread:    unread,
		Carried:   carried,
		Of:        func(t *explain.Trace) explain.Answers { return newPaxos(t) },
	}
}

// malformed says whether a text cannot be what its attribute is of.
func malformed(_ string, a *attribute.KeyValue) bool {
	switch text := a.Value.AsString(); a.Key {
	case spans.PaxosBallotKey, spans.PaxosPromisedKey:
		_, is := parseBallot(text)
		return !is
	case spans.PaxosCommandKey:
		return !conform.IsCommand(text)
	case kvspans.KVRequestIDKey:
		return !conform.IsRequest(text)
	}
	return false
}

// unread are the attributes that no answer rests on.
func unread(_ string, key attribute.Key) bool {
	switch key {
	case worldspans.RPCSystemNameKey, worldspans.RPCMethodKey, worldspans.ServerAddressKey, worldspans.PeerServiceKey:
		return true
	}
	return false
}

// The rules of the algorithm that can hold something back, and where the papers have each, as sentences cite it.
var (
	Majority      = rule("majority", "PMS §2.2", "a majority of all acceptors promises, and chooses")
	HigherPromise = rule("higher_promise", "PMS §2.5", "an acceptor turns away what is below its promise")
	PromiseKept   = rule("promise_kept", "PMS P1a", "an acceptor accepts nothing below its promise")
	BallotOnce    = rule("ballot_once", "PMS §2.5", "a leader begins no ballot twice")
	OwnPromises   = rule("own_promises", "PMS §2.2", "only promises of its own ballot make a leader lead")
	Demanded      = rule("demanded", "PMS P2c", "a leader proposes what was accepted in the highest ballot")
	NoHole        = rule("no_hole", "PMS §3", "a new leader leaves no slot without a value before one that has one")
	OneValue      = rule("one_value", "PMMC C1", "in a ballot a slot gets one value")
	OneChosen     = rule("one_chosen", "PMS §2.1", "one value is chosen in a slot")
	OneLeads      = rule("one_leads", "PMS §2.4", "only who leads takes a client's command")
	Preempted     = rule("preempted", "PMMC §2", "a leader that hears of a higher ballot leads no more")
	Window        = rule("window", "PMS §3", "only so many slots are in phase 2 at once")
	InOrder       = rule("in_order", "PMS §3", "what is chosen is applied in the order of slots")
	SameResult    = rule("same_result", "PMS §3", "all learners get the same result in a slot")
	ThroughSlot   = rule("through_slot", "PMS §3", "a command is answered when its slot is applied with it")
	Once          = rule("once", "PMMC §2", "an operation takes effect once, and its retry gets the first answer")
)

func rule(name, section, says string) explain.Rule {
	return explain.Rule{Name: name, Section: section, Says: says}
}

// paxos is what is to be said of one run of MultiPaxos.
type paxos struct {
	*explain.Trace

	phases   []*span.Span // the phase 1 of each ballot, by start
	learners []string     // that the trace has
}

func newPaxos(t *explain.Trace) *paxos {
	e := &paxos{Trace: t, phases: slices.Collect(t.Below(0, spans.Phase1ID))}
	for _, process := range t.Servers() {
		if !isAcceptor(process) {
			e.learners = append(e.learners, process)
		}
	}
	return e
}

func isAcceptor(process string) bool { return strings.HasPrefix(process, spans.ServiceAcceptor+"-") }

// Ask answers what is asked of a ballot or a slot.
func (e *paxos) Ask(q *explain.Asked) (*explain.Explanation, error) {
	if q.Span != nil {
		if e.Is(q.Span, spans.Phase1ID) {
			return e.explainPhase(q.Span), nil
		}
		return nil, nil
	}
	switch q.For {
	case "ballot":
		return e.explainBallot(q.Numbers["ballot"])
	case "server slot":
		return e.explainSlot(q.Numbers["slot"], q.Server)
	case "which ballot":
		near := &explain.QuestionError{Message: fmt.Sprintf("cannot tell what %q asks: of which ballot it does not say",
			q.Question)}
		if len(e.phases) > 0 {
			near.Nearest = ballotQuestion(ballotOf(e.phases[0]))
		}
		return nil, near
	case "slot":
		return nil, fmt.Errorf("cannot tell what %q asks: of which leader or replica it does not say", q.Question)
	case "server":
		return nil, fmt.Errorf("cannot tell what %q asks: which slot of %s it does not say", q.Question, q.Server)
	}
	return nil, nil
}

// Questions are about each ballot, and each slot of each learner.
func (e *paxos) Questions(most int) (ballots, slots []string) {
	for _, s := range e.phases {
		if question := ballotQuestion(ballotOf(s)); !slices.Contains(ballots, question) {
			ballots = append(ballots, question)
		}
	}
	used := e.usedSlots()
	for _, process := range e.learners {
		for _, slot := range used[:min(len(used), most-len(slots))] {
			slots = append(slots, slotQuestion(slot, process))
		}
	}
	return ballots, slots
}

// Same is the question about a ballot, of the first phase 1 of that.
func (e *paxos) Same(s *span.Span) string {
	if first := e.phaseOf(ballotOf(s)); e.Is(s, spans.Phase1ID) && first != nil && first.ID == s.ID {
		return ballotQuestion(ballotOf(s))
	}
	return ""
}

func ballotQuestion(ballot string) string { return "leader ballot " + ballot }

func slotQuestion(slot int64, process string) string { return fmt.Sprintf("slot %d %s", slot, process) }

// parseBallot reads a ballot: 2.1.
func parseBallot(text string) (protocol.Ballot, bool) {
	b := protocol.Ballot{}
	round, leader, _ := strings.Cut(text, ".")
	_, wrong := fmt.Sscan(round, &b.Round)
	_, wrongLeader := fmt.Sscan(leader, &b.Leader)
	return b, wrong == nil && wrongLeader == nil && b.String() == text
}

// compareBallots has the higher round win, and then the higher leader.
func compareBallots(a, b string) int {
	x, _ := parseBallot(a)
	y, _ := parseBallot(b)
	return cmp.Or(cmp.Compare(x.Round, y.Round), cmp.Compare(x.Leader, y.Leader))
}
