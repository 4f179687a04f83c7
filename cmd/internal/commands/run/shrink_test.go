package run

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/shrink"
	"github.com/raftkv/raftkv/raftkv/raft"
)

// mostShrunk is how many faults, and how many operations, are left at most.
const mostShrunk = 8

// TestShrink shrinks runs of the profile mixed with a bug in them, one of which takes many ways; the test of
// cmd/internal/bugs has the others: what is left violates the same invariant, to the
// byte as the runner says, and nothing of it can be taken away.
func TestShrink(t *testing.T) {
	for _, c := range []struct {
		bug  raft.Bug
		seed int
	}{
		{raft.BugLongestLogWins, 161},
		{raft.BugNoDedup, 1},
	} {
		t.Run(c.bug.String(), func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			first := here(t, "-shrink", "-out", out, "-name", "x", "-bug", c.bug.String(),
				fmt.Sprintf("testdata/mixed/mixed-%d.toml", c.seed))
			first.wants(t, statusViolation, "violation")
			files := filesOf(t, filepath.Join(out, "x"))
			shrunk, err := config.Parse(shrunkFile, []byte(files[shrunkFile]))
			if err != nil {
				t.Fatalf("%s\n%v\n%s", first, err, files[shrunkFile])
			}
			invariant := violatedBy(t, shrunk)
			if bug, _ := protocols.Raft.Run.BugNamed(c.bug.String()); !slices.Contains(bug.CaughtBy, invariant) {
				t.Fatalf("what is left violates %q, and should one of %q", invariant, bug.CaughtBy)
			}
			if size := shrink.SizeOf(shrunk); size.Faults > mostShrunk || size.Operations > mostShrunk ||
				!strings.Contains(first.stdout, " "+size.String()+", in ") {
				t.Errorf("what is left is of size %s, of which standard output says\n%.2000s", size,
					first.stdout[strings.LastIndex(first.stdout, "shrunk from"):])
			}
			checkMinimal(t, shrunk, invariant)
			if shrunk.Scenario != "shrunk-"+c.bug.String() || shrunk.Changed || shrunk.Bug != c.bug.String() ||
				shrunk.Seed != uint64(c.seed) || !strings.Contains(shrunk.Title, invariant) ||
				!strings.Contains(shrunk.What, c.bug.String()) {
				t.Errorf("what is left says\n%s", files[shrunkFile])
			}

			again := here(t, "-quiet", "-out", out, filepath.Join(out, "x", shrunkFile))
			again.wants(t, statusViolation, ": "+invariant+" (", "-shrink")
			if story := filesOf(t, filepath.Join(out, shrunk.Name()))[storyFile]; story == "" ||
				story != files[shrunkStoryFile] {
				t.Errorf("its story differs %s", difference(files[shrunkStoryFile], story))
			}

			here(t, "-quiet", "-out", out, "-name", "x").wants(t, statusFine)
			if left := filesOf(t, filepath.Join(out, "x")); left[shrunkFile] != "" || left[shrunkStoryFile] != "" {
				t.Error("another run in the same folder leaves what the one before was shrunk to")
			}
		})
	}
}

// violatedBy is the invariant that a config's run violates; empty for none.
func violatedBy(t *testing.T, c *config.Config) string {
	t.Helper()
	result, err := cluster.New(c, cluster.Options{}).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if result.Checks.Violation == nil {
		return ""
	}
	return result.Checks.Violation.Invariant.Name
}

// checkMinimal takes one thing away at a time.
func checkMinimal(t *testing.T, c *config.Config, invariant string) {
	t.Helper()
	var fewer []*config.Config
	less := func() *config.Config {
		fewer = append(fewer, c.Clone())
		return fewer[len(fewer)-1]
	}
	for i := range c.Faults {
		l := less()
		l.Faults = slices.Delete(l.Faults, i, i+1)
	}
	for i := range c.Links {
		l := less()
		l.Links = slices.Delete(l.Links, i, i+1)
	}
	for i := range c.Operations {
		l := less()
		if l.Operations = slices.Delete(l.Operations, i, i+1); len(l.Operations) == 0 {
			l.RequestsPerClient = 0
		}
	}
	for _, l := range fewer {
		if read, err := config.Parse("less.toml", l.TOML()); err == nil && violatedBy(t, read) == invariant {
			t.Errorf("%s is violated with less, too:\n%s\nthan\n%s", invariant, l.TOML(), c.TOML())
		}
	}
}

// TestNothingToShrink asks for it where nothing is violated.
func TestNothingToShrink(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	c := here(t, "-shrink", "-out", out, "-name", "x").wants(t, statusFine)
	if files := filesOf(t, filepath.Join(out, "x")); len(files) != len(runFiles) {
		t.Errorf("there are %d files: %s", len(files), c)
	}
	if _, violated := summaryOf(t, c)["violation"]; violated {
		t.Errorf("the summary tells of a violation: %s\n%s", c, c.stdout)
	}
}
