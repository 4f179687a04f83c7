// Package runs finds the runs that a command line names.
package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/words"
)

// Folder is where the runner puts its runs when nobody says otherwise.
const Folder = "traces/runs"

// The files that commands make of a run, and write beside its trace.
const (
	HistoryFile  = "history.html"
	JaegerFile   = "trace.jaeger.json"
	PerfettoFile = "trace.perfetto.json"
	ShiVizFile   = "trace.shiviz.log"
	PageFile     = "view.html"
)

// Derived are the names of all of them. When another run takes the place of the one that they were made of they are
// false.
func Derived() []string { return []string{HistoryFile, JaegerFile, PerfettoFile, ShiVizFile, PageFile} }

// Find is the path of a run: its folder or its trace file as they are given, or else the folder of that name among the
// runner's. The path is for read.Open.
func Find(arg string) (path string, err error) { return findIn(Folder, arg) }

func findIn(folder, arg string) (string, error) {
	if arg == "" {
		return "", errors.New("a run needs a name: its folder, its trace file, or its name in " + folder)
	}
	if _, err := os.Stat(arg); err == nil {
		return arg, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("cannot read the run %s: %w", arg, err)
	}
	if filepath.Base(arg) == arg {
		named := filepath.Join(folder, arg)
		if info, err := os.Stat(named); err == nil && info.IsDir() {
			return named, nil
		}
	}
	names := Names(folder)
	if len(names) == 0 {
		return "", fmt.Errorf("there is no run %s, and none in %s: `%s` makes one", arg, folder,
			command.Line("run"))
	}
	return "", fmt.Errorf("there is no run %s; the nearest in %s is %s", arg, folder,
		nearest.Name(filepath.Base(arg), names))
}

// Names are the runs in a folder that have a trace, in their order.
func Names(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil // there are none then
	}
	var names []string
	for _, e := range entries {
		// a run in the making, which has no name yet, or one that no command takes
		if strings.HasPrefix(e.Name(), ".") || words.Printable(e.Name()) != e.Name() {
			continue
		}
		if _, err := os.Stat(filepath.Join(folder, e.Name(), record.FileName)); err == nil {
			names = append(names, e.Name())
		}
	}
	return names
}
