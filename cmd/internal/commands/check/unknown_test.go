package check

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	raftconform "github.com/raftkv/raftkv/raftkv/raft/conform"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
)

// TestUnknown checks traces that do not tell something: that is told, and is nothing wrong.
func TestUnknown(t *testing.T) {
	const small = "num_nodes = 3\nnum_clients = 1\nrequests_per_client = 2\n"
	dropAll := func(is func(s *traces.Span) bool) func(m *mutated) {
		return func(m *mutated) {
			var kept []traces.Span
			for i := range m.all {
				if !is(&m.all[i]) {
					kept = append(kept, m.all[i])
				}
			}
			m.all = kept
		}
	}
	earlier := func(m *mutated) { m.all = asEarlier(m.all) }
	for _, c := range []struct {
		name, scenario, want string // of each kind, how many there are, and the process of the first
		mutate               func(m *mutated)
	}{
		{"all is told", small, "", nil},
		{
			"nobody says who the servers are", small, "majority 1 ",
			dropAll(func(s *traces.Span) bool { return s.Name == spans.SetPeersName }),
		},
		{
			"a crash that no fault tells", small + crashOf(60, 90), "crash_time 1 node-1",
			dropAll(func(s *traces.Span) bool { return isNamed(s, worldspans.FaultName) }),
		},
		{
			"a run that is cut short", small + "max_duration = \"59ms\"\n",
			"open_at_end 7 node-1, arrival 1 node-1, reply_arrival 3 node-3, outcome 1 client-1", nil,
		},
		{
			"messages to a server that is down", small + strings.ReplaceAll(crashOf(55, 90), "node-1", "node-2"),
			"open_at_end 2 node-1", nil,
		},
		{"messages to a server that is down, of an earlier build", small +
			strings.ReplaceAll(crashOf(55, 90), "node-1",
				"node-2"), "open_at_end 2 node-1, arrival 4 node-1, other_spec 1 ", earlier},
		{"replies to a server that is down", small + crashOf(1, 20), "", nil},
		{
			"replies to a server that is down, of an earlier build", small + crashOf(1, 20),
			"reply_arrival 2 node-3, other_spec 1 ", earlier,
		},
		{
			"an entry that nobody applied", small, "store 1 ",
			dropAll(func(s *traces.Span) bool { return s.Name == spans.ApplyName && numberOf(s, spans.RaftIndexKey) == 2 }),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := mutated{t, all(t, scenarioOf(t, c.scenario))}
			if c.mutate != nil {
				c.mutate(&m)
			}
			j := raftconform.New()
			for i := range m.all {
				j.Add(&m.all[i], i+1)
			}
			var got []string
			for _, u := range j.Report().Unknown {
				got = append(got, fmt.Sprintf("%s %d %s", u.ID, u.Count, u.First.Process))
			}
			if got := strings.Join(got, ", "); got != c.want {
				t.Errorf("not known is %q, and not %q", got, c.want)
			}
		})
	}
}

// crashOf is a crash of the leader at one millisecond, and its start at another.
func crashOf(down, up int) string {
	return fmt.Sprintf("[[fault]]\nat = \"%dms\"\ncrash = \"node-1\"\n[[fault]]\nat = \"%dms\"\nrestart = \"node-1\"\n",
		down, up)
}

// TestUnknownIsTold has the command tell what is not known: the trace is fine all the same.
func TestUnknownIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), record.FileName)
	if err := os.WriteFile(path, scenarioOf(t, "num_nodes = 3\nnum_clients = 1\nmax_duration = \"59ms\"\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{
		"-max=1": "not known    what became of",
		"-json":  `"id": "reply_arrival",`,
	} {
		var stdout, stderr bytes.Buffer
		if status := Main(t.Context(), []string{flag, path}, &stdout, &stderr); status != command.Fine ||
			!strings.Contains(stdout.String(), want) {
			t.Errorf("%s: exit status %d, and not %q in\n%s%s", flag, status, want, &stdout, &stderr)
		}
	}
}
