package main

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/echo"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
)

// TestTwoProtocols compares runs of one other protocol, and refuses to compare those of two.
func TestTwoProtocols(t *testing.T) {
	t.Chdir(t.TempDir())
	echo.Row(t)
	for name, c := range map[string][]string{
		"raft": nil, "echo": {"protocol=echo"}, "other": {"protocol=echo", "seed=2"},
	} {
		file, _ := recorded.Trace(t, recorded.Config(t, "", "", c...).Config, cluster.Options{})
		keep(t, name, file)
	}
	if c := call(t, "echo", "other"); c.status != statusDiffer || c.stderr != "" {
		t.Errorf("two runs of one protocol: %+v", c)
	}
	want := "two protocols cannot be compared yet: the first run is of Raft, and the second of Echo\n"
	if c := call(t, "raft", "echo"); c.status != statusTrouble || !strings.HasSuffix(c.stderr, want) || c.stdout != "" {
		t.Errorf("two protocols: %+v, want %s", c, want)
	}
}
