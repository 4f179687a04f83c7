package cluster_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	kvspans "github.com/raftkv/raftkv/raftkv/kv/spans"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// parse is the config of a run in which operations go on for about a second.
func parse(t testing.TB, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("test.toml", []byte("num_clients = 2\nrequests_per_client = 12\n[client]\nthink_time = \"20ms..60ms\"\ntimeout = \"150ms\"\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// of yields the spans of a process.
func (e execution) of(process string) []*traces.Span {
	var all []*traces.Span
	for i := range e.spans {
		if e.spans[i].Service == process {
			all = append(all, &e.spans[i])
		}
	}
	return all
}

// faultSpans are those of faults, as kind, target and time. Those of one time have a microsecond each.
func (e execution) faultSpans() []string {
	var all []string
	for _, s := range e.of("world") {
		if strings.HasPrefix(s.Name, worldspans.FaultName) {
			all = append(all, fmt.Sprint(s.Attribute(worldspans.RaftkvFaultKey).AsString(), " ",
				s.Attribute(worldspans.RaftkvFaultTargetKey).AsString(), " ", s.Start.Sub(epoch).Truncate(10*time.Microsecond)))
		}
	}
	return all
}

var epoch = config.Default().StartTime

const ms = time.Millisecond

// room is how much shorter than a step the span that it begins with is at most: what else the step does is told there.
const room = 100 * time.Microsecond

// lostBetween counts the messages from one process to another that a fault lost, by when they were sent.
func (e execution) lostBetween(from, to string, since, until time.Duration) (lost, all int) {
	for _, s := range e.of(from) {
		if s.Attribute(kvspans.RaftPeerIDKey).AsString() != to {
			continue
		}
		at := s.Start.Sub(epoch) // a request's
		if s.Kind.String() == "server" {
			at = s.End.Sub(epoch) // a reply's
		}
		if at < since || at >= until || s.Attribute(worldspans.RaftUnfinishedKey).AsBool() {
			continue
		}
		all++
		if slices.ContainsFunc(s.Events, func(e traces.Event) bool {
			return e.Name == worldspans.EventDrop && e.Attribute(worldspans.RaftkvCauseKey).AsString() == worldspans.CauseFault
		}) {
			lost++
		}
	}
	return lost, all
}

func TestCrashedNodeDoesNothingUntilItIsStartedAgain(t *testing.T) {
	e := run(t, parse(t, `
		[[fault]]
		at = "index 4 commits"
		crash = "node-1"
		[[fault]]
		at = "400ms"
		restart = "node-1"`))
	faults := e.faultSpans()
	if len(faults) != 2 || !strings.HasPrefix(faults[0], "crash node-1 ") || faults[1] != "restart node-1 400ms" {
		t.Fatalf("the faults are %q", faults)
	}
	commit := slices.IndexFunc(e.spans, func(s traces.Span) bool {
		return s.Name == spans.CommitName && s.Attribute(spans.RaftCommitToKey).AsInt64() >= 4
	})
	crash := e.of("world")[1].Start
	if since := crash.Sub(e.spans[commit].End); since < 0 || since > room {
		t.Errorf("index 4 commits at %v, and node-1 crashes at %v", e.spans[commit].End.Sub(epoch), crash.Sub(epoch))
	}
	failed := 0
	for _, s := range e.of("node-1") {
		if s.End.After(crash) && s.End.Before(epoch.Add(400*ms)) {
			t.Errorf("node-1 is down, and ends %s at %v", s.Name, s.End.Sub(epoch))
		}
		if s.Attribute(worldspans.ErrorTypeKey).AsString() == worldspans.ErrorTypeCrash {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no span of node-1 ended with its crash")
	}
}

func TestWhoIsCutOffFromWhom(t *testing.T) {
	const never = time.Hour
	for _, test := range []struct {
		name, fault string
		cut, open   [][2]string // from and to
	}{
		{
			"isolate", `isolate = "node-2"`,
			[][2]string{{"node-1", "node-2"}, {"node-2", "node-1"}},
			[][2]string{{"node-1", "node-3"}, {"node-1", "client-1"}},
		},
		{
			"isolate a leader from nodes only", `isolate = "node-1"`,
			[][2]string{{"node-1", "node-2"}, {"node-1", "node-5"}},
			[][2]string{{"client-1", "node-1"}},
		},
		{
			"isolate a client", `isolate = "client-1"`,
			[][2]string{{"client-1", "node-1"}},
			[][2]string{{"client-2", "node-1"}, {"node-1", "node-2"}},
		},
		{
			"partition", `partition = [["node-1", "node-2", "client-1"], ["node-3"], ["node-4", "client-2"]]`,
			[][2]string{{"node-1", "node-3"}, {"node-1", "node-4"}, {"client-2", "node-1"}},
			[][2]string{{"node-1", "node-2"}, {"node-1", "node-5"}, {"client-1", "node-1"}},
		},
		{
			"one way", "partition = [[\"node-1\"], [\"node-2\"]]\none_way = true",
			[][2]string{{"node-1", "node-2"}},
			[][2]string{{"node-2", "node-1"}, {"node-1", "node-3"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := parse(t, "[[fault]]\nat = \"200ms\"\n"+test.fault+"\n[[fault]]\nat = \"600ms\"\nheal = \"all\"")
			e := run(t, c)
			for _, link := range test.cut {
				if lost, _ := e.lostBetween(link[0], link[1], 0, 200*ms); lost > 0 {
					t.Errorf("%s: %d messages were lost before anything was cut", link, lost)
				}
				if lost, all := e.lostBetween(link[0], link[1], 200*ms, 600*ms); all == 0 || lost != all {
					t.Errorf("%s is cut, and of %d messages %d were lost", link, all, lost)
				}
				if lost, all := e.lostBetween(link[0], link[1], 600*ms, never); lost > 0 {
					t.Errorf("%s is healed, and of %d messages %d were lost", link, all, lost)
				}
			}
			for _, link := range test.open {
				if lost, all := e.lostBetween(link[0], link[1], 0, never); all == 0 || lost > 0 {
					t.Errorf("%s is open, and of %d messages %d were lost", link, all, lost)
				}
			}
		})
	}
}

// widths are how long the steps of a process were that began within a while: those of its server spans.
func (e execution) widths(process string, since, until time.Duration) (least, most time.Duration) {
	least = time.Hour
	for _, s := range e.of(process) {
		if at := s.Start.Sub(epoch); s.Name == spans.AppendEntriesServerName && s.Kind.String() == "server" && at >= since &&
			at < until {
			least, most = min(least, s.End.Sub(s.Start)), max(most, s.End.Sub(s.Start))
		}
	}
	return least, most
}

func TestPausedSlowAndWronglyTimed(t *testing.T) {
	e := run(t, parse(t, `
		[[fault]]
		at = "200ms"
		slow = "node-2"
		by = "3ms"
		[[fault]]
		at = "200ms"
		pause = "node-3"
		[[fault]]
		at = "500ms"
		heal = "node-2"
		[[fault]]
		at = "500ms"
		heal = "node-3"`))
	if least, most := e.widths("node-2", 201*ms, 500*ms); least < 3*ms-room || most > 4*ms {
		t.Errorf("a slow node's steps take %v to %v, want 3ms more than usual", least, most)
	}
	if _, most := e.widths("node-2", 510*ms, time.Hour); most > ms {
		t.Errorf("a healed node's steps take up to %v", most)
	}
	for _, s := range e.of("node-3") {
		if at := s.End.Sub(epoch); at > 201*ms && at < 500*ms {
			t.Errorf("node-3 is paused, and ends %s at %v", s.Name, at)
		}
	}
	if least, _ := e.widths("node-3", 500*ms, time.Hour); least == time.Hour {
		t.Error("node-3 does nothing after it is healed")
	}
	// A clock that runs twice as fast has its node stand for election although it hears from the leader as often as it
	// should.
	e = run(t, parse(t, "[raft]\nelection_timeout = \"70ms..80ms\"\n[[fault]]\nat = \"200ms\"\nskew = \"node-4\"\nrate = 4\n[[fault]]\nat = \"500ms\"\nskew = \"node-4\"\nrate = 1"))
	stood := map[string]int{}
	for i := range e.spans {
		if s := &e.spans[i]; s.Name == spans.ElectionName && s.Start.Sub(epoch) > 200*ms {
			stood[s.Service]++
		}
	}
	if stood["node-4"] == 0 {
		t.Errorf("with a clock that is four times too fast node-4 never stands for election: %v", stood)
	}
}

func TestConditionsAndOrders(t *testing.T) {
	e := run(t, parse(t, `
		[[fault]]
		at = "300ms"
		elect = "node-4"
		[[fault]]
		at = "node-4 becomes leader"
		isolate = "node-5"
		[[fault]]
		at = "client-2 sends 9"
		heal = "all"`))
	at := map[string]time.Time{}
	for i := range e.spans {
		s := &e.spans[i]
		switch {
		case s.Name == spans.RoleChangeName && s.Service == "node-4" && s.Attribute(spans.RaftRoleKey).AsString() == "leader":
			at["leader"] = s.End
		case s.Attribute(kvspans.KVRequestIDKey).AsString() == "client-2/9" && s.Attribute(kvspans.KVTryKey).AsInt64() == 1:
			at["operation"] = s.Start
		case s.Name == spans.ElectionName && s.Service == "node-4":
			at["election"] = s.Start
		}
	}
	faults := e.of("world")[1:]
	for i, want := range []struct {
		what string
		at   time.Time
	}{{"elect node-4", epoch.Add(300 * ms)}, {"isolate node-5", at["leader"]}, {"heal all", at["operation"]}} {
		if got := e.faultSpans()[i]; !strings.HasPrefix(got, want.what+" ") {
			t.Errorf("fault %d is %q, want %q", i, got, want.what)
		}
		if since := faults[i].Start.Sub(want.at); since < 0 || since > room {
			t.Errorf("%s happens %v after its condition came true", want.what, since)
		}
	}
	if at["election"].Sub(epoch) < 300*ms || at["election"].Sub(epoch) > 301*ms {
		t.Errorf("node-4 stands for election at %v, want at once when it is told to", at["election"].Sub(epoch))
	}
}

// TestNodeThatNeverKnewItsCluster crashes a node before it has handled what the operator tells it first: started again,
// it takes part like any other.
func TestNodeThatNeverKnewItsCluster(t *testing.T) {
	e := run(t, parse(t, "[[fault]]\nat = \"0s\"\ncrash = \"node-3\"\n[[fault]]\nat = \"100ms\"\nrestart = \"node-3\""))
	applied := 0
	for _, s := range e.of("node-3") {
		if s.Name == spans.ApplyName {
			applied++
		}
	}
	if applied < 24 {
		t.Errorf("node-3 applied %d entries, want those of 24 operations", applied)
	}
}

// TestFaultsAfterTheEnd looks at a run whose last faults are due while what is in flight is handled, or later: they do
// not happen, and nobody is blamed for what comes of that.
func TestFaultsAfterTheEnd(t *testing.T) {
	// so that an acknowledgement is in flight for long when all is done
	const slow = "[[link]]\nfrom = \"node-2\"\nto = \"node-1\"\nlatency = \"300ms\"\n"
	calm, err := cluster.New(parse(t, slow), cluster.Options{}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Duration{calm.End - 50*ms, calm.End - ms, calm.End + ms} {
		c := parse(t, slow+fmt.Sprintf("[[fault]]\nat = \"%s\"\ncrash = \"node-3\"\n[[fault]]\nat = \"%s\"\nrestart = \"node-3\"", at, at+ms/10))
		result, err := cluster.New(c, cluster.Options{}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if result.Checks.Violation != nil || !result.Finished || result.Faults > 0 || result.End != calm.End {
			t.Errorf("a crash at %s: %v, finished is %v, %d faults happened, it ends at %s, want a run like that without it, which ends at %s",
				at, result.Checks.Violation, result.Finished, result.Faults, result.End, calm.End)
		}
	}
}

// TestEqualFaultsHaveIDsOfTheirOwn has two conditions come true at once that are waited for by the same fault.
func TestEqualFaultsHaveIDsOfTheirOwn(t *testing.T) {
	e := run(t, parse(t, `
		[[operation]]
		client = "client-1"
		get = "a"
		number = 5
		[[fault]]
		at = "client-1 sends 3"
		slow = "node-3"
		by = "1ms"
		[[fault]]
		at = "client-1 sends 5"
		slow = "node-3"
		by = "1ms"
	`))
	if faults := e.faultSpans(); len(faults) != 2 || faults[0] != faults[1] {
		t.Fatalf("the faults are %q, want the same one twice", faults)
	}
	if len(e.byID) != len(e.spans) {
		t.Errorf("%d spans have %d ids between them", len(e.spans), len(e.byID))
	}
}

// TestFaultsOfOneTime looks at faults that are due at the same time: a crash and a restart are a reboot, and who is
// healed and isolated is isolated, whoever it is.
func TestFaultsOfOneTime(t *testing.T) {
	var text strings.Builder
	var want []string
	for i := range 5 {
		node, at := fmt.Sprintf("node-%d", i+1), time.Duration(100+10*i)*ms
		for _, kind := range []string{"isolate", "restart", "heal", "crash"} {
			fmt.Fprintf(&text, "[[fault]]\nat = %q\n%s = %q\n", at, kind, node)
		}
		for _, kind := range []string{"crash", "restart", "heal", "isolate"} {
			want = append(want, fmt.Sprint(kind, " ", node, " ", at))
		}
	}
	text.WriteString("[[fault]]\nat = \"200ms\"\nheal = \"all\"\n")
	want = append(want, "heal all 200ms")
	if got := run(t, parse(t, text.String())).faultSpans(); !slices.Equal(got, want) {
		t.Errorf("the faults are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
