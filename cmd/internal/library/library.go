// Package library finds the config that a command is asked for: that of a scenario that is built in, or of a file.
package library

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/raftkv/raftkv"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/profile"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/cmd/run/scenarios"
	"github.com/raftkv/raftkv/raftkv/whole"
)

// Default is the name of the scenario that is run when nobody names one.
const Default = "default"

// ConfigFile is the config in the folder of a run.
const ConfigFile = "run.toml"

// BuiltIn are the scenarios that have names, the default first.
func BuiltIn() []config.Scenario {
	return append([]config.Scenario{{Name: Default, File: "cmd/run/config.toml", Text: raftkv.DefaultConfig}},
		scenarios.All()...)
}

// IsFile says whether an argument is a file and not the name of a scenario.
func IsFile(arg string) bool {
	return strings.HasSuffix(arg, ".toml") || strings.ContainsRune(arg, '/') ||
		strings.ContainsRune(arg, filepath.Separator)
}

// Is says whether an argument names a scenario or a file.
func Is(arg string) bool {
	if IsFile(arg) {
		return true
	}
	_, err := Find(arg)
	return err == nil
}

// Find is the scenario of a name, or the one that a file holds.
func Find(arg string) (config.Scenario, error) {
	if IsFile(arg) {
		return readScenario(arg)
	}
	all := BuiltIn()
	names := make([]string, len(all))
	for i, s := range all {
		if s.Name == arg {
			return s, nil
		}
		names[i] = s.Name
	}
	if _, err := os.Stat(arg); err == nil {
		return config.Scenario{}, fmt.Errorf("unknown scenario %q; the file of that name is ./%s, if that is what you mean",
			arg, arg)
	}
	if near := nearest.Near(arg, names); near != "" {
		return config.Scenario{}, fmt.Errorf("unknown scenario %q; the nearest is %q, and -list shows all", arg, near)
	}
	return config.Scenario{}, fmt.Errorf("unknown scenario %q; -list shows all, and a file ends with .toml", arg)
}

func readScenario(file string) (config.Scenario, error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return config.Scenario{}, fmt.Errorf("%s is a folder; the config of a run is in its %s", file,
			filepath.Join(file, ConfigFile))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		var wrong *fs.PathError
		if errors.As(err, &wrong) {
			err = wrong.Err
		}
		return config.Scenario{}, fmt.Errorf("cannot read the config %s: %w", file, err)
	}
	return config.Scenario{File: file, Text: text}, nil
}

// One is the one scenario or file among the arguments of a command, and fallback when there is none. A name that is
// none is said to be so; a file is read later.
func One(arguments []string, fallback string) (string, error) {
	switch len(arguments) {
	case 0:
		return fallback, nil
	case 1:
		if _, err := Find(arguments[0]); err != nil && !IsFile(arguments[0]) {
			return "", err
		}
		return arguments[0], nil
	default:
		return "", fmt.Errorf("one scenario or file can be run at a time, not %s", strings.Join(arguments, " and "))
	}
}

// Request asks for a run of a scenario, or of a file, in which a profile has things go wrong; either may be empty.
// Without a scenario the profile draws all of the run; without both it is the default's of the protocol, which is the
// usual one if nobody names it.
func Request(scenario, faults string, overrides []config.Override) (config.Request, error) {
	p, err := profile.Find(cmp.Or(faults, profile.None))
	if err != nil {
		return config.Request{}, err
	}
	request := config.Request{BuiltIn: BuiltIn(), Overrides: overrides}
	request.Scenario.Text = config.Naming(protocols.Usual()) // unless the overrides name another
	if scenario == "" {
		request.Scenario = DefaultOf(request.Protocol())
	} else if request.Scenario, err = Find(scenario); err != nil {
		return config.Request{}, err
	}
	request.Scenario, request.Chance = profile.For(p, request.Protocol(), request.Scenario, scenario == "")
	return request, nil
}

// DefaultOf is what is run of a protocol when nobody names a scenario: the one that is called after the protocol, or
// else what is usual everywhere.
func DefaultOf(p *whole.Protocol) config.Scenario {
	all := BuiltIn()
	if p == protocols.Unnamed() {
		return all[0]
	}
	if i := slices.IndexFunc(all, func(s config.Scenario) bool { return s.Name == p.Run.Name }); i >= 0 {
		return all[i]
	}
	return config.Scenario{File: p.Run.Name + ".toml", Text: config.Naming(p)}
}

// List prints the scenarios and the profiles of faults, with a sentence each, and the command worth trying next.
func List(w io.Writer, next string) error {
	style := terminal.StyleOf(w)
	left := 0
	var rows, profiles [][2]string
	for _, p := range profile.All() {
		profiles = append(profiles, [2]string{style.Bold(p.Name), p.Sentence})
		left = max(left, len(p.Name))
	}
	for _, s := range BuiltIn() {
		c, err := config.Parse(s.File, s.Text)
		if err != nil {
			return err
		}
		rows = append(rows, [2]string{style.Bold(s.Name), c.Title + ". " + firstSentence(c.What)})
		left = max(left, len(s.Name))
	}
	width := terminal.Width(w)
	_, err := io.WriteString(w,
		terminal.LayOut(rows, left, width)+"\nProfiles of faults, for -faults\n"+terminal.LayOut(profiles, left,
			width)+"\n"+style.Bold("next")+"  "+next+"\n")
	return err
}

// firstSentence is a text up to its first full stop.
func firstSentence(text string) string {
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}
