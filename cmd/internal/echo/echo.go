// Package echo is a second protocol for the tests of what has to work for any: a store with a keeper, which answers
// clients, and mirrors, which copy what it holds. Nothing is agreed on: where the keeper's disk is gone, so is all.
//
//	echo.go     the row of the table of protocols, and the settings
//	servers.go  keepers and mirrors
//	spans.go    their spans: by hand, what a generator makes of a spec
package echo

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/raftkv/world"
)

// The kinds of its servers.
var (
	Keepers = world.NewGroup("keeper")
	Mirrors = world.NewGroup("mirror")
)

// Row has the protocol be one of the table as long as a test runs, which no other may do at the same time.
func Row(t testing.TB) *whole.Protocol {
	t.Helper()
	before := protocols.All
	t.Cleanup(func() { protocols.All = before })
	row := Protocol()
	protocols.All = append(slices.Clone(before), row)
	return row
}

// Protocol is the protocol for a test that puts it into the table by itself.
func Protocol() *whole.Protocol {
	return whole.New(whole.Protocol{
		Name: "Echo", Specs: specs(), Landmarks: landmarks, Told: told(), Run: protocol(),
	})
}

const (
	keeping = "keeping"
	waiting = "waiting"
)

// DeafMirror is a bug: the mirrors copy nothing.
const DeafMirror = "deaf-mirror"

func protocol() run.Protocol {
	return run.Protocol{
		Name: "echo", SpecHash: "echo", Disks: "echo.go",
		Parties: []run.Party{
			{
				Group: Keepers, Key: "num_keepers", Doc: "keepers", Usual: 1, Least: 1, Most: 2, Answers: true, Leads: true,
				Applies: true,
			},
			{Group: Mirrors, Key: "num_mirrors", Doc: "mirrors", Usual: 2, Least: 1, Most: 3, Applies: true},
		},
		Section: "echo", NewSettings: func() run.Settings { return &Settings{} },
		Settings: []run.Setting{
			{
				Name: "interval", Usual: 10 * time.Millisecond, Positive: "the mirrors would get nothing",
				Field: func(s run.Settings) any { return &s.(*Settings).Interval },
			},
			{
				Name: "first_keeper", Usual: 1, Least: 1, Most: 2,
				Field: func(s run.Settings) any { return &s.(*Settings).FirstKeeper },
			},
		},
		Roles:      run.Roles{All: []string{waiting, keeping}, Leader: keeping, Follower: waiting},
		Bugs:       []run.Bug{{Name: DeafMirror, Doc: "The mirrors copy nothing.", CaughtBy: []string{"SameOrder"}}},
		Invariants: []check.Invariant{{Name: "SameOrder", ID: "E1", Section: "echo", Doc: "Mirrors hold a part."}},
		Sometimes:  []check.Sometime{{What: "a mirror was behind"}},
		Tell:       func(run.Counts, world.ProcessID) []any { return []any{begin{}} },
		Elect:      func() any { return keep{} },
		Servers:    servers,
	}
}

// Settings are the section [echo] of a config.
type Settings struct {
	Interval    time.Duration // in which the mirrors get what the keeper holds
	FirstKeeper int
}

// Clone implements run.Settings.
func (s *Settings) Clone() run.Settings {
	clone := *s
	return &clone
}

// First implements run.Settings.
func (s *Settings) First() world.ProcessID { return world.NewProcessID(Keepers, uint32(s.FirstKeeper)) }

// Clashes implements run.Settings.
func (s *Settings) Clashes(c run.Counts) []run.Clash {
	if s.FirstKeeper <= c.Of(Keepers) {
		return nil
	}
	return []run.Clash{{
		Keys: []string{"echo.first_keeper", "num_keepers"}, Why: fmt.Sprintf("there is no keeper-%d", s.FirstKeeper),
	}}
}

// Vary implements run.Settings.
func (s *Settings) Vary(d run.Dice, _ run.Counts) {
	s.Interval = time.Duration(d.From("interval", 1, 20)) * time.Millisecond
}

// Age implements run.Settings.
func (*Settings) Age(run.Dice) {}
