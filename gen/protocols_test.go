package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/gen/internal/emit"
)

// module makes a module in a folder, with the requirements of the project's own.
func module(t *testing.T, root, path string) {
	t.Helper()
	const project = "github.com/raftkv/raftkv"
	requirements := regexp.MustCompile(`(?m)^module .*$`).ReplaceAll(read(t, "../go.mod"), []byte("module "+path))
	if here, err := filepath.Abs(".."); err != nil {
		t.Fatal(err)
	} else if path != project { // which what is generated is built on
		requirements = fmt.Appendf(requirements, "\nrequire %s v0.0.0\n\nreplace %[1]s => %s\n", project, here)
	}
	write(t, filepath.Join(root, "go.mod"), requirements)
	write(t, filepath.Join(root, "go.sum"), read(t, "../go.sum"))
}

// copySources copies hand-written rooms of the project, without their tests.
func copySources(t *testing.T, root string, rooms ...string) {
	t.Helper()
	for _, room := range rooms {
		sources, err := filepath.Glob("../raftkv/" + room + "/*.go")
		if err != nil || len(sources) == 0 {
			t.Fatalf("no sources of raftkv/%s: %v", room, err)
		}
		for _, name := range sources {
			if !strings.HasSuffix(name, "_test.go") {
				write(t, filepath.Join(root, "raftkv", room, filepath.Base(name)), read(t, name))
			}
		}
	}
}

// goCommand runs the go command in a folder, offline. It uses again what it compiled in another folder.
func goCommand(t *testing.T, root string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", arguments...)
	command.Dir = root
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod -trimpath", "GOPROXY=off", "GOWORK=off")
	output, err := command.CombinedOutput()
	return string(output), err
}

// A second protocol needs no change in the generator: what is made of it compiles, in a module of its own, and can be
// used.
func TestSecondProtocol(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	module(t, root, "example.com")
	if _, err := emit.Write(root, generated(t, "testdata/paxos/paxos.yaml", "paxos.yaml")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "paxos", "paxos_test.go"), read(t, "testdata/paxos/paxos_test.go.txt"))
	if output, err := goCommand(t, root, "test", "./..."); err != nil {
		t.Errorf("go test of what is generated from testdata/paxos/paxos.yaml, with testdata/paxos/paxos_test.go.txt: %v\n%s",
			err, output)
	}
}

// TestIncluded generates a spec that uses something of each kind that another file declares: it compiles, and each
// file's packages can be used.
func TestIncluded(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	module(t, root, "example.com")
	if _, err := emit.Write(root, generated(t, "testdata/house/house.yaml", "house.yaml")); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "house", "house_test.go"), read(t, "testdata/house/house_test.go.txt"))
	write(t, filepath.Join(root, "house", "run", "run.go"), read(t, "testdata/house/house_run.go.txt"))
	write(t, filepath.Join(root, "house", "run", "run_test.go"), read(t, "testdata/house/house_run_test.go.txt"))
	if output, err := goCommand(t, root, "vet", "./..."); err != nil {
		t.Errorf("go vet of what is generated from testdata/house/house.yaml: %v\n%s", err, output)
	}
	if output, err := goCommand(t, root, "test", "-vet=off", "./..."); err != nil {
		t.Errorf("go test of what is generated from testdata/house/house.yaml: %v\n%s", err, output)
	}
}

// The generator is about no protocol in particular: nothing in it, but for the name of the tool, is a word of the
// project's. A term is a word of the language of specs: what numbers those that lead.
func TestKnowsNoProtocol(t *testing.T) {
	words := regexp.MustCompile(`(?i)\b(raft|raftkv|leader|follower|candidate|election|heartbeat|quorum)s?\b`)
	allowed := regexp.MustCompile(`raftkv/raftkv/gen/|raftkv/gen|"raftkv/1"|spec/raftkv\.yaml|"github\.com/raftkv/raftkv/raftkv/(list|run|span|world)"`)
	err := filepath.WalkDir("internal", func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for i, line := range strings.Split(string(read(t, name)), "\n") {
			if found := words.FindString(allowed.ReplaceAllString(line, "")); found != "" {
				t.Errorf("%s:%d: %q is a word of one protocol: %s", name, i+1, found, strings.TrimSpace(line))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A message that is added to the spec does not compile until it is handled.
func TestNewMessageMustBeHandled(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	module(t, root, "github.com/raftkv/raftkv")
	copySources(t, root, "raft", "list")
	build := func(content []byte) (string, error) {
		files, err := generate(realSpec, "raftkv.yaml", content)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := emit.Write(root, files); err != nil {
			t.Fatal(err)
		}
		return goCommand(t, root, "build", "./raftkv/raft")
	}
	spec := read(t, realSpec)
	if output, err := build(spec); err != nil {
		t.Fatalf("as it is it does not compile: %v\n%s", err, output)
	}
	for _, added := range [][2]string{
		{"\nmessages:\n", "  - {name: Ping, doc: A question., fields: {term: Term}}\n  - {name: Pong, doc: Its answer., fields: {term: Term}}\n"},
		{"\nexchanges:\n", "  - {request: Ping, replies: [Pong], from: [leader], to: server, method: raft.Raft/Ping, doc: A new exchange.}\n"},
		{"\nspans:\n", "  - {id: ping_client, name: raft.Raft/Ping, kind: client, service: node, root: true, groups: [Who], doc: A new span.}\n"},
	} {
		if !bytes.Contains(spec, []byte(added[0])) {
			t.Fatalf("%s has no line %q", realSpec, strings.TrimSpace(added[0]))
		}
		spec = bytes.Replace(spec, []byte(added[0]), []byte(added[0]+added[1]), 1)
	}
	output, err := build(spec)
	if err == nil || !strings.Contains(output, "missing method HandlePing") {
		t.Errorf("a new exchange should fail with a missing method HandlePing, and this is what the build says: %v\n%s",
			err, output)
	}
}
