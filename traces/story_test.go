package traces_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
)

// moment is a clock that a test sets.
type moment struct{ now time.Duration }

// BeginsAt is what the test set.
func (m *moment) BeginsAt() time.Duration { return m.now }

// HappensAt is what the test set.
func (m *moment) HappensAt() time.Duration { return m.now }

// EndsAt is what the test set.
func (m *moment) EndsAt() time.Duration { return m.now }

// Step is none.
func (*moment) Step() uint64 { return 0 }

// at is a tracer of the first run, for a service whose clock the test sets.
func at(recorder *record.Recorder, service string) (spans.Tracer, *moment) {
	tracer, clock := spans.NewTracer(recorder, service, 1, epoch), &moment{}
	tracer.Follow(clock)
	return tracer, clock
}

func tell(t testing.TB, lines *story.Story, style story.Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := lines.Write(&b, style); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What a person sees, in the reference's order. The exact text is below, in the test of each kind of line.
func TestStoryHasTheReferencesOrder(t *testing.T) {
	s := reference()
	s.nodes, s.clients = 5, 3
	s.sim = simulation(3)
	lines := story.New(raftstory.Protocol())
	recordRun(t, s, lines)
	rest := tell(t, lines, story.Plain)
	for _, want := range []string{
		`world    IDconfig read: test, seed 3, 3 nodes, 2 clients`,
		`node-1   IDstarting as follower`,
		`node-\d   IDpeers configured: 5 servers, a majority is 3`,
		`node-1   IDstarting election for term 1`,
		`node-\d   IDgranting vote to node-1 for term 1`,
		`node-1   IDvote received from node-\d`,
		`node-1   IDelection result 3 votes \(need 3\)`,
		`node-1   IDbecame leader for term 1`,
		`client-\d IDclient started`,
		`node-1   IDappending entry at index 1 \(term 1\):`,
		`node-\d   IDAppendEntries from node-1 ok, match_index 1`,
		`node-1   IDack from node-\d, match_index 1`,
		`node-1   IDreplication 3/3 acks: index 1 is committed`,
		`node-1   IDapplied result (PUT|GET|DELETE) "\w"`,
		`node-[2-5]   IDcommit index 0 -> 1`,
		`node-[2-5]   IDapplied index 1:`,
		`client-\d IDrequest 1: (PUT|GET|DELETE) "\w".* ->`,
	} {
		at := regexp.MustCompile(`(?m)^ *\d+\.\d{3}ms ` + strings.Replace(want, "ID", `[0-9a-f]{16}  `, 1) + `.*$`).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("no line as\n\t%s\nin what is left of the story:\n%.1000s", want, rest)
		}
		rest = rest[at[1]:]
	}
}

// The story of a run is that of its file.
func TestStoryFromAFile(t *testing.T) {
	for _, s := range []scenario{reference(), rough()} {
		during, after := story.New(raftstory.Protocol()), story.New(raftstory.Protocol())
		var file bytes.Buffer
		recordRun(t, s, record.NewOTLPFile(&file), during)
		for _, span := range read(t, file.Bytes()) {
			after.Add(&span)
		}
		if diff := cmp.Diff(tell(t, during, story.Plain), tell(t, after, story.Plain)); diff != "" {
			t.Errorf("-while the run went on, +from its file:\n%s", diff)
		}
	}
}

// A heartbeat round that came to plain Oks is not told, but for the first of a term.
func TestStoryFoldsHeartbeats(t *testing.T) {
	s := scenario{run: 1, nodes: 3, clients: 1, requests: 30, heartbeats: true, sim: simulation(1)}
	s.sim.Loss = 0.1
	lines := story.New(raftstory.Protocol())
	var file bytes.Buffer
	recordRun(t, s, lines, record.NewOTLPFile(&file))
	all := read(t, file.Bytes())
	text := strings.Join(strings.Fields(tell(t, lines, story.Plain)), " ")
	eventful := map[world.CausalID]bool{}
	for _, s := range all {
		ok := s.Name == spans.AppendEntriesClientName && s.Attribute(spans.RaftReplyKey).AsString() == "AppendEntriesOk" && len(s.Events) == 0
		if !ok && s.Name != spans.HeartbeatName && strings.Contains(text, s.ID.String()) { // what is told once for many does not count
			eventful[s.Root] = true
		}
	}
	told, quiet := 0, 0
	for _, s := range all {
		if s.Name != spans.HeartbeatName {
			continue
		}
		round, term := s.Attribute(spans.RaftHeartbeatKey).AsInt64(), s.Attribute(spans.RaftTermKey).AsInt64()
		want := eventful[s.ID] || round == 1
		line := fmt.Sprintf("%s %s heartbeat %d of term %d ", s.Service, s.ID, round, term)
		if got := strings.Contains(text, line); got != want {
			t.Errorf("%s: told is %v, want %v", line, got, want)
		}
		if want {
			told++
		} else {
			quiet++
		}
	}
	if told < 2 || quiet < 2 {
		t.Errorf("%d rounds are to be told and %d not: the run does not show the difference", told, quiet)
	}
}

func TestStoryWithColours(t *testing.T) {
	lines := story.New(raftstory.Protocol())
	recordRun(t, rough(), lines)
	plain, coloured := tell(t, lines, story.Plain), tell(t, lines, story.ANSI)
	if strings.Contains(plain, "\x1b") {
		t.Error("the plain story has escape sequences")
	}
	if without := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(coloured, ""); without == coloured || without != plain {
		t.Error("the coloured story is not the plain one with colours")
	}
}

// On a narrow screen a text goes on below where it began, and no line is wider than the screen.
func TestStoryWithinAScreen(t *testing.T) {
	lines := story.New(raftstory.Protocol())
	recordRun(t, rough(), lines)
	plain := tell(t, lines, story.Plain)
	for _, columns := range []int{60, 80, 100} {
		var b bytes.Buffer
		if err := lines.WriteWithin(&b, story.Plain, columns); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("on a screen of %d columns a line has %d:\n%s", columns, n, line)
			}
		}
		if joined := together(regexp.MustCompile(`\n {39}`).ReplaceAllString(b.String(), " ")); joined != plain {
			t.Errorf("broken for %d columns and put together again, the story is another (-want +got):\n%s", columns, cmp.Diff(plain, joined))
		}
	}
	var b bytes.Buffer
	if err := lines.WriteWithin(&b, story.Plain, 45); err != nil || together(b.String()) != plain {
		t.Errorf("where there is no room to break lines, they are broken all the same, %v", err)
	}
}

// together is a story whose headings are not broken.
func together(lines string) string {
	ofEvent := regexp.MustCompile(`^ *\d+\.\d{3}ms \S+ +[0-9a-f]{16}  `)
	var b strings.Builder
	for line := range strings.Lines(lines) {
		if !ofEvent.MatchString(line) && !strings.HasPrefix(line, "── ") {
			before := strings.TrimSuffix(b.String(), "\n")
			b.Reset()
			b.WriteString(before)
			line = " " + strings.TrimLeft(line, " ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// scene opens spans for the lines of a story that a run seldom has.
type scene struct {
	world        worldspans.Tracer // as node-1, too
	node         spans.Tracer
	client       kvspans.Tracer
	leader, peer spans.Who
	id           uint64
}

func (s *scene) begin() spans.Begin {
	s.id++
	return spans.Begin{Self: spans.Ref{Root: 1, ID: s.id}, Parent: 1}
}

// BeginsAt is 1 ms.
func (*scene) BeginsAt() time.Duration { return time.Millisecond }

// HappensAt is 1.5 ms.
func (*scene) HappensAt() time.Duration { return 1500 * time.Microsecond }

// EndsAt is 2 ms.
func (*scene) EndsAt() time.Duration { return 2 * time.Millisecond }

// Step is none.
func (*scene) Step() uint64 { return 0 }

func TestStoryLines(t *testing.T) {
	request := protocol.RequestID{Client: 2, Sequence: 3}
	for want, play := range map[string]func(s *scene){
		"1.000ms  node-1    VIOLATION of ElectionSafety: At most one leader.": func(s *scene) {
			s.world.StartViolation(s.begin(), "ElectionSafety", []string{"one", "other"}).Fail("violation", "At most one leader.")
		},
		"1.000ms  node-1    FAULT: node-1 crashes": func(s *scene) {
			s.world.StartFault(s.begin(), spans.FaultCrash, "node-1", "40ms").End()
		},
		"1.000ms  node-1    FAULT: everything is healed (as index 4 commits)": func(s *scene) {
			s.world.StartFault(s.begin(), spans.FaultHeal, "all", "index 4 commits").End()
		},
		"1.000ms  node-1    FAULT: the network parts: node-1 | node-2 node-3": func(s *scene) {
			s.world.StartFault(s.begin(), spans.FaultPartition, "node-1 | node-2 node-3", "40ms").End()
		},
		"1.000ms  node-1    FAULT: what node-1 sends to node-2, node-3 is lost; the other way is open": func(s *scene) {
			span := s.world.StartFault(s.begin(), spans.FaultPartition, "node-1 | node-2 node-3", "40ms")
			span.SetFaultOneWay(true)
			span.End()
		},
		"1.000ms  node-1    FAULT: what node-1, node-2 send to node-3 is lost; the other way is open": func(s *scene) {
			span := s.world.StartFault(s.begin(), spans.FaultPartition, "node-1 node-2 | node-3", "40ms")
			span.SetFaultOneWay(true)
			span.End()
		},
		"1.000ms  node-1    FAULT: the clock of node-1 jumps back by 40ms": func(s *scene) {
			span := s.world.StartFault(s.begin(), spans.FaultSkew, "node-1", "40ms")
			span.SetFaultBy(-40 * time.Millisecond)
			span.End()
		},
		"1.000ms  node-1    FAULT: the clock of node-1 runs at 1.5 times the true pace": func(s *scene) {
			span := s.world.StartFault(s.begin(), spans.FaultSkew, "node-1", "40ms")
			span.SetFaultRatePermille(1500)
			span.End()
		},
		"1.000ms  node-1    FAULT: node-1 is slow: each step takes 5ms longer": func(s *scene) {
			span := s.world.StartFault(s.begin(), spans.FaultSlow, "node-1", "40ms")
			span.SetFaultBy(5 * time.Millisecond)
			span.End()
		},
		"1.000ms  node-1    FAULT: node-1 crashes in the middle of a write, and the disk keeps a part of the record": func(s *scene) {
			span := s.world.StartFault(s.begin(), spans.FaultLoseUnsynced, "node-1", "40ms")
			span.SetFaultTorn(true)
			span.End()
		},
		"1.000ms  node-1      but other": func(s *scene) {
			s.world.StartViolation(s.begin(), "ElectionSafety", []string{"one", "other"}).Fail("violation", "At most one leader.")
		},
		"2.000ms  node-1    vote denied by node-2": func(s *scene) {
			s.node.StartRequestVoteClient(s.begin(), s.leader, "node-2", 1, 0, 0).End("VoteDenied", 4)
		},
		"2.000ms  node-1    denying vote to node-2 in term 4: log behind": func(s *scene) {
			span := s.node.StartRequestVoteServer(s.begin(), s.leader, "node-2", 4, 3, 2, 0)
			span.SetReason(protocol.ReasonLogBehind)
			span.End("VoteDenied")
		},
		"2.000ms  node-1    no vote from node-2: RequestVote given up (timeout)": func(s *scene) {
			s.node.StartRequestVoteClient(s.begin(), s.leader, "node-2", 1, 0, 0).Fail("timeout", "")
		},
		"1.000ms  node-1    asks node-2 for its vote again (attempt 2)": func(s *scene) {
			s.node.StartRequestVoteClient(s.begin(), s.leader, "node-2", 2, 0, 0).Unfinished()
		},
		"2.000ms  node-1    AppendEntries from node-2 rejected: term conflict at 7": func(s *scene) {
			span := s.node.StartAppendEntriesServer(s.begin(), s.leader, "node-2", 4, 7, 1, 1, 0, 8)
			span.SetReason(protocol.ReasonTermConflict)
			span.End("AppendEntriesRejected")
		},
		"2.000ms  node-1    rejection from node-2, conflict_index 5": func(s *scene) {
			span := s.node.StartAppendEntriesClient(s.begin(), s.leader, "node-2", 1, 7, 1, 1, 0)
			span.SetConflictIndex(5)
			span.End("AppendEntriesRejected", 4)
		},
		"1.000ms  node-1    sending entries 8 to 9 to node-2 again (attempt 3)": func(s *scene) {
			s.node.StartAppendEntriesClient(s.begin(), s.leader, "node-2", 3, 7, 1, 2, 0).Unfinished()
		},
		"1.500ms  node-1    AppendEntries to node-2 is lost (counterfactual)": func(s *scene) {
			span := s.node.StartAppendEntriesClient(s.begin(), s.leader, "node-2", 1, 7, 1, 2, 0)
			span.Drop("counterfactual")
			span.Fail("crash", "the process crashed")
		},
		"2.000ms  node-1    ack to node-2 is late by 40ms (network)": func(s *scene) {
			span := s.node.StartAppendEntriesServer(s.begin(), s.leader, "node-2", 4, 7, 1, 0, 0, 7)
			span.Delay("network", 40*time.Millisecond)
			span.End("AppendEntriesOk")
		},
		"1.500ms  node-1    CommitNotification to node-2 arrives twice (network)": func(s *scene) {
			span := s.node.StartCommitNotificationProducer(s.begin(), s.leader, "node-2", 7)
			span.Duplicate("network", 1)
			span.End()
		},
		"2.000ms  node-1    late VoteGranted from node-2: its call was over": func(s *scene) {
			s.node.StartLateReply(s.begin(), s.leader, "node-2", "VoteGranted", 4).End()
		},
		"1.000ms  node-1    stepping down from leader to follower in term 4: higher term": func(s *scene) {
			s.node.StartRoleChange(s.begin(), spans.Who{Node: 1, Term: 4}, protocol.RoleLeader, protocol.RoleEventHigherTerm).End()
		},
		"1.000ms  node-1    election timeout: became candidate for term 4": func(s *scene) {
			who := spans.Who{Node: 1, Term: 4, Role: protocol.RoleCandidate}
			s.node.StartRoleChange(s.begin(), who, protocol.RoleFollower, protocol.RoleEventElectionTimeout).End()
		},
		"2.000ms  node-1    election result 1 vote (need 3): no winner": func(s *scene) {
			s.node.StartElection(s.begin(), s.leader, 3, 1).End(spans.OutcomeNoWinner, 1)
		},
		"2.000ms  node-1    election for term 4 ends without a result (crash)": func(s *scene) {
			s.node.StartElection(s.begin(), s.leader, 3, 1).Fail("crash", "")
		},
		"2.000ms  node-1    election for term 4 is open when the run ends": func(s *scene) {
			s.node.StartElection(s.begin(), s.leader, 3, 1).Unfinished()
		},
		"2.000ms  node-1    not the leader: redirecting client-2 to node-3": func(s *scene) {
			span := s.node.StartPutServer(s.begin(), s.peer, "client-1", request)
			span.SetLeaderID(3)
			span.End("NotLeader")
		},
		"2.000ms  node-1    not the leader, and knows none: rejecting client-2": func(s *scene) {
			span := s.node.StartGetServer(s.begin(), s.peer, "client-1", request)
			span.SetLeaderID(0)
			span.End("NotLeader")
		},
		"2.000ms  node-1    telling client-2 that the outcome is unknown": func(s *scene) {
			s.node.StartDeleteServer(s.begin(), s.peer, "client-1", request).End("OutcomeUnknown")
		},
		"2.000ms  node-1    answer to client-2 is lost (network)": func(s *scene) {
			span := s.node.StartGetServer(s.begin(), s.leader, "client-1", request)
			span.Drop("network")
			span.End("Answered")
		},
		"2.000ms  client-2  no answer from node-1: Get given up (timeout)": func(s *scene) {
			s.client.StartGetClient(s.begin(), request, 1, "node-1").Fail("timeout", "")
		},
		"1.000ms  client-2  asks node-1 (try 2)": func(s *scene) {
			s.client.StartGetClient(s.begin(), request, 2, "node-1").Unfinished()
		},
		"2.000ms  client-2  node-1 is not the leader: node-3 is": func(s *scene) {
			span := s.client.StartGetClient(s.begin(), request, 1, "node-1")
			span.SetLeaderID(3)
			span.End("NotLeader")
		},
		"2.000ms  client-2  node-1 is not the leader, and knows none": func(s *scene) {
			s.client.StartGetClient(s.begin(), request, 1, "node-1").End("NotLeader")
		},
		"2.000ms  client-2  node-1 does not know the outcome": func(s *scene) {
			s.client.StartGetClient(s.begin(), request, 1, "node-1").End("OutcomeUnknown")
		},
		`2.000ms  client-2  request 3: PUT "b" = "val_84" -> OK`: func(s *scene) {
			s.client.StartKVPut(s.begin(), request, "b", "val_84").End(protocol.Stored{}.String())
		},
		`2.000ms  client-2  request 3: PUT "b" = "val_84" -> REJECTED (key exists)`: func(s *scene) {
			s.client.StartKVPut(s.begin(), request, "b", "val_84").End(protocol.KeyExists{Key: "b"}.String())
		},
		`2.000ms  client-2  request 3: GET "e" -> NOT FOUND`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").End(protocol.KeyNotFound{Key: "e"}.String())
		},
		`2.000ms  client-2  request 3: GET "e" -> "ok"`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").End(protocol.Found{Value: "ok"}.String())
		},
		`2.000ms  client-2  request 3: GET "e" -> FAILED (replication failed)`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").End(protocol.ReplicationFailed{}.String())
		},
		`2.000ms  client-2  request 3: DELETE "e\n\x1b[31m" -> OK`: func(s *scene) {
			s.client.StartKVDelete(s.begin(), request, "e\n\x1b[31m").End(protocol.Deleted{}.String())
		},
		`2.000ms  client-2  request 3: GET "e" -> no answer when the run ended`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").Unfinished()
		},
		`2.000ms  client-2  request 3: GET "e" -> no answer (crash)`: func(s *scene) {
			s.client.StartKVGet(s.begin(), request, "e").Fail("crash", "")
		},
		`2.000ms  node-1    applied result NOOP -> OK`: func(s *scene) {
			s.node.StartApply(s.begin(), s.leader, 5, 4, protocol.Noop{}, protocol.Nothing{}.String()).End()
		},
		`2.000ms  node-1    applied index 5: DELETE "a" -> NOT FOUND`: func(s *scene) {
			s.node.StartApply(s.begin(), s.peer, 5, 4, protocol.Delete{Key: "a"}, protocol.KeyNotFound{Key: "a"}.String()).End()
		},
	} {
		t.Run(want, func(t *testing.T) {
			lines := story.New(raftstory.Protocol())
			recorder := record.NewRecorder(record.RecorderOptions{}, lines)
			world, _ := at(recorder, "world")
			worldspans.Tracer{Tracer: world.Tracer}.StartRun(spans.Begin{Self: spans.Ref{Root: 9, ID: 9}}, "", "", "", 0).End()
			s := &scene{
				node: spans.NewTracer(recorder, "node-1", 1, epoch), client: kvspans.NewTracer(recorder, "client-2", 1, epoch),
				leader: spans.Who{Node: 1, Term: 4, Role: protocol.RoleLeader}, peer: spans.Who{Node: 1, Term: 4}, id: 0xabc,
			}
			s.world = worldspans.Tracer{Tracer: s.node.Tracer}
			s.node.Follow(s)
			s.client.Follow(s)
			play(s)
			text := tell(t, lines, story.Plain)
			for line := range strings.Lines(text) {
				front, said, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " 0000000000000abd  ")
				if at, process, _ := strings.Cut(strings.TrimSpace(front), " "); fmt.Sprintf("%s  %-9s %s", at, process, said) == want {
					return
				}
			}
			t.Errorf("the story has no line\n\t%s\nbut is\n%s", want, text)
		})
	}
}

// Each span of the spec has its own lines, or none: it is not told by its name, as those of another protocol are.
func TestStoryKnowsEverySpan(t *testing.T) {
	for _, spec := range spans.AllSpecs() {
		lines := story.New(raftstory.Protocol())
		lines.Add(&traces.Span{ID: 1, Root: 1, Name: spec.Name, Kind: spec.Kind, Service: "node-1", Start: epoch, End: epoch})
		if text := tell(t, lines, story.Plain); strings.Contains(text, spec.Name) {
			t.Errorf("a span %s is told as\n%s\tgive it lines of its own in storylines.go, or say there that it needs none", spec.ID, text)
		}
	}
}

// A span that the spec does not have, as another protocol's, is told by its name and attributes.
func TestStoryOfAnotherProtocol(t *testing.T) {
	s := plainStub(1)
	s.Name, s.Attributes = "paxos.promise\x07", everyType[:2]
	lines := story.New(raftstory.Protocol())
	lines.Add(&s)
	if got, want := strings.Join(strings.Fields(tell(t, lines, story.Plain)), " "), `0.000ms node-2 0001000000000002 "paxos.promise\a" string=plain string.empty=`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Who cannot be reached is said once, with how often it is said again, until something passes; several at the same moment are one line.
func TestStoryFoldsComplaints(t *testing.T) {
	lines := story.New(raftstory.Protocol())
	recorder := record.NewRecorder(record.RecorderOptions{}, lines)
	node, clock := at(recorder, "node-1")
	leader := spans.Who{Node: 1, Term: 4, Role: protocol.RoleLeader}
	id := uint64(0)
	send := func(peer string, at time.Duration, lost bool) {
		id++
		clock.now = at
		span := node.StartAppendEntriesClient(spans.Begin{Self: spans.Ref{Root: id, ID: id}}, leader, peer, 1, 7, 1, 0, 0)
		if lost {
			span.Drop("fault")
			clock.now += 100 * time.Millisecond
			span.Fail(spans.ErrorTypeTimeout, "")
			return
		}
		clock.now += time.Millisecond
		span.End("AppendEntriesOk", 4)
	}
	for at := time.Duration(0); at < 400*time.Millisecond; at += 100 * time.Millisecond {
		send("node-3", at, true)
		send("node-2", at, at != 200*time.Millisecond)
	}
	var got []string
	for line := range strings.Lines(tell(t, lines, story.Plain)) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"0.000ms node-1 0000000000000001 AppendEntries to node-2, node-3 are lost (fault), and 4 more until 300.000ms",
		"300.000ms node-1 0000000000000008 AppendEntries to node-2 is lost (fault)",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What a server removes from its log, and that a request was a retry, is told although no span says so by itself. A follower that catches up applies many slots in one line.
func TestStoryFollowsTheLogs(t *testing.T) {
	lines := story.New(raftstory.Protocol())
	recorder := record.NewRecorder(record.RecorderOptions{}, lines)
	node, clock := at(recorder, "node-1")
	who := spans.Who{Node: 1, Term: 4, Role: protocol.RoleFollower}
	id := uint64(0)
	begin := func() spans.Begin {
		id++
		clock.now = time.Duration(id) * time.Millisecond
		return spans.Begin{Self: spans.Ref{Root: 1, ID: id}}
	}
	store := func(prev protocol.LogIndex, entries ...string) {
		span := node.StartAppendEntriesServer(begin(), who, "node-2", 4, prev, 1, int64(len(entries)), 0, prev+protocol.LogIndex(len(entries)))
		span.SetEntries(entries)
		span.SetMatchIndex(prev + protocol.LogIndex(len(entries)))
		span.End("AppendEntriesOk")
	}
	applyWith := func(index protocol.LogIndex, sequence protocol.Sequence, at time.Duration, result protocol.Result) {
		b := begin()
		clock.now = at
		span := node.StartApply(b, who, index, 1, protocol.Put{Key: "a", Value: "x"}, result.String())
		span.SetRequestID(protocol.RequestID{Client: 1, Sequence: sequence})
		span.End()
	}
	apply := func(index protocol.LogIndex, sequence protocol.Sequence, at time.Duration) {
		applyWith(index, sequence, at, protocol.Stored{})
	}
	store(0, "1@1 noop", "2@2 noop", "3@3 noop")
	store(0, "1@1 noop") // an old message
	store(1, "2@4 noop")
	store(1, "2@4 noop")
	store(2, "3@4 noop")
	apply(1, 1, 10*time.Millisecond)
	apply(2, 1, 11*time.Millisecond)
	apply(3, 2, 12*time.Millisecond)
	apply(4, 3, 12*time.Millisecond)
	apply(5, 4, 12*time.Millisecond)
	applyWith(6, 4, 13*time.Millisecond, protocol.KeyExists{Key: "a"})
	applyWith(7, 2, 14*time.Millisecond, protocol.Nothing{})
	text := tell(t, lines, story.Plain)
	for want, times := range map[string]int{
		"removing": 1, "  removing entries 2 to 3 of term 2 and 3: in conflict with node-2's log\n": 1,
		"a retry": 2, "  applied index 6: PUT \"a\" = \"x\" -> REJECTED (key exists) (a retry, and NOT as at first)\n": 1,
		"  applied index 7: PUT \"a\" = \"x\" -> OK (a late copy of an old request)\n": 1,
		`  applied index 2: PUT "a" = "x" -> OK (a retry: as at first)` + "\n":         1,
		"applied index": 5, "  applied indexes 3 to 5\n": 1,
	} {
		if got := strings.Count(text, want); got != times {
			t.Errorf("the story says %d times, not %d:\n%s\n%s", got, times, want, text)
		}
	}
}
