package check

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// where is the first span that something is true of.
func (m *mutated) where(is func(s *traces.Span) bool) *traces.Span {
	m.t.Helper()
	for i := range m.all {
		if is(&m.all[i]) {
			return &m.all[i]
		}
	}
	m.t.Fatal("there is no such span")
	return nil
}

// every changes all spans that something is true of.
func (m *mutated) every(is func(s *traces.Span) bool, change func(s *traces.Span)) {
	m.t.Helper()
	m.where(is)
	for i := range m.all {
		if is(&m.all[i]) {
			change(&m.all[i])
		}
	}
}

func (m *mutated) withID(id world.CausalID) *traces.Span {
	m.t.Helper()
	return m.where(func(s *traces.Span) bool { return s.ID == id })
}

// move makes a span, with all below it, a child of another.
func (m *mutated) move(s, parent *traces.Span) {
	s.Parent = parent.ID
	below := []world.CausalID{s.ID}
	s.Root = parent.Root
	for len(below) > 0 {
		id := below[0]
		below = below[1:]
		for i := range m.all {
			if m.all[i].Parent == id {
				m.all[i].Root = parent.Root
				below = append(below, m.all[i].ID)
			}
		}
	}
}

// crashes says whether a process crashes after a time, for the first time.
func (m *mutated) crashes(process string, after time.Time) bool {
	crash := m.where(func(s *traces.Span) bool {
		return isNamed(s, worldspans.FaultName) && textOf(s, worldspans.RaftkvFaultTargetKey) == process
	})
	return textOf(crash, worldspans.RaftkvFaultKey) == worldspans.FaultCrash && crash.Start.After(after)
}

func textOf(s *traces.Span, key attribute.Key) string { return s.Attribute(key).AsString() }

func numberOf(s *traces.Span, key attribute.Key) int64 { return s.Attribute(key).AsInt64() }

func isA(name string, kind trace.SpanKind) func(s *traces.Span) bool {
	return func(s *traces.Span) bool { return s.Name == name && s.Kind == kind }
}

// took says whether a server took a put into its log.
func took(s *traces.Span) bool {
	return isA(spans.PutServerName, server)(s) && has(s, spans.EventAppend)
}

func has(s *traces.Span, event string) bool {
	for i := range s.Events {
		if s.Events[i].Name == event {
			return true
		}
	}
	return false
}

// resent says whether entries were sent again.
func resent(s *traces.Span) bool {
	return isA(spans.AppendEntriesClientName, client)(s) && numberOf(s, spans.RaftAttemptKey) > 1
}

// triedAgain says whether it is another try of an operation.
func triedAgain(s *traces.Span) bool { return s.Kind == client && numberOf(s, kvspans.KVTryKey) > 1 }

func linkTo(s *traces.Span) []traces.Link { return []traces.Link{{Run: s.Run, Root: s.Root, ID: s.ID}} }

// lateReplyTo is a late reply that was given by a server's span.
func (m *mutated) lateReplyTo(given *traces.Span) traces.Span {
	call := m.withID(given.Parent)
	late := traces.Span{
		Run: given.Run, Root: given.Root, ID: given.ID +
			1, Parent: given.ID, Name: spans.LateReplyName, Kind: internal, Service: call.Service,
		Start: call.End.Add(time.Microsecond), End: call.End.Add(2 * time.Microsecond),
	}
	for key, value := range map[attribute.Key]string{
		spans.RaftNodeIDKey: call.Service, spans.RaftRoleKey: textOf(call,
			spans.RaftRoleKey), kvspans.RaftPeerIDKey: given.Service, kvspans.RaftReplyKey: textOf(given, kvspans.RaftReplyKey),
	} {
		late.Attributes = append(late.Attributes, key.String(value))
	}
	late.Attributes = append(late.Attributes, spans.RaftTermKey.Int64(numberOf(call, spans.RaftTermKey)))
	return late
}

// untangled are mutations of how spans hang together: parents, links, messages and their replies.
var untangled = []mutation{
	{"a resend linked to what went to another server", "everything", "wrong_link", func(m *mutated) {
		s := m.where(resent)
		before := m.withID(s.Links[len(s.Links)-1].ID)
		set(before, kvspans.RaftPeerIDKey.String("node-9"))
	}},
	{
		"an attempt out of order", "everything", "wrong_link",
		func(m *mutated) { set(m.where(resent), spans.RaftAttemptKey.Int(7)) },
	},
	{"a vote asked for again in another election", "storm", "wrong_link", func(m *mutated) {
		asked := m.find(spans.RequestVoteClientName, client)
		again := m.where(func(s *traces.Span) bool { return isA(asked.Name, client)(s) && s.ID != asked.ID })
		set(again, spans.RaftAttemptKey.Int(2))
		again.Links = linkTo(asked)
	}},
	{
		"a try linked to itself", "lost-reply", "wrong_link",
		func(m *mutated) { s := m.where(triedAgain); s.Links = linkTo(s) },
	},
	{
		"tries out of order", "lost-reply", "wrong_link",
		func(m *mutated) { set(m.where(triedAgain), kvspans.KVTryKey.Int(3)) },
	},
	{"a try of another operation", "", "message_mismatch", func(m *mutated) {
		m.every(func(s *traces.Span) bool {
			return s.Name == kvspans.PutClientName && textOf(s, kvspans.KVRequestIDKey) == "client-1/1"
		}, func(s *traces.Span) {
			set(s, kvspans.KVRequestIDKey.String("client-1/9"))
		})
	}},
	{"a consumer linked to another producer", "", "wrong_link", func(m *mutated) {
		s := m.find(spans.CommitNotificationConsumerName, consumer)
		s.Links = linkTo(m.where(func(o *traces.Span) bool { return o.Kind == producer && o.ID != s.Parent }))
	}},
	{"a heartbeat linked to an earlier election", "", "wrong_link", func(m *mutated) {
		m.find(spans.HeartbeatName, internal, "raft.term",
			"2").Links = linkTo(m.find(spans.ElectionName, internal, "raft.term", "1"))
	}},
	{"a leader's request linked to an earlier election", "", "wrong_link", func(m *mutated) {
		m.where(func(s *traces.Span) bool {
			return took(s) &&
				numberOf(s, spans.RaftTermKey) == 2
		}).Links = linkTo(m.find(spans.ElectionName, internal, "raft.term", "1"))
	}},
	{"entries linked to a request that is none of theirs", "default", "wrong_link", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool {
			return isA(spans.AppendEntriesClientName, client)(s) && numberOf(s, spans.RaftEntriesCountKey) == 1 &&
				numberOf(s, spans.RaftPrevLogIndexKey) > 3
		})
		s.Links = append(s.Links, linkTo(m.where(took))...)
	}},
	{
		"a link into another trace", "", "wrong_link",
		func(m *mutated) { m.find(spans.CommitNotificationConsumerName, consumer).Links[0].Root++ },
	},
	{"a request that its entries are not linked to", "default", "missing_link", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool { return isA(spans.AppendEntriesClientName, client)(s) && len(s.Links) > 0 })
		s.Links = s.Links[1:]
	}},
	{"a request that its commit is not linked to", "default", "missing_link", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool { return isA(spans.CommitName, internal)(s) && len(s.Links) > 0 })
		s.Links = s.Links[1:]
	}},
	{"a root in another's trace", "", "wrong_trace", func(m *mutated) { m.find(spans.StartName, internal).Root++ }},
	{"entries below a heartbeat round", "", "wrong_parent", func(m *mutated) {
		m.move(m.where(func(s *traces.Span) bool {
			return isA(spans.AppendEntriesClientName, client)(s) && numberOf(s, spans.RaftEntriesCountKey) > 0 &&
				numberOf(s, spans.RaftTermKey) == 2
		}), m.find(spans.HeartbeatName, internal, "raft.term", "1"))
	}},
	{"entries below a request that is none of theirs", "default", "wrong_parent", func(m *mutated) {
		m.move(m.where(func(s *traces.Span) bool {
			return isA(spans.AppendEntriesClientName, client)(s) && numberOf(s, spans.RaftPrevLogIndexKey) > 3 &&
				numberOf(s, spans.RaftEntriesCountKey) > 0
		}), m.where(took))
	}},
	{"a commit below another request", "default", "wrong_parent", func(m *mutated) {
		m.move(m.where(func(s *traces.Span) bool {
			return isA(spans.CommitName, internal)(s) && numberOf(s, spans.RaftCommitFromKey) > 3 &&
				textOf(s, spans.RaftRoleKey) == "leader"
		}), m.where(took))
	}},
	{"a vote asked for below another election", "", "wrong_parent", func(m *mutated) {
		m.move(m.find(spans.RequestVoteClientName, client, "raft.term", "2"),
			m.find(spans.ElectionName, internal, "raft.term", "1"))
	}},
	{"a reply told to another caller", "", "message_mismatch", func(m *mutated) {
		set(m.find(spans.RequestVoteClientName, client, "raft.peer.id", "node-2"), kvspans.RaftPeerIDKey.String("node-3"))
	}},
	{"a reply that is handled before it is given", "", "wrong_time", func(m *mutated) {
		s := m.find(spans.AppendEntriesServerName, server)
		m.withID(s.Parent).End = s.End.Add(-time.Microsecond - 1)
	}},
	{"a late reply that nobody sent", "", "duplicate_delivery", func(m *mutated) {
		m.add(m.lateReplyTo(m.find(spans.AppendEntriesServerName, server)))
	}},
	{"a late reply of a second copy that there is not", "", "duplicate_delivery", func(m *mutated) {
		late := m.lateReplyTo(m.find(spans.AppendEntriesServerName, server))
		set(&late, worldspans.RaftkvCopyKey.Int(1))
		m.add(late)
		call := m.withID(m.withID(late.Parent).Parent)
		set(call, worldspans.ErrorTypeKey.String(worldspans.ErrorTypeTimeout))
		unset(call, kvspans.RaftReplyKey)
	}},
	{"a late reply that was lost", "", "unhandled_delivery", func(m *mutated) {
		given := m.find(spans.AppendEntriesServerName, server)
		given.Events = []traces.Event{{
			Name: worldspans.EventDrop, At: given.End,
			Attributes: []attribute.KeyValue{worldspans.RaftkvCauseKey.String(worldspans.CauseNetwork)},
		}}
		m.add(m.lateReplyTo(given))
		unset(m.withID(given.Parent), kvspans.RaftReplyKey)
	}},
	{"a reply that is late while the call is open", "storm", "wrong_time", func(m *mutated) {
		call := m.withID(m.withID(m.find(spans.LateReplyName, internal).Parent).Parent)
		call.End = call.End.Add(time.Second)
	}},
	{"a late reply before it was given", "storm", "wrong_time", func(m *mutated) {
		s := m.find(spans.LateReplyName, internal)
		s.Start = m.withID(s.Parent).End.Add(-10 * time.Nanosecond)
	}},
	{
		"a reply that nobody handled", "storm", "unhandled_delivery",
		func(m *mutated) { m.remove(m.find(spans.LateReplyName, internal)) },
	},
	{"an answer that its client did not hear", "default requests_per_client=20", "unhandled_delivery", func(m *mutated) {
		s := m.find(kvspans.PutClientName, client)
		unset(s, kvspans.RaftReplyKey)
		unset(s, kvspans.KVResultKey)
		s.End = s.End.Add(time.Second)
	}},
	{"a second copy that nobody handled", "storm", "unhandled_delivery", func(m *mutated) {
		m.remove(m.where(func(s *traces.Span) bool {
			return isA(spans.AppendEntriesServerName, server)(s) && numberOf(s, worldspans.RaftkvCopyKey) == 1
		}))
	}},
	{"a second copy that was handled twice", "storm", "duplicate_delivery", func(m *mutated) {
		s := *m.where(func(s *traces.Span) bool { return s.Kind == consumer && numberOf(s, worldspans.RaftkvCopyKey) == 1 })
		s.ID++
		m.add(s)
	}},
	{
		"a message that nobody handled, after its receiver was started again", "follower-crash", "unhandled_delivery",
		func(m *mutated) {
			again := m.find(spans.RoleChangeName, internal, "raft.role.event", "restart")
			s := m.where(func(s *traces.Span) bool {
				return s.Service == again.Service && s.Start.After(again.End) && isA(spans.AppendEntriesServerName, server)(s) &&
					numberOf(s, spans.RaftEntriesCountKey) == 0
			})
			m.remove(s)
		},
	},
	{
		"a message that nobody handled, long before its receiver crashed", "rolling-restart", "unhandled_delivery",
		func(m *mutated) {
			m.remove(m.where(func(s *traces.Span) bool {
				return isA(spans.AppendEntriesServerName, server)(s) && numberOf(s, spans.RaftEntriesCountKey) == 0 &&
					m.crashes(s.Service, s.End.Add(200*time.Millisecond))
			}))
		},
	},
	{"a server that acts while it is down", "follower-crash", "span_while_down", func(m *mutated) {
		crash := m.find(worldspans.FaultName, internal, "raftkv.fault", "crash")
		s := m.where(func(s *traces.Span) bool {
			return s.Service == textOf(crash, worldspans.RaftkvFaultTargetKey) && s.Kind == server
		})
		s.Start, s.End = crash.Start.Add(time.Microsecond), crash.Start.Add(2*time.Microsecond)
	}},
	{"a server that acts while it is paused", "everything", "span_while_down: was paused", func(m *mutated) {
		pause := m.find(worldspans.FaultName, internal, "raftkv.fault", "pause")
		s := m.where(func(s *traces.Span) bool {
			return s.Service == textOf(pause, worldspans.RaftkvFaultTargetKey) && s.Kind == server && !has(s, spans.EventPersist)
		})
		s.Start, s.End = pause.Start.Add(time.Microsecond), pause.Start.Add(2*time.Microsecond)
	}},
	{
		"an event after its span", "", "wrong_time: after its end",
		func(m *mutated) { s := m.where(took); s.Events[0].At = s.End.Add(time.Microsecond + 1) },
	},
	{
		"an event before its span", "", "wrong_time: before its start",
		func(m *mutated) { s := m.where(took); s.Events[0].At = s.Start.Add(-1) },
	},
	{
		"an event twice", "", "unknown_event",
		func(m *mutated) { s := m.where(took); s.Events = append(s.Events, s.Events[0]) },
	},
	{"a method of another span", "", "malformed_value", func(m *mutated) {
		set(m.find(spans.AppendEntriesServerName, server), worldspans.RPCMethodKey.String(spans.RequestVoteServerName))
	}},
	{"a call of another server than its peer", "", "malformed_value", func(m *mutated) {
		set(m.find(spans.AppendEntriesClientName, client), worldspans.ServerAddressKey.String("node-9"))
	}},
	{"a call of another system", "", "malformed_value", func(m *mutated) {
		set(m.find(spans.AppendEntriesServerName, server), worldspans.RPCSystemNameKey.String("grpc"))
	}},
	{"an operation of another client", "", "wrong_service", func(m *mutated) {
		m.every(func(s *traces.Span) bool { return textOf(s, kvspans.KVRequestIDKey) == "client-1/1" },
			func(s *traces.Span) { set(s, kvspans.KVRequestIDKey.String("client-7/1")) })
	}},
	{"a refusal without a reason", "split-vote", "required_attribute_not_present", func(m *mutated) {
		unset(m.find(spans.RequestVoteServerName, server, "raft.reply", (protocol.VoteDenied{}).Name()), spans.RaftReasonKey)
	}},
	{"a vote with a reason to refuse it", "", "unknown_attribute", func(m *mutated) {
		set(m.find(spans.RequestVoteServerName, server, "raft.reply", (protocol.VoteGranted{}).Name()),
			spans.RaftReasonKey.String(protocol.ReasonLogBehind.String()))
	}},
}
