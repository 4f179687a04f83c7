// Package spec has nothing but a test: that the guide in README.md is true.
package spec

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestGuide does what "Your own protocol" says, in a module of its own: it makes the edits, runs the commands, and
// looks for what they are said to print. Whoever changes the page runs it with -v, and sees what was printed.
func TestGuide(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, guide, found := strings.Cut(string(page), "\n# Your own protocol\n")
	if !found {
		t.Fatal("README.md has no guide")
	}
	clone, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	// In a folder that is always the same, what did not change since the last time is not compiled again.
	folder := filepath.Join(clone, "bin", "tested", "guide")
	remove := func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
	}
	remove()
	t.Cleanup(remove)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t, folder: folder, clone: clone}
	for _, b := range blocks(guide) {
		r.do(b)
	}
}

// block is a block of the page, with what stands before it.
type block struct {
	before string // the text since the block before
	kind   string
	text   string
}

// blocks are the blocks of a page.
func blocks(page string) (all []block) {
	var before, text strings.Builder
	kind, inside := "", false
	for line := range strings.Lines(page) {
		switch fence, is := strings.CutPrefix(line, "```"); {
		case is && inside:
			all = append(all, block{strings.Join(strings.Fields(before.String()), " "), kind, text.String()})
			before.Reset()
			text.Reset()
			inside = false
		case is:
			kind, inside = strings.TrimSpace(fence), true
		case inside:
			text.WriteString(line)
		default:
			before.WriteString(line)
		}
	}
	return all
}

// reader follows the guide.
type reader struct {
	t       *testing.T
	folder  string // where the shell is
	clone   string // of raftkv
	printed string // by the commands of the last block
}

var (
	makes    = regexp.MustCompile("Make `([^`]+)`:$")
	adds     = regexp.MustCompile("[Aa]dd to `([^`]+)`:$")
	inserts  = regexp.MustCompile("[Ii]n `([^`]+)`, (below|above) `([^`]+)`:$")
	replaces = regexp.MustCompile("[Ii]n `([^`]+)`, in place of (the line|the function|the type|the variable) `([^`]+)`:$")
)

// do does what a block says.
func (r *reader) do(b block) {
	r.t.Helper()
	switch b.kind {
	case "sh":
		r.printed = ""
		for line := range strings.Lines(b.text) {
			r.run(strings.TrimSpace(line))
		}
		return
	case "":
		r.compare(b)
		return
	}
	if m := makes.FindStringSubmatch(b.before); m != nil {
		r.write(m[1], b.text)
		return
	}
	if m := adds.FindStringSubmatch(b.before); m != nil {
		r.write(m[1], r.read(m[1])+b.text)
		return
	}
	if m := inserts.FindStringSubmatch(b.before); m != nil {
		from, to := r.line(m[1], m[3])
		if m[2] == "below" {
			from = to
		}
		content := r.read(m[1])
		r.write(m[1], content[:from]+b.text+content[from:])
		return
	}
	if m := replaces.FindStringSubmatch(b.before); m != nil {
		find := r.declaration
		if m[2] == "the line" {
			find = func(file, _, has string) (from, to int) { return r.line(file, has) }
		}
		from, to := find(m[1], m[2], m[3])
		content := r.read(m[1])
		r.write(m[1], content[:from]+b.text+content[to:])
		return
	}
	r.t.Fatalf("nothing says what to do with this block:\n%s\n%s", b.before, b.text)
}

var status = regexp.MustCompile(`# .*exit status (\d+)$`)

// run runs a line in a shell. Its exit status is 0, unless a comment says another.
func (r *reader) run(line string) {
	r.t.Helper()
	where := filepath.Join(r.t.TempDir(), "where")
	text := strings.ReplaceAll(line, "../raftkv", r.clone)
	command := exec.CommandContext(r.t.Context(), "sh", "-c", text+"\nstatus=$?; pwd >"+where+"; exit $status")
	command.Dir = r.folder
	command.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "NO_COLOR=1", "GOSUMDB=off")
	printed, err := command.CombinedOutput()
	r.printed += string(printed)
	r.t.Logf("%s\n%s", line, printed)
	want := "0"
	if m := status.FindStringSubmatch(line); m != nil {
		want = m[1]
	}
	if got := fmt.Sprint(command.ProcessState.ExitCode()); got != want {
		r.t.Fatalf("%s: exit status %s, want %s: %v\n%s", line, got, want, err, printed)
	}
	folder, err := os.ReadFile(where)
	if err != nil {
		r.t.Fatal(err)
	}
	r.folder = strings.TrimSpace(string(folder))
}

// compare looks for the lines of a block, in their order, among what was printed.
func (r *reader) compare(b block) {
	r.t.Helper()
	rest := strings.Split(r.printed, "\n")
	for line := range strings.Lines(b.text) {
		line = strings.TrimSpace(line)
		at := 0
		for at < len(rest) && !strings.Contains(strings.TrimSpace(rest[at]), line) {
			at++
		}
		if at == len(rest) {
			r.t.Errorf("after %q this is not printed, or not there:\n%s\nbut this is:\n%s", b.before, line, r.printed)
			return
		}
		rest = rest[at+1:]
	}
}

// line is the place of the one line that has a text.
func (r *reader) line(file, has string) (from, to int) {
	r.t.Helper()
	content := r.read(file)
	at := strings.Index(content, has)
	if strings.HasPrefix(has, "import (") {
		at = strings.Index(content, "\n"+has) + 1
	}
	if at < 0 || strings.Count(content, has) != 1 {
		r.t.Fatalf("%s has %q %d times, want it once:\n%s", file, has, strings.Count(content, has), content)
	}
	return strings.LastIndexByte(content[:at], '\n') + 1, at + strings.IndexByte(content[at:], '\n') + 1
}

// declaration is the place of a function, a type or a variable, with what is said of it.
func (r *reader) declaration(file, what, name string) (from, to int) {
	r.t.Helper()
	begins := regexp.MustCompile(`^func (\([^)]*\) )?` + name + `\(`)
	if word, is := map[string]string{"the type": "type", "the variable": "var"}[what]; is {
		begins = regexp.MustCompile(`^` + word + ` ` + name + ` `)
	}
	inside := false
	for line := range strings.Lines(r.read(file)) {
		switch {
		case inside && line == "}\n", begins.MatchString(line) && strings.HasSuffix(line, "}\n"):
			return from, to + len(line)
		case inside || begins.MatchString(line):
			inside = true
		case !strings.HasPrefix(line, "//"):
			from = to + len(line)
		}
		to += len(line)
	}
	r.t.Fatalf("%s has not %s %s:\n%s", file, what, name, r.read(file))
	return 0, 0
}

func (r *reader) read(file string) string {
	r.t.Helper()
	content, err := os.ReadFile(filepath.Join(r.folder, file))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(content)
}

// write writes a file. Go is as gofmt has it, or the page would not be worth copying.
func (r *reader) write(file, content string) {
	r.t.Helper()
	if filepath.Ext(file) == ".go" {
		formatted, err := format.Source([]byte(content))
		if err != nil {
			r.t.Fatalf("%s: %v\n%s", file, err, content)
		}
		if !bytes.Equal(formatted, []byte(content)) {
			r.t.Logf("%s is not as gofmt has it", file)
		}
	}
	if err := os.WriteFile(filepath.Join(r.folder, file), []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}
