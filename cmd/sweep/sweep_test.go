package main

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

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/golden"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/raft/invariants"
	"github.com/raftkv/raftkv/traces/words"
)

// call calls the command in the test's own process.
func call(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, wrong bytes.Buffer
	status = run(t.Context(), args, &out, &wrong)
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

// TestMerge runs parts of a sweep, and puts them together in any order: the table is that of one machine, to the byte.
func TestMerge(t *testing.T) {
	for name, args := range map[string][]string{
		"the mix":              {"-seeds", "5-34"},
		"a profile":            {"-seeds", "1-20", "-faults", "crashes"},
		"a scenario":           {"-seeds", "1-20", "default"},
		"a scenario, profile":  {"-seeds", "1-20", "-faults", "partitions", "-set", "network.loss=0.1", "reference"},
		"less seeds than part": {"-seeds", "0-1"},
		"violations":           {"-seeds", "1-30", "-bug", "commit-old-term", "-keep-going"},
		"traces":               {"-check", "-seeds", "1-9"},
		"findings":             {"-check", "-seeds", "1-9", "-bug", "no-dedup", "-keep-going"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			status, want, wantWrong := call(t, args...)
			var files []string
			for _, part := range []string{"3/3", "1/3", "2/3"} {
				_, stdout, _ := call(t, append([]string{"-json", "-shard", part}, args...)...)
				files = append(files, write(t, dir, strings.ReplaceAll(part, "/", "-of-")+".json", stdout))
			}
			gotStatus, got, gotWrong := call(t, append([]string{"-merge"}, files...)...)
			if gotStatus != status || gotWrong != wantWrong {
				t.Errorf("merging exits with %d and says %q, and one machine with %d and %q", gotStatus, gotWrong, status,
					wantWrong)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("merged (-one machine +three):\n%s", diff)
			}
		})
	}
}

// TestJSONTellsViolations has them all in the JSON, and nowhere else: what a pod prints is kept in one log.
func TestJSONTellsViolations(t *testing.T) {
	status, stdout, stderr := call(t, "-json", "-seeds", "1-3", "-bug", "forget-vote")
	if status != command.Violation || stderr != "" ||
		!strings.Contains(stdout, `"violations":[{"seed":1,"invariant":"PersistBeforeSend",`) {
		t.Errorf("exit status %d\n%s\n%s", status, stdout, stderr)
	}
}

// TestWrongParts puts together what does not go together.
func TestWrongParts(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	part := func(name string, args ...string) {
		write(t, dir, name, fine(t, append([]string{"-json", "-seeds", "1-8"}, args...)...))
	}
	part("1.json", "-shard", "1/3")
	part("2.json", "-shard", "2/3")
	part("crashes.json", "-shard", "3/3", "-faults", "crashes")
	part("seeds.json", "-shard", "3/3", "-seeds", "1-9")
	part("halves.json", "-shard", "1/2")
	part("checked.json", "-shard", "3/3", "-check")
	write(t, dir, "text.json", "Hello.\n")
	write(t, dir, "old.json", `{"format": "raftkv-sweep-0"}`)
	one, err := os.ReadFile("1.json")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "both.json", string(one)+string(one))
	part("3.json", "-shard", "3/3")
	three, err := os.ReadFile("3.json")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "config.json",
		regexp.MustCompile(`"config":"[0-9a-f]*"`).ReplaceAllString(string(three), `"config":"00f067aa0ba902b7"`))
	write(t, dir, "null.json", `{"format": "raftkv-sweep-1", "figures": {"elections": null}, "seeds": {"first": 1, "last": 8}, "shard": {"index": 1, "of": 3}}`)
	write(t, dir, "stopped.json", strings.Replace(string(one), `"stopped":false`, `"stopped":true`, 1))
	var got strings.Builder
	for _, files := range []string{
		"1.json 2.json", "1.json", "1.json 1.json 2.json", "1.json 2.json crashes.json", "1.json 2.json seeds.json",
		"1.json halves.json", "1.json 2.json checked.json", "1.json 2.json config.json",
		"text.json old.json none.json both.json null.json stopped.json",
	} {
		status, stdout, stderr := call(t, append([]string{"-merge"}, strings.Fields(files)...)...)
		if status != command.Trouble || stdout != "" {
			t.Errorf("%s: exit status %d\n%s", files, status, stdout)
		}
		fmt.Fprintf(&got, "%s\n%s\n", files, stderr)
	}
	golden.Compare(t, filepath.Join(testdata, "parts.golden"), got.String())
}

// testdata is where it is, wherever a test goes.
var testdata = func() string {
	dir, err := filepath.Abs("testdata")
	if err != nil {
		panic(err)
	}
	return dir
}()

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
	if status := run(ctx, []string{"-seeds", "1-1000"}, &stdout, &stderr); status != command.Trouble ||
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

// TestIndexedJob takes the part from the environment of an indexed job.
func TestIndexedJob(t *testing.T) {
	for index, want := range map[string]shard{"0": {1, 4}, "3": {4, 4}} {
		t.Setenv(completionIndex, index)
		if o, err := parseFlags([]string{"-shards", "4"}); err != nil || o.shard != want {
			t.Errorf("%s=%s is part %s, %v; want %s", completionIndex, index, o.shard, err, want)
		}
	}
	for _, index := range []string{"4", "-1", "x"} {
		t.Setenv(completionIndex, index)
		if _, err := parseFlags([]string{"-shards", "4"}); err == nil {
			t.Errorf("%s=%s is taken for a part", completionIndex, index)
		}
	}
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

// TestShards deals out seeds: each is in one part, however many there are.
func TestShards(t *testing.T) {
	for _, all := range []seeds{{0, 0}, {1, 10}, {7, 29}} {
		for of := uint64(1); of < 12; of++ {
			dealt := make(map[uint64]int)
			for index := uint64(1); index <= of; index++ {
				s := shard{index, of}
				for i := range s.count(all) {
					dealt[s.seed(all, i)]++
				}
			}
			for seed := all.First; seed <= all.Last; seed++ {
				if dealt[seed] != 1 {
					t.Errorf("of %d parts, %d have %d of %s", of, dealt[seed], seed, all)
				}
			}
			if uint64(len(dealt)) != all.count() {
				t.Errorf("%d parts have %d of %s", of, len(dealt), all)
			}
		}
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
