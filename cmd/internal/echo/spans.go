package echo

import (
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// The names of the spans that are its own: of a keeper that starts, and of a copy that a keeper sends to a mirror.
const (
	StartName = "echo.start"
	CopyName  = "echo.copy"
)

var (
	nameCopy  = world.NameOf(CopyName)
	landmarks = span.Landmarks{
		Peers: []attribute.Key{kvspans.RaftPeerIDKey}, Replies: []attribute.Key{kvspans.RaftReplyKey},
	}
)

// ofRequest are the names of the spans of clients' requests, by the kind of message, and the ids of the server's.
func ofRequest(payload any) (name, id, parent string) {
	switch payload.(type) {
	case kv.ClientPut:
		return kvspans.PutClientName, "put_server", kvspans.PutClientID
	case kv.ClientGet:
		return kvspans.GetClientName, "get_server", kvspans.GetClientID
	}
	return kvspans.DeleteClientName, "delete_server", kvspans.DeleteClientID
}

// specs are the spans of a run.
func specs() []span.Spec {
	optional := func(keys ...attribute.Key) (all []span.AttributeSpec) {
		for _, key := range keys {
			all = append(all, span.AttributeSpec{Key: key, Type: attribute.STRING, Level: span.Optional})
		}
		all = append(all, span.AttributeSpec{Key: worldspans.ErrorTypeKey, Type: attribute.STRING, Level: span.Optional})
		for _, key := range []attribute.Key{worldspans.RaftkvStepKey, worldspans.RaftkvEndStepKey, worldspans.RaftkvCopyKey} {
			all = append(all, span.AttributeSpec{Key: key, Type: attribute.INT64, Level: span.Optional})
		}
		return append(all, span.AttributeSpec{Key: worldspans.RaftUnfinishedKey, Type: attribute.BOOL, Level: span.Optional})
	}
	var events []span.EventSpec
	for _, name := range []string{
		worldspans.EventDrop, worldspans.EventDelay, worldspans.EventDuplicate, worldspans.EventLateCopy,
	} {
		events = append(events, span.EventSpec{Name: name, Attributes: optional(worldspans.RaftkvCauseKey)})
	}
	all, faults := kvspans.AllSpecs(), []span.LinkSpec{{To: worldspans.FaultID, Why: worldspans.LinkFault}}
	for _, request := range []any{kv.ClientPut{}, kv.ClientGet{}, kv.ClientDelete{}} {
		name, id, parent := ofRequest(request)
		all = append(all, span.Spec{
			ID: id, Name: name, Kind: trace.SpanKindServer, Service: Keepers.String(), Parents: []string{parent}, Events: events,
			Links: faults, Replies: []string{kv.Answered{}.Name(), kv.NotLeader{}.Name()},
			Attributes: optional(worldspans.RPCSystemNameKey, worldspans.RPCMethodKey, worldspans.ServerAddressKey,
				kvspans.RaftPeerIDKey, kvspans.KVRequestIDKey, kvspans.RaftReplyKey, kvspans.KVResultKey, kvspans.KVLeaderIDKey),
		})
	}
	return append(all,
		span.Spec{
			ID: "start", Name: StartName, Kind: trace.SpanKindInternal, Service: Keepers.String(), Root: true,
			Attributes: optional(),
		},
		span.Spec{
			ID: "copy_producer", Name: CopyName, Kind: trace.SpanKindProducer, Service: Keepers.String(), Root: true,
			Message: "Copied", Attributes: optional(kvspans.RaftPeerIDKey), Events: events, Links: faults,
		},
		span.Spec{
			ID: "copy_consumer", Message: "Copied", Name: CopyName, Kind: trace.SpanKindConsumer, Service: Mirrors.String(),
			Parents: []string{"copy_producer"}, Attributes: optional(kvspans.RaftPeerIDKey),
		})
}

// told has a mirror tell what it takes.
func told() []span.Told {
	takes := span.Saying{Text: span.Text{{Literal: "copies what "}, {Key: kvspans.RaftPeerIDKey}, {Literal: " holds"}}}
	return []span.Told{{ID: "copy_consumer", Ends: []span.Saying{takes}}}
}

// sending is a span that sends a message.
type sending struct{ span.Started }

// SetSize tells nothing: the table of the spans does not have the size of messages.
func (sending) SetSize(int64) {}

func (s sending) Drop(cause string) {
	s.Event(worldspans.EventDrop, worldspans.RaftkvCauseKey.String(cause))
}

func (s sending) Delay(cause string, _ time.Duration) {
	s.Event(worldspans.EventDelay, worldspans.RaftkvCauseKey.String(cause))
}

func (s sending) Duplicate(cause string, _ int64) {
	s.Event(worldspans.EventDuplicate, worldspans.RaftkvCauseKey.String(cause))
}

func (s sending) LateCopy(cause string, _ time.Duration) {
	s.Event(worldspans.EventLateCopy, worldspans.RaftkvCauseKey.String(cause))
}

// start starts a span; what is not recorded is off.
func (s *server) start(b span.Begin, name string, kind trace.SpanKind, peer world.ProcessID) sending {
	if !s.tracer.On() {
		return sending{}
	}
	return sending{s.tracer.Start(b, name, kind, kvspans.RaftPeerIDKey.String(peer.String()))}
}

// handle starts the span of a message that is handled.
func (s *server) handle(e *world.Envelope, name string, kind trace.SpanKind) (sending, world.CausalID) {
	id := e.ID.Child(world.NameOf(name), s.id, e.From, 0, e.Copy)
	begin := span.Begin{Self: span.Ref{Root: uint64(e.Root), ID: uint64(id)}, Parent: uint64(e.ID)}
	handles := s.start(begin, name, kind, e.From)
	if e.Copy > 0 {
		handles.Set(worldspans.RaftkvCopyKey.Int64(int64(e.Copy)))
	}
	return handles, id
}

// traceStart tells that a keeper starts.
func (s *server) traceStart() {
	s.starts++
	id := uint64(world.RootID(s.id, world.NameOf(StartName), s.starts, 0))
	if s.tracer.On() && s.id.Group() == Keepers {
		s.tracer.Start(span.Begin{Self: span.Ref{Root: id, ID: id}}, StartName, trace.SpanKindInternal).End()
	}
}

// copyTo sends a mirror all that the keeper holds.
func (s *server) copyTo(to world.ProcessID) {
	id := world.RootID(s.id, nameCopy, s.rounds, uint64(to))
	sends := s.start(span.Begin{Self: span.Ref{Root: uint64(id), ID: uint64(id)}}, CopyName, trace.SpanKindProducer, to)
	fate := s.world.Send(world.Envelope{ID: id, Root: id, From: s.id, To: to, Payload: copied{slices.Clone(s.log)}})
	world.NoteFate(sends, fate)
	if fate.Drop != "" && fate.Duplicate == "" {
		sends.Fail(worldspans.ErrorTypeLost, "the message was lost")
		return
	}
	sends.End()
}

// traceCopied tells of a copy that was taken.
func (s *server) traceCopied(e world.Envelope) {
	takes, _ := s.handle(&e, CopyName, trace.SpanKindConsumer)
	takes.End()
}

// traceAnswer sends a client its answer, and tells of it.
func (s *server) traceAnswer(e world.Envelope, request kv.RequestID, reply kv.Message) {
	name, _, _ := ofRequest(e.Payload)
	answers, id := s.handle(&e, name, trace.SpanKindServer)
	answers.Set(
		worldspans.RPCSystemNameKey.String(worldspans.System), worldspans.RPCMethodKey.String(name),
		worldspans.ServerAddressKey.String(s.id.String()), kvspans.KVRequestIDKey.String(request.String()),
		kvspans.RaftReplyKey.String(reply.Name()),
	)
	switch m := reply.(type) {
	case kv.Answered:
		answers.Set(kvspans.KVResultKey.String(m.Result.String()))
	case kv.ClientPut, kv.ClientGet, kv.ClientDelete, kv.OutcomeUnknown:
	case kv.NotLeader:
		answers.Set(kvspans.KVLeaderIDKey.String(world.NewProcessID(Keepers, uint32(m.LeaderID)).String()))
	}
	world.NoteFate(answers, s.world.Send(world.Envelope{
		ID: id, Root: e.Root, From: s.id, To: e.From, InReplyTo: e.ID, Payload: reply,
	}))
	answers.End()
}
