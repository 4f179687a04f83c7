package run

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/read"
)

// binaries is the folder of the commands that tests build.
var binaries string

func TestMain(m *testing.M) {
	// What a developer pushes to, and how, is no part of a test.
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "OTEL_") {
			must(os.Unsetenv(name))
		}
	}
	var err error
	binaries, err = os.MkdirTemp("", "raftkv-run-*")
	must(err)
	status := m.Run()
	must(os.RemoveAll(binaries))
	os.Exit(status)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// The command as it is shipped, and with the race detector, which needs a C compiler. Each is built once, by the first
// test that asks.
var (
	shipped = sync.OnceValues(func() (string, error) { return build("run", "0") })
	racing  = sync.OnceValues(func() (string, error) { return build("run-race", "1", "-race") })
)

func build(name, cgo string, options ...string) (string, error) {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	path := filepath.Join(binaries, name)
	arguments := append(append([]string{"build", "-ldflags=-s -w"}, options...), "-o", path, "../../../run")
	command := exec.Command("go", arguments...)
	command.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", command, err, out)
	}
	return path, nil
}

// built is where one of them is.
func built(t *testing.T, which func() (string, error)) string {
	t.Helper()
	path, err := which()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// call is a call of the command: where, with what environment and arguments, and what came of it.
type call struct {
	binary string   // empty for the one that is shipped
	dir    string   // empty for the test's own
	env    []string // besides the test's own
	args   []string

	status         int
	stdout, stderr string
}

// String is how a person makes the same call from the root of the module.
func (c *call) String() string {
	words := slices.Clone(c.env)
	words = append(words, "go", "run", "./cmd/run")
	for i, word := range append(words, c.args...) {
		if i < len(words) {
			words[i] = command.ShellWord(word)
		} else {
			words = append(words, command.ShellWord(word))
		}
	}
	text := strings.Join(words, " ")
	if c.dir != "" {
		text += "   (called in " + c.dir + ")"
	}
	return text
}

// command is the call as a process that is not started yet.
func (c *call) command(t *testing.T) *exec.Cmd {
	t.Helper()
	if c.binary == "" {
		c.binary = built(t, shipped)
	}
	command := exec.CommandContext(t.Context(), c.binary, c.args...)
	command.Dir = c.dir
	command.Env = append(os.Environ(), c.env...)
	return command
}

// execute makes the call of the built command.
func (c *call) execute(t *testing.T) *call {
	t.Helper()
	var stdout, stderr bytes.Buffer
	command := c.command(t)
	command.Stdout, command.Stderr = &stdout, &stderr
	err := command.Run()
	c.exited(t, err)
	c.stdout, c.stderr = stdout.String(), stderr.String()
	return c
}

// exited takes the exit status from what waiting for the process returned.
func (c *call) exited(t *testing.T, err error) {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		c.status = 0
	case errors.As(err, &exit):
		c.status = exit.ExitCode()
	default:
		t.Fatalf("%s: %v", c, err)
	}
}

// here makes a call in the test's own process: faster, and the race detector sees it.
func here(t *testing.T, args ...string) *call {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c := &call{args: args}
	c.status = Main(t.Context(), args, &stdout, &stderr)
	c.stdout, c.stderr = stdout.String(), stderr.String()
	return c
}

// wants checks the exit status, and that standard error says nothing but these, each on a line of its own or within
// one.
func (c *call) wants(t *testing.T, status int, stderr ...string) *call {
	t.Helper()
	if c.status != status {
		t.Errorf("exit status %d, want %d: %s\nstandard error:\n%s", c.status, status, c, c.stderr)
	}
	if len(stderr) == 0 && c.stderr != "" {
		t.Errorf("standard error is not empty: %s\n%s", c, c.stderr)
	}
	for _, part := range stderr {
		if !strings.Contains(c.stderr, part) {
			t.Errorf("standard error does not say %q: %s\n%s", part, c, c.stderr)
		}
	}
	for _, sign := range []string{"goroutine ", "panic:", ".go:", "runtime error"} {
		if strings.Contains(c.stderr, sign) {
			t.Errorf("standard error looks like a crash: %s\n%s", c, c.stderr)
		}
	}
	return c
}

// filesOf reads all that is in a folder, by name: files, and folders with a slash behind. One that is not there is
// empty.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			files[path+"/"] = ""
			return nil
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		files[path] = string(text)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	delete(files, "./")
	return files
}

// same compares the files of two runs, byte by byte.
func same(t *testing.T, want, got map[string]string, how *call) {
	t.Helper()
	if a, b := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)); !slices.Equal(a, b) {
		t.Errorf("the files are %q, want %q: %s", b, a, how)
	}
	for name, text := range want {
		if other, ok := got[name]; ok && other != text {
			t.Errorf("%s differs %s\nreproduce: %s", name, difference(text, other), how)
		}
	}
}

// difference says where two texts part, and shows the lines there.
func difference(want, got string) string {
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	line := strings.Count(want[:at], "\n") + 1
	return fmt.Sprintf("at byte %d, line %d (-want +got):\n-%s\n+%s", at, line, lineAround(want, at), lineAround(got, at))
}

// lineAround is the part of a line around a byte that a person can still read.
func lineAround(text string, at int) string {
	const before, after = 80, 120
	start := max(strings.LastIndexByte(text[:at], '\n')+1, at-before)
	end := min(len(text), at+after)
	if i := strings.IndexByte(text[at:end], '\n'); i >= 0 {
		end = at + i
	}
	return strconv.Quote(text[start:end])
}

// runFolder makes a run in the test's own process, and returns its files.
func runFolder(t *testing.T, args ...string) (map[string]string, *call) {
	t.Helper()
	out := t.TempDir()
	c := here(t, append([]string{"-quiet", "-name", "x", "-out", out}, args...)...).wants(t, 0)
	return filesOf(t, filepath.Join(out, "x")), c
}

// spansIn reads the spans of a run's files.
func spansIn(t *testing.T, files map[string]string) []traces.Span {
	t.Helper()
	var all []traces.Span
	for s, err := range read.NewReader(otlpFile, strings.NewReader(files[otlpFile])).All() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// nothingIn checks that a run that could not be done left nothing behind.
func nothingIn(t *testing.T, dir string, c *call) {
	t.Helper()
	if left := slices.Sorted(maps.Keys(filesOf(t, dir))); len(left) > 0 {
		t.Errorf("%q is left behind: %s", left, c)
	}
}

// closed closes a file, a pipe or the like.
func closed(t *testing.T, c io.Closer) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// write makes a file, and returns where it is.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
