package sweep

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/words"
)

// meeting is the run of a config, with what of the expectations is not so in it. One that the run cannot have, as it
// asks for a server that the cluster lacks, is not so.
func meeting(ctx context.Context, c *config.Config, expects []string) (ran, error) {
	expecting, err := c.Expecting("-find", expects)
	if err != nil {
		return ran{Result: cluster.Result{Failed: []cluster.FailedExpectation{{Expect: impossible, Got: err.Error()}}}}, nil
	}
	result, err := cluster.New(expecting, cluster.Options{Tuned: true}).Run(ctx)
	if v := result.Checks.Violation; err == nil && v != nil && !expectsViolation(expecting) {
		result.Failed = append(result.Failed, cluster.FailedExpectation{Got: v.Invariant.Name + " was violated"})
	}
	return ran{Result: result}, err
}

// impossible is the place of what a run cannot have.
const impossible = -1

// expectsViolation says whether a run that is looked for is one that a violation stops.
func expectsViolation(c *config.Config) bool {
	for i := range c.Expects {
		if c.Expects[i].Violated != "" {
			return true
		}
	}
	return false
}

// found is what -find came to.
type found struct {
	Format string   `json:"format"`
	Build  string   `json:"build"`
	Run    string   `json:"run"`
	Config string   `json:"config"`
	Expect []string `json:"expect"`
	Seeds  seeds    `json:"seeds"`
	Runs   uint64   `json:"runs"`  // that were made, in the order of the seeds
	Found  bool     `json:"found"` // whether one of them was as asked for
	Seed   uint64   `json:"seed"`  // of that one; 0 if there is none
	Next   string   `json:"next"`  // the command that shows it, or that looks further

	violated uint64 // runs that were left out, as an invariant was violated in them
}

// foundFormat is the version of what -find writes with -json.
const foundFormat = "raftkv-find-1"

// find looks for the first seed whose run is as asked for, tells which it is, and says how the search ended.
func find(ctx context.Context, s *sweep, o options, stdout, stderr io.Writer) int {
	r := &s.report
	f := found{Format: foundFormat, Build: r.Build, Run: r.Run, Config: r.Config, Expect: o.find, Seeds: r.Seeds}
	never := true // no run can have it
	s.enough = func(seed uint64, result *cluster.Result) bool {
		never = never && len(result.Failed) > 0 && result.Failed[0].Expect == impossible
		if f.Found = len(result.Failed) == 0; f.Found {
			f.Seed = seed
		}
		return f.Found
	}
	bar := terminal.NewProgress(stderr, "seeds", int(r.Seeds.count()))
	s.progress = func(done uint64) { bar.Set(int(done)) }
	err := s.do(ctx)
	bar.Done()
	if err == nil && never {
		err = s.impossible
	}
	if err != nil {
		return command.Failed(stderr, err)
	}
	f.Runs, f.violated = r.Done, uint64(len(r.Violations))
	if f.Found {
		f.Next = r.again(f.Seed)
	} else {
		f.Next = f.further()
	}
	status := command.Printed(f.print(o, stdout), stderr)
	if !f.Found {
		status = max(status, command.Violation)
	}
	return status
}

// further is the command that goes on with as many seeds again, as far as there are any.
func (f *found) further() string {
	last := min(math.MaxInt64, f.Seeds.Last+f.Seeds.count())
	if f.Seeds.Last >= last {
		return command.Line("sweep", "-list")
	}
	words := []string{"-seeds", fmt.Sprintf("%d-%d", f.Seeds.Last+1, last)}
	for _, expect := range f.Expect {
		words = append(words, "-find", expect)
	}
	return strings.TrimRight(command.Line("sweep", words...)+" "+f.Run, " ")
}

// print prints what was asked for.
func (f *found) print(o options, stdout io.Writer) error {
	switch {
	case o.quiet:
		return nil
	case o.json:
		return json.NewEncoder(stdout).Encode(f)
	}
	style, width := terminal.StyleOf(stdout), min(widest, terminal.Width(stdout))
	wanted := strings.Join(f.Expect, " and ")
	verdict := fmt.Sprintf("none of %s has %s", words.Counted(f.Runs, "run"), wanted)
	if f.Found {
		verdict = fmt.Sprintf("%s is the first that has %s", style.Green(fmt.Sprintf("seed %d", f.Seed)), wanted)
	}
	text := fmt.Sprintf("%s, %s: %s", style.Bold(strings.TrimPrefix(f.Run, "-faults ")), f.Seeds, verdict)
	if f.violated > 0 && !f.Found {
		text += fmt.Sprintf("; an invariant was violated in %s, which a sweep without -find tells",
			words.Counted(f.violated, "run"))
	}
	text = terminal.Paragraph("", "", text, width) + "\n" + style.Bold("next") + "  " + f.Next + "\n"
	if f.Found {
		again := strings.TrimPrefix(f.Next, command.Line("run"))
		text += style.Bold("show") + "  " + command.Line("run", "-quiet", "-html") + again + "\n"
	}
	_, err := io.WriteString(stdout, text)
	return err
}
