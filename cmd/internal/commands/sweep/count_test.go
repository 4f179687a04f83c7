package sweep

import (
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
)

// TestCountsOfOne sweeps one seed in which there is one of everything.
func TestCountsOfOne(t *testing.T) {
	status, stdout, stderr := call(t, "-seeds", "1-1", "-set", "num_nodes=1", "-set", "num_clients=1", "-set",
		"requests_per_client=1", "-set", "raft.noop_on_election=false", "default")
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	recorded.Counts(t, stdout, stderr)
}
