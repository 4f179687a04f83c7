package sweep

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/echo"
)

// TestProtocol sweeps runs of another protocol: the commands that show them name it, and so does the report.
func TestProtocol(t *testing.T) {
	row := echo.Row(t)
	stdout := fine(t, "-protocol", "echo", "-faults", "lossy", "-seeds", "1-5", "-check")
	for _, want := range []string{
		"lossy -protocol echo, seeds 1-5: 5 runs", row.Run.Sometimes[0].What, "-faults lossy -protocol echo",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the table does not say %q:\n%s", want, stdout)
		}
	}
	var r report
	told := fine(t, "-protocol", "echo", "-faults", "lossy", "-seeds", "1-2", "-json")
	if err := json.Unmarshal([]byte(told), &r); err != nil || r.Protocol != "echo" ||
		!strings.HasPrefix(r.Build, "spec-echo-") {
		t.Errorf("the report is of %q, made by %s: %v", r.Protocol, r.Build, err)
	}
	for _, test := range [][2]string{
		{"-protocol ecko", `protocol is the unknown "ecko"; the nearest is "echo"`},
		{"-protocol echo -bug forget-vote", "a bug of raft where the protocol is echo"},
		{"-protocol echo -set raft.max_entries=1", "[raft] is the section of raft, and protocol is \"echo\" (-protocol)"},
	} {
		status, stdout, stderr := call(t, strings.Fields(test[0])...)
		if status != command.Trouble || !strings.Contains(stderr, test[1]) || stdout != "" {
			t.Errorf("%s: exit status %d\n%s%s", test[0], status, stdout, stderr)
		}
	}
}
