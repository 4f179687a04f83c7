package sweep

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/golden"
)

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
