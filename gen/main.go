// Command gen turns a protocol's spec into Go: its data in package protocol, its telemetry in package spans, and a document beside the spec. It reads the spec,
// checks it, makes everything in memory, and then writes what changed. It knows no protocol, and imports nothing of the project, so that it builds when the
// generated code does not.
package main

import (
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
	os.Exit(run(os.Args[1:], os.Stderr))
}

func run(arguments []string, errors io.Writer) int {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(errors)
	spec := flags.String("spec", "spec/raftkv.yaml", "the `file` to read; its name is written into what is made of it")
	out := flags.String("out", ".", "the `folder` that paths in the spec begin at")
	check := flags.Bool("check", false, "write nothing, and say what is not as generated")
	if err := flags.Parse(arguments); err != nil {
		return failed
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(errors, "gen: unexpected argument %q\n", flags.Arg(0))
		return failed
	}
	content, err := os.ReadFile(*spec)
	if err != nil {
		fmt.Fprintf(errors, "gen: %v\n", err)
		return failed
	}
	files, err := generate(*spec, nameOf(*spec, *out), content)
	if err != nil {
		fmt.Fprintln(errors, err)
		return failed
	}
	if *check {
		return report(*out, files, errors)
	}
	if err := emit.Write(*out, files); err != nil {
		fmt.Fprintf(errors, "gen: %v\n", err)
		return failed
	}
	return fine
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

func report(out string, files []emit.File, errors io.Writer) int {
	names, err := emit.Stale(out, files)
	if err != nil {
		fmt.Fprintf(errors, "gen: %v\n", err)
		return failed
	}
	if len(names) == 0 {
		return fine
	}
	fmt.Fprintf(errors, "not as generated (run go generate): %s\n", strings.Join(names, ", "))
	return stale
}
