package main

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/gen/internal/emit"
	"github.com/raftkv/raftkv/gen/internal/load"
)

// update rewrites the expectations under testdata. Look at every change before you keep it.
var update = flag.Bool("update", false, "rewrite testdata")

const realSpec = "../spec/raftkv.yaml"

func read(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return load.Normal(content)
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// specsIn copies the project's specs, edited, into the folder spec below another, and returns where the root spec is.
func specsIn(t *testing.T, root string, edit func([]byte) []byte) string {
	t.Helper()
	all, err := filepath.Glob("../spec/*.yaml")
	if err != nil || len(all) < 2 {
		t.Fatalf("the specs are %v, %v", all, err)
	}
	for _, name := range all {
		write(t, filepath.Join(root, "spec", filepath.Base(name)), edit(read(t, name)))
	}
	return filepath.Join(root, "spec", "raftkv.yaml")
}

func asTheyAre(content []byte) []byte { return content }

// generated makes the files of a spec that has no faults.
func generated(t *testing.T, file, name string) []emit.File {
	t.Helper()
	files, err := generate(file, name, read(t, file))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// same compares files under a folder with what was generated.
func same(t *testing.T, root string, files []emit.File, remedy string) {
	t.Helper()
	names, err := emit.Stale(root, files)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		have, err := os.ReadFile(filepath.Join(root, f.Path))
		if err != nil {
			t.Errorf("%v: %s", err, remedy)
		} else if diff := cmp.Diff(strings.Split(string(load.Normal(have)), "\n"), strings.Split(string(f.Content),
			"\n")); diff != "" {
			t.Errorf("%s is not as generated: %s\n(-file +generated)\n%s", filepath.Join(root, f.Path), remedy, diff)
		}
	}
	if len(names) > 0 {
		t.Errorf("not as generated: %s: %s", strings.Join(names, ", "), remedy)
	}
}

func TestGeneratedFresh(t *testing.T) {
	all, err := filepath.Glob("../spec/*.yaml")
	if err != nil || len(all) < 3 {
		t.Fatalf("the specs are %v, %v", all, err)
	}
	for _, spec := range all {
		same(t, "..", generated(t, spec, "spec/"+filepath.Base(spec)), "run go generate")
	}
}

// TestAllSpecs has no spec named, and finds those in the folder spec; where there are none, it says so.
func TestAllSpecs(t *testing.T) {
	root := t.TempDir()
	specsIn(t, root, asTheyAre)
	t.Chdir(root)
	var said bytes.Buffer
	if status := run(nil, &said, &said); status != fine || !strings.Contains(said.String(), "spec/kv.yaml, ") {
		t.Errorf("exit status %d, and it says %q", status, &said)
	}
	for _, written := range []string{"raftkv/raft/protocol", "raftkv/kv/spans", "raftkv/world/spans"} {
		if _, err := os.Stat(written); err != nil {
			t.Errorf("it is not written: %v", err)
		}
	}
	t.Chdir(t.TempDir())
	said.Reset()
	if status := run(nil, io.Discard, &said); status != failed || !strings.Contains(said.String(), "no *.yaml in spec") {
		t.Errorf("without specs: exit status %d, and it says %q", status, &said)
	}
}

func TestGolden(t *testing.T) {
	files := generated(t, "testdata/tiny/tiny.yaml", "tiny.yaml")
	if *update {
		if _, err := emit.Write("testdata/tiny", files); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "testdata/tiny", files, "go test ./gen -run Golden -update")
}

func TestTwice(t *testing.T) {
	for _, spec := range []string{realSpec, "testdata/paxos/paxos.yaml"} {
		once, again := generated(t, spec, "x.yaml"), generated(t, spec, "x.yaml")
		for i, f := range once {
			if f.Path != again[i].Path || !bytes.Equal(f.Content, again[i].Content) {
				t.Errorf("%s generated twice differs in %s", spec, f.Path)
			}
		}
	}
}

// TestHashOfWhatIsIncluded wants another hash of a spec where a file is another that it includes, however far down.
func TestHashOfWhatIsIncluded(t *testing.T) {
	hashes := func(edit func([]byte) []byte) map[string]string {
		found := map[string]string{}
		for _, f := range generated(t, specsIn(t, t.TempDir(), edit), "spec/raftkv.yaml") {
			if _, hash, ok := bytes.Cut(f.Content, []byte("const SpecHash = ")); ok {
				found[f.Path] = string(hash)
			}
		}
		return found
	}
	before := hashes(asTheyAre)
	after := hashes(func(content []byte) []byte {
		return bytes.Replace(content, []byte("Names one operation of one client."),
			[]byte("Names an operation of a client."), 1)
	})
	raft, kv := "raftkv/raft/protocol/protocol_gen.go", "raftkv/kv/protocol_gen.go"
	if before[raft] == "" || before[kv] == "" || before[raft] == after[raft] || before[kv] == after[kv] ||
		before[raft] == before[kv] {
		t.Errorf("the hashes were %v, and are %v where kv.yaml is another", before, after)
	}
	world := hashes(func(content []byte) []byte {
		return bytes.Replace(content, []byte("doc: \"The run's seed.\""), []byte("doc: \"Its seed.\""), 1)
	})
	if world[raft] == before[raft] || world[kv] == before[kv] {
		t.Errorf("the hashes were %v, and are %v where world.yaml is another", before, world)
	}
}

// TestLineEndings generates in a clone whose lines end with CRLF, as Git for Windows makes them: the same bytes, and
// nothing is written over that differs in nothing else.
func TestLineEndings(t *testing.T) {
	crlf := func(content []byte) []byte { return bytes.ReplaceAll(content, []byte("\n"), []byte("\r\n")) }
	marked := func(content []byte) []byte { return append([]byte("\xef\xbb\xbf"), crlf(content)...) }
	for _, edit := range []func([]byte) []byte{crlf, marked} {
		root := t.TempDir()
		spec := specsIn(t, root, edit)
		var said bytes.Buffer
		if status := run([]string{"-spec", spec, "-out", root}, io.Discard, &said); status != fine {
			t.Fatal(said.String())
		}
		files := generated(t, realSpec, "spec/raftkv.yaml")
		same(t, root, files, "with CRLF it is another")
		for _, f := range files {
			name := filepath.Join(root, filepath.FromSlash(f.Path))
			if have, err := os.ReadFile(name); err != nil || !bytes.Equal(have, f.Content) {
				t.Errorf("%s has other bytes: %v", f.Path, err)
			}
			write(t, name, crlf(f.Content))
		}
		if status := run([]string{"-check", "-spec", spec, "-out", root}, io.Discard, &said); status != fine {
			t.Error(said.String())
		}
	}
}

// From nothing, in another place, by the command as a user runs it.
func TestRegenerate(t *testing.T) {
	root := t.TempDir()
	spec := specsIn(t, root, asTheyAre)
	leftover, mine := filepath.Join(root, "raftkv", "raft", "spans", "spans_ghost_gen.go"), filepath.Join(root,
		"raftkv", "raft", "spans", "mine_gen.go")
	write(t, leftover, []byte("// Code generated by raftkv/gen from spec/raftkv.yaml. DO NOT EDIT.\n\npackage spans\n"))
	write(t, mine, []byte("package spans\n"))

	command := func(want int, arguments ...string) string {
		t.Helper()
		var errors bytes.Buffer
		if status := run(append(arguments, "-spec", spec, "-out", root), io.Discard, &errors); status != want {
			t.Fatalf("gen %s: exit status %d, want %d\n%s", strings.Join(arguments, " "), status, want, &errors)
		}
		return errors.String()
	}
	command(stale, "-check")
	command(fine)
	same(t, root, generated(t, realSpec, "spec/raftkv.yaml"), "gen wrote it otherwise than in the tree")
	if _, err := os.Stat(leftover); !os.IsNotExist(err) {
		t.Errorf("%s is left over, and should be removed: %v", leftover, err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("what the generator did not write is not its to remove: %v", err)
	}
	command(fine, "-check")
	unchanged := filepath.Join(root, "raftkv", "raft", "protocol", "types_gen.go")
	before, err := os.Stat(unchanged)
	if err != nil {
		t.Fatal(err)
	}
	command(fine)
	if after, err := os.Stat(unchanged); err != nil || !os.SameFile(before, after) {
		t.Errorf("%s was written though nothing changed: %v", unchanged, err)
	}

	write(t, unchanged, []byte("package protocol"))
	if said := command(stale, "-check"); !strings.Contains(said, "raftkv/raft/protocol/types_gen.go") ||
		!strings.Contains(said, "go generate") {
		t.Errorf("-check said %q of a changed file", said)
	}
}

// A spec with a fault writes nothing and exits with 2.
func TestFaultWritesNothing(t *testing.T) {
	root := t.TempDir()
	spec := specsIn(t, root, func(content []byte) []byte {
		content = bytes.Replace(content, []byte("last_log_term: {type: Term"), []byte("last_log_term: {type: Trem"), 1)
		return bytes.Replace(content, []byte("sequence: Sequence"), []byte("sequence: Sequnce"), 1)
	})
	var errors bytes.Buffer
	if status := run([]string{"-spec", spec, "-out", root}, io.Discard, &errors); status != failed {
		t.Errorf("exit status %d, want %d", status, failed)
	}
	for _, want := range []string{
		`raftkv.yaml:68:29: undefined type "Trem" (nearest: "Term")`,
		`kv.yaml:41:42: undefined type "Sequnce" (nearest: "Sequence")`,
	} {
		if !strings.Contains(errors.String(), want) {
			t.Errorf("it said no %s:\n%s", want, &errors)
		}
	}
	entries, err := os.ReadDir(root)
	if err != nil || len(entries) != 1 {
		t.Errorf("it wrote something: %v, %v", entries, err)
	}
	for _, arguments := range [][]string{
		{"-spec", filepath.Join(root, "nothing.yaml")},
		{"-whatever"},
		{"what"},
		{"-spec", "a\x1b[31m\u202e"},
		{"-\x1b[31m"},
		{"\x1b[31m"},
	} {
		errors.Reset()
		if status := run(arguments, io.Discard, &errors); status != failed ||
			!strings.HasPrefix(errors.String(), "gen: ") || strings.Count(errors.String(), "\n") != 1 {
			t.Errorf("gen %q: exit status %d, want %d: %s", arguments, status, failed, &errors)
		}
		if strings.ContainsAny(errors.String(), "\x1b\u202e") {
			t.Errorf("gen %q says %q", arguments, &errors)
		}
	}
}

// TestSays wants a line of what was written, and of all that was up to date.
func TestSays(t *testing.T) {
	root := t.TempDir()
	spec := specsIn(t, root, asTheyAre)
	arguments := []string{"-spec", spec, "-out", root}
	for _, c := range []struct{ spoilt, flag, want, not string }{
		{"", "-check=false", "written or removed: ", "the others"},
		{"", "-check=false", "all ", "written"},
		{"", "-check", "all ", "written"},
		{
			"raftkv/raft/spans/names_gen.go", "-check=false",
			"written or removed: raftkv/raft/spans/names_gen.go; the others of ", "all",
		},
	} {
		if c.spoilt != "" {
			write(t, filepath.Join(root, filepath.FromSlash(c.spoilt)), nil)
		}
		var said, wrong bytes.Buffer
		if status := run(append(arguments, c.flag), &said, &wrong); status != fine || wrong.Len() > 0 {
			t.Fatal(wrong.String())
		}
		got := said.String()
		if !strings.HasPrefix(got, "gen: "+spec+": "+c.want) || strings.Count(got, "\n") != 1 ||
			strings.Contains(strings.TrimPrefix(got, "gen: "+spec+": "), c.not) {
			t.Errorf("it says %q, want %q", got, c.want)
		}
	}
	// Two specs that include the same: that is made once.
	paxos := filepath.Join(root, "paxos.yaml")
	write(t, paxos, []byte("format: raftkv/1\nname: Paxos\ndoc: Another.\nincludes: [spec/kv.yaml]\noutput: {import: x.org/paxos, folder: paxos}\ntypes: [{name: Ballot, go: uint64, doc: A number.}]\n"))
	var both, wrong bytes.Buffer
	if status := run(append(arguments, "-spec", paxos), &both, &wrong); status != fine ||
		!strings.HasPrefix(both.String(), "gen: "+spec+", "+paxos+": written or removed: paxos/") ||
		strings.Contains(both.String(), "raftkv/kv/") {
		t.Errorf("of two specs it says %q, %q", &both, &wrong)
	}
	var help bytes.Buffer
	if status := run([]string{"-h"}, &help, io.Discard); status != fine {
		t.Errorf("-h: exit status %d", status)
	}
	for _, want := range []string{"usage: go run ./gen", "-spec FILE", "-out FOLDER", "-check", "Exit status"} {
		if !strings.Contains(help.String(), want) {
			t.Errorf("-h does not say %q:\n%s", want, &help)
		}
	}
}
