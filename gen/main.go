// Command gen turns a protocol's spec into Go: its data in package protocol, its telemetry in package spans, and a document beside the spec. It reads the spec,
// checks it, makes everything in memory, and then writes what changed. It knows no protocol, and imports nothing of the project, so that it builds when the
// generated code does not.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/emit"
	"github.com/raftkv/raftkv/gen/internal/model"
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
	status, err := command(arguments, stdout, stderr)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err) // if nobody hears it, the exit status still says it
	}
	return status
}

func command(arguments []string, stdout, stderr io.Writer) (int, error) {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	spec := flags.String("spec", "spec/raftkv.yaml", "the `file` to read; its name is written into what is made of it")
	out := flags.String("out", ".", "the `folder` that paths in the spec begin at")
	check := flags.Bool("check", false, "write nothing, and say what is not as generated")
	switch err := flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		return fine, nil
	case err != nil:
		return failed, nil // the flag package said it already
	}
	if flags.NArg() > 0 {
		return failed, fmt.Errorf("gen: unexpected argument %q", flags.Arg(0))
	}
	content, err := os.ReadFile(*spec)
	if err != nil {
		return failed, fmt.Errorf("gen: %w", err)
	}
	files, err := generate(*spec, nameOf(*spec, *out), content)
	if err != nil {
		return failed, err
	}
	if !*check {
		changed, err := emit.Write(*out, files)
		if err != nil {
			return failed, fmt.Errorf("gen: %w", err)
		}
		told(stdout, *spec, len(files), changed)
		return fine, nil
	}
	names, err := emit.Stale(*out, files)
	if err != nil {
		return failed, fmt.Errorf("gen: %w", err)
	}
	if len(names) > 0 {
		return stale, fmt.Errorf("not as generated (run go generate): %s", strings.Join(names, ", "))
	}
	return fine, nil
}

// told says in a line what came of it.
func told(stdout io.Writer, spec string, files int, changed []string) {
	said := fmt.Sprintf("all %d files are up to date", files)
	if len(changed) > 0 {
		said = "written or removed: " + strings.Join(changed, ", ") + fmt.Sprintf("; the others of %d were up to date", files)
	}
	_, _ = fmt.Fprintf(stdout, "gen: %s: %s\n", spec, said) // the exit status says that it went well
}

// generate makes everything of a spec in memory: file is what its faults call it, and name what the generated files do.
func generate(file, name string, content []byte) ([]emit.File, error) {
	protocol, faults := model.Resolve(file, content)
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return emit.Files(protocol, name)
}

// nameOf is a spec's path from the root of what is generated, the same wherever the generator runs.
func nameOf(spec, out string) string {
	name, err := filepath.Rel(out, spec)
	if err != nil || !filepath.IsLocal(name) {
		return filepath.Base(spec)
	}
	return filepath.ToSlash(name)
}
