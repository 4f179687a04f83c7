package run

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/echo"
)

// TestProtocol runs another protocol: by its flag, again from what that wrote, and drawn by a profile.
func TestProtocol(t *testing.T) {
	t.Chdir(t.TempDir())
	echo.Row(t)
	call := func(status int, args ...string) string {
		t.Helper()
		var out, wrong bytes.Buffer
		if got := Main(t.Context(), args, &out, &wrong); got != status {
			t.Fatalf("%s: exit status %d, want %d\n%s%s", strings.Join(args, " "), got, status, &out, &wrong)
		}
		return out.String() + wrong.String()
	}
	told := call(statusFine, "-protocol", "echo", "-mirrors", "3", "-only", "mirrors")
	if !strings.Contains(told, "mirror-3") || !strings.Contains(told, "copies what keeper-1 holds") {
		t.Errorf("the story has not what the mirrors do:\n%s", told)
	}
	folders, _ := filepath.Glob("traces/runs/echo-1-*")
	if len(folders) != 1 {
		t.Fatalf("it is in %s", folders)
	}
	before, err := os.ReadFile(filepath.Join(folders[0], otlpFile))
	if err != nil {
		t.Fatal(err)
	}
	call(statusFine, "-quiet", "-out", "again", filepath.Join(folders[0], configFile))
	again, err := os.ReadFile(filepath.Join("again", filepath.Base(folders[0]), otlpFile))
	if err != nil || !bytes.Equal(before, again) {
		t.Errorf("what it wrote is run again, and is another run: %v", err)
	}
	call(statusFine, "-quiet", "-protocol", "echo", "-faults", "crashes")
	if _, err := os.Stat("traces/runs/echo-crashes-1"); err != nil {
		t.Error(err)
	}
	usage := call(statusFine, "-h")
	for _, want := range []string{
		"of raft, multipaxos, echo;", "-keepers N", "-mirrors N", "Bugs to build in with -protocol echo",
	} {
		if !strings.Contains(usage, want) {
			t.Errorf("-h does not say %q", want)
		}
	}
	for args, want := range map[string]string{
		"-protocol echo -nodes 3":                "num_nodes is a key of raft, and protocol is \"echo\" (-protocol)",
		"-mirrors 3":                             "num_mirrors is a key of echo, and protocol is \"raft\" (the default)",
		"-protocol echo -bug no-dedup":           "a bug of raft and multipaxos where the protocol is echo",
		"-protocol echo -only nodes":             "-only nodes: there is no such process",
		"-protocol echo leader-crash -mirrors 9": "cmd/run/scenarios/leader-crash.toml:12:1: num_nodes is a key of raft",
	} {
		if told := call(statusTrouble, strings.Fields(args)...); !strings.Contains(told, want) {
			t.Errorf("%s: %s", args, told)
		}
	}
}
