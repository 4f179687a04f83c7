package raftkv_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// shell carries out commands, with those of the project that were built.
type shell struct {
	t                     *testing.T
	file                  string // whose commands they are
	folder, built         string
	quoted                int
	goRun, longest, seeds *regexp.Regexp
}

func newShell(t *testing.T, file, built string) *shell {
	t.Helper()
	folder := t.TempDir()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	// What compiles a part of the project, as cmd/view -lab does, finds it from here.
	work := fmt.Sprintf("go 1.26.0\n\nuse %q\n", root)
	if err := os.WriteFile(filepath.Join(folder, "go.work"), []byte(work), 0o600); err != nil {
		t.Fatal(err)
	}
	return &shell{
		t: t, file: file, folder: folder, built: built,
		goRun:   regexp.MustCompile(`(go generate && )?go run \./cmd/(\w+)`),
		longest: regexp.MustCompile(`/sweep"( |$)(.*)`),
		seeds:   regexp.MustCompile(`-seeds 1-\d{3,}`),
	}
}

// commandsOf are the names of the project's commands.
func commandsOf(t *testing.T) (commands []string) {
	t.Helper()
	mains, err := filepath.Glob("cmd/*/main.go")
	if err != nil || len(mains) == 0 {
		t.Fatalf("no commands: %v", err)
	}
	for _, main := range mains {
		commands = append(commands, filepath.Base(filepath.Dir(main)))
	}
	return commands
}

// commands is the folder that the commands are built in, once, for all tests; empty until then.
var commands string

// build builds the commands, once, and returns the folder that they are in. It stays, so that the next time nothing is
// linked that is up to date: that takes longer than most of these tests.
func build(t *testing.T) string {
	t.Helper()
	if commands != "" {
		return commands
	}
	// The go command must see these files looked at, or it would keep a result that they put out of date.
	for _, room := range []string{"cmd", "raftkv", "traces"} {
		if err := filepath.WalkDir(room, func(path string, _ fs.DirEntry, err error) error {
			if ext := filepath.Ext(path); err == nil && (ext == ".go" || ext == ".toml") {
				_, err = os.Stat(path)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	built, err := filepath.Abs(filepath.Join("bin", "tested"))
	if err != nil {
		t.Fatal(err)
	}
	commands = built
	arguments := []string{"build", "-ldflags=-s -w", "-o", built + string(filepath.Separator)}
	for _, command := range commandsOf(t) {
		arguments = append(arguments, "./cmd/"+command)
	}
	goBuild := exec.CommandContext(t.Context(), "go", arguments...)
	goBuild.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := goBuild.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return built
}

// asBuilt has a line carried out with what was built.
func (s *shell) asBuilt(line string) string {
	return s.goRun.ReplaceAllString(line, `"`+filepath.ToSlash(s.built)+`/$2"`)
}

// script is asBuilt with fewer seeds in a sweep: that it works does not take more.
func (s *shell) script(line string) string {
	line = s.seeds.ReplaceAllString(s.asBuilt(line), "-seeds 1-20")
	if !strings.Contains(line, "-seeds") && !strings.Contains(line, "-merge") && !strings.Contains(line, " -h") {
		line = s.longest.ReplaceAllString(line, `/sweep" -seeds 1-20$1$2`)
	}
	return line
}

func (s *shell) run(script string) (stdout, stderr string, err error) {
	var out, wrong bytes.Buffer
	command := exec.CommandContext(s.t.Context(), "sh", "-c", script)
	command.Dir, command.Stdout, command.Stderr = s.folder, &out, &wrong
	command.Env = slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "OTEL_") })
	err = command.Run()
	return out.String(), wrong.String(), err
}

// said is what a command prints that README.md quotes.
func (s *shell) said(command string) string {
	s.t.Helper()
	s.quoted++
	stdout, stderr, err := s.run(s.asBuilt(command))
	if troubled(err) {
		s.t.Errorf("%s: %v\n%s", command, err, stderr)
	}
	return stdout
}

// troubled says whether a command could not do what it was asked for.
func troubled(err error) bool {
	var exit *exec.ExitError
	return err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1)
}

// block carries out the commands of a block, if all of it can be.
func (s *shell) block(text string) {
	s.t.Helper()
	var script strings.Builder
	for line := range strings.Lines(text) {
		command, comment, _ := strings.Cut(strings.TrimSpace(line), "  #")
		command = strings.TrimSpace(command)
		want := "0"
		if strings.Contains(comment, "exit status 1") {
			want = "1"
		}
		switch {
		case strings.HasPrefix(command, "jaeger="), strings.Contains(command, "kubectl"):
			// `make test-jaeger` carries out the first.
			return
		case strings.HasPrefix(command, "make "), strings.Contains(command, "-otlp "):
		default:
			script.WriteString(s.script(command) + "\nstatus=$?; [ $status = " + want +
				" ] || { echo \"exit status $status, want " + want + ", of\" >&2; cat >&2 <<'END'\n" +
				command + "\nEND\nexit 9; }\n")
		}
	}
	if _, stderr, err := s.run(script.String()); err != nil {
		s.t.Errorf("%s has a block that does not do what it says:\n%s%s", s.file, text, stderr)
	}
}

// usage looks whether the -h of a command has room in 80 columns, and whether what it shows works.
func (s *shell) usage(command string) {
	s.t.Helper()
	help, _, err := s.run(s.script("go run ./cmd/" + command + " -h"))
	if err != nil {
		s.t.Fatalf("%s -h: %v", command, err)
	}
	_, examples, _ := strings.Cut(help, "\nExamples\n")
	examples, _, found := strings.Cut(examples, "\nExit status")
	if !found {
		s.t.Errorf("%s -h has no examples before its exit statuses", command)
	}
	for line := range strings.Lines(help) {
		if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > 80 {
			s.t.Errorf("%s -h has a line of more than 80 columns:\n%s", command, line)
		}
	}
	for line := range strings.Lines(examples) {
		if example := strings.TrimSpace(line); strings.HasPrefix(example, "go run ") {
			if _, stderr, err := s.run(s.script(example)); troubled(err) {
				s.t.Errorf("%s -h shows an example that does not work: %s: %v\n%s", command, example, err, stderr)
			}
		}
	}
}
