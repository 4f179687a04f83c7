package diff

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/echo"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
)

// TestTwoProtocols compares runs of one other protocol, and puts those of two side by side.
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
	if c := call(t, "raft", "echo"); c.status != statusDiffer || c.stderr != "" ||
		!strings.HasPrefix(c.stdout, "two protocols: ") {
		t.Errorf("two protocols: %+v", c)
	}
}
