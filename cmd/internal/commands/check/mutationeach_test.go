package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// unjudged are the attributes that a trace may say anything of: how the run was made, how the config put it, and how
// long a message is in an encoding that no trace shows.
var unjudged = []attribute.Key{
	worldspans.RaftkvConfigKey, worldspans.RaftkvBuildKey, worldspans.RaftkvScenarioKey, worldspans.RaftkvSeedKey,
	worldspans.RaftkvFaultWhenKey, worldspans.RaftkvFaultAimedAtKey,
	worldspans.RaftkvFaultByNsKey, worldspans.RaftkvFaultRatePermilleKey, worldspans.RaftkvFaultOneWayKey,
	worldspans.RaftkvFaultTornKey, worldspans.RaftkvDelayNsKey,
	worldspans.RaftkvInvariantKey, worldspans.RaftkvViolationFactsKey, worldspans.RaftUnfinishedKey,
	worldspans.RaftkvSizeKey,
}

// eachOf are the scenarios whose spans are made wrong one by one.
var eachOf = []string{
	"default", "leader-crash", "figure-7", "storm", "everything", "two-leaders", "split-vote", "majority-partition",
	"lost-write", "minority-partition",
	"-faults clocks seed=14 max_duration=1500ms network.latency=1ms..80ms", "-faults mixed seed=16", "-faults mixed seed=283", "-faults crashes seed=3", "-faults lossy seed=2",
}

// triedOf is how many spans are changed before it is said that nobody finds it.
const triedOf = 12

// fewOf is how many spans there have to be: of fewer, none may be one whose mistake can be known.
const fewOf = 5

// unknowable is what no trace can show: which of two copies came first, and what the network did with an answer to a
// client, who takes no second one.
var unknowable = []string{
	"raft.late_reply internal: raftkv.copy is not there",
	"raftkv.KV/Put server: event duplicate by network is not there",
	"raftkv.KV/Get server: event duplicate by network is not there",
	"raftkv.KV/Delete server: event duplicate by network is not there",
}

// change is one thing that is made wrong with a span, or with one of its events or links.
type change struct {
	what string
	do   func(s *traces.Span)
}

// TestEachAttribute takes each attribute, event and link away from a span that has it, and gives it another value:
// check finds it, at the latest in the twelfth span.
func TestEachAttribute(t *testing.T) {
	found, tries := map[string]bool{}, map[string]int{}
	var names []string
	for _, scenario := range eachOf {
		file, _ := traced(t, configAs(t, scenario))
		list := all(t, file)
		for i := range list {
			for _, c := range changesOf(&list[i]) {
				if found[c.what] || tries[c.what] == triedOf {
					continue
				}
				if tries[c.what]++; tries[c.what] == 1 {
					names = append(names, c.what)
				}
				found[c.what] = isFound(list, i, c)
			}
		}
	}
	missed := 0
	for _, name := range names {
		if !found[name] && tries[name] >= fewOf && !slices.Contains(unknowable, name) {
			t.Errorf("%s: of %d spans, check finds it in none", name, tries[name])
			missed++
		}
	}
	if len(names) < 300 {
		t.Errorf("%d things were made wrong, want at least 300", len(names))
	}
	t.Logf("%d things were made wrong, and %d of them are not found", len(names), missed)
}

// isFound makes a change and says whether check finds it.
func isFound(list []traces.Span, at int, c change) bool {
	before := list[at]
	defer func() { list[at] = before }()
	s := &list[at]
	s.Attributes, s.Events, s.Links = slices.Clone(s.Attributes), slices.Clone(s.Events), slices.Clone(s.Links)
	c.do(s)
	return len(judgedSpans(list)) > 0
}

// changesOf are all changes of a span that are to be found.
func changesOf(s *traces.Span) (changes []change) {
	name, _, _ := strings.Cut(s.Name, " ")
	kind := fmt.Sprintf("%s %s", name, s.Kind)
	changes = append(changes,
		ofAttributes(kind, s.Attributes, func(s *traces.Span) *[]attribute.KeyValue { return &s.Attributes })...)
	for i := range s.Events {
		e := &s.Events[i]
		event := kind + ": event " + e.Name
		if cause := e.Attribute(worldspans.RaftkvCauseKey).AsString(); cause != "" {
			event += " by " + cause
		}
		if e.Name != worldspans.EventDelay && e.Name != worldspans.EventLateCopy {
			changes = append(changes,
				change{event + " is not there", func(s *traces.Span) { s.Events = slices.Delete(s.Events, i, i+1) }})
		}
		changes = append(changes,
			change{event + " is there twice", func(s *traces.Span) { s.Events = append(s.Events, s.Events[i]) }})
		changes = append(changes,
			ofAttributes(event, e.Attributes, func(s *traces.Span) *[]attribute.KeyValue { return &s.Events[i].Attributes })...)
	}
	for i := range s.Links {
		why := s.Links[i].Attributes[0].Value.AsString()
		link := kind + ": link to its " + why
		changes = append(changes,
			change{link + " is not there", func(s *traces.Span) { s.Links = slices.Delete(s.Links, i, i+1) }})
		changes = append(changes, change{link + " leads nowhere", func(s *traces.Span) { s.Links[i].ID++ }})
		changes = append(changes,
			ofAttributes(link, s.Links[i].Attributes,
				func(s *traces.Span) *[]attribute.KeyValue { return &s.Links[i].Attributes })...)
	}
	return changes
}

// ofAttributes are the changes of some attributes.
func ofAttributes(of string, attributes []attribute.KeyValue,
	in func(s *traces.Span) *[]attribute.KeyValue,
) (changes []change) {
	for _, a := range attributes {
		if slices.Contains(unjudged, a.Key) {
			continue
		}
		changes = append(changes, change{of + ": " + string(a.Key) + " is not there", func(s *traces.Span) {
			list := in(s)
			*list = slices.DeleteFunc(slices.Clone(*list), func(kv attribute.KeyValue) bool { return kv.Key == a.Key })
		}}, change{of + ": " + string(a.Key) + " is another", func(s *traces.Span) {
			list := in(s)
			*list = slices.Clone(*list)
			for i := range *list {
				if (*list)[i].Key == a.Key {
					(*list)[i] = another(a)
				}
			}
		}})
	}
	return changes
}

// another is an attribute with another value that reads as well.
func another(a attribute.KeyValue) attribute.KeyValue {
	if is := a.Value.Type(); is == attribute.INT64 {
		return a.Key.Int64(a.Value.AsInt64() + 1)
	} else if is == attribute.STRINGSLICE {
		return a.Key.StringSlice(a.Value.AsStringSlice()[1:])
	}
	text := a.Value.AsString()
	for _, values := range [][]string{
		{"follower", "candidate"},
		{"candidate", "leader"},
		{"leader", "follower"},
		{"node-1", "node-2"},
		{"node-2", "node-3"},
		{"node-3", "node-1"},
		{"none", "node-1"},
		{"VoteGranted", "VoteDenied"},
		{"AppendEntriesOk", "AppendEntriesRejected"},
		{"won", "lost"},
		{"network", "fault"},
		{"fault", "network"},
		{"leader", "previous"},
		{"previous", "entry"},
		{"entry", "leader"},
		{"producer", "entry"},
		{"commit", "entry"},
	} {
		if text == values[0] {
			return a.Key.String(values[1])
		}
	}
	return a.Key.String(text + "1")
}

// told are mutations of what spans tell of disks, of both sides of a message, of what a fault did, and of times.
var told = []mutation{
	{"a span without width", "default", "crowded_step: it ends as it begins", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool {
			return isA(spans.ApplyName, internal)(s) && m.withID(m.withID(s.Parent).Parent).Name == spans.AppendEntriesServerName
		})
		s.End = s.Start
	}},
	{
		"two spans that begin in one microsecond", "default", "crowded_step: it begins in the microsecond of",
		func(m *mutated) {
			s := m.find(spans.CommitName, internal, "raft.role", "leader")
			m.withID(s.Parent)
			sent := m.where(func(o *traces.Span) bool {
				return o.Kind == producer && o.Service == s.Service &&
					numberOf(o, worldspans.RaftkvStepKey) == numberOf(s, worldspans.RaftkvStepKey)
			})
			other := m.where(func(o *traces.Span) bool {
				return o.Kind == producer && o.ID != sent.ID &&
					numberOf(o, worldspans.RaftkvStepKey) == numberOf(sent, worldspans.RaftkvStepKey)
			})
			// The step's length is known by its first span.
			first := m.where(func(o *traces.Span) bool {
				return o.Service == s.Service && o.ID != s.ID &&
					numberOf(o, worldspans.RaftkvStepKey) == numberOf(s, worldspans.RaftkvStepKey)
			})
			first.Start = first.Start.Add(-time.Millisecond)
			other.Start = sent.Start
		},
	},
	{"a fault without width", "", "crowded_step: it ends as it begins", func(m *mutated) {
		s := m.find(worldspans.FaultName, internal, "raftkv.fault", "crash")
		s.End = s.Start
	}},
	{
		"a fault of another name", "", "wrong_name",
		func(m *mutated) { m.find(worldspans.FaultName, internal, "raftkv.fault", "crash").Name += "7" },
	},
	{"a reply that leaves before the vote is durable", "", "wrong_step: what it sends leaves at", func(m *mutated) {
		s := m.find(spans.RequestVoteServerName, server, "raft.reply", "VoteGranted")
		s.Events = slices.Clone(s.Events)
		s.Events[0].At = s.End.Add(10 * time.Microsecond)
	}},
	{"a vote that is not made durable", "", "PersistBeforeSend", func(m *mutated) {
		m.find(spans.RequestVoteServerName, server, "raft.reply", "VoteGranted").Events = nil
	}},
	{"a vote that is taken back", "", "TermAndVote: the vote of term 1", func(m *mutated) {
		setEvent(m.where(func(s *traces.Span) bool {
			return isA(spans.AppendEntriesServerName, server)(s) && s.Service == "node-2" && has(s, spans.EventPersist)
		}), spans.EventPersist, func(e *traces.Span) { set(e, spans.RaftVotedForKey.String("none")) })
	}},
	{"entries that are not made durable", "", "PersistBeforeSend: says that it holds the log up to", func(m *mutated) {
		m.where(func(s *traces.Span) bool {
			return isA(spans.AppendEntriesServerName, server)(s) && has(s, spans.EventPersist)
		}).Events = nil
	}},
	{"a restart with another vote", "rolling-restart", "RestartFromDisk: starts again with", func(m *mutated) {
		set(m.find(spans.StartName, internal, "raft.role.before", "follower"), spans.RaftVotedForKey.String("node-7"))
	}},
	{"a restart with a shorter log", "figure-7", "RestartFromDisk: starts again with", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool {
			return s.Name == spans.StartName && numberOf(s, spans.RaftLastLogIndexKey) > 2
		})
		set(s, spans.RaftLastLogIndexKey.Int64(numberOf(s, spans.RaftLastLogIndexKey)-1))
	}},
	{"a restart with a log of another term", "figure-7", "RestartFromDisk: starts again with", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool {
			return s.Name == spans.StartName && numberOf(s, spans.RaftLastLogIndexKey) > 2
		})
		set(s, spans.RaftLastLogTermKey.Int64(numberOf(s, spans.RaftLastLogTermKey)+1))
	}},
	{"a conflicting tail that is kept", "figure-7", "wrong_log_end: the log of", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool {
			return isA(spans.AppendEntriesServerName, server)(s) && has(s, spans.EventPersist) &&
				numberOf(s, spans.RaftEntriesCountKey) > 0
		})
		set(s, spans.RaftLastLogIndexKey.Int64(numberOf(s, spans.RaftLastLogIndexKey)+1))
	}},
	{"a candidate that does not vote for itself", "", "TermAndVote: its vote is", func(m *mutated) {
		set(m.find(spans.ElectionName, internal, "raft.term", "2"), spans.RaftVotedForKey.String("none"))
	}},
	{"a leader that goes on from elsewhere", "figure-7", "wrong_next_index: goes on from", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool { return numberOf(s, spans.RaftNextIndexKey) > 0 })
		set(s, spans.RaftNextIndexKey.Int64(numberOf(s, spans.RaftNextIndexKey)+1))
	}},
	{"a leader that is refused and does not go back", "figure-7", "wrong_next_index: does not go back", func(m *mutated) {
		unset(m.where(func(s *traces.Span) bool {
			return numberOf(s, spans.RaftNextIndexKey) > 0 && textOf(s, kvspans.RaftReplyKey) == "AppendEntriesRejected"
		}), spans.RaftNextIndexKey)
	}},
	{"a term that a reply told of, and that nobody took", "-faults clocks seed=14 max_duration=1500ms network.latency=1ms..80ms", "TermAndVote: handles a reply of term", func(m *mutated) {
		unset(m.where(func(s *traces.Span) bool {
			return numberOf(s, spans.RaftEndTermKey) > 0 &&
				numberOf(s, spans.RaftReplyTermKey) == numberOf(s, spans.RaftEndTermKey)
		}), spans.RaftEndTermKey)
	}},
	{"a candidate that won and does not say so", "", "TraceIntegrity: when its call ends", func(m *mutated) {
		unset(m.find(spans.RequestVoteClientName, client, "raft.end_role", "leader"), spans.RaftEndRoleKey)
	}},
	{"an entry of another request", "default", "LogMatching", func(m *mutated) {
		sent := m.find(spans.AppendEntriesClientName, client, "raft.entries.count", "1", "raft.prev_log.index", "1")
		m.every(func(s *traces.Span) bool { return s.ID == sent.ID || s.Parent == sent.ID && s.Name == sent.Name },
			func(s *traces.Span) {
				entry := s.Attribute(spans.RaftEntriesKey).AsStringSlice()[0]
				set(s, spans.RaftEntriesKey.StringSlice([]string{strings.Replace(entry, "client-", "client-9", 1)}))
			})
	}},
	{"an entry without its request", "default", "malformed_value: does not say who asked for it", func(m *mutated) {
		s := m.find(spans.AppendEntriesClientName, client, "raft.entries.count", "1", "raft.prev_log.index", "1")
		place, rest, _ := strings.Cut(s.Attribute(spans.RaftEntriesKey).AsStringSlice()[0], " ")
		_, command, _ := strings.Cut(rest, " ")
		set(s, spans.RaftEntriesKey.StringSlice([]string{place + " " + command}))
	}},
	{"an answer linked to another commit", "default", "wrong_link: a link to raft.commit", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool {
			return took(s) && s.Links[len(s.Links)-1].Attributes[0].Value.AsString() == worldspans.LinkCommit
		})
		own := s.Links[len(s.Links)-1]
		other := m.where(func(o *traces.Span) bool {
			return isA(spans.CommitName, internal)(o) && o.Service == s.Service && o.ID != own.ID
		})
		s.Links[len(s.Links)-1].ID, s.Links[len(s.Links)-1].Root = other.ID, other.Root
	}},
	{"a link that says more", "default", "wrong_link: and more", func(m *mutated) {
		s := m.find(spans.HeartbeatName, internal)
		s.Links[0].Attributes = append(slices.Clone(s.Links[0].Attributes), kvspans.KVKeyKey.String("a"))
	}},
	{"a crash that explains nothing", "", "wrong_link: a link to raftkv.fault", func(m *mutated) {
		fault := m.find(worldspans.FaultName, internal, "raftkv.fault", "crash")
		s := m.where(func(s *traces.Span) bool {
			return isA(spans.AppendEntriesServerName, server)(s) && s.Service == "node-3"
		})
		s.Links = append(slices.Clone(s.Links), traces.Link{
			Run: s.Run, Root: fault.Root, ID: fault.ID,
			Attributes: []attribute.KeyValue{worldspans.RaftkvLinkKey.String(worldspans.LinkFault)},
		})
	}},
	{
		"a crash of which what ended with it does not tell", "figure-7", "missing_link: there is no link to fault",
		func(m *mutated) {
			m.where(func(s *traces.Span) bool {
				return textOf(s,
					worldspans.ErrorTypeKey) == worldspans.ErrorTypeCrash
			}).Links = nil
		},
	},
	{
		"a call that a crashed server did not answer", "-faults crashes seed=6", "missing_link: there is no link to fault",
		func(m *mutated) {
			call := m.where(func(s *traces.Span) bool {
				return textOf(s, worldspans.ErrorTypeKey) == worldspans.ErrorTypeTimeout &&
					slices.ContainsFunc(m.all, func(o traces.Span) bool {
						return o.Parent == s.ID && textOf(&o, worldspans.ErrorTypeKey) == worldspans.ErrorTypeCrash
					})
			})
			call.Links = slices.DeleteFunc(slices.Clone(call.Links), func(l traces.Link) bool {
				return l.Attributes[0].Value.AsString() == worldspans.LinkFault
			})
		},
	},
	{
		"a message to a server that is down, of which nobody tells", "", "unhandled_delivery: nothing became of it",
		func(m *mutated) {
			m.where(func(s *traces.Span) bool {
				return s.Kind == client && has(s, worldspans.EventDrop) && s.Events[0].At.Before(s.Start.Add(50*time.Millisecond))
			}).Events = nil
		},
	},
	{"a lost notification that looks fine", "", "wrong_status: its message was lost", func(m *mutated) {
		s := m.where(func(s *traces.Span) bool { return s.Kind == producer && has(s, worldspans.EventDrop) })
		unset(s, worldspans.ErrorTypeKey)
		s.Status = traces.Status{}
	}},
	{"a drop by a fault that no link names", "", "missing_link: there is no link to fault", func(m *mutated) {
		m.where(func(s *traces.Span) bool { return s.Kind == producer && has(s, worldspans.EventDrop) }).Links = nil
	}},
}
