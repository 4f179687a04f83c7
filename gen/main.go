// Command gen turns a protocol's spec into Go: its data in package protocol, its telemetry in package spans, its
// settings in package run, and a document beside the spec; and so each spec that it includes. It reads the specs,
// checks them, makes everything in memory, and then writes what changed. It knows no protocol, and imports nothing of
// the project, so that it builds when the generated code does not.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/raftkv/raftkv/gen/internal/emit"
	"github.com/raftkv/raftkv/gen/internal/load"
	"github.com/raftkv/raftkv/gen/internal/model"
	"github.com/raftkv/raftkv/gen/internal/sections"
)

// Exit statuses.
const (
	fine   = 0
	stale  = 1 // -check: something is not as generated
	failed = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the command: it says to stdout what it did, and what is wrong to stderr, and returns the exit status.
func run(arguments []string, stdout, stderr io.Writer) int {
	status, err := command(arguments, stdout)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, visible(err.Error())) // if nobody hears it, the exit status still says it
	}
	return status
}

// visible is a text with a sign for each character that a terminal would obey, and not show: names of files may have
// any.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\n' || r == '\t' {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

const usage = `usage: go run ./gen [flags]

Generates the Go code and the document of a protocol from its spec, and of each
spec that it includes, and writes what changed. Of a spec with faults it says
them all, and writes nothing.

Flags
  -spec FILE   the spec to read, by default each *.yaml in spec; its name is
               written into what is made of it. May be given several times
  -out FOLDER  where the paths in the spec begin, by default here
  -check       write nothing, and say what is not as generated
  -new NAME    write the beginning of a protocol, which runs at once: its spec,
               spec/NAME.yaml, and its Go, raftkv/NAME here and NAME in a module
               of its own, with what is generated
  -server WORD what a process of it is called that answers clients, by default
               primary: for -new
  -h           show this

Examples
  go generate
      what the specs say, anew
  go run ./gen -check
      whether that was forgotten
  go run ./gen -spec gen/testdata/house/house.yaml -out /tmp/house
      the types and the spans of another protocol
  go run ./gen -new twophase -server coordinator
      a protocol of your own: spec/README.md says how to go on

Exit status of the built program; under go run every failure is 1
  0  all is as generated
  1  with -check: something is not
  2  it could not be done: a wrong flag, a spec with faults, a file that cannot
     be read or written
`

func command(arguments []string, stdout io.Writer) (int, error) {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var specs []string
	flags.Func("spec", "", func(name string) error {
		specs = append(specs, name)
		return nil
	})
	out := flags.String("out", ".", "")
	check := flags.Bool("check", false, "")
	begun := flags.String("new", "", "")
	server := flags.String("server", "primary", "")
	switch err := flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		_, err := io.WriteString(stdout, usage)
		return fine, err
	case err != nil:
		return failed, fmt.Errorf("gen: %w; -h shows all flags", err)
	}
	if flags.NArg() > 0 {
		return failed, fmt.Errorf("gen: unexpected argument %q; -h shows what there is", flags.Arg(0))
	}
	if *begun != "" {
		if err := begin(*begun, *server, *out, stdout); err != nil {
			return failed, err
		}
		return fine, nil
	}
	if specs == nil {
		if specs, _ = filepath.Glob("spec/*.yaml"); specs == nil { // the pattern is a good one
			return failed, errors.New("gen: there is no *.yaml in spec here; name one with -spec")
		}
	}
	files, err := generateAll(specs, *out)
	if err != nil {
		return failed, err
	}
	spec := strings.Join(specs, ", ")
	if !*check {
		changed, err := emit.Write(*out, files)
		if err != nil {
			return failed, fmt.Errorf("gen: %w", err)
		}
		told(stdout, spec, len(files), changed)
		return fine, nil
	}
	names, err := emit.Stale(*out, files)
	if err != nil {
		return failed, fmt.Errorf("gen: %w", err)
	}
	if len(names) > 0 {
		return stale, fmt.Errorf("not as generated (run go generate): %s", strings.Join(names, ", "))
	}
	_, _ = fmt.Fprintf(stdout, "gen: %s: all %d files are as generated\n", spec,
		len(files)) // the exit status says it, too
	return fine, nil
}

// told says in a line what came of it.
func told(stdout io.Writer, spec string, files int, changed []string) {
	said := fmt.Sprintf("all %d files are up to date", files)
	if len(changed) > 0 {
		said = "written or removed: " + strings.Join(changed, ", ")
		if len(changed) < files {
			said += fmt.Sprintf("; the others of %d were up to date", files)
		}
	}
	_, _ = fmt.Fprintf(stdout, "gen: %s: %s\n", spec, said) // the exit status says that it went well
}

// generateAll makes everything of some specs in memory. What two of them include is made once.
func generateAll(specs []string, out string) ([]emit.File, error) {
	var all []emit.File
	var wrong []error
	made := map[string]bool{}
	for _, spec := range specs {
		content, err := os.ReadFile(spec)
		if err != nil {
			return nil, fmt.Errorf("gen: %w", err)
		}
		files, err := generate(spec, nameOf(spec, out), content)
		if err != nil {
			wrong = append(wrong, err)
		}
		for _, f := range files {
			if !made[f.Path] {
				made[f.Path] = true
				all = append(all, f)
			}
		}
	}
	return all, errors.Join(wrong...)
}

// generate makes everything of a spec and of what it includes in memory: file is what its faults call it, and name what
// the generated files do.
func generate(file, name string, content []byte) ([]emit.File, error) {
	protocol, faults := model.Resolve(file, content, include, sections.All)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return emit.Files(protocol, func(included string) string {
		switch {
		case included == protocol.File:
			return name
		case load.OfModule(included): // which has what is generated of it
			return ""
		}
		return path.Join(path.Dir(name), strings.TrimPrefix(included, path.Dir(protocol.File)+"/"))
	})
}

// nameOf is a spec's path from the root of what is generated, the same wherever the generator runs.
func nameOf(spec, out string) string {
	name, err := filepath.Rel(out, spec)
	if err != nil || !filepath.IsLocal(name) {
		return filepath.Base(spec)
	}
	return filepath.ToSlash(name)
}
