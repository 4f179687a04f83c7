package story_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/protocol"
	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// at returns a tracer of the first run, for a service whose clock the test sets.
func at(recorder *record.Recorder, service string) (spans.Tracer, *tracetest.Clock) {
	tracer, clock := spans.NewTracer(recorder, service, 1, tracetest.Epoch), &tracetest.Clock{}
	tracer.Follow(clock)
	return tracer, clock
}

func tell(t testing.TB, lines *story.Story) string {
	t.Helper()
	var b bytes.Buffer
	if err := lines.Write(&b, story.Plain); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What a person sees, in the reference's order. The exact text is below, in the test of each kind of line.
func TestStoryHasTheReferencesOrder(t *testing.T) {
	s := rafttest.Reference()
	s.Nodes, s.Clients = 5, 3
	s.Sim = rafttest.Simulation(3)
	lines := story.New(raftstory.Protocol())
	rafttest.Record(t, s, lines)
	rest := tell(t, lines)
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
		at := regexp.MustCompile(`(?m)^ *\d+\.\d{3}ms ` + strings.Replace(want, "ID", `[0-9a-f]{16}  `,
			1) + `.*$`).FindStringIndex(rest)
		if at == nil {
			t.Fatalf("no line as\n\t%s\nin what is left of the story:\n%.1000s", want, rest)
		}
		rest = rest[at[1]:]
	}
}

// A heartbeat round that came to plain Oks is not told, but for the first of a term.
func TestStoryFoldsHeartbeats(t *testing.T) {
	s := rafttest.Scenario{Run: 1, Nodes: 3, Clients: 1, Requests: 30, Heartbeats: true, Sim: rafttest.Simulation(1)}
	s.Sim.Loss = 0.1
	lines := story.New(raftstory.Protocol())
	var file bytes.Buffer
	rafttest.Record(t, s, lines, record.NewOTLPFile(&file))
	all := rafttest.Read(t, file.Bytes())
	text := strings.Join(strings.Fields(tell(t, lines)), " ")
	eventful := map[world.CausalID]bool{}
	for _, s := range all {
		ok := s.Name == spans.AppendEntriesClientName && s.Attribute(kvspans.RaftReplyKey).AsString() == "AppendEntriesOk" &&
			len(s.Events) == 0
		// what is told once for many does not count
		if !ok && s.Name != spans.HeartbeatName && strings.Contains(text, s.ID.String()) {
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

// Each span of the spec has its own lines, or none: it is not told by its name, as those of another protocol are.
func TestStoryKnowsEverySpan(t *testing.T) {
	for _, spec := range spans.AllSpecs() {
		lines := story.New(raftstory.Protocol())
		lines.Add(&traces.Span{
			ID: 1, Root: 1, Name: spec.Name, Kind: spec.Kind, Service: "node-1", Start: tracetest.Epoch,
			End: tracetest.Epoch,
		})
		if text := tell(t, lines); strings.Contains(text, spec.Name) {
			t.Errorf("a span %s is told as\n%s\tgive it lines in spec/raftkv.yaml or in story.go, or name it there without any",
				spec.ID, text)
		}
	}
}

// What a server removes from its log, and that a request was a retry, is told although no span says so by itself. A
// follower that catches up applies many slots in one line.
func TestStoryFollowsTheLogs(t *testing.T) {
	lines := story.New(raftstory.Protocol())
	recorder := record.NewRecorder(record.RecorderOptions{}, lines)
	node, clock := at(recorder, "node-1")
	who := spans.Who{Node: 1, Term: 4, Role: protocol.RoleFollower}
	id := uint64(0)
	begin := func() span.Begin {
		id++
		clock.Set(time.Duration(id) * time.Millisecond)
		return span.Begin{Self: span.Ref{Root: 1, ID: id}}
	}
	store := func(prev protocol.LogIndex, entries ...string) {
		span := node.StartAppendEntriesServer(begin(), who, "node-2", 4, prev, 1, int64(len(entries)), 0,
			prev+protocol.LogIndex(len(entries)))
		span.SetEntries(entries)
		span.SetMatchIndex(prev + protocol.LogIndex(len(entries)))
		span.End("AppendEntriesOk")
	}
	applyWith := func(index protocol.LogIndex, sequence kv.Sequence, at time.Duration, result kv.Result) {
		b := begin()
		clock.Set(at)
		span := node.StartApply(b, who, index, 1, kv.Put{Key: "a", Value: "x"}, result.String())
		span.SetRequestID(kv.RequestID{Client: 1, Sequence: sequence})
		span.End()
	}
	apply := func(index protocol.LogIndex, sequence kv.Sequence, at time.Duration) {
		applyWith(index, sequence, at, kv.Stored{})
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
	applyWith(6, 4, 13*time.Millisecond, kv.KeyExists{Key: "a"})
	applyWith(7, 2, 14*time.Millisecond, kv.Nothing{})
	text := tell(t, lines)
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

// A server that is a majority by itself takes an entry, commits it and applies it in one step; the story tells it in
// this order.
func TestStoryOfOneServer(t *testing.T) {
	s := rafttest.Reference()
	s.Nodes, s.Clients = 1, 1
	lines := story.New(raftstory.Protocol())
	rafttest.Record(t, s, lines)
	told := tell(t, lines)
	entries := strings.Count(told, "appending entry at index ")
	for _, what := range []string{"appending entry at index ", "is committed\n", "applied result "} {
		if n := strings.Count(told, what); n != entries || n == 0 {
			t.Errorf("of %d entries, %q is told of %d", entries, what, n)
		}
	}
	order := regexp.MustCompile(`appending entry|is committed\n|applied result`)
	for i, m := range order.FindAllString(told, -1) {
		if want := []string{"appending entry", "is committed\n", "applied result"}[i%3]; m != want {
			t.Fatalf("line %d of them is %q, want %q:\n%s", i, m, want, told)
		}
	}
}
