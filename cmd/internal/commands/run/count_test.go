package run

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
)

// TestCountsOfOne has runs with one of everything.
func TestCountsOfOne(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	for _, args := range []string{
		"-nodes 1 -clients 1 -requests 1",
		"-nodes 1 -clients 1 -requests 1 -set max_duration=1us",
		"-nodes 2 -clients 1 -requests 1 -set network.loss=0.3 -seed 2",
		"-shrink -bug no-dedup -seed 5 -set network.loss=0.1",
		"split-vote",
	} {
		c := here(t, append([]string{"-out", out, "-name", "one"}, strings.Fields(args)...)...)
		recorded.Counts(t, c.stdout, c.stderr, filesOf(t, out)["one/"+storyFile])
	}
}
