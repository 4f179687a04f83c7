package multipaxos_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
)

// safety is what was seen of a cluster so far, and what that rules out. The names of the properties are those of the
// spec's invariants.
type safety struct {
	config     multipaxos.Config
	violations []string
	only       []protocol.InvariantName // all others may be violated; nil for none

	promised map[protocol.Process]protocol.Ballot // the highest that each acceptor ever promised
	proposed map[numbered]protocol.Value
	votes    map[numbered]map[protocol.Process]protocol.Value // who ever accepted what
	chosen   map[protocol.Slot]protocol.Value
	applied  map[protocol.Slot]protocol.Value // by whoever applied it first
	results  map[protocol.Slot]kv.Result
	answers  map[kv.RequestID]kv.Result

	begun    map[protocol.Process]protocol.Ballot // the last that each leader began
	promises map[protocol.Ballot]map[protocol.Process]protocol.Promise
	demanded map[protocol.Ballot]map[protocol.Slot]protocol.Proposal // by P2c, as of when the ballot began to lead

	// What happened, so that a test can tell that it tested something.
	ballots, preempted, adopted, noops, caughtUp, refused int
}

// numbered is where a proposal belongs.
type numbered struct {
	slot   protocol.Slot
	ballot protocol.Ballot
}

func newSafety(config multipaxos.Config) safety {
	return safety{
		config:   config,
		promised: map[protocol.Process]protocol.Ballot{},
		proposed: map[numbered]protocol.Value{}, votes: map[numbered]map[protocol.Process]protocol.Value{},
		chosen: map[protocol.Slot]protocol.Value{}, applied: map[protocol.Slot]protocol.Value{},
		results: map[protocol.Slot]kv.Result{}, answers: map[kv.RequestID]kv.Result{},
		begun:    map[protocol.Process]protocol.Ballot{},
		promises: map[protocol.Ballot]map[protocol.Process]protocol.Promise{},
		demanded: map[protocol.Ballot]map[protocol.Slot]protocol.Proposal{},
	}
}

func (f *safety) violated(property protocol.InvariantName, m *member, format string, args ...any) {
	if f.only != nil && !slices.Contains(f.only, property) {
		return
	}
	f.violations = append(f.violations, fmt.Sprintf("%s at %v: %s", property, m.id, fmt.Sprintf(format, args...)))
}

// beforeStep notes the promises that a leader may count.
func (f *safety) beforeStep(m *member, input protocol.Input) {
	in, ok := input.(protocol.Receive)
	if !ok {
		return
	}
	promise, ok := in.Message.(protocol.Promise)
	s := m.process.State()
	if !ok || s.Role != protocol.RolePreparing || promise.Ballot != s.Ballot {
		return
	}
	if f.promises[s.Ballot] == nil {
		f.promises[s.Ballot] = map[protocol.Process]protocol.Promise{}
	}
	f.promises[s.Ballot][in.From] = promise
}

// beforeEffects checks what doc.go promises of effects: that what is to be persisted comes first, and that a request is
// answered in the step that receives it.
func (f *safety) beforeEffects(m *member, input protocol.Input, effects []protocol.Effect) {
	replies, answers, proposals, others := 0, 0, 0, 0
	for _, effect := range effects {
		switch effect.(type) { //nolint:gochecksumtype // all others are counted alike
		case protocol.PersistPromise, protocol.PersistRound, protocol.PersistChosen:
			if others > 0 {
				f.violated(protocol.InvariantPersistBeforeSend, m, "%v comes late in %v", effect, effects)
			}
			continue
		case protocol.Reply:
			replies++
		case protocol.Answer:
			answers++
		case protocol.Propose:
			proposals++
		}
		others++
	}
	wantReplies, wantAnswers := 0, 0
	switch in := input.(type) { //nolint:gochecksumtype // no other input has an answer
	case protocol.Request:
		wantAnswers = 1 - proposals
	case protocol.Receive:
		if isCall(in.Message) {
			wantReplies = 1
		}
	}
	if replies != wantReplies || answers != wantAnswers {
		f.violated("Reply", m, "%d of them, and %d answers for %v", replies, answers, input)
	}
}

func (f *safety) persistPromise(m *member, e protocol.PersistPromise) {
	if multipaxos.Below(e.Promised, m.disk.promised) {
		f.violated(protocol.InvariantPromisesRise, m, "%v after %v", e.Promised, m.disk.promised)
	}
}

// reply checks what an acceptor answers: PromisesRise, PromisesKept, PersistBeforeSend, and Agreement where it accepts.
func (f *safety) reply(m *member, in protocol.Receive, e protocol.Reply) {
	switch reply := e.Message.(type) { //nolint:gochecksumtype // all others say nothing of what is durable
	case protocol.Promise:
		if multipaxos.Below(reply.Ballot, f.promised[m.id]) {
			f.violated(protocol.InvariantPromisesRise, m, "it promises %v after %v", reply.Ballot, f.promised[m.id])
		}
		f.justified(m, reply.Ballot)
		f.promised[m.id] = reply.Ballot
	case protocol.Accepted:
		accept := in.Message.(protocol.Accept)
		if multipaxos.Below(reply.Ballot, f.promised[m.id]) {
			f.violated(protocol.InvariantPromisesKept, m, "it accepts %v after it promised %v", accept, f.promised[m.id])
		} else {
			f.promised[m.id] = reply.Ballot
		}
		f.justified(m, reply.Ballot)
		if m.disk.accepted[accept.Slot].Value != accept.Value {
			f.violated(protocol.InvariantPersistBeforeSend, m, "%v is not on the disk", accept)
		}
		f.vote(m, numbered{accept.Slot, accept.Ballot}, accept.Value)
	case protocol.PrepareRejected, protocol.AcceptRejected:
		f.refused++
	}
}

// justified wants a promise on the disk before anybody hears of it.
func (f *safety) justified(m *member, ballot protocol.Ballot) {
	if multipaxos.Below(m.disk.promised, ballot) {
		f.violated(protocol.InvariantPersistBeforeSend, m, "the disk holds the promise %v, and it says %v",
			m.disk.promised, ballot)
	}
}

// vote counts who accepted a value. Where a majority did, it is chosen: at most one in a slot, ever.
func (f *safety) vote(m *member, of numbered, value protocol.Value) {
	if f.votes[of] == nil {
		f.votes[of] = map[protocol.Process]protocol.Value{}
	}
	f.votes[of][m.id] = value
	votes := 0
	for _, other := range f.votes[of] {
		if other == value {
			votes++
		}
	}
	if votes < f.config.Quorum() {
		return
	}
	if before, is := f.chosen[of.slot]; is && before != value {
		f.violated(protocol.InvariantAgreement, m, "in slot %d %v is chosen in %v, and %v was", of.slot, value, of.ballot,
			before)
	}
	f.chosen[of.slot] = value
}

// send checks an Accept against what was promised: OneValuePerBallot, ValueOfHighestBallot, WithinWindow.
func (f *safety) send(m *member, e protocol.Send) {
	if _, is := e.Message.(protocol.CatchUp); is {
		f.caughtUp++
	}
	accept, is := e.Message.(protocol.Accept)
	if !is {
		return
	}
	of := numbered{accept.Slot, accept.Ballot}
	if before, is := f.proposed[of]; is && before != accept.Value {
		f.violated(protocol.InvariantOneValuePerBallot, m, "%v, and in it %v was proposed", accept, before)
	}
	f.proposed[of] = accept.Value
	s := m.process.State()
	if int(accept.Slot) > int(s.Applied)+f.config.Window {
		f.violated(protocol.InvariantWithinWindow, m, "%v, and %d is applied", accept, s.Applied)
	}
	if want, is := f.demanded[accept.Ballot][accept.Slot]; is && want.Value != accept.Value {
		f.violated(protocol.InvariantValueOfHighestBallot, m, "%v, and the promises demand %v", accept, want)
	}
}

// roleChange checks an edge, each ballot that begins, and each that leads: BallotsRise, PromisesWereGiven.
func (f *safety) roleChange(m *member, e protocol.RoleChange) {
	if !protocol.LegalRoleTransition(e.From, e.To, e.Event) {
		f.violated("Transitions", m, "%v", e)
	}
	ballot := m.process.State().Ballot
	switch {
	case e.To == protocol.RolePreparing:
		f.ballots++
		if !multipaxos.Below(f.begun[m.id], ballot) {
			f.violated(protocol.InvariantBallotsRise, m, "%v after %v", ballot, f.begun[m.id])
		}
		f.begun[m.id] = ballot
	case e.To == protocol.RoleLeading:
		if len(f.promises[ballot]) < f.config.Quorum() {
			f.violated(protocol.InvariantPromisesWereGiven, m, "it leads in %v with the promises of %d", ballot,
				len(f.promises[ballot]))
		}
		f.demanded[ballot] = map[protocol.Slot]protocol.Proposal{}
		for _, promise := range f.promises[ballot] {
			for _, p := range promise.Accepted {
				if multipaxos.Below(f.demanded[ballot][p.Slot].Ballot, p.Ballot) {
					f.demanded[ballot][p.Slot] = p
				}
			}
		}
	case e.Event == protocol.RoleEventPreempted:
		f.preempted++
	}
}

func (f *safety) choose(m *member, e protocol.Choose) {
	of := numbered{e.Slot, m.process.State().Ballot}
	for _, id := range e.AcceptedBy {
		if value, is := f.votes[of][acceptor(int(id))]; !is || value != e.Value {
			f.violated(protocol.InvariantChosenByMajority, m, "%v did not accept %v in %v", id, e.Value, of)
		}
	}
	if len(e.AcceptedBy) < f.config.Quorum() {
		f.violated(protocol.InvariantChosenByMajority, m, "%v of %d", e, f.config.Acceptors)
	}
}

func (f *safety) learnt(m *member, d protocol.Decision) {
	if value, is := f.chosen[d.Slot]; !is || value != d.Value {
		f.violated(protocol.InvariantLearntIsChosen, m, "%v, and chosen is %v", d, value)
	}
}

// apply checks an Apply: SameOrder, SameStore, ExactlyOnce.
func (f *safety) apply(m *member, e protocol.Apply, result kv.Result) {
	first, is := f.applied[e.Slot]
	switch {
	case e.Slot != m.applied+1:
		f.violated(protocol.InvariantSameOrder, m, "%v after slot %d", e, m.applied)
	case is && first != e.Value:
		f.violated(protocol.InvariantSameOrder, m, "%v, and %v was applied there", e, first)
	case is && f.results[e.Slot] != result:
		f.violated(protocol.InvariantSameStore, m, "%v gives %v, and gave %v", e, result, f.results[e.Slot])
	}
	m.applied = max(m.applied, e.Slot)
	f.applied[e.Slot], f.results[e.Slot] = e.Value, result
	if e.Value.Request.Client == 0 || result == (kv.Nothing{}) {
		return
	}
	if answer, is := f.answers[e.Value.Request]; is && answer != result {
		f.violated(protocol.InvariantExactlyOnce, m, "%v is answered %v, and was %v", e.Value.Request, result, answer)
	}
	f.answers[e.Value.Request] = result
}

// afterStep checks that the disk holds what it has to, which is also what a process begins with that starts again.
func (f *safety) afterStep(m *member) {
	s := m.process.State()
	if s.Applied > m.applied {
		f.violated(protocol.InvariantSameOrder, m, "it takes slot %d for applied, and applied %d", s.Applied, m.applied)
	}
	chosen := map[protocol.Slot]protocol.Value{}
	for slot, value := range s.Chosen {
		if value.Command != nil {
			chosen[protocol.Slot(slot)] = value
		}
	}
	accepted := slices.DeleteFunc(slices.Clone(s.Accepted), func(p protocol.Proposal) bool { return p.Slot == 0 })
	onDisk := slices.SortedFunc(maps.Values(m.disk.accepted), func(a, b protocol.Proposal) int {
		return int(a.Slot) - int(b.Slot)
	})
	if s.Round != m.disk.round || !maps.Equal(chosen, m.disk.chosen) || !slices.Equal(accepted, onDisk) ||
		s.Promised != m.disk.promised && f.config.Bug != multipaxos.BugForgetPromise {
		f.violated(protocol.InvariantRestartFromDisk, m, "the disk holds %v, and the state is %v", m.disk, s)
	}
}
