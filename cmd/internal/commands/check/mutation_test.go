package check

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/read"
)

// mutation is one thing that is made wrong in a good trace, and the finding that has to come of it.
type mutation struct {
	name     string
	scenario string // leader-crash where it says none; changes of its config may follow
	want     string // the id of a rule, or the name of an invariant; a colon and what has to be found may follow
	mutate   func(m *mutated)
}

// mutated is a trace to be changed.
type mutated struct {
	t   *testing.T
	all []traces.Span
}

// find is a span of this name, and of these attributes given as key and value.
func (m *mutated) find(name string, kind trace.SpanKind, attributes ...string) *traces.Span {
	m.t.Helper()
	for i := range m.all {
		s := &m.all[i]
		fits := isNamed(s, name) && s.Kind == kind
		for j := 0; j < len(attributes) && fits; j += 2 {
			fits = s.Attribute(attribute.Key(attributes[j])).String() == attributes[j+1]
		}
		if fits {
			return s
		}
	}
	m.t.Fatalf("there is no span %s %v with %q", name, kind, attributes)
	return nil
}

// isNamed says whether a span has a name, or one that goes on behind it.
func isNamed(s *traces.Span, name string) bool {
	first, _, _ := strings.Cut(s.Name, " ")
	return first == name
}

func (m *mutated) remove(s *traces.Span) {
	id := s.ID
	m.all = slices.DeleteFunc(m.all, func(other traces.Span) bool { return other.ID == id })
}

func (m *mutated) add(s traces.Span) { m.all = append(m.all, s) }

// set gives a span's attribute another value, or gives it one more.
func set(s *traces.Span, kv attribute.KeyValue) {
	s.Attributes = slices.Clone(s.Attributes)
	for i := range s.Attributes {
		if s.Attributes[i].Key == kv.Key {
			s.Attributes[i] = kv
			return
		}
	}
	s.Attributes = append(s.Attributes, kv)
}

func unset(s *traces.Span, key attribute.Key) {
	s.Attributes = slices.DeleteFunc(slices.Clone(s.Attributes), func(kv attribute.KeyValue) bool { return kv.Key == key })
}

const (
	internal = trace.SpanKindInternal
	server   = trace.SpanKindServer
	client   = trace.SpanKindClient
	producer = trace.SpanKindProducer
	consumer = trace.SpanKindConsumer
)

// mutations are of one span each, or of few.
var mutations = []mutation{
	{
		"a span of another protocol", "", "unknown_span",
		func(m *mutated) { m.find(spans.CommitName, internal).Name = "raft.comit" },
	},
	{
		"a server's span as a client's", "", "wrong_kind",
		func(m *mutated) { m.find(spans.CommitName, internal).Kind = server },
	},
	{
		"a node's span of a client", "", "wrong_service",
		func(m *mutated) { m.find(spans.CommitName, internal).Service = "client-1" },
	},
	{
		"a commit without its end", "", "required_attribute_not_present",
		func(m *mutated) { unset(m.find(spans.CommitName, internal), spans.RaftCommitToKey) },
	},
	{
		"an answer that is missing", "", "required_attribute_not_present",
		func(m *mutated) { unset(m.find(kvspans.KVPutName, internal), kvspans.KVResultKey) },
	},
	{"a vote without the reply", "", "required_attribute_not_present", func(m *mutated) {
		unset(m.find(spans.RequestVoteServerName, server), kvspans.RaftReplyKey)
	}},
	{"an attribute that no spec has", "", "unknown_attribute", func(m *mutated) {
		set(m.find(spans.CommitName, internal), attribute.Int("raft.idx", 3))
	}},
	{"an attribute of another span", "", "unknown_attribute", func(m *mutated) {
		set(m.find(spans.CommitName, internal), kvspans.KVKeyKey.String("a"))
	}},
	{"an attribute twice", "", "duplicate_attribute", func(m *mutated) {
		s := m.find(spans.CommitName, internal)
		s.Attributes = append(slices.Clone(s.Attributes), s.Attributes[0])
	}},
	{
		"a span without its step", "", "wrong_step: there is no raftkv.step",
		func(m *mutated) { unset(m.find(spans.CommitName, internal), worldspans.RaftkvStepKey) },
	},
	{"a step of an earlier time", "", "wrong_step: it is in step 2 at", func(m *mutated) {
		set(m.find(spans.ApplyName, internal), worldspans.RaftkvStepKey.Int(1))
	}},
	{"a step of a later time", "", "wrong_step: it is in step 1000 at", func(m *mutated) {
		set(m.find(spans.ApplyName, internal), worldspans.RaftkvStepKey.Int(1000))
	}},
	{"a step with two messages", "", "wrong_step: it takes in a message in step", func(m *mutated) {
		first := m.find(spans.AppendEntriesServerName, server, string(spans.RaftNodeIDKey), "node-2")
		step := int(first.Attribute(worldspans.RaftkvStepKey).AsInt64())
		set(m.find(spans.RequestVoteServerName, server, string(spans.RaftNodeIDKey), "node-2"),
			worldspans.RaftkvStepKey.Int(step))
	}},
	{"an end step that is the first", "", "wrong_step: raftkv.end_step is", func(m *mutated) {
		s := m.find(spans.RequestVoteClientName, client)
		set(s, worldspans.RaftkvEndStepKey.Int64(s.Attribute(worldspans.RaftkvStepKey).AsInt64()))
	}},
	{
		"a term as a text", "", "type_mismatch",
		func(m *mutated) { set(m.find(spans.CommitName, internal), spans.RaftTermKey.String("1")) },
	},
	{"a role that there is not", "", "undefined_enum_variant", func(m *mutated) {
		set(m.find(spans.CommitName, internal), spans.RaftRoleKey.String("boss"))
	}},
	{"a reply that there is not", "", "undefined_enum_variant", func(m *mutated) {
		set(m.find(spans.RequestVoteServerName, server), kvspans.RaftReplyKey.String("VoteSold"))
	}},
	{"a command that is none", "", "malformed_value", func(m *mutated) {
		set(m.find(spans.ApplyName, internal), spans.RaftCommandKey.String("putt a x"))
	}},
	{"a server without a number", "", "malformed_value", func(m *mutated) {
		set(m.find(spans.CommitName, internal), spans.RaftNodeIDKey.String("node-x"))
	}},
	{"an event that there is not", "", "unknown_event", func(m *mutated) {
		s := m.find(spans.CommitName, internal)
		s.Events = append(slices.Clone(s.Events), traces.Event{Name: "lost", At: s.Start})
	}},
	{"an error that does not say why", "", "wrong_status", func(m *mutated) {
		m.find(spans.CommitName, internal).Status = traces.Status{Code: codes.Error, Description: "?"}
	}},
	{"a span that ends before it starts", "", "wrong_time", func(m *mutated) {
		s := m.find(spans.AppendEntriesServerName, server)
		s.End = s.Start.Add(-time.Millisecond)
	}},
	{"a message that is handled before it is sent", "", "wrong_time", func(m *mutated) {
		s := m.find(spans.AppendEntriesServerName, server)
		s.Start, s.End = s.Start.Add(-time.Second), s.End.Add(-time.Second)
	}},
	{
		"an id twice", "", "duplicate_id",
		func(m *mutated) { m.find(spans.CommitName, internal).ID = m.find(spans.ApplyName, internal).ID },
	},
	{"a span of another run", "", "mixed_runs", func(m *mutated) { m.find(spans.CommitName, internal).Run++ }},
	{"a child in another trace", "", "wrong_trace", func(m *mutated) { m.find(spans.CommitName, internal).Root++ }},
	{"an apply below another apply", "", "wrong_parent", func(m *mutated) {
		s := m.find(spans.ApplyName, internal)
		for i := range m.all {
			if other := &m.all[i]; other.Name == s.Name && other.Root == s.Root && other.ID != s.ID {
				s.Parent = other.ID
				return
			}
		}
	}},
	{
		"a commit that begins a trace", "", "wrong_parent",
		func(m *mutated) { m.find(spans.CommitName, internal).Parent = 0 },
	},
	{"a parent that is not there", "", "missing_parent", func(m *mutated) { m.find(spans.CommitName, internal).Parent++ }},
	{"a link to nowhere", "", "wrong_link", func(m *mutated) {
		s := m.find(spans.CommitNotificationConsumerName, consumer)
		s.Links = []traces.Link{{Run: s.Run, Root: s.Root, ID: s.ID + 1}}
	}},
	{
		"a consumer without a link", "", "missing_link",
		func(m *mutated) { m.find(spans.CommitNotificationConsumerName, consumer).Links = nil },
	},
	{
		"a message that nobody handled", "", "unhandled_delivery",
		func(m *mutated) { m.remove(m.find(spans.AppendEntriesServerName, server)) },
	},
	{
		"a message that another span than a receiver's stands below", "",
		"unhandled_delivery: it was answered AppendEntriesOk", func(m *mutated) {
			sent := *m.find(spans.AppendEntriesClientName, client, "raft.reply", "AppendEntriesOk")
			m.remove(m.where(func(s *traces.Span) bool { return s.Parent == sent.ID }))
			m.find(spans.ApplyName, internal).Parent = sent.ID
		},
	},
	{"a notification that nobody handled", "", "unhandled_delivery", func(m *mutated) {
		m.remove(m.find(spans.CommitNotificationConsumerName, consumer))
	}},
	{"a message that was lost and handled", "", "unhandled_delivery", func(m *mutated) {
		s := m.find(spans.CommitNotificationProducerName, producer)
		s.Events = []traces.Event{{
			Name: worldspans.EventDrop, At: s.Start,
			Attributes: []attribute.KeyValue{worldspans.RaftkvCauseKey.String(worldspans.CauseNetwork)},
		}}
	}},
	{"a message handled twice", "", "duplicate_delivery", func(m *mutated) {
		s := *m.find(spans.CommitNotificationConsumerName, consumer)
		s.ID++
		m.add(s)
	}},
	{"a second copy, where nothing was doubled", "", "duplicate_delivery", func(m *mutated) {
		set(m.find(spans.CommitNotificationConsumerName, consumer), worldspans.RaftkvCopyKey.Int(1))
	}},
	{"another command at an index and a term", "", string(protocol.InvariantLogMatching), func(m *mutated) {
		sent := m.find(spans.AppendEntriesClientName, client, "raft.entries.count", "1", "raft.peer.id", "node-2",
			"raft.prev_log.index", "1")
		for i := range m.all {
			if s := &m.all[i]; s.ID == sent.ID || s.Parent == sent.ID {
				set(s, spans.RaftEntriesKey.StringSlice([]string{"2@1 put a evil"}))
			}
		}
	}},
	{"a leader that tells what it did not commit", "", string(protocol.InvariantTraceIntegrity), func(m *mutated) {
		told := m.find(spans.CommitNotificationProducerName, producer)
		for i := range m.all {
			if s := &m.all[i]; s.ID == told.ID || s.Parent == told.ID {
				set(s, spans.RaftLeaderCommitKey.Int(99))
			}
		}
	}},
	{"entries that changed on their way", "", "message_mismatch", func(m *mutated) {
		set(m.find(spans.AppendEntriesServerName, server, "raft.entries.count", "1"),
			spans.RaftEntriesKey.StringSlice([]string{"1@1 put a evil"}))
	}},
	{"a commit index that changed on its way", "", "message_mismatch", func(m *mutated) {
		set(m.find(spans.CommitNotificationConsumerName, consumer), spans.RaftLeaderCommitKey.Int(99))
	}},
	{"an acknowledgement of more", "", "message_mismatch", func(m *mutated) {
		set(m.find(spans.AppendEntriesClientName, client, "raft.entries.count", "1", "raft.reply", "AppendEntriesOk"),
			spans.RaftMatchIndexKey.Int(77))
	}},
	{"a vote that became a refusal", "", "message_mismatch", func(m *mutated) {
		set(m.find(spans.RequestVoteServerName, server, "raft.reply", "VoteGranted"),
			kvspans.RaftReplyKey.String("VoteDenied"))
	}},
	{"a follower that becomes leader at once", "", "illegal_transition", func(m *mutated) {
		set(m.find(spans.RoleChangeName, internal, "raft.role", "leader"), spans.RaftRoleFromKey.String("follower"))
	}},
	{"an election without its change of role", "", string(protocol.InvariantTraceIntegrity), func(m *mutated) {
		m.remove(m.find(spans.RoleChangeName, internal, "raft.role", "candidate"))
	}},
	{
		"a commit that applies nothing", "", "missing_span",
		func(m *mutated) { m.remove(m.find(spans.ApplyName, internal)) },
	},
	{"a follower that commits what it was not told", "", "unjustified_commit", func(m *mutated) {
		s := m.find(spans.CommitName, internal, "raft.role", "follower")
		set(s, spans.RaftCommitToKey.Int(50))
	}},
	{"an answer of what is not in the log", "", "answer_without_entry", func(m *mutated) {
		m.find(spans.PutServerName, server, "raft.reply", "Answered").Events = nil
	}},
	{"two leaders in a term", "", string(protocol.InvariantElectionSafety), func(m *mutated) {
		s := *m.find(spans.RoleChangeName, internal, "raft.role", "leader")
		s.ID, s.Service = s.ID+1, "node-3"
		s.Attributes = slices.Clone(s.Attributes)
		set(&s, spans.RaftNodeIDKey.String("node-3"))
		m.add(s)
	}},
	{"an election won with too few votes", "", string(protocol.InvariantElectionSafety), func(m *mutated) {
		set(m.find(spans.ElectionName, internal, "raft.outcome", "won"), spans.RaftVotesKey.Int(1))
	}},
	{"a vote that nobody gave", "", string(protocol.InvariantElectionSafety), func(m *mutated) {
		set(m.find(spans.ElectionName, internal, "raft.outcome", "won"), spans.RaftVotesKey.Int(4))
	}},
	{"another command at an index", "", string(protocol.InvariantStateMachineSafety), func(m *mutated) {
		set(m.find(spans.ApplyName, internal, "raft.index", "2", "raft.role", "follower"),
			spans.RaftCommandKey.String("put a other"))
	}},
	{"a term that falls", "", string(protocol.InvariantTermAndVote), func(m *mutated) {
		for i := range m.all {
			if s := &m.all[i]; s.Name == spans.CommitNotificationConsumerName && s.Kind == consumer &&
				s.Attribute(spans.RaftTermKey).AsInt64() == 2 {
				set(s, spans.RaftTermKey.Int(1))
				return
			}
		}
	}},
	{"an index that is committed twice", "", string(protocol.InvariantTraceIntegrity), func(m *mutated) {
		set(m.find(spans.CommitName, internal, "raft.commit.from", "1"), spans.RaftCommitFromKey.Int(0))
	}},
	{"an index that is committed never", "", string(protocol.InvariantMonotonic), func(m *mutated) {
		set(m.find(spans.CommitName, internal, "raft.commit.from", "1"), spans.RaftCommitFromKey.Int(2))
	}},
	{"a commit that too few acknowledged", "", string(protocol.InvariantQuorumLog), func(m *mutated) {
		set(m.find(spans.CommitName, internal, "raft.role", "leader"),
			spans.RaftCommitAcknowledgedByKey.StringSlice([]string{"node-1"}))
	}},
	{"another result at one server", "", string(protocol.InvariantExactlyOnce), func(m *mutated) {
		set(m.find(spans.ApplyName, internal, "raft.index", "2", "raft.role", "follower"),
			kvspans.KVResultKey.String("error: key already exists: a"))
	}},
	{"another answer at the client", "", "message_mismatch", func(m *mutated) {
		set(m.find(kvspans.PutClientName, client, "raft.reply", "Answered"),
			kvspans.KVResultKey.String("error: key already exists: a"))
	}},
	{"an entry of another term at one server", "", string(protocol.InvariantCommittedPrefix), func(m *mutated) {
		set(m.find(spans.ApplyName, internal, "raft.index", "2", "raft.role", "follower"), spans.RaftEntryTermKey.Int(2))
	}},
	{
		"an old term's entry committed by counting", "figure-8", string(protocol.InvariantCommitCurrentTerm),
		func(m *mutated) {
			for i := range m.all {
				if s := &m.all[i]; s.Name == spans.CommitName && s.Attribute(spans.RaftRoleKey).AsString() == "leader" {
					set(s, spans.RaftTermKey.Int64(s.Attribute(spans.RaftTermKey).AsInt64()+1))
					return
				}
			}
		},
	},
}

// configAs is the config of a scenario, or of "-faults" and a profile, with changes behind it.
func configAs(t *testing.T, scenario string) *config.Resolved {
	t.Helper()
	words := strings.Fields(scenario)
	if words[0] == "-faults" {
		return recorded.Config(t, "", words[1], words[2:]...)
	}
	return recorded.Config(t, words[0], "", words[1:]...)
}

// TestMutations makes one thing after the other wrong in a trace that is right, and wants it found.
func TestMutations(t *testing.T) {
	all := slices.Concat(mutations, untangled, contradictory, told)
	if len(all) < 100 {
		t.Fatalf("there are %d mutations, want at least 100", len(all))
	}
	files := map[string][]byte{}
	for _, c := range all {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			scenario := c.scenario
			if scenario == "" {
				scenario = "leader-crash"
			}
			if files[scenario] == nil {
				files[scenario], _ = traced(t, configAs(t, scenario))
			}
			m := &mutated{t: t}
			for s, err := range read.NewReader("trace", bytes.NewReader(files[scenario])).All() {
				if err != nil {
					t.Fatal(err)
				}
				m.all = append(m.all, s)
			}
			c.mutate(m)
			j := raftconform.New()
			for i := range m.all {
				j.Add(&m.all[i], i+1)
			}
			report := j.Report()
			if history, err := linearizable(t.Context(), report.History, report.Epoch, t.TempDir()); err != nil ||
				!history.Holds {
				report.Counts["Linearizable"]++
			}
			id, text, _ := strings.Cut(c.want, ": ")
			if report.Counts[id] == 0 || text != "" &&
				!slices.ContainsFunc(report.Findings,
					func(f conform.Finding) bool { return f.ID == id && strings.Contains(f.Got, text) }) {
				t.Errorf("%s is not found; what is found is %v", c.want, report.Counts)
			}
		})
	}
}
