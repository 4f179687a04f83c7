package sweep

import (
	"regexp"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
)

// TestDemand sweeps with and without demanding that all happens which should happen sometimes: where nothing goes
// wrong, most of it does not.
func TestDemand(t *testing.T) {
	fine(t, "-seeds", "1-3", "-quiet", "default")
	status, _, stderr := call(t, "-seeds", "1-3", "-quiet", "-demand", "default")
	if status != command.Violation || !strings.HasPrefix(stderr, "never happened in seeds 1-3: election lost, ") ||
		strings.Contains(stderr, "election won") {
		t.Errorf("exit status %d, want 1 and what never happened:\n%s", status, stderr)
	}
	fine(t, "-seeds", "1-100", "-quiet", "-demand")
}

// TestDemandOnLyingDisks has what only a lying disk brings about be no part of a sweep in which none lies, and be seen
// in one where they do.
func TestDemandOnLyingDisks(t *testing.T) {
	what := invariants.CaughtUp.String()
	if out := fine(t, "-seeds", "1-100", "-demand"); strings.Contains(out, what) {
		t.Errorf("no disk lies, and the table says %q:\n%s", what, out)
	}
	missed := func(stderr string) bool { // its lines may break within the name
		never, _, _ := strings.Cut(stderr, "violation with seed")
		return strings.Contains(strings.Join(strings.Fields(never), " "), what)
	}
	_, out, stderr := call(t, "-seeds", "1-200", "-keep-going", "-demand", "-faults", "disks")
	if !regexp.MustCompile(`\n`+what+` +[1-9]`).MatchString(out) || missed(stderr) {
		t.Errorf("many disks lie, and nobody is seen to have %s:\n%s%s", what, out, stderr)
	}
	_, _, stderr = call(t, "-seeds", "1-1", "-keep-going", "-demand", "-quiet", "-faults", "disks")
	if !missed(stderr) {
		t.Errorf("a disk lies, nobody has %s, and nobody misses that:\n%s", what, stderr)
	}
}
