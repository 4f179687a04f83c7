package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/gen/internal/emit"
	"github.com/raftkv/raftkv/gen/internal/skeleton"
)

// home is the module of the generator: a protocol of another one has a program of its own.
const home = "github.com/raftkv/raftkv"

// begin writes the beginning of a protocol, and what is generated of its spec.
func begin(name, server, out string, stdout io.Writer) error {
	module, err := moduleHere(out)
	if err != nil {
		return err
	}
	names := namesIn(module, name, server)
	if wrong := names.Check(); wrong != nil {
		return errors.New("gen: " + strings.Join(wrong, "\ngen: "))
	}
	files, err := skeleton.Files(names)
	if err != nil {
		return fmt.Errorf("gen: %w", err)
	}
	if there := present(out, names, files); there != nil {
		return fmt.Errorf("gen: %s is there already: nothing is written over; choose another name, or move it away",
			strings.Join(there, ", "))
	}
	generated, err := generate(filepath.ToSlash(filepath.Join(out, names.Spec())), names.Spec(), files[0].Content)
	if err != nil {
		return err
	}
	if module == home { // those that others include are generated already
		generated = slices.DeleteFunc(generated, func(f emit.File) bool {
			return !strings.HasPrefix(f.Path, names.Folder+"/") && !strings.HasPrefix(f.Path, "spec/"+names.Upper())
		})
	}
	if _, err := emit.Write(out, slices.Concat(files, generated)); err != nil {
		return fmt.Errorf("gen: %w", err)
	}
	tellBegun(stdout, names, files, len(generated))
	return nil
}

var moduleLine = regexp.MustCompile(`(?m)^module\s+(\S+)`)

// moduleHere returns the path of the module in a folder.
func moduleHere(folder string) (string, error) {
	content, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("gen: a protocol needs a module: there is no go.mod in %s; run go mod init first", folder)
	}
	found := moduleLine.FindSubmatch(content)
	if found == nil {
		return "", fmt.Errorf("gen: %s names no module", filepath.Join(folder, "go.mod"))
	}
	return strings.Trim(string(found[1]), `"`), nil
}

func namesIn(module, name, server string) skeleton.Names {
	n := skeleton.Names{
		Name: name, Server: server, Folder: name, Import: module + "/" + name, Include: home + "/spec/kv.yaml", Main: true,
	}
	if module == home {
		n.Folder, n.Import, n.Include, n.Main = "raftkv/"+name, home+"/raftkv/"+name, "kv.yaml", false
	}
	return n
}

// present are those of the files, and the folder, that are there already.
func present(out string, n skeleton.Names, files []emit.File) (there []string) {
	paths := []string{n.Folder}
	for _, f := range files {
		if !strings.HasPrefix(f.Path, n.Folder+"/") {
			paths = append(paths, f.Path)
		}
	}
	for _, path := range paths {
		if _, err := os.Lstat(filepath.Join(out, filepath.FromSlash(path))); err == nil {
			there = append(there, path)
		}
	}
	return there
}

// tellBegun says what was written, and what comes next.
func tellBegun(stdout io.Writer, n skeleton.Names, files []emit.File, generated int) {
	var b strings.Builder
	b.WriteString("gen: written, to be edited:\n")
	for _, f := range files {
		fmt.Fprintf(&b, "  %s\n", f.Path)
	}
	fmt.Fprintf(&b, "and %d files that are generated of %s\n", generated, n.Spec())
	if n.Main {
		b.WriteString("next  go get . && go run . run\n")
	} else {
		fmt.Fprintf(&b, "next  add to All, in cmd/internal/protocols/protocols.go: %s.Protocol(),\n"+
			"      and to its imports: %s %q\n      go run ./cmd/run -protocol %[1]s\n", n.Name, n.Name, n.Import+"/run")
	}
	_, _ = io.WriteString(stdout, b.String()) // the exit status says that it went well
}
