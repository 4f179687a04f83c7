package run

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
)

// TestNext follows the summary from one command to the next: lose a message, and see what differs.
func TestNext(t *testing.T) {
	for _, args := range []string{
		"", "-name any", "-seed 3 -nodes 4", "reference -out other/folder",
		"-set network.loss=0.01",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			first := &call{dir: t.TempDir(), args: strings.Fields(args)}
			next := summaryOf(t, first.execute(t).wants(t, statusFine))["next"]
			rest, ok := strings.CutPrefix(next, "go run ./cmd/run ")
			if !ok || !strings.Contains(rest, "-drop ") {
				t.Fatalf("the next command is %q: %s", next, first)
			}
			second := &call{dir: first.dir, args: strings.Fields(rest)}
			summary := summaryOf(t, second.execute(t).wants(t, statusFine))
			if !strings.Contains(summary["messages"], " lost") {
				t.Errorf("no message is lost: %s\n%v", second, summary)
			}
			words := strings.Fields(summary["next"])
			if strings.Contains(args, "-name") {
				return // the run without the loss is in a folder that nobody would look for it in
			}
			if len(words) != 5 || words[2] != "./cmd/diff" {
				t.Fatalf("the next command is %q: %s", summary["next"], second)
			}
			files := filesOf(t, first.dir)
			before, after := files[filepath.ToSlash(words[3])+"/"+otlpFile], files[filepath.ToSlash(words[4])+"/"+otlpFile]
			if before == "" || after == "" || before == after {
				t.Errorf("%s shows no difference between %d and %d bytes: %s", summary["next"], len(before), len(after), second)
			}
		})
	}
}

// TestNextWithoutMessages has nothing to lose.
func TestNextWithoutMessages(t *testing.T) {
	t.Parallel()
	_, c := runFolder(t, "-quiet=false", "-nodes", "1", "-clients", "0")
	if next := summaryOf(t, c)["next"]; next != "go run ./cmd/run -list" {
		t.Errorf("the next command is %q: %s", next, c)
	}
}

// TestShellWord has a shell read back what the summary writes.
func TestShellWord(t *testing.T) {
	for word, want := range map[string]string{
		"traces/runs/default-1/run.toml": "traces/runs/default-1/run.toml",
		"my runs/x":                      "'my runs/x'",
		"it's":                           `'it'\''s'`,
		"":                               "''",
		"$HOME;*":                        "'$HOME;*'",
	} {
		if got := command.ShellWord(filepath.ToSlash(word)); got != want {
			t.Errorf("%q becomes %s, want %s", word, got, want)
		}
	}
}

// TestGoRun calls the command as the README does, from the root of the module. The go command turns every failure into
// 1.
func TestGoRun(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]int{"-list": 0, "-nodes 0": 1} {
		goRun := exec.CommandContext(t.Context(), "go", append([]string{"run", "./cmd/run"}, strings.Fields(args)...)...)
		goRun.Dir = filepath.Join("..", "..", "..", "..")
		goRun.Env = append(goRun.Environ(), "CGO_ENABLED=0")
		out, err := goRun.CombinedOutput()
		c := &call{args: strings.Fields(args)}
		c.exited(t, err)
		if c.status != want || len(out) == 0 {
			t.Errorf("exit status %d, want %d: %s\n%s", c.status, want, c, out)
		}
	}
}

// TestNextOfAViolation has the trace checked by somebody who does not see the servers' state.
func TestNextOfAViolation(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	for files, want := range map[string]string{
		"otlp":  "go run ./cmd/check " + filepath.Join(out, "x"),
		"story": "go run ./cmd/run -out " + out + " -drop ",
	} {
		c := here(t, "-out", out, "-name", "x", "-files", files, "-bug", "local-read", "two-leaders").wants(t,
			statusViolation, "violation")
		if next := summaryOf(t, c)["next"]; !strings.HasPrefix(next, want) {
			t.Errorf("the next command is %q, want %q: %s", next, want, c)
		}
	}
}
