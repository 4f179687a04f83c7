package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/protocol"
)

// TestViolation concludes a run whose checks found something: exit status 1, and all that is known of it.
func TestViolation(t *testing.T) {
	out := t.TempDir()
	options, err := parseFlags([]string{"-out", out})
	if err != nil {
		t.Fatal(err)
	}
	config, err := resolve(options)
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	r := &runner{options: options, config: config, stdout: &stdout, stderr: &stderr}
	if status := r.run(t.Context()); status != statusFine {
		t.Fatalf("exit status %d\n%s", status, &stderr)
	}
	if row := "17 invariants held after each of "; !strings.Contains(stdout.String(), row) || !strings.Contains(stdout.String(), "; sometimes: election won 1, commit by notification ") {
		t.Errorf("the summary says nothing of the checks:\n%s", &stdout)
	}
	stdout.Reset()
	stderr.Reset()
	r.result.Checks.Violation = &check.Violation{
		Invariant: protocol.AllInvariants()[0], At: 12 * time.Millisecond, Facts: [2]string{"node-1 became leader of term 1", "node-2 did as well"},
	}
	r.config.Expects = nil
	if status := r.conclude(t.Context()); status != statusViolation {
		t.Errorf("exit status %d, and not %d", status, statusViolation)
	}
	want := `violation at 12ms: ElectionSafety (I1, §5.2, Figure 3)
  At most one leader is elected in a term, ever.
  one fact:   node-1 became leader of term 1
  the other:  node-2 did as well
  what led to it:
      0.144ms node-1   9219a573952d4815  starting election for term 1
      4.144ms node-1   9219a573952d4815  election result 3 votes (need 3)
     11.864ms node-2   5df4af84ba9330e0  commit index 0 -> 1
     11.864ms node-2   2b60710065f9e0f8  applied slot 1: NOOP -> OK
  again:      go run ./cmd/run ` + filepath.Join(out, "default-1", "run.toml") + "\n" +
		"  shorter:    go run ./cmd/run -shrink -out " + out + " " + filepath.Join(out, "default-1", "run.toml") + "\n"
	if stderr.String() != want {
		t.Errorf("it is told as\n%s\nand not as\n%s", &stderr, want)
	}
	if !strings.Contains(stdout.String(), "ElectionSafety does NOT hold, after ") {
		t.Errorf("the summary does not tell of it:\n%s", &stdout)
	}
}
