// Package scenarios holds the scenarios that are built in by name, each a config of a run that says what happens in it
// and why that matters. The one that is run when nobody names one, default, is the file config.toml one folder up.
package scenarios

import (
	"embed"
	"io/fs"
	"path"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/config"
)

//go:embed *.toml
var files embed.FS

// All are the scenarios of this folder, by name.
func All() []config.Scenario {
	names, err := fs.Glob(files, "*.toml")
	if err != nil {
		panic(err) // the pattern is no pattern
	}
	all := make([]config.Scenario, len(names))
	for i, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // it was there when the program was built
		}
		all[i] = config.Scenario{
			Name: strings.TrimSuffix(name, ".toml"), File: path.Join("cmd/run/scenarios", name),
			Text: text,
		}
	}
	return all
}
