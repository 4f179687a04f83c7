package check

import (
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/echo"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
)

// TestProtocolOfATrace checks a trace of another protocol by its own rules, beside one of Raft.
func TestProtocolOfATrace(t *testing.T) {
	t.Chdir(t.TempDir())
	echo.Row(t)
	other, _ := recorded.Trace(t, recorded.Config(t, "", "", "protocol=echo").Config, cluster.Options{})
	raft, _ := recorded.Trace(t, recorded.Config(t, "default", "").Config, cluster.Options{})
	status, stdout, stderr := call(t, write(t, "echo.jsonl", other), write(t, "raft.jsonl", raft))
	if status != command.Fine || !strings.Contains(stdout, "all 2 runs are fine") {
		t.Errorf("exit status %d\n%s%s", status, stdout, stderr)
	}
}
