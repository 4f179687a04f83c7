package run

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces/story"
)

// What a story may measure, so that a person reads it as a whole: lines, and the rows of a screen of 80 columns that
// one of them takes.
const (
	mostLines = 120
	mostRows  = 4
)

// longer are the scenarios whose stories are longer, and why they may be.
var longer = map[string]int{
	library.Default: 400, // it shows the reference's sizes, and no faults
	"reference":     400, // the same
	"figure-7":      145, // there are seven nodes in it
	"figure-8":      130, // five leaders, and all that is lost to those who are cut off or down

	"multipaxos":           400, // as the first two
	"multipaxos-reference": 400,
	"paxos-everything":     180, // three slots are adopted, and chosen twice
}

// taught are the scenarios that show what Raft does when something goes wrong: all but those that only have sizes.
func taught(t *testing.T) []*config.Resolved {
	t.Helper()
	var all []*config.Resolved
	for _, s := range library.BuiltIn() {
		c := resolved(t, s)
		if len(c.Faults) > 0 {
			all = append(all, c)
		}
	}
	if len(all) < 18 {
		t.Fatalf("%d scenarios have faults", len(all))
	}
	return all
}

func resolved(t *testing.T, s config.Scenario) *config.Resolved {
	t.Helper()
	c, err := config.Resolve(config.Request{Scenario: s, BuiltIn: library.BuiltIn()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var sentence = regexp.MustCompile(`^In the story: "([^"]+)"`)

// sentenceOf is the sentence to look for in a scenario's story.
func sentenceOf(t *testing.T, c *config.Config) string {
	t.Helper()
	m := sentence.FindStringSubmatch(c.Watch)
	if m == nil {
		t.Fatalf("what to watch in %s does not begin with: %s", c.Scenario, sentence)
	}
	return m[1]
}

// TestScenarios runs each: all that it expects comes true, nothing is violated, it comes to its end, and its story is
// short and says what it is to be looked through for.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, s := range library.BuiltIn() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			c := resolved(t, s)
			lines, result := storyOf(t, c)
			if v := result.Checks.Violation; v != nil && !lies(c.Config) {
				t.Errorf("%s does not hold: %v", v.Invariant.Name, v.Facts)
			}
			if !result.Finished && !lies(c.Config) {
				t.Error("the run is cut short")
			}
			for _, m := range result.Missed {
				t.Errorf("%s: it did not happen: %s", c.Faults[m.Fault].Phrase(), m.Why)
			}
			for _, failed := range result.Failed {
				t.Error(c.ExpectDiagnostic(failed.Expect, "%s", failed.Got))
			}
			// it may be broken at the edge of the screen
			if want := sentenceOf(t, c.Config); !strings.Contains(strings.Join(strings.Fields(lines), " "), want) {
				t.Errorf("the story does not say %q:\n%s", want, lines)
			}
			rows := 0
			for line := range strings.Lines(lines) {
				if rows++; !strings.HasPrefix(line, strings.Repeat(" ", 30)) {
					rows = 1
				}
				if rows > mostRows {
					t.Errorf("a line takes more than %d rows of 80 columns:\n%s", mostRows, line)
				}
			}
			most := mostLines
			if longer[s.Name] > 0 {
				most = longer[s.Name]
			}
			if got := len(regexp.MustCompile(`(?m)^ *\d+\.\d{3}ms `).FindAllString(lines, -1)); got > most {
				t.Errorf("the story has %d lines, want at most %d", got, most)
			}
		})
	}
}

// lies says whether a scenario has a disk lie: it is for a violation, which its run has to come to, or what it
// expects does not come true.
func lies(c *config.Config) bool {
	return slices.ContainsFunc(c.Faults, func(f config.Fault) bool { return f.Kind.LyingDisk() })
}

// storyOf runs a scenario, and returns its story as a screen of 80 columns shows it.
func storyOf(t *testing.T, c *config.Resolved) (string, cluster.Result) {
	t.Helper()
	lines := story.New(c.Row().Story)
	result := recorded.Record(t, c.Config, cluster.Options{}, lines)
	var b bytes.Buffer
	if err := lines.WriteWithin(&b, story.Plain, 80); err != nil {
		t.Fatal(err)
	}
	return b.String(), result
}

// TestScenariosNeedTheirFaults runs each without them: something that it expects does not come true, or it would pass
// by doing nothing.
func TestScenariosNeedTheirFaults(t *testing.T) {
	t.Parallel()
	for _, c := range taught(t) {
		calm := c.Clone()
		calm.Faults, calm.Network.Loss, calm.Network.Duplicate, calm.Links = nil, 0, 0, nil
		if result := ran(t, calm); len(result.Failed) == 0 {
			t.Errorf("%s expects nothing that is not so without its faults", c.Scenario)
		}
	}
}

// TestScenariosWithOtherSeeds runs each with other seeds: it may come to something else, but nothing is violated.
func TestScenariosWithOtherSeeds(t *testing.T) {
	t.Parallel()
	for _, c := range taught(t) {
		for seed := range uint64(8) {
			other := c.Clone()
			other.Seed = seed + 2
			if v := ran(t, other).Checks.Violation; v != nil && !lies(other) {
				t.Errorf("%s, seed %d: %s does not hold: %v", c.Scenario, other.Seed, v.Invariant.Name, v.Facts)
			}
		}
	}
}

func ran(t *testing.T, c *config.Config) cluster.Result {
	t.Helper()
	result, err := cluster.New(c, cluster.Options{}).Run(t.Context())
	if err != nil {
		t.Fatalf("%s, seed %d: %v", c.Scenario, c.Seed, err)
	}
	return result
}

// caught are the scenarios that show what a bug breaks, and the invariant that does not hold then.
var caught = []struct{ bug, scenario, invariant string }{
	{"forget-vote", "leader-crash", "PersistBeforeSend"},
	{"count-duplicate-votes", "storm", "VotesWereGiven"},
	{"ignore-higher-term", "two-leaders", "TermAndVote"},
	{"longest-log-wins", "disruptive-server", "LeaderCompleteness"},
	{"keep-conflicting-tail", "figure-7", "LogMatching"},
	{"next-index-stuck", "majority-partition", "Progress"},
	{"commit-old-term", "figure-8", "CommitCurrentTerm"},
	{"commit-beyond-match", "minority-partition", "StateMachineSafety"},
	{"local-read", "two-leaders", "Linearizable"},
	{"no-dedup", "lost-reply", "ExactlyOnce"},
	{"false-failure", "figure-8", "Linearizable"},
	{"forget-promise", "paxos-acceptor-restart", "PersistBeforeSend"},
	{"quorum-of-answered", "paxos-majority-down", "PromisesWereGiven"},
	{"accept-below-promise", "paxos-duel", "PromisesKept"},
	{"overwrite-at-replica", "multipaxos", "SameStore"},
	{"adopt-latest-arrival", "paxos-highest-ballot", "ValueOfHighestBallot"},
	{"leave-hole", "paxos-hole", "Progress"},
	{"adopt-highest-slot", "paxos-everything", "ValueOfHighestBallot"},
	{"never-catch-up", "paxos-lost-commit", "Progress"},
	{"skip-hole", "paxos-lost-commit", "SameOrder"},
	{"apply-out-of-order", "paxos-hole", "SameOrder"},
	{"no-dedup", "paxos-unknown-choice", "ExactlyOnce"},
	{"reuse-ballot", "paxos-takeover", "RestartFromDisk"},
	{"count-old-promises", "paxos-old-promises", "PromisesWereGiven"},
	{"slot-given-twice", "paxos-lost-accept", "OneValuePerBallot"},
}

// leftToSeeds are the bugs of Raft that hang on chance too much for a scenario.
var leftToSeeds = []string{"revote-on-stepdown", "no-commit-on-heartbeat"}

// TestEveryBugHasAScenario wants one for each bug of each protocol.
func TestEveryBugHasAScenario(t *testing.T) {
	for _, p := range protocols.All {
		for _, bug := range p.Run.Bugs {
			shows := func(scenario string) bool {
				s, err := library.Find(scenario)
				return err == nil && (&config.Request{Scenario: s}).Protocol() == p
			}
			has := false
			for _, c := range caught {
				has = has || c.bug == bug.Name && shows(c.scenario)
			}
			if left := p == &protocols.Raft && slices.Contains(leftToSeeds, bug.Name); has == left {
				t.Errorf("%s of %s: it has a scenario: %t; it is left to seeds: %t", bug.Name, p.Run.Name, has, left)
			}
		}
	}
}

// TestScenariosCatchBugs runs scenarios with the bugs that they are about.
func TestScenariosCatchBugs(t *testing.T) {
	t.Parallel()
	for _, c := range caught {
		s, err := library.Find(c.scenario)
		if err != nil {
			t.Fatal(err)
		}
		r := resolved(t, s)
		if _, known := r.Row().Run.BugNamed(c.bug); !known {
			t.Fatalf("there is no bug %s", c.bug)
		}
		r.Bug = c.bug
		switch v := ran(t, r.Config).Checks.Violation; {
		case v == nil:
			t.Errorf("%s does not show the bug %s", c.scenario, c.bug)
		case v.Invariant.Name != c.invariant:
			t.Errorf("%s with the bug %s: %s does not hold, want %s", c.scenario, c.bug, v.Invariant.Name, c.invariant)
		}
	}
}

const (
	tableBegins = "| scenario | what it shows | look for |\n|---|---|---|\n"
	tableEnds   = "\n\n"
)

// TestGoldenReadmeScenarios compares the README's table with the scenarios themselves.
func TestGoldenReadmeScenarios(t *testing.T) {
	const file = "../../../run/README.md"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	readme = bytes.ReplaceAll(readme, []byte("\r\n"), []byte("\n")) // as a clone may have it
	before, after, begins := strings.Cut(string(readme), tableBegins)
	got, rest, ends := strings.Cut(after, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s has no table that begins with\n%s", file, tableBegins)
	}
	var rows []string
	for _, s := range library.BuiltIn() {
		c := resolved(t, s)
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", s.Name, c.Title, sentenceOf(t, c.Config)))
	}
	want := strings.Join(rows, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		if *golden.Update {
			if err := os.WriteFile(file, []byte(before+tableBegins+want+tableEnds+rest), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Errorf("%s: the table of scenarios differs (-want +got); write it with: make golden\n%s", file, diff)
	}
}
