package diff

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces/diff/across"
)

// keepBoth keeps a run of each protocol, of the same clients.
func keepBoth(t *testing.T, settings ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, own := range map[string][]string{
		"raft": {"num_nodes=3"}, "paxos": {"protocol=multipaxos"},
	} {
		file, _ := recorded.Trace(t, recorded.Config(t, "", "", append(own, settings...)...).Config, cluster.Options{})
		keep(t, name, file)
	}
}

// TestAcross holds what operations take against what the papers say: from the asking to the answer four messages one
// after the other. In Raft, with two followers, two messages with the client, two AppendEntries, their answers and two
// notifications. In MultiPaxos, with three acceptors and three learners beside the leader, two with the client, three
// Accepts, their answers and three Commits.
func TestAcross(t *testing.T) {
	keepBoth(t, "num_clients=1", "network.latency=2ms", "process.step_time=100us", "client.think_time=20ms")
	c := call(t, "-json", "raft", "paxos")
	if c.status != statusDiffer || c.stderr != "" {
		t.Fatalf("%+v", c)
	}
	var got across.Comparison
	if err := json.Unmarshal([]byte(c.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if asked, answered := got.Workload(); asked != 5 || answered != 5 {
		t.Errorf("%d operations are the same, and %d have the same answer; want 5", asked, answered)
	}
	for _, o := range got.Operations {
		for what, d := range map[string]struct {
			got      *across.Done
			messages int
		}{"Raft": {o.A, 2 + 2*2 + 2}, "MultiPaxos": {o.B, 2 + 2*3 + 3}} {
			if d.got == nil || d.got.Bytes <= d.got.Messages || d.got.Delays != 4 || d.got.Messages != d.messages ||
				d.got.Tries != 1 {
				t.Errorf("%s of %s: %+v, want 4 delays, %d messages of more than a byte and 1 try",
					o.Request, what, d.got, d.messages)
			}
		}
	}
	for _, run := range []across.Run{got.A, got.B} {
		bytes := 0
		for _, e := range run.Exchanges {
			bytes += e.RequestBytes + e.ReplyBytes
		}
		if run.Bytes != bytes || run.BytesOfClients >= bytes || run.Operations != 5 {
			t.Errorf("%+v: want %d bytes, not all of them for 5 operations", run, bytes)
		}
	}
}

// TestAcrossLost loses a try: what it takes is more then, and the answer waits for a timer.
func TestAcrossLost(t *testing.T) {
	keepBoth(t, "num_clients=1", "requests_per_client=2", "network.loss=0.3")
	var got across.Comparison
	if err := json.Unmarshal([]byte(call(t, "-json", "raft", "paxos").stdout), &got); err != nil {
		t.Fatal(err)
	}
	more := 0
	for _, o := range got.Operations {
		for _, d := range []*across.Done{o.A, o.B} {
			if d != nil && d.Tries > 1 {
				more++
				if d.Delays != -1 {
					t.Errorf("%s: %+v, want it to have waited for a timer", o.Request, d)
				}
			}
		}
	}
	if more == 0 {
		t.Error("nobody tried again")
	}
}

func TestAcrossGolden(t *testing.T) {
	file, err := filepath.Abs(filepath.Join("testdata", "across.txt"))
	if err != nil {
		t.Fatal(err)
	}
	keepBoth(t)
	golden.Compare(t, file, call(t, "raft", "paxos").stdout)
}
