package node

import (
	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/multipaxos/protocol"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// request is what a slot of this ballot was given to: a client's request, which may still wait for its answer.
type request struct {
	slot    protocol.Slot
	ref     span.Ref
	client  world.ProcessID // who waits; zero when nobody does, or not any more
	call    world.CausalID  // the try that is waiting
	value   protocol.Value
	chosen  span.Ref // where the slot's value was chosen; zero before
	timeout world.TimerHandle
	span    requestSpan // nil when no spans are opened
}

// requests are the requests of this ballot, in the order of their slots.
type requests struct{ items []*request }

// requestSpan is the span of a client's request at the leader: the three kinds have it in common.
type requestSpan interface {
	openSpan
	world.Sent
	End(reply string)
	SetResult(string)
	SetLeaderID(string)
	SetCopy(int64)
	Link(span.Link)
	Propose(slot protocol.Slot, command kv.Command, source protocol.Source)
}

// at is the request that was given a slot; nil when none was.
func (r *requests) at(slot protocol.Slot) *request {
	for _, item := range r.items {
		if item.slot == slot {
			return item
		}
	}
	return nil
}

// cause is the span that a slot's value came from; phase 1 when no request was given the slot.
func (r *requests) cause(slot protocol.Slot, phase1 span.Ref) span.Ref {
	if item := r.at(slot); item != nil {
		return item.ref
	}
	return phase1
}

// letGo forgets the requests up to a slot that are answered: all up to there is chosen, and nothing more comes of them.
func (r *requests) letGo(applied protocol.Slot) {
	for len(r.items) > 0 && r.items[0].slot <= applied && r.items[0].client == 0 {
		r.items = r.items[1:]
	}
}

// proposed has the client whose command was given a slot wait until that is applied.
func (l *Leader) proposed(e protocol.Propose) {
	if e.Source != protocol.SourceClient {
		l.roleChange.Propose(e.Slot, e.Value.Command, e.Source)
		return
	}
	span := l.startRequestSpan(l.step.envelope.Payload)
	if span != nil {
		span.Propose(e.Slot, e.Value.Command, e.Source)
	}
	envelope := &l.step.envelope
	timer := world.Timer{Kind: timerRequest, ID: world.CausalID(l.step.cause.ID)}
	l.requests.items = append(l.requests.items, &request{
		slot: e.Slot, ref: l.step.cause, client: envelope.From, call: envelope.ID, value: e.Value, span: span,
		timeout: l.world.SetTimer(0, timer, l.config.RequestTimeout),
	})
}

// applied answers the client that waits for a slot with this value. Another value there means that the client's is not
// chosen in this slot, whatever else may become of it.
func (r *requests) applied(l *Leader, e protocol.Apply, result kv.Result) {
	item := r.at(e.Slot)
	if item == nil || item.client == 0 {
		return
	}
	if item.value != e.Value {
		l.answerWaiting(item, kv.OutcomeUnknown{Request: item.value.Request})
		return
	}
	if item.span != nil {
		item.span.Link(worldspans.LinkTo(item.chosen, worldspans.LinkCommit))
	}
	l.answerWaiting(item, kv.Answered{Request: item.value.Request, Result: result})
}

// outcomeUnknown tells the client whose request ran out of time.
func (r *requests) outcomeUnknown(l *Leader, id uint64) {
	for _, item := range r.items {
		if item.ref.ID == id && item.client != 0 {
			l.answerWaiting(item, kv.OutcomeUnknown{Request: item.value.Request})
		}
	}
}

// leadershipLost tells every client that waits: another leader may adopt its command, or not.
func (r *requests) leadershipLost(l *Leader) {
	for _, item := range r.items {
		if item.client != 0 {
			l.answerWaiting(item, kv.OutcomeUnknown{Request: item.value.Request})
		}
	}
	*r = requests{}
}

func (r *requests) endAll(end func(openSpan)) {
	for _, item := range r.items {
		if item.client != 0 && item.span != nil {
			end(item.span)
		}
	}
	*r = requests{}
}

func (l *Leader) answerWaiting(item *request, reply kv.Message) {
	l.world.StopTimer(item.timeout)
	l.answer(item.span, world.Envelope{
		ID: world.CausalID(item.ref.ID), Root: world.CausalID(item.ref.Root), From: l.id, To: item.client,
		InReplyTo: item.call, Payload: reply,
	})
	item.client, item.span = 0, nil
}

// answer sends a client its answer and ends the request's span.
func (l *Leader) answer(span requestSpan, e world.Envelope) {
	fate := l.world.Send(e)
	if span == nil {
		return
	}
	reply := e.Payload.(kv.Message)
	switch m := reply.(type) {
	case kv.Answered:
		span.SetResult(m.Result.String())
	case kv.NotLeader:
		span.SetLeaderID(protocol.LeaderID(m.LeaderID).String())
	case kv.ClientPut, kv.ClientGet, kv.ClientDelete, kv.OutcomeUnknown:
	}
	world.NoteFate(span, fate)
	span.End(reply.Name())
}

// startRequestSpan opens the span of the client's request that is being handled; nil when no spans are opened.
func (l *Leader) startRequestSpan(payload any) requestSpan {
	if !l.tracer.On() {
		return nil
	}
	begin, from := l.beginReceived(), l.step.envelope.From.String()
	if l.State().Role == protocol.RoleLeading {
		begin.Links = []span.Link{l.leaderLink()}
	}
	var span requestSpan
	switch m := payload.(type) {
	case kv.ClientPut:
		span = l.tracer.StartPutServer(begin, l.asProposer(), from, m.Request)
	case kv.ClientGet:
		span = l.tracer.StartGetServer(begin, l.asProposer(), from, m.Request)
	case kv.ClientDelete:
		span = l.tracer.StartDeleteServer(begin, l.asProposer(), from, m.Request)
	}
	l.tellCopy(span)
	return span
}
