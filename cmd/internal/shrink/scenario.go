package shrink

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/traces/words"
)

// describe has the config say what it is: a scenario of its own.
func (r *Result) describe(original *config.Config) {
	c, v := r.Config.Clone(), r.Violation
	c.Scenario, c.Changed = scenarioName(original), false
	c.Title = fmt.Sprintf("%s does not hold", v.Invariant.Name)
	bug := fmt.Sprint(c.Bug)
	if bug != "" {
		c.Title += ", with the bug " + bug
	}
	needed := "Each of these is needed: without any one of them the invariant holds."
	if !r.Minimal {
		needed = "Not all of these may be needed: there was no time to try."
	}
	with := ""
	if bug != "" {
		with = fmt.Sprintf(" with the bug %s built in on purpose", bug)
	}
	chance := ""
	if c.Seed != original.Seed {
		chance = fmt.Sprintf(" It is run with seed %d, with which less was needed.", c.Seed)
	}
	c.What = fmt.Sprintf("A run of %s with seed %d%s violates %s (%s, %s): %s It was cut down from %s to %s.%s %s",
		strings.TrimPrefix(original.Scenario, prefix), original.Seed, with, v.Invariant.Name, v.Invariant.ID,
		v.Invariant.Section, v.Invariant.Doc, r.Before, r.After, chance, needed)
	c.Watch = fmt.Sprintf("At %s two facts clash: %s; and %s.", v.At, v.Facts[0], v.Facts[1])
	if v.Facts[1] == "" {
		c.Watch = fmt.Sprintf("At %s: %s.", v.At, v.Facts[0])
	}
	r.Config = c
}

const prefix = "shrunk-"

// scenarioName is what the scenario is called: after the bug that it shows, or after the one that it was.
func scenarioName(original *config.Config) string {
	const longest = 100 // bytes
	name := strings.TrimPrefix(original.Scenario, prefix)
	if bug := fmt.Sprint(original.Bug); bug != "" {
		name = bug
	}
	return strings.ToValidUTF8(prefix+name[:min(len(name), longest-len(prefix))], "")
}

// File is the scenario as a file that the runner takes. It says of each message that it names which one that is.
func (r *Result) File() []byte {
	return r.Config.Minimal(config.Notes{
		Head: []string{fmt.Sprintf("Shrunk from %s to %s, in %s.", r.Before, r.After, words.Counted(r.Runs, "run"))},
		Fault: func(f config.Fault) string {
			i := slices.IndexFunc(r.messages, func(m Message) bool { return m.ID == f.Message })
			if !f.Kind.Counterfactual() || i < 0 {
				return ""
			}
			return r.messages[i].What
		},
	})
}
