package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// begun runs gen -new in a folder with a module, and returns the exit status and what it says.
func begun(t *testing.T, root, module string, arguments ...string) (status int, said string) {
	t.Helper()
	if module != "" {
		write(t, filepath.Join(root, "go.mod"), []byte("module "+module+"\n\ngo 1.26\n"))
	}
	if _, err := os.Stat(filepath.Join(root, "spec")); err != nil {
		specsIn(t, root, asTheyAre)
		t.Chdir(root)
	}
	var out, wrong strings.Builder
	status = run(append([]string{"-new"}, arguments...), &out, &wrong)
	return status, out.String() + wrong.String()
}

// filesBelow are the paths of all files below a folder.
func filesBelow(t *testing.T, root string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, err = filepath.Rel(root, name)
			all = append(all, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A protocol begins in this module as a folder below raftkv, and nothing is written over.
func TestNew(t *testing.T) {
	root := t.TempDir()
	status, said := begun(t, root, home, "third", "-server", "keeper")
	if status != fine || !strings.Contains(said, "add to All, in cmd/internal/protocols/protocols.go: third.Protocol()") {
		t.Fatalf("exit status %d: %s", status, said)
	}
	files := strings.Join(filesBelow(t, root), "\n")
	for _, want := range []string{
		"spec/third.yaml", "spec/THIRD.md", "raftkv/third/third.go", "raftkv/third/node/node.go", "raftkv/third/run/run.go",
		"raftkv/third/protocol/effects_gen.go", "raftkv/third/spans/specs_gen.go",
	} {
		if !strings.Contains(files, want) {
			t.Errorf("there is no %s:\n%s", want, files)
		}
	}
	if strings.Contains(files, "raftkv/kv/") || strings.Contains(files, "main.go") {
		t.Errorf("more is written than the protocol:\n%s", files)
	}
	if again, said := begun(t, root, home, "third"); again != failed ||
		!strings.Contains(said, "raftkv/third, spec/third.yaml is there already") {
		t.Errorf("a second time, exit status %d: %s", again, said)
	}
}

// What cannot be is said, all of it, and nothing is written.
func TestNewRefuses(t *testing.T) {
	for _, test := range []struct {
		name, module string
		arguments    []string
		says         []string
	}{
		{
			"two bad names", home,
			[]string{"Two-Phase", "-server", "client"},
			[]string{`a protocol cannot be called "Two-Phase"`, `its server cannot be called "client"`},
		},
		{"a keyword", home, []string{"switch"}, []string{`a protocol cannot be called "switch": that is a word of its code`}},
		{
			"names of one letter, and of the code", home,
			[]string{"c", "-server", "effects"},
			[]string{`a protocol cannot be called "c": want two or more`, `its server cannot be called "effects"`},
		},
		{
			"a type of Go", home,
			[]string{"error"},
			[]string{`a protocol cannot be called "error": that is a word of its code`},
		},
		{"no module", "", []string{"third"}, []string{"there is no go.mod in .; run go mod init first"}},
		{
			"no kv.yaml", "example.org/other",
			[]string{"third"},
			[]string{"spec/third.yaml:", "there is no file github.com/raftkv/raftkv/spec/kv.yaml that can be read"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			t.Setenv("GOFLAGS", "-mod=mod")
			t.Setenv("GOPROXY", "off")
			t.Setenv("GOWORK", "off")
			status, said := begun(t, root, test.module, test.arguments...)
			if status != failed {
				t.Errorf("exit status %d, want %d: %s", status, failed, said)
			}
			for _, want := range test.says {
				if !strings.Contains(said, want) {
					t.Errorf("it does not say %q:\n%s", want, said)
				}
			}
			for _, name := range filesBelow(t, root) {
				if !strings.HasPrefix(name, "spec/") && name != "go.mod" {
					t.Errorf("%s was written", name)
				}
			}
			if _, err := os.Lstat("spec/third.yaml"); err == nil {
				t.Error("the spec was written")
			}
		})
	}
}
