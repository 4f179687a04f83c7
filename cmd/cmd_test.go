package cmd

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands"
	runs "github.com/raftkv/raftkv/cmd/internal/commands/run"
	"github.com/raftkv/raftkv/cmd/internal/echo"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/whole"
)

// with adds protocols as long as a test runs.
func with(t *testing.T, added ...*whole.Protocol) {
	t.Helper()
	undo, err := add(added)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(undo)
}

// call calls the program, wants a status, and that each of its two outputs has a text, or has nothing where that is
// empty.
func call(t *testing.T, status int, stdout, stderr string, args ...string) string {
	t.Helper()
	var out, wrong bytes.Buffer
	if got := commands.Main(t.Context(), args, &out, &wrong); got != status {
		t.Errorf("%q: exit status %d, want %d\n%s%s", args, got, status, &out, &wrong)
	}
	for _, said := range []struct{ is, want string }{{out.String(), stdout}, {wrong.String(), stderr}} {
		if !strings.Contains(said.is, said.want) || said.want == "" && said.is != "" {
			t.Errorf("%q says\n%s\nwant\n%s", args, said.is, said.want)
		}
	}
	return out.String()
}

// TestList lists the commands and the protocols, with no argument and where that is asked for.
func TestList(t *testing.T) {
	with(t, echo.Protocol())
	want := `usage: go run . COMMAND [flags]...

Commands; each has -h, with examples
  run      runs a scenario, tells its story, and writes its trace
  diff     says what differs between two runs, and why
  check    says what is wrong with runs, from their traces alone
  explain  says why something in a run is as it is
  export   writes a run for Jaeger, Perfetto or ShiViz
  story    tells the story of a run from its trace, or a part of it
  view     writes one HTML page that shows a run, or two
  sweep    runs thousands of seeds in which everything goes wrong, and checks
           each

the protocols are echo, raft, multipaxos; where none is named, echo is run

next  go run . run
`
	for _, args := range [][]string{nil, {"-h"}, {"--help"}, {"help", "run"}} {
		if got := call(t, command.Fine, "usage", "", args...); got != want {
			t.Errorf("%q says\n%s", args, got)
		}
	}
	for _, c := range commands.All {
		help := call(t, command.Fine, "usage: go run . "+c.Name+" ", "", c.Name, "-h")
		if strings.Contains(help, "./cmd/") || strings.Contains(help, "default-") {
			t.Errorf("%s -h calls another program:\n%s", c.Name, help)
		}
	}
}

// TestUnknown calls commands that there are not.
func TestUnknown(t *testing.T) {
	with(t, echo.Protocol())
	for arg, want := range map[string]string{
		"chek":         "error: there is no command \"chek\"; the nearest is \"check\", and -h shows all\n",
		"":             "error: there is no command \"\"; the nearest is ",
		"-seed":        "error: \"-seed\" is a flag, and a command stands before its flags, as in\n  go run . run -seed 5\n",
		"leader-crash": "error: there is no command \"leader-crash\"; it is run by\n  go run . run leader-crash 5\n",
		"a\x1bb":       "error: there is no command \"a\\x1bb\"; the nearest is ",
		"-\x1b":        "error: there is no command \"-\\x1b\"; the nearest is ",
		"/\x1b.toml":   "error: there is no command \"/\\x1b.toml\"; the nearest is ",
	} {
		call(t, command.Trouble, "", want, arg, "5")
	}
	call(t, command.Trouble, "", "go run . check RUN", "check")
}

// TestUsual has the first protocol that is added be the usual one. What is Raft's stays so, to the byte.
func TestUsual(t *testing.T) {
	t.Chdir(t.TempDir())
	var out, wrong bytes.Buffer
	for _, args := range [][]string{{"-out", "before", "leader-crash"}, {"-out", "before"}} {
		if status := runs.Main(t.Context(), args, &out, &wrong); status != command.Fine {
			t.Fatalf("%q: exit status %d\n%s", args, status, &wrong)
		}
	}
	with(t, echo.Protocol())

	call(t, command.Fine, "\nnext        go run . run ", "", "run")
	call(t, command.Fine, "\nnext  go run . ", "", "check", "echo-1")
	call(t, command.Fine, "echo", "", "run", "-quiet=false", "-out", "again", "traces/runs/echo-1/run.toml")
	same(t, "traces/runs/echo-1", "again/echo-1")
	if config := read(t, "traces/runs/echo-1/run.toml"); !strings.Contains(config, "\nprotocol = \"echo\"\n") {
		t.Errorf("a config of the usual protocol does not name it:\n%s", config)
	}
	call(t, command.Fine, "", "", "run", "-quiet", "-faults", "mixed", "-seed", "3")
	call(t, command.Fine, "\nnext  go run . run -seed 3 -faults mixed ", "", "sweep", "-seeds", "3")
	read(t, "traces/runs/echo-mixed-3/run.toml")

	call(t, command.Fine, "", "", "run", "-quiet", "leader-crash")
	same(t, "before/leader-crash-1", "traces/runs/leader-crash-1")
	call(t, command.Fine, "", "", "run", "-quiet", "-protocol", "raft")
	same(t, "before/default-1", "traces/runs/default-1")
	call(t, command.Fine, "", "", "run", "-quiet", "-out", "again", "before/default-1/run.toml")
	same(t, "before/default-1", "again/default-1")
	call(t, command.Violation, "\nnext\n  go run . story default-1\n", "", "diff", "echo-1", "default-1")
}

func same(t *testing.T, one, other string) {
	t.Helper()
	for _, name := range []string{"run.toml", "trace.otlp.jsonl", "story.txt", "spans.json"} {
		if read(t, filepath.Join(one, name)) != read(t, filepath.Join(other, name)) {
			t.Errorf("%s is not the same in %s and in %s", name, one, other)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAdded refuses protocols that cannot be told apart, and says so of all.
func TestAdded(t *testing.T) {
	named := func(name string) *whole.Protocol {
		p := echo.Protocol()
		p.Run.Name = name
		return p
	}
	before := protocols.Names()
	_, err := add([]*whole.Protocol{
		nil, named(""), named("echo"), named("raft"), named("echo"), named("storm"),
		{Name: "Empty", Run: run.Protocol{Name: "empty"}},
	})
	want := `protocol 1 that cmd.Main is given is nil
protocol 2 that cmd.Main is given lacks a name: it has the Name "Echo", for people, and the Run.Name "", for configs
protocol 4 that cmd.Main is given needs another Run.Name: a protocol or a scenario is called "raft" already
protocol 5 that cmd.Main is given needs another Run.Name: a protocol or a scenario is called "echo" already
protocol 6 that cmd.Main is given needs another Run.Name: a protocol or a scenario is called "storm" already
the protocol empty cannot be run: it needs Run.Servers, Run.NewSettings, and one of Run.Parties that Answers`
	if err == nil || err.Error() != want {
		t.Errorf("it is said that\n%v\nwant\n%s", err, want)
	}
	if strings.Join(protocols.Names(), " ") != strings.Join(before, " ") {
		t.Errorf("then the protocols are %q", protocols.Names())
	}
}

// otherMain is a program of another module: Raft under another name stands for a protocol of its own.
const otherMain = `package main

import (
	"github.com/raftkv/raftkv/cmd"
	"github.com/raftkv/raftkv/raftkv/raft/run"
	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/whole"
)

func main() {
	p := whole.Protocol{Name: "Raft again", Specs: spans.AllSpecs(), Landmarks: spans.Landmarks(), Run: run.Protocol()}
	p.Run.Name = "again"
	cmd.Main(&p)
}
`

// TestModule builds a program in another module, and calls it.
func TestModule(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{"main.go": otherMain, "go.sum": read(t, "../go.sum")} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	call := func(status int, says, name string, args ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), name, args...)
		command.Dir = folder
		command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
		out, err := command.CombinedOutput()
		exit := (*exec.ExitError)(nil)
		if errors.As(err, &exit) {
			err = nil
		}
		if err != nil || command.ProcessState.ExitCode() != status || !strings.Contains(string(out), says) {
			t.Fatalf("%s: %v, exit status %d, want %d, and %q in\n%s", command, err, command.ProcessState.ExitCode(), status,
				says, out)
		}
	}
	const module = "github.com/raftkv/raftkv"
	call(0, "", "go", "mod", "init", "example.org/again")
	call(0, "", "go", "mod", "edit", "-require="+module+"@v0.0.0", "-replace="+module+"="+root)
	call(0, "", "go", "build", "-o", "again.exe", ".")
	program := filepath.Join(folder, "again.exe")
	call(0, "the protocols are again, raft, multipaxos", program)
	call(0, "go run . run ", program, "run")
	call(0, "history      linearizable", program, "check", "again-1")
	call(0, "same: ", program, "diff", "again-1", "again-1")
	call(2, "nearest", program, "chek")
	if config := read(t, filepath.Join(folder, "traces/runs/again-1/run.toml")); !strings.Contains(config, `"again"`) {
		t.Errorf("it ran\n%s", config)
	}
}
