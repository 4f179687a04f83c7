package node

import (
	"slices"

	"github.com/raftkv/raftkv/raftkv/kv"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// request is what an entry of this leadership came from: a client's request, which may still wait for its answer, or
// the election for its no-op.
type request struct {
	ref     span.Ref
	client  world.ProcessID // who waits; zero when nobody does, or not any more
	call    world.CausalID  // the try that is waiting
	id      kv.RequestID
	timeout world.TimerHandle
	span    requestSpan // nil when no spans are opened
}

// requests are the requests of this leadership by the index of their entry, consecutive from first on. One is let go
// of once every follower holds its entry. Its cause is kept: a follower that lacks the entry after all has to be sent
// it again.
type requests struct {
	first  protocol.LogIndex
	items  []request
	began  protocol.LogIndex // where causes begin
	causes []span.Ref
}

// requestSpan is the span of a client's request at the server: the three kinds have it in common.
type requestSpan interface {
	openSpan
	world.Sent
	End(reply string)
	SetResult(string)
	SetLeaderID(string)
	SetCopy(int64)
	persister
	Link(span.Link)
	Append(index protocol.LogIndex, term protocol.Term, command kv.Command)
}

func (r *requests) add(index protocol.LogIndex, item request) {
	if len(r.items) == 0 {
		r.first = index
	}
	r.items = append(r.items, item)
	if len(r.causes) == 0 {
		r.began = index
	}
	r.causes = append(r.causes, item.ref)
}

// at is the request at an index; nil when it is not of this leadership, or let go of.
func (r *requests) at(index protocol.LogIndex) *request {
	if index < r.first || index >= r.first+protocol.LogIndex(len(r.items)) {
		return nil
	}
	return &r.items[index-r.first]
}

// cause is the span that an entry came from; the election when it was inherited.
func (r *requests) cause(index protocol.LogIndex, election span.Ref) span.Ref {
	if index < r.began || index >= r.began+protocol.LogIndex(len(r.causes)) {
		return election
	}
	return r.causes[index-r.began]
}

// links are the causes of the entries from first to last but for the parent, each once.
func (r *requests) links(first, last protocol.LogIndex, parent, election span.Ref) []span.Link {
	var links []span.Link
	previous := parent
	for index := first; index <= last; index++ {
		cause := r.cause(index, election)
		if cause != parent && cause != previous {
			links = append(links, worldspans.LinkTo(cause, worldspans.LinkEntry))
		}
		previous = cause
	}
	return links
}

// letGo forgets the requests up to index, which every server holds by now.
func (r *requests) letGo(index protocol.LogIndex) {
	if len(r.items) == 0 || index < r.first {
		return
	}
	done := min(int(index-r.first)+1, len(r.items))
	clear(r.items[:done])
	r.items = r.items[done:]
	r.first += protocol.LogIndex(done)
}

// wait is the request that is being handled, from now on waiting for its entry to be applied.
func (n *Node) wait(id kv.RequestID, span requestSpan) request {
	e := &n.step.envelope
	timer := world.Timer{Kind: timerRequest, ID: world.CausalID(n.step.cause.ID)}
	return request{
		ref: n.step.cause, client: e.From, call: e.ID, id: id, span: span,
		timeout: n.world.SetTimer(0, timer, n.config.RequestTimeout),
	}
}

// applied answers the client that waits for the entry at index.
func (r *requests) applied(n *Node, index protocol.LogIndex, result kv.Result) {
	item := r.at(index)
	if item == nil || item.client == 0 {
		return
	}
	if item.span != nil {
		item.span.Link(worldspans.LinkTo(n.step.commit, worldspans.LinkCommit, spans.RaftIndexKey.Int64(int64(index))))
	}
	n.answerWaiting(item, kv.Answered{Request: item.id, Result: result})
}

// outcomeUnknown tells the client whose request ran out of time.
func (r *requests) outcomeUnknown(n *Node, id uint64) {
	i := slices.IndexFunc(r.items, func(item request) bool { return item.ref.ID == id && item.client != 0 })
	if i >= 0 {
		n.answerWaiting(&r.items[i], n.notKnown(r.items[i].id))
	}
}

// leadershipLost tells every client that waits: its entry may be committed by another leader, or not.
func (r *requests) leadershipLost(n *Node) {
	for i := range r.items {
		if item := &r.items[i]; item.client != 0 {
			n.answerWaiting(item, n.notKnown(item.id))
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

func (n *Node) answerWaiting(item *request, reply kv.Message) {
	n.world.StopTimer(item.timeout)
	n.answer(item.span, world.Envelope{
		ID: world.CausalID(item.ref.ID), Root: world.CausalID(item.ref.Root), From: n.id, To: item.client,
		InReplyTo: item.call, Payload: reply,
	})
	item.client, item.span = 0, nil
}

// answer sends a client its answer and ends the request's span.
func (n *Node) answer(span requestSpan, e world.Envelope) {
	fate := n.world.Send(e)
	if span == nil {
		return
	}
	reply := e.Payload.(kv.Message)
	switch m := reply.(type) {
	case kv.Answered:
		span.SetResult(m.Result.String())
	case kv.NotLeader:
		span.SetLeaderID(m.LeaderID.String())
	case kv.ClientPut, kv.ClientGet, kv.ClientDelete, kv.OutcomeUnknown:
	}
	world.NoteFate(span, fate)
	span.End(reply.Name())
}

// startRequestSpan opens the span of the client's request that is being handled; nil when no spans are opened.
func (n *Node) startRequestSpan(payload any) requestSpan {
	if !n.tracer.On() {
		return nil
	}
	e := &n.step.envelope
	begin := span.Begin{Self: n.step.cause, Parent: uint64(e.ID)}
	if n.raft.State().Role == protocol.RoleLeader {
		begin.Links = []span.Link{n.leaderLink()}
	}
	var span requestSpan
	switch m := payload.(type) {
	case kv.ClientPut:
		span = n.tracer.StartPutServer(begin, n.who(), e.From.String(), m.Request)
	case kv.ClientGet:
		span = n.tracer.StartGetServer(begin, n.who(), e.From.String(), m.Request)
	case kv.ClientDelete:
		span = n.tracer.StartDeleteServer(begin, n.who(), e.From.String(), m.Request)
	}
	if e.Copy > 0 {
		span.SetCopy(int64(e.Copy))
	}
	return span
}
