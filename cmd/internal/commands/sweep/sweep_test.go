package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/traces/words"
)

// call calls the command in the test's own process.
func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, wrong bytes.Buffer
	status = Main(t.Context(), args, &out, &wrong)
	return status, out.String(), wrong.String()
}

// fine calls the command, which is to exit with 0 and to say nothing wrong.
func fine(t *testing.T, args ...string) (stdout string) {
	t.Helper()
	status, stdout, stderr := call(t, args...)
	if status != command.Fine || stderr != "" {
		t.Fatalf("exit status %d, want 0: go run ./cmd/sweep %s\n%s", status, strings.Join(args, " "), stderr)
	}
	return stdout
}

// planted is a sweep whose runs are made up: each comes to what it is told, and the later ones come first.
func planted(t *testing.T, args string, workers int, violating ...uint64) *sweep {
	t.Helper()
	o, err := parseFlags(strings.Fields(args))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSweep(o)
	if err != nil {
		t.Fatal(err)
	}
	s.workers, s.progress = workers, func(uint64) {}
	s.run = func(_ context.Context, seed uint64) (ran, error) {
		r := ran{Result: cluster.Result{Tries: int(seed % 7), Faults: int(seed % 5), Committed: seed % 3}}
		r.Messages, r.Finished = seed, true
		r.Checks.Events, r.Checks.Sometimes = 1, check.Counts{{Sometime: check.Sometime{What: "crash"}, Times: seed % 2}}
		r.Checks.Figures = check.Figures{
			Elections: seed % 11, Led: seed%4 > 0,
			FirstLeader: time.Duration(seed) * time.Millisecond, Answers: []time.Duration{time.Duration(seed * seed)},
		}
		for _, v := range violating {
			if v == seed {
				r.Checks.Violation = &check.Violation{
					Invariant: protocols.Raft.Run.Invariants[seed%3], At: 12 * time.Millisecond,
					Facts: [2]string{"one", "the other"},
				}
			}
		}
		return r, nil
	}
	return s
}

// TestAPlantedViolation has runs violate invariants. The first of them ends the sweep, however many workers there are:
// its command, and the table of the seeds up to it. With -keep-going, all are told in the order of the seeds.
func TestAPlantedViolation(t *testing.T) {
	for file, args := range map[string]string{
		"violation.golden":  "-faults crashes -seeds 10-1000 -set num_nodes=3 default",
		"keep-going.golden": "-seeds 1-1000 -keep-going",
	} {
		for _, workers := range []int{1, 2, 3, 16} {
			s := planted(t, args, workers, 60, 61, 900, 40)
			if err := s.do(t.Context()); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			if status := conclude(&s.report, options{}, &stdout, &stderr); status != command.Violation {
				t.Errorf("exit status %d", status)
			}
			golden.Compare(t, filepath.Join("testdata", file), stdout.String()+"--- on standard error\n"+stderr.String())
		}
	}
}

// TestPlantedFindings has something wrong with traces. It counts like a violation, and each is told with the command
// that shows it.
func TestPlantedFindings(t *testing.T) {
	for file, args := range map[string]string{
		"finding.golden":             "-check -faults crashes -seeds 10-1000 -set num_nodes=3 default",
		"findings-keep-going.golden": "-check -seeds 1-1000 -keep-going",
	} {
		for _, workers := range []int{1, 3, 16} {
			s := planted(t, args, workers, 61, 900)
			runSeed := s.run
			s.run = func(ctx context.Context, seed uint64) (ran, error) {
				r, err := runSeed(ctx, seed)
				r.spans = 10
				if seed == 40 || seed == 61 {
					r.findings = []finding{
						{
							Seed: seed, Run: "mixed-40", ID: "missing_link", Count: 3, Rule: "a rule",
							Span: "raft.commit 0123456789abcdef of node-1", Got: "none", Want: "one",
						},
						{
							Seed: seed, Run: "mixed-40", ID: "Linearizable", Count: 1, Rule: "a rule", Section: "I13, §8", Got: "an answer",
							Want: "another",
						},
					}
				}
				return r, err
			}
			if err := s.do(t.Context()); err != nil {
				t.Fatal(err)
			}
			var stdout, stderr bytes.Buffer
			if status := conclude(&s.report, options{}, &stdout, &stderr); status != command.Violation {
				t.Errorf("exit status %d", status)
			}
			golden.Compare(t, filepath.Join("testdata", file), stdout.String()+"--- on standard error\n"+stderr.String())
		}
	}
}

// TestCheckConvicts sweeps with a bug built in: cmd/check finds it in the traces, too, and that of a history that is
// not linearizable.
func TestCheckConvicts(t *testing.T) {
	for want, args := range map[string][]string{
		`"findings":[{"seed":1,"run":"two-leaders-1-`: {"-bug", "local-read", "-seeds", "1", "two-leaders"},
		`"id":"Linearizable","count":1`:               {"-bug", "local-read", "-seeds", "1", "two-leaders"},
		`"id":"ElectionSafety","count":`:              {"-bug", "count-duplicate-votes", "-seeds", "1", "storm"},
	} {
		status, stdout, _ := call(t, append([]string{"-json", "-check"}, args...)...)
		if status != command.Violation || !strings.Contains(stdout, want) {
			t.Errorf("%q: exit status %d, and not %s in\n%s", args, status, want, stdout)
		}
	}
}

// TestSoundTracesAreFine has -check find nothing, and say so.
func TestSoundTracesAreFine(t *testing.T) {
	stdout := fine(t, "-check", "-seeds", "1-20")
	if text := strings.Join(strings.Fields(stdout), " "); !strings.Contains(text,
		"events, and cmd/check finds nothing wrong with ") {
		t.Errorf("-check says\n%s", stdout)
	}
}

// TestABugIsCaught sweeps with one built in, and follows the command that is printed.
func TestABugIsCaught(t *testing.T) {
	status, stdout, stderr := call(t, "-seeds", "1-100", "-bug", "forget-vote")
	if status != command.Violation || !strings.Contains(stdout, "PersistBeforeSend     1  seed 1\n") {
		t.Errorf("exit status %d\n%s", status, stdout)
	}
	if want := "  go run ./cmd/run -seed 1 -faults mixed -bug forget-vote\n"; !strings.HasSuffix(stderr, want) ||
		strings.Count(stderr, "violation with seed ") != 1 {
		t.Errorf("standard error does not end with %q:\n%s", want, stderr)
	}
}

// TestInterrupted stops a sweep: it tells what is known so far.
func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	s := planted(t, "-seeds 1-1000", 2)
	runSeed := s.run
	s.run = func(ctx context.Context, seed uint64) (ran, error) {
		if seed > 100 {
			stop()
			return ran{}, ctx.Err()
		}
		return runSeed(ctx, seed)
	}
	err := s.do(ctx)
	if err == nil || !strings.HasPrefix(err.Error(), "interrupted after 1") || !s.report.Broken || s.report.Done == 0 ||
		s.report.Done > 100 {
		t.Fatalf("%v, after %d seeds", err, s.report.Done)
	}
	text := (&table{report: &s.report, width: widest}).String()
	if want := fmt.Sprintf("mixed, seeds 1-1000: the first %d of 1,000 runs,\n%d invariants held after each of %d events\n", s.report.Done, len(protocols.Raft.Run.Invariants), s.report.Done); !strings.HasPrefix(text, want) {
		t.Errorf("the table does not begin with\n%s\n%s", want, text)
	}
	var stdout, stderr bytes.Buffer
	if status := Main(ctx, []string{"-seeds", "1-1000"}, &stdout, &stderr); status != command.Trouble ||
		stderr.String() != "error: interrupted after 0 of 1000 seeds\n" ||
		!strings.HasPrefix(stdout.String(), "mixed, seeds 1-1000: the first 0 of 1,000 runs") {
		t.Errorf("exit status %d\n%s\n%s", status, &stdout, &stderr)
	}
}

// TestASeedThatCannotBeRun says which, and why.
func TestASeedThatCannotBeRun(t *testing.T) {
	for want, what := range map[string]func() (ran, error){
		"seed 7: no such thing": func() (ran, error) { return ran{}, errors.New("no such thing") },
	} {
		s := planted(t, "-seeds 1-1000", 3)
		runSeed := s.run
		s.run = func(ctx context.Context, seed uint64) (ran, error) {
			if seed >= 7 {
				return what()
			}
			return runSeed(ctx, seed)
		}
		if err := s.do(t.Context()); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestPanicsAreToldAndPassed has the program panic with two seeds. The first ends the sweep; with -keep-going both are
// told, with their calls and commands, in the text and in -json.
func TestPanicsAreToldAndPassed(t *testing.T) {
	for args, seeds := range map[string][]uint64{
		"-seeds 1-1000": {7}, "-seeds 1-100 -keep-going": {7, 70},
		"-seeds 1-100 -shard 1/1 -keep-going -check": {7, 70},
	} {
		s := planted(t, args, 3)
		runSeed := s.run
		s.run = func(ctx context.Context, seed uint64) (ran, error) {
			switch seed {
			case 7:
				panic("a mistake")
			case 70:
				return ran{}, fmt.Errorf("one more: %w",
					&cluster.Panic{At: time.Second, Reason: "another", Stack: []string{"raft.Step at raft/raft.go:1"}})
			}
			return runSeed(ctx, seed)
		}
		if err := s.do(t.Context()); err != nil {
			t.Fatal(err)
		}
		var told []uint64
		for _, p := range s.report.Panics {
			told = append(told, p.Seed)
		}
		var stdout, stderr, parts bytes.Buffer
		status := conclude(&s.report, options{}, &stdout, &stderr)
		want := regexp.MustCompile(`^panic with seed 7 at 0s: a mistake\n    \S+ at \S+/sweep_test.go:\d+\n(    \S+ at \S+:\d+\n)+  go run ./cmd/run -seed 7 -faults mixed\n`)
		if status != command.Violation || !slices.Equal(told, seeds) || !want.MatchString(stderr.String()) ||
			!strings.Contains(stdout.String(), "the program panicked in "+words.Counted(len(seeds), "run")) {
			t.Errorf("%s: exit status %d, of seeds %d\n%s\n%s", args, status, told, &stdout, &stderr)
		}
		if conclude(&s.report, options{json: true}, &parts, io.Discard) != command.Violation ||
			!strings.Contains(parts.String(), `"panics":[{"seed":7,"at":"0s","reason":"a mistake","stack":["`) {
			t.Errorf("%s: the JSON is\n%s", args, &parts)
		}
	}
}

// TestOneSeed has one run, and not runs.
func TestOneSeed(t *testing.T) {
	want := fmt.Sprintf("mixed, seed 7: 1 run, %d invariants held", len(protocols.Raft.Run.Invariants))
	if stdout := fine(t, "-seeds", "7"); !strings.HasPrefix(stdout, want) {
		t.Errorf("go run ./cmd/sweep -seeds 7 says\n%s", stdout)
	}
}

// TestQuiet has nothing on standard output, but for JSON of one line if that is asked for.
func TestQuiet(t *testing.T) {
	if stdout := fine(t, "-seeds", "1-3", "-quiet"); stdout != "" {
		t.Errorf("-quiet prints %q", stdout)
	}
	if stdout := fine(t, "-seeds", "1-3", "-json"); strings.Count(stdout, "\n") != 1 ||
		!strings.HasPrefix(stdout, `{"format":"raftkv-sweep-1",`) {
		t.Errorf("-json prints %q", stdout)
	}
}

// TestWrongFlags gives command lines that are wrong: all that is wrong with each is said.
func TestWrongFlags(t *testing.T) {
	t.Setenv(completionIndex, "")
	var got strings.Builder
	for _, args := range [][]string{
		{"-seed", "5", "-faults", "mixt", "-set", "num_nodes=0", "-bug", "forget-votes", "-keep-goin", "reference-mode"},
		{"-seeds", "5-1"},
		{"-seeds", "1..5", "-shard", "0/3", "-shards", "0"},
		{"-seeds", "1-9223372036854775808"},
		{"-shard", "4/3"},
		{"-shards", "4"},
		{"-shards", "4", "-shard", "1/4"},
		{"-quiet", "-json"},
		{"-merge"},
		{"-merge", "-faults", "mixed", "-keep-going", "x.json"},
		{"default", "reference"},
		{"-scenario", "split-vote", "-seeds", "1-9"},
		{"-set", "num_nodes=3", "-set", "raft.first_leader=4", "-faults", "none"},
	} {
		status, stdout, stderr := call(t, args...)
		if status != command.Trouble || stdout != "" {
			t.Errorf("%q: exit status %d\n%s", args, status, stdout)
		}
		fmt.Fprintf(&got, "%q\n%s\n", args, stderr)
	}
	golden.Compare(t, "testdata/flags.golden", got.String())
}

func TestUsage(t *testing.T) {
	golden.Compare(t, "testdata/usage.golden", fine(t, "-h"))
	if stdout := fine(t, "-list"); !strings.Contains(stdout, "\npartitions ") ||
		!strings.Contains(stdout, "\nreference ") {
		t.Errorf("-list prints\n%s", stdout)
	}
	if _, err := parseFlags([]string{"-h"}); !errors.Is(err, flags.ErrHelp) {
		t.Errorf("got %v", err)
	}
}

func TestCounts(t *testing.T) {
	c := counts{}
	for n := range uint64(200) {
		c.add(n)
	}
	if c.upTo(50) != 99 || c.upTo(99) != 197 || c.upTo(100) != 199 || c.most() != 199 || c.total() != 200 {
		t.Errorf("half is up to %d, 99 of 100 up to %d, all up to %d", c.upTo(50), c.upTo(99), c.most())
	}
	if got := c.columns(4); len(got) != 4 || got[0]+got[1]+got[2]+got[3] != 200 {
		t.Errorf("the columns are %d", got)
	}
	if got := (counts{3: 5}).columns(4); len(got) != 1 || got[0] != 5 {
		t.Errorf("the columns of one number are %d", got)
	}
	if (counts{}).columns(4) != nil || (counts{}).upTo(50) != 0 || (counts{}).most() != 0 {
		t.Error("nothing has columns")
	}
	for d, want := range map[time.Duration]uint64{
		-1: 0, 31 * time.Microsecond: 31, 63 * time.Microsecond: 62,
		time.Second: 983040,
	} {
		if got := microseconds(d); got != want {
			t.Errorf("%s is counted as %d µs, want %d", d, got, want)
		}
	}
}

// TestColours has a table that says the same with colours and without.
func TestColours(t *testing.T) {
	s := planted(t, "-seeds 1-10", 1, 4)
	if err := s.do(t.Context()); err != nil {
		t.Fatal(err)
	}
	plain := (&table{report: &s.report, width: widest}).String()
	coloured := (&table{report: &s.report, style: terminal.Style{Colour: true}, width: widest}).String()
	if strings.Contains(plain, "\x1b") || !strings.Contains(coloured, "\x1b[31m") ||
		terminal.Length(plain) != terminal.Length(coloured) {
		t.Errorf("the tables are\n%s\n%s", plain, coloured)
	}
	ascii := (&table{report: &s.report, plots: terminal.Plots{ASCII: true}, width: widest}).String()
	if strings.ContainsAny(ascii, "▁█") || !strings.Contains(ascii, "###") {
		t.Errorf("the table for a terminal without UTF-8 is\n%s", ascii)
	}
}

// write makes a file, and returns where it is.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
