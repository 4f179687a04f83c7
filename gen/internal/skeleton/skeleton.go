// Package skeleton writes the beginning of a protocol: a spec, and Go that compiles, runs and writes a trace before
// anything is added. It is a store on one server.
package skeleton

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/raftkv/raftkv/gen/internal/emit"
)

//go:embed templates
var sources embed.FS

// Names are what a protocol is to be called, and where it is to be.
type Names struct {
	Name    string // of its package, its spec, and in configs
	Server  string // what a process is called that answers clients
	Import  string // the path of its package
	Folder  string // where that is, from the root of the module
	Include string // how its spec names that of the store
	Main    bool   // whether it needs a program of its own
}

// word is a name of at least two characters: variables have names of one.
var word = regexp.MustCompile(`^[a-z][a-z0-9]+$`)

// taken are names that the code of a protocol has for something else.
var taken = []string{
	"algorithm", "all", "applied", "apply", "begin", "call", "cause", "check", "child", "client", "cmd", "command",
	"committed", "continue", "crash", "effects", "failed", "finish", "from", "id", "init", "invariants", "iter", "kv",
	"main", "message", "node", "parties", "persist", "process", "protocol", "receive", "received", "recover", "reply",
	"restart", "rules", "run", "send", "server", "servers", "spans", "start", "started", "state", "store", "timeout",
	"tracer", "vendor", "wait", "watch", "whole", "world",
}

// isTaken says whether a name is a word of Go, or of the code of a protocol.
func isTaken(name string) bool {
	return token.IsKeyword(name) || types.Universe.Lookup(name) != nil || slices.Contains(taken, name)
}

// Check returns what is wrong with the names, all of it.
func (n Names) Check() (wrong []string) {
	for _, one := range []struct{ what, name string }{{"a protocol", n.Name}, {"its server", n.Server}} {
		switch {
		case !word.MatchString(one.name):
			wrong = append(wrong, fmt.Sprintf("%s cannot be called %q: want two or more lower-case letters and digits, a "+
				"letter first", one.what, one.name))
		case isTaken(one.name):
			wrong = append(wrong, fmt.Sprintf("%s cannot be called %q: that is a word of its code", one.what, one.name))
		}
	}
	return wrong
}

// Spec is the path of the spec, from the root of the module.
func (n Names) Spec() string { return "spec/" + n.Name + ".yaml" }

// Title is the protocol's name, as people write it.
func (n Names) Title() string { return title(n.Name) }

// Upper is the protocol's name in capitals.
func (n Names) Upper() string { return strings.ToUpper(n.Name) }

// Initial is the letter that the ids of its invariants begin with.
func (n Names) Initial() string { return n.Upper()[:1] }

// Type is the Go type of the server.
func (n Names) Type() string { return title(n.Server) }

// Receiver is what its methods call it: its first letter, unless they have that for something else.
func (n Names) Receiver() string {
	if first := n.Server[:1]; !strings.Contains("eimntw", first) {
		return first
	}
	return "s"
}

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// Files returns all that is to be written: the spec first. What is generated from that is not among them.
func Files(n Names) ([]emit.File, error) {
	files := []struct{ path, template string }{
		{n.Spec(), "spec.yaml.tmpl"},
		{path.Join(n.Folder, n.Name+".go"), "algorithm.go.tmpl"},
		{path.Join(n.Folder, "node", "node.go"), "node.go.tmpl"},
		{path.Join(n.Folder, "run", "run.go"), "run.go.tmpl"},
	}
	if n.Main {
		files = append(files, struct{ path, template string }{"main.go", "main.go.tmpl"})
	}
	templates, err := template.ParseFS(sources, "templates/*.tmpl")
	if err != nil {
		return nil, err
	}
	var all []emit.File
	for _, f := range files {
		var content bytes.Buffer
		if err := templates.ExecuteTemplate(&content, f.template, n); err != nil {
			return nil, err
		}
		text := content.Bytes()
		if path.Ext(f.path) == ".go" {
			if text, err = format.Source(text); err != nil {
				return nil, fmt.Errorf("%s: %w", f.path, err)
			}
		}
		all = append(all, emit.File{Path: f.path, Content: text})
	}
	return all, nil
}
