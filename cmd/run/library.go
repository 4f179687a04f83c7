package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/cmd/run/scenarios"
)

// defaultScenario is run when nobody names one.
const defaultScenario = "default"

//go:embed config.toml
var defaultConfig []byte

// builtIn are the scenarios that have names, the default first.
func builtIn() []config.Scenario {
	return append([]config.Scenario{{Name: defaultScenario, File: "cmd/run/config.toml", Text: defaultConfig}}, scenarios.All()...)
}

// isFile says whether an argument is a file and not the name of a scenario.
func isFile(arg string) bool {
	return strings.HasSuffix(arg, ".toml") || strings.ContainsRune(arg, '/') || strings.ContainsRune(arg, filepath.Separator)
}

// findScenario is the scenario of a name, or the one that a file holds.
func findScenario(arg string) (config.Scenario, error) {
	if isFile(arg) {
		return readScenario(arg)
	}
	all := builtIn()
	names := make([]string, len(all))
	for i, s := range all {
		if s.Name == arg {
			return s, nil
		}
		names[i] = s.Name
	}
	if _, err := os.Stat(arg); err == nil {
		return config.Scenario{}, fmt.Errorf("unknown scenario %q; the file of that name is ./%s, if that is what you mean", arg, arg)
	}
	return config.Scenario{}, fmt.Errorf("unknown scenario %q; the nearest is %q, and -list shows all", arg, config.Nearest(arg, names))
}

func readScenario(file string) (config.Scenario, error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return config.Scenario{}, fmt.Errorf("%s is a folder; the config of a run is in its %s", file, filepath.Join(file, configFile))
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

// list prints the scenarios, with a sentence each.
func list(w io.Writer) error {
	style := terminal.StyleOf(w)
	left := 0
	var rows [][2]string
	for _, s := range builtIn() {
		c, err := config.Parse(s.File, s.Text)
		if err != nil {
			return err
		}
		rows = append(rows, [2]string{style.Bold(s.Name), c.Title + ". " + firstSentence(c.What)})
		left = max(left, len(s.Name))
	}
	_, err := io.WriteString(w, layOut(rows, left, terminal.Width(w)))
	return err
}

// firstSentence is a text up to its first full stop.
func firstSentence(text string) string {
	if i := strings.Index(text, ". "); i >= 0 {
		return text[:i+1]
	}
	return text
}
