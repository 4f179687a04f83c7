package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
	raftrun "github.com/raftkv/raftkv/raftkv/raft/run"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
)

// at is a [[fault]] of a time.
func at(when, what string) string { return fmt.Sprintf("[[fault]]\nat = %q\n%s\n", when, what) }

// struck are the targets of the faults of a kind, in the order of the trace.
func (e execution) struck(kind string) []string {
	var all []string
	for _, s := range e.of("world") {
		if s.Attribute(worldspans.RaftkvFaultKey).AsString() == kind {
			all = append(all, s.Attribute(worldspans.RaftkvFaultTargetKey).AsString())
		}
	}
	return all
}

// roleAt is what role a server has at a time, as its spans tell it.
func (e execution) roleAt(process string, at time.Duration) (role string, term int64) {
	role = "follower"
	for _, s := range e.of(process) {
		if s.Name == spans.RoleChangeName && s.End.Sub(epoch) < at {
			role, term = s.Attribute(spans.RaftRoleKey).AsString(), s.Attribute(spans.RaftTermKey).AsInt64()
		}
	}
	return role, term
}

// TestWhoeverLeads crashes the leader three times, and starts again who crashed: each time it is who leads then,
// whoever that is with the seed.
func TestWhoeverLeads(t *testing.T) {
	text := ""
	for _, when := range []time.Duration{100 * ms, 500 * ms, 900 * ms} {
		text += at(when.String(), `crash = "leader"`) + at((when+20*ms).String(), `restart = "crashed"`)
	}
	seen := map[string]bool{}
	for seed := uint64(1); seed <= 20; seed++ {
		c := parse(t, text)
		c.Seed = seed
		e := run(t, c)
		crashes, restarts := e.struck("crash"), e.struck("restart")
		if len(crashes) != 3 || !slices.Equal(crashes, restarts) || crashes[0] != "node-1" {
			t.Fatalf("seed %d: %q crash, and %q are started again", seed, crashes, restarts)
		}
		for i, who := range crashes {
			if role, _ := e.roleAt(who, time.Duration(100+400*i)*ms); role != "leader" {
				t.Errorf("seed %d: %s crashes as the leader, and is a %s", seed, who, role)
			}
			seen[who] = true
		}
		for _, s := range e.of("world")[1:] {
			want := map[string]string{
				"crash":   "the leader",
				"restart": "the crashed one",
			}[s.Attribute(worldspans.RaftkvFaultKey).AsString()]
			if got := s.Attribute(worldspans.RaftkvFaultAimedAtKey).AsString(); got != want {
				t.Errorf("seed %d: the span says that it is aimed at %q, want %q", seed, got, want)
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("of five nodes %d led when they were to crash", len(seen))
	}
}

// TestAFaultAtARoleIsTheSameFault compares a fault at whoever leads with the same at the one that does: but for whom
// it names, it is the same event, and the same run.
func TestAFaultAtARoleIsTheSameFault(t *testing.T) {
	role, name := run(t, parse(t, at("100ms", `pause = "leader"`)+at("300ms", `heal = "all"`))), run(t,
		parse(t, at("100ms", `pause = "node-1"`)+at("300ms", `heal = "all"`)))
	if len(role.spans) != len(name.spans) {
		t.Fatalf("%d spans, want %d", len(role.spans), len(name.spans))
	}
	for i := range role.spans {
		a, b := &role.spans[i], &name.spans[i]
		if a.ID != b.ID || !a.Start.Equal(b.Start) || !a.End.Equal(b.End) {
			t.Fatalf("%s and %s differ", describe(a), describe(b))
		}
	}
}

// TestWhichFollower looks whom a fault strikes that can strike several: each of them with some seed, always the same
// with one seed, whatever else goes wrong.
func TestWhichFollower(t *testing.T) {
	one := at("100ms", `isolate = "a follower"`)
	others := at("90ms", "slow = \"a follower\"\nby = \"1us\"") + at("95ms", "skew = \"node-2\"\nby = \"1us\"") +
		at("100ms", `pause = "a follower"`)
	heals := at("250ms", `heal = "all"`)
	times := map[string]int{}
	independent := 0
	for seed := uint64(1); seed <= 60; seed++ {
		c, d := parse(t, one+heals), parse(t, one+others+heals)
		c.Seed, d.Seed = seed, seed
		alone, along := run(t, c).struck("isolate"), run(t, d)
		if len(alone) != 1 || !slices.Equal(alone, along.struck("isolate")) {
			t.Errorf("seed %d: %q is isolated, but with other faults %q", seed, alone, along.struck("isolate"))
		}
		if !slices.Equal(alone, along.struck("pause")) {
			independent++
		}
		times[alone[0]]++
	}
	if times["node-1"] > 0 || len(times) != 4 || independent < 30 {
		t.Errorf("of the followers of node-1 these were isolated: %v; in %d of 60 runs another one was paused at the same time", times, independent)
	}
}

// TestAFollowerLessMovesNoOther: a fault strikes the same follower when another one is down, which it would not have
// struck.
func TestAFollowerLessMovesNoOther(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		struck := func(before string) string {
			c := parse(t, before+at("100ms", `isolate = "a follower"`)+at("250ms", `heal = "all"`)+at("260ms",
				`restart = "node-2"`))
			c.Seed = seed
			return run(t, c).struck("isolate")[0]
		}
		all, less := struck(""), struck(at("90ms", `crash = "node-2"`))
		if all != less && all != "node-2" || less == "node-2" {
			t.Errorf("seed %d: %s is isolated, and when node-2 is down %s", seed, all, less)
		}
	}
}

// TestTheNewestCandidate strikes one of two rivals: that of the higher term.
func TestTheNewestCandidate(t *testing.T) {
	c := parse(t, "[raft]\nelection_timeout = \"2s\"\n"+at("98ms",
		`partition = [["node-1"], ["node-2"], ["node-3"], ["node-4"], ["node-5"]]`)+
		at("100ms", `elect = "node-2"`)+at("101ms", `elect = "node-3"`)+at("102ms", `elect = "node-3"`)+at("110ms",
		`slow = "the newest candidate"`+"\nby = \"1us\"")+
		at("120ms", `heal = "all"`)+at("121ms", `elect = "node-4"`)+at("130ms", `elect = "node-4"`))
	for c.Seed = range 12 {
		if got := run(t, c).struck("slow"); !slices.Equal(got, []string{"node-3"}) {
			t.Errorf("seed %d: the newest candidate is %q, want node-3", c.Seed, got)
		}
	}
}

// TestPartitionsOfRoles has the sides of a partition be named by who they are.
func TestPartitionsOfRoles(t *testing.T) {
	for _, test := range []struct{ sides, want string }{
		{`[["leader"], ["others"]]`, "node-1 | node-2 node-3 node-4 node-5"},
		{`[["others"], ["leader", "node-3"]]`, "node-1 node-3 | node-2 node-4 node-5"},
		{`[["leader", "node-1"], ["node-2"]]`, "node-1 | node-2"},
		{`[["crashed"], ["node-2", "leader"]]`, "node-1 node-2 | node-5"},
		{`[["node-1"], ["leader"]]`, "node-1, the leader, would have been on two sides at 100ms"},
		{`[["the newest candidate"], ["leader"]]`, "there was no candidate at 100ms"},
		{
			`[["node-1", "node-2", "node-3"], ["node-4", "node-5"], ["others"]]`,
			"no server was left to be one of the others at 100ms",
		},
	} {
		c := parse(t, at("90ms", `crash = "node-5"`)+at("100ms", "partition = "+test.sides)+at("200ms",
			`heal = "all"`)+at("200ms", `restart = "node-5"`))
		result, err := cluster.New(c, cluster.Options{}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(run(t, c).struck("partition"), "")
		if len(result.Missed) > 0 {
			got = result.Missed[0].Why
		}
		if got != test.want {
			t.Errorf("%s is %q, want %q", test.sides, got, test.want)
		}
	}
	followers := map[string]bool{}
	for seed := uint64(1); seed <= 30; seed++ {
		c := parse(t, at("100ms", `partition = [["follower", "follower"], ["leader"]]`)+at("200ms", `heal = "all"`))
		c.Seed = seed
		followers[strings.Join(run(t, c).struck("partition"), "")] = true
	}
	for text := range followers {
		if left, right, _ := strings.Cut(text, " | "); left != "node-1" || len(strings.Fields(right)) != 2 ||
			strings.Contains(right, "node-1") {
			t.Errorf("the sides are %q, want node-1, and two of its followers", text)
		}
	}
	if len(followers) < 4 {
		t.Errorf("two followers are always among %v", followers)
	}
}

// TestWhatDidNotHappen says of each fault that did not happen why.
func TestWhatDidNotHappen(t *testing.T) {
	c := parse(t,
		at("1ms", `crash = "leader"`)+at("5ms", `restart = "node-2"`)+at("60ms", `crash = "node-2"`)+at("61ms",
			`crash = "node-2"`)+
			at("62ms", `restart = "the crashed one"`)+at("63ms", `restart = "the crashed one"`)+at("300ms",
			`lose_unsynced = "node-3"`)+at("300.001ms", `heal = "node-3"`)+
			at("index 400 commits", `crash = "node-1"`)+at("node-3 becomes leader", `crash = "node-1"`)+at("90s",
			`crash = "node-1"`))
	result, err := cluster.New(c, cluster.Options{}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	end := result.End.Round(time.Microsecond).String()
	want := []string{
		"crash the leader at 1ms: there was no leader at 1ms",
		"restart node-2 at 5ms: node-2 was up at 5ms",
		"crash node-2 at 61ms: node-2 was down already at 61ms",
		"restart the crashed one at 63ms: no server was down at 63ms",
		"lose_unsynced node-3 at 300ms: node-3 was healed at 300.001ms, before it wrote anything",
		"crash node-1 at 90s: the run ended at " + end + ", before it",
		"crash node-1 as node-3 becomes leader: its condition did not come true before the run ended at " + end,
		"crash node-1 as index 400 commits: its condition did not come true before the run ended at " + end,
	}
	var got []string
	for _, m := range result.Missed {
		got = append(got, c.Faults[m.Fault].Phrase()+": "+m.Why)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what did not happen (-want +got):\n%s", diff)
	}
	if happened := len(c.Faults) - len(result.Missed); happened != result.Faults {
		t.Errorf("%d faults happened, and of %d, %d did not", result.Faults, len(c.Faults), len(result.Missed))
	}
}

// TestEveryFaultIsAccountedFor: of every fault of runs in which much goes wrong it is told that it happened, or why
// it did not.
func TestEveryFaultIsAccountedFor(t *testing.T) {
	for seed := uint64(1); seed <= 30; seed++ {
		c := stormy(seed)
		result, err := cluster.New(c, cluster.Options{}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range result.Missed {
			if m.Why == "" {
				t.Errorf("seed %d: nothing is said of %s", seed, c.Faults[m.Fault].Phrase())
			}
		}
		if result.Faults+len(result.Missed) != len(c.Faults) {
			t.Errorf("seed %d: %d happened, %d did not, and there are %d", seed, result.Faults, len(result.Missed),
				len(c.Faults))
		}
	}
}

// result is what the run of a config comes to.
func result(t *testing.T, c *config.Config) cluster.Result {
	t.Helper()
	r, err := cluster.New(c, cluster.Options{}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestStalledDisk compares the steps of a server whose disk stalls: those that append entries take longer, and
// heartbeats do not. It is safe.
func TestStalledDisk(t *testing.T) {
	c := parse(t, at("100ms", "stall = \"node-2\"\nby = \"7ms\"")+at("600ms", `heal = "all"`))
	e := run(t, c)
	appended, empty := 0, 0
	for _, s := range e.of("node-2") {
		began, width := s.Start.Sub(epoch), s.End.Sub(s.Start)
		if s.Name != spans.AppendEntriesServerName || s.Kind.String() != "server" {
			continue
		}
		writes := s.Attribute(spans.RaftEntriesCountKey).AsInt64() > 0
		stalls := writes && began >= 100*ms && began < 600*ms
		if stalls != (width >= 7*ms-room) || width > 8*ms {
			t.Errorf("a step that begins at %v and appends %d entries takes %v", began,
				s.Attribute(spans.RaftEntriesCountKey).AsInt64(), width)
		}
		if stalls {
			appended++
		} else if began >= 100*ms && began < 600*ms {
			empty++
		}
	}
	if appended < 5 || empty < 5 {
		t.Errorf("%d steps appended while the disk stalled, and %d did not", appended, empty)
	}
	if v := result(t, c).Checks.Violation; v != nil {
		t.Errorf("a disk that stalls has %s not hold", v.Invariant.Name)
	}
}

// TestLyingDisks has disks lose what was promised to be kept: what is violated then is told, and that a disk lied.
func TestLyingDisks(t *testing.T) {
	// What a follower has acknowledged is gone when it starts again: with the leader's copy, that was a majority.
	lies := "[raft]\nelection_timeout = \"3s\"\n" + at("30ms", `isolate = "node-3"`) + at("40ms", `skip_sync = "node-2"`) +
		at("300ms", `crash = "node-2"`)
	text := strings.Replace(lies, "[raft]", "[process]\nstep_time = \"50us\"\n[raft]", 1)
	c := parse(t, text+at("320ms", `restart = "node-2"`))
	c.Counts[0].Number = 3
	r := result(t, c)
	if v := r.Checks.Violation; v == nil || v.Invariant.Name != "QuorumLog" || !r.LyingDisk {
		t.Errorf("an entry is lost that was committed: %v is violated, lying disk: %v", v, r.LyingDisk)
	}
	// The same, back to the state of some time ago.
	c = parse(t, text+at("320ms", "rollback = \"node-2\"\nby = \"200ms\""))
	c.Counts[0].Number = 3
	if r := result(t, c); r.Checks.Violation == nil || !r.LyingDisk {
		t.Errorf("a server goes back to an earlier state, and nothing is violated; lying disk: %v", r.LyingDisk)
	}
	// A lie that nobody notices, since nobody crashes; and a disk that tells the truth.
	for _, text := range []string{at("40ms", `skip_sync = "node-2"`), at("300ms", `crash = "node-2"`) +
		at("320ms", `restart = "node-2"`)} {
		c := parse(t, text)
		if r := result(t, c); r.Checks.Violation != nil || r.LyingDisk != strings.Contains(text, "skip") {
			t.Errorf("%s: %v, lying disk: %v", text, r.Checks.Violation, r.LyingDisk)
		}
	}
}

// TestStartTermOfARun has servers begin in a term: the first election is of the next one, a server that crashed at
// once knows it still, and nothing is violated.
func TestStartTermOfARun(t *testing.T) {
	for _, start := range []uint64{1, 41, 1 << 62} {
		c := parse(t, at("0s", `crash = "node-3"`)+at("20ms", `restart = "node-3"`)+at("100ms",
			`crash = "leader"`)+at("120ms", `restart = "crashed"`))
		c.Settings.(*raftrun.Settings).StartTerm = start
		e := run(t, c)
		if len(e.struck("crash")) != 2 {
			t.Errorf("start_term %d: there was no leader to crash", start)
		}
		first := uint64(0)
		for i := range e.spans {
			s := &e.spans[i]
			if term := uint64(s.Attribute(spans.RaftTermKey).AsInt64()); s.Name == spans.ElectionName && first == 0 {
				first = term
			} else if s.Service == "node-3" && s.Attribute(spans.RaftTermKey).Type() != attribute.EMPTY && term < start {
				t.Errorf("start_term %d: %s of node-3 is of term %d", start, s.Name, term)
			}
		}
		if first != start+1 {
			t.Errorf("start_term %d: the first election is of term %d", start, first)
		}
		if r := result(t, c); r.Checks.Violation != nil || r.Checks.Sometimes.Of(invariants.ElectionWon.String()) == 0 {
			t.Errorf("start_term %d: %v", start, r.Checks.Violation)
		}
	}
}
