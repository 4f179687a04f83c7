package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// module makes a module in a folder, with the requirements of the project's own, and with the project: what is
// generated is built on that.
func module(t *testing.T, root string) {
	t.Helper()
	here, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^module .*$`).ReplaceAll(read(t, "../go.mod"), []byte("module example.com"))
	write(t, filepath.Join(root, "go.mod"),
		fmt.Appendf(text, "\nrequire %s v0.0.0\n\nreplace %[1]s => %s\n", "github.com/raftkv/raftkv", here))
	write(t, filepath.Join(root, "go.sum"), read(t, "../go.sum"))
}

// cleared removes a folder.
func cleared(t *testing.T, folder string) {
	t.Helper()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
}

// Other protocols need no change in the generator: what is made of them compiles, in a module of its own, and can be
// used. One of them uses something of each kind that another file declares.
func TestOtherProtocols(t *testing.T) {
	t.Parallel()
	// In a folder that is always the same, what did not change since the last time is not compiled again.
	root, err := filepath.Abs(filepath.Join("..", "bin", "tested", "protocols"))
	if err != nil {
		t.Fatal(err)
	}
	cleared(t, root)
	t.Cleanup(func() { cleared(t, root) })
	module(t, root)
	for _, name := range []string{"paxos", "house"} {
		for _, f := range generated(t, "testdata/"+name+"/"+name+".yaml", name+".yaml") {
			write(t, filepath.Join(root, filepath.FromSlash(f.Path)), f.Content)
		}
		test := name + "_test.go"
		write(t, filepath.Join(root, name, test), read(t, "testdata/"+name+"/"+test+".txt"))
	}
	write(t, filepath.Join(root, "house", "run", "run.go"), read(t, "testdata/house/house_run.go.txt"))
	write(t, filepath.Join(root, "house", "run", "run_test.go"), read(t, "testdata/house/house_run_test.go.txt"))
	command := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-vet=all", "./...")
	command.Dir = root
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("go test of what is generated from testdata/paxos and testdata/house, with the tests there: %v\n%s", err,
			output)
	}
}

// The generator is about no protocol in particular: nothing in it, but for the name of the tool, is a word of the
// project's. A term is a word of the language of specs: what numbers those that lead.
func TestKnowsNoProtocol(t *testing.T) {
	words := regexp.MustCompile(`(?i)\b(raft|raftkv|leader|follower|candidate|election|heartbeat|quorum)s?\b`)
	allowed := regexp.MustCompile(
		`github\.com/raftkv/raftkv[a-z/]*|raftkv/gen|"?raftkv/1|spec/raftkv\.yaml|raftkv\.(KV/|copy)`,
	)
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
