package check

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
)

// scenarioOf is the config of a scenario that is written in a test.
func scenarioOf(t *testing.T, text string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "together.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	file, violation := traced(t, recorded.Config(t, path, ""))
	if violation != nil {
		t.Fatal(violation)
	}
	return file
}

// TestLivesOfOneMomentAreClean checks servers that start, crash and start again within one moment, in which several
// entries are committed: which start was first, only what the server was before can tell.
func TestLivesOfOneMomentAreClean(t *testing.T) {
	for node := 1; node <= 3; node++ {
		for lives := 2; lives <= 4; lives++ {
			isClean(t, scenarioOf(t, livesOf(node, lives)), fmt.Sprintf("%d lives of node-%d", lives, node))
		}
	}
}

// TestRollbackWhileDownIsClean checks a server whose disk goes back, and which starts again for that, while it is down
// since another crash.
func TestRollbackWhileDownIsClean(t *testing.T) {
	isClean(t, scenarioOf(t, `num_nodes = 3
num_clients = 1
[[fault]]
at = "60ms"
crash = "node-1"
[[fault]]
at = "90ms"
rollback = "node-1"
by = "1us"
`), "a rollback of a disk while its server is down")
}

// livesOf has a server start so many times again at one moment.
func livesOf(node, lives int) string {
	text := "num_nodes = 3\nnum_clients = 6\nrequests_per_client = 1\n"
	for life := range lives {
		for _, fault := range []string{"crash", "restart"} {
			text += fmt.Sprintf("[[fault]]\nat = \"index %d commits\"\n%s = \"node-%d\"\n", life+3, fault, node)
		}
	}
	return text
}

// TestCrashBetweenRepliesIsClean checks runs in which all messages come twice, and a leader crashes, and starts again 1
// ms later, at every moment of its first rounds: of the replies to one message some come before the crash, some while
// it is down, and some after it.
func TestCrashBetweenRepliesIsClean(t *testing.T) {
	for crash := 2000; crash < 14000; crash += 100 {
		isClean(t, scenarioOf(t, crashAt(crash)), fmt.Sprintf("crash at %dus", crash))
	}
}

// crashAt has the leader crash so many microseconds after the beginning.
func crashAt(crash int) string {
	return fmt.Sprintf(`num_nodes = 3
num_clients = 1
requests_per_client = 1
[network]
duplicate = 1.0
[[fault]]
at = "%dus"
crash = "node-1"
[[fault]]
at = "%dus"
restart = "node-1"
`, crash, crash+1000)
}

// TestRoleThatDiedInAWriteIsClean checks a leader that hears of a higher term by a late reply, and crashes as it writes
// that term to its disk: the step came to nothing, and so it was a leader when it crashed.
func TestRoleThatDiedInAWriteIsClean(t *testing.T) {
	isClean(t, scenarioOf(t, diedInAWrite), "a write that failed")
	again := scenarioOf(t, diedInAWrite+restarts)
	isClean(t, again, "a write that failed, and a restart")
	m := mutated{t, all(t, again)}
	m.find(spans.StartName, internal, "raft.node.id", "node-3", "raft.role.before", "leader")
	m.find(worldspans.FaultName, internal, "raftkv.fault", worldspans.FaultLoseUnsynced)
}

// TestTogetherMutations makes one thing wrong where a crash, a duplicate and a restart come together.
func TestTogetherMutations(t *testing.T) {
	lives, twice := livesOf(1, 2), crashAt(3600)
	for _, c := range []struct {
		name, scenario, want string
		mutate               func(m *mutated)
	}{
		{"a life without its role", lives, "missing_span", func(m *mutated) {
			m.remove(m.find(spans.RoleChangeName, internal, "raft.role.event", "restart", "raft.role.from", "follower"))
		}},
		{"a first life without its role", lives, "missing_span", func(m *mutated) {
			m.remove(m.find(spans.RoleChangeName, internal, "raft.role.event", "restart", "raft.role.from", "leader"))
		}},
		{"two lives that a leader began", lives, "illegal_transition", func(m *mutated) {
			set(m.find(spans.RoleChangeName, internal, "raft.role.event", "restart", "raft.role.from", "follower"),
				spans.RaftRoleFromKey.String("leader"))
		}},
		{"a reply after the crash that nobody handles", twice, "unhandled_delivery", func(m *mutated) {
			m.remove(m.where(func(s *traces.Span) bool {
				return s.Name == spans.LateReplyName && s.Service == "node-1" &&
					m.withID(s.Parent).End.Sub(m.all[0].Start) > 4600*time.Microsecond
			}))
		}},
		{"a role that cannot come of a leader's", diedInAWrite + restarts, "illegal_transition", func(m *mutated) {
			set(m.find(spans.RoleChangeName, internal, "raft.role.event", "restart"), spans.RaftRoleFromKey.String("candidate"))
			set(m.find(spans.StartName, internal, "raft.role.before", "leader"), spans.RaftRoleBeforeKey.String("candidate"))
		}},
		{"another role than that in which it died", diedInAWrite + restarts, "illegal_transition", func(m *mutated) {
			set(m.find(spans.RoleChangeName, internal, "raft.role.event", "restart"), spans.RaftRoleFromKey.String("follower"))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := mutated{t, all(t, scenarioOf(t, c.scenario))}
			c.mutate(&m)
			j := raftconform.New()
			for i := range m.all {
				j.Add(&m.all[i], i+1)
			}
			report := j.Report()
			if report.Counts[c.want] == 0 {
				t.Errorf("found is %v, and not %s", report.Counts, c.want)
			}
		})
	}
}

const restarts = `
[[fault]]
at = "195ms"
restart = "node-3"
`

const diedInAWrite = `
num_nodes = 4
num_clients = 4
seed = 1944
max_duration = "198ms"
[raft]
first_leader = 3
[network]
latency = "1ms..20ms"
[[operation]]
client = "client-4"
number = 4
delete = "b"
[[fault]]
drop = "0c3b64f0f5a101e3"
[[fault]]
drop = "74edff0ec1973478"
[[fault]]
duplicate = "a51dffad87217962"
[[fault]]
at = "165300us"
lose_unsynced = "node-3"
torn = true
[[fault]]
at = "188100us"
elect = "node-2"
`
