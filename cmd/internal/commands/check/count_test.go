package check

import (
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
)

// TestCountsOfOne checks runs in which there is one of everything.
func TestCountsOfOne(t *testing.T) {
	one := recorded.Run(t, "default", "num_nodes=1", "num_clients=1", "requests_per_client=1")
	_, stdout, stderr := call(t, one)
	recorded.Counts(t, stdout, stderr)
	_, stdout, stderr = call(t, one, recorded.Run(t, "two-leaders", "bug=local-read"))
	recorded.Counts(t, stdout, stderr)
}
