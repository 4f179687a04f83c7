package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
)

// TestFindsTheSmallestSeed has runs be as asked for, of which the later ones are done first: it is always the
// smallest seed that is found.
func TestFindsTheSmallestSeed(t *testing.T) {
	o, err := parseFlags([]string{"-seeds", "10-1000", "-find", `leader = "node-3"`, "default"})
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 2, 3, 16} {
		s, err := newSweep(o)
		if err != nil {
			t.Fatal(err)
		}
		s.workers = workers
		later := make(chan struct{}) // is closed when the run of a later seed that fits is done
		s.run = func(_ context.Context, seed uint64) (ran, error) {
			switch {
			case seed == 61:
				defer close(later)
			case seed == 60 && workers > 1:
				<-later
			}
			if seed == 61 || seed == 60 || seed == 900 {
				return ran{}, nil
			}
			return ran{Result: cluster.Result{Failed: []cluster.FailedExpectation{{Got: "another leads"}}}}, nil
		}
		var out, wrong bytes.Buffer
		status := find(t.Context(), s, o, &out, &wrong)
		want := "default, seeds 10-1000: seed 60 is the first that has leader = \"node-3\"\n\n" +
			"next  go run ./cmd/run -seed 60 default\n" +
			"show  go run ./cmd/run -quiet -html -seed 60 default\n"
		if status != command.Fine || out.String() != want || wrong.Len() > 0 {
			t.Errorf("%d workers: exit status %d, and\n%s%swant\n%s", workers, status, out.String(), wrong.String(), want)
		}
	}
}

// TestFoundRunIsAsAskedFor compares what is found with the runs themselves.
func TestFoundRunIsAsAskedFor(t *testing.T) {
	out := fine(t, "-json", "-seeds", "1-200", "-find", "leader=node-3", "-find",
		"sometimes = 'election without a winner'", "leader-crash")
	var f found
	if err := json.Unmarshal([]byte(out), &f); err != nil {
		t.Fatal(err)
	}
	configOf, err := configs(options{scenario: "leader-crash"})
	if err != nil {
		t.Fatal(err)
	}
	is := func(seed uint64) bool {
		c, err := configOf(seed)
		if err != nil {
			t.Fatal(err)
		}
		r, err := cluster.New(c, cluster.Options{}).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r.Leader.String() == "node-3" && r.Checks.Sometimes.Of(invariants.VoteSplit.String()) > 0
	}
	seed := uint64(1)
	for seed <= 200 && !is(seed) {
		seed++
	}
	if !f.Found || f.Seed != seed || f.Runs != seed ||
		f.Next != fmt.Sprintf("go run ./cmd/run -seed %d leader-crash", seed) {
		t.Errorf("found %+v, want seed %d", f, seed)
	}
}

// TestFindNothing exits with 1, and says how to go on; what no seed can come to is an error.
func TestFindNothing(t *testing.T) {
	status, out, wrong := call(t, "-seeds", "1-3", "-find", "leader=node-3", "-set", "num_clients=1", "default")
	want := "default, seeds 1-3: none of 3 runs has leader=node-3\n\n" +
		"next  go run ./cmd/sweep -seeds 4-6 -find leader=node-3 -set num_clients=1 default\n"
	if want = strings.Replace(want, "default,", "-set num_clients=1 default,", 1); status != command.Violation ||
		out != want || wrong != "" {
		t.Errorf("exit status %d, and\n%s%swant\n%s", status, out, wrong, want)
	}
	if status, out, _ := call(t, "-quiet", "-seeds", "1-3", "-find", "leader=node-3",
		"default"); status != command.Violation || out != "" {
		t.Errorf("with -quiet: exit status %d, and %q", status, out)
	}
	status, _, wrong = call(t, "-seeds", "1-30", "-find", "leader=node-9")
	if want := "-find: there is no node-9: num_nodes is"; status != command.Trouble || !strings.HasPrefix(wrong, want) {
		t.Errorf("exit status %d, and %s, want %s…", status, wrong, want)
	}
}

// TestFindAmongDrawnClusters looks for a server that some of the drawn clusters do not have.
func TestFindAmongDrawnClusters(t *testing.T) {
	configOf, err := configs(options{faults: "mixed"})
	if err != nil {
		t.Fatal(err)
	}
	first := uint64(1)
	for c, err := configOf(first); err != nil || c.Counts.Total() > 3; c, err = configOf(first) {
		first++
	}
	out := fine(t, "-seeds", fmt.Sprintf("%d-%d", first, first+200), "-find", `leader = "node-5"`)
	if !strings.Contains(out, "is the first that has") {
		t.Errorf("nothing was found:\n%s", out)
	}
}

// TestFindLeavesOutViolations: a run that a violation stopped did not come to its end; it is found only by who looks
// for a violation.
func TestFindLeavesOutViolations(t *testing.T) {
	args := []string{"-seeds", "1-15", "-bug", "no-dedup", "-set", "network.loss=0.2", "default"}
	violated := map[string]bool{}
	for _, invariant := range []string{"ExactlyOnce", "LogMatching"} {
		status, _, wrong := call(t, append([]string{"-find", "violated=" + invariant}, args...)...)
		if wrong != "" {
			t.Fatal(wrong)
		}
		violated[invariant] = status == command.Fine
	}
	if !violated["ExactlyOnce"] || violated["LogMatching"] {
		t.Errorf("violated are, as -find has it: %v", violated)
	}
	status, out, _ := call(t, append([]string{"-find", "never=election won"}, args...)...)
	if status != command.Violation || !strings.Contains(out, "an invariant was violated in") {
		t.Errorf("exit status %d, and\n%s", status, out)
	}
}

func TestWrongFinds(t *testing.T) {
	for _, test := range []struct{ find, wrong string }{
		{`leadr = "node-3"`, `-find: unknown key "expect.leadr"; the nearest is "expect.leader"`},
		{`never = "outcome unknwn"`, `-find: never is the unknown "outcome unknwn"; the nearest is "outcome unknown"`},
		{`violated = QuorumLogs`, `-find: violated is the unknown "QuorumLogs"; the nearest is "QuorumLog"`},
		{`operation = "client-1/3"`, "-find: operation and result go together"},
		{`answered = many`, "-find: answered must be a whole number, not the string \"many\""},
		{`leader = "node-1", answered = 3`, "-find: the expectation says several things"},
		{"node-3", "-find: want the keys of an [[expect]] on one line"},
		{`log = "node-1", terms = [1`, "-find: expected a comma"},
	} {
		status, out, wrong := call(t, "-seeds", "1-3", "-find", test.find, "default")
		if status != command.Trouble || out != "" || !strings.HasPrefix(wrong, test.wrong) {
			t.Errorf("%s: exit status %d, and\n%s%swant\n%s", test.find, status, out, wrong, test.wrong)
		}
		if strings.HasPrefix(wrong, "-find") && !strings.Contains(wrong, "\n    -find "+test.find+"\n") {
			t.Errorf("%s: it is not shown as it was given:\n%s", test.find, wrong)
		}
	}
	status, _, wrong := call(t, "-find", "leader=node-1", "-keep-going", "default")
	if status != command.Trouble || !strings.Contains(wrong, "-find looks for one seed") {
		t.Errorf("exit status %d, and %s", status, wrong)
	}
}
