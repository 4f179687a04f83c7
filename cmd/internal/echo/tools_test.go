package echo_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/commands/check"
	"github.com/raftkv/raftkv/cmd/internal/commands/diff"
	"github.com/raftkv/raftkv/cmd/internal/commands/explain"
	"github.com/raftkv/raftkv/cmd/internal/commands/export"
	"github.com/raftkv/raftkv/cmd/internal/commands/story"
	"github.com/raftkv/raftkv/cmd/internal/echo"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
)

// traced runs a config of the protocol, and returns the path of its trace.
func traced(t *testing.T, text string) string {
	t.Helper()
	file, result := recorded.Trace(t, parsed(t, "protocol = \"echo\"\n"+text), cluster.Options{})
	if !result.Finished {
		t.Fatalf("the run came to %+v", result)
	}
	path := filepath.Join(t.TempDir(), "trace.otlp.jsonl")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// said is what a command prints, which has to end with this status.
func said(t *testing.T, status int, command func(context.Context, []string, io.Writer, io.Writer) int,
	args ...string,
) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := command(t.Context(), args, &stdout, &stderr); got != status {
		t.Errorf("with %q the status is %d, want %d:\n%s%s", args, got, status, &stdout, &stderr)
	}
	return stdout.String() + stderr.String()
}

// lineOf is the first line that has a text.
func lineOf(t *testing.T, text, has string) string {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(line, has) {
			return line
		}
	}
	t.Fatalf("no line has %q:\n%s", has, text)
	return ""
}

// TestTools has each tool tell of a protocol that gives it nothing but its tables.
func TestTools(t *testing.T) {
	echo.Row(t)
	calm := traced(t, "")
	crashed := traced(t, "[[fault]]\nat = \"55ms\"\ncrash = \"the leader\"\n"+
		"[[fault]]\nat = \"120ms\"\nrestart = \"the crashed one\"\n")
	wants := func(text string, all ...string) {
		t.Helper()
		text = strings.Join(strings.Fields(text), " ") // wherever a line is broken
		for _, want := range all {
			if !strings.Contains(text, want) {
				t.Errorf("it does not say %q:\n%s", want, text)
			}
		}
	}
	told := said(t, 0, story.Main, crashed)
	wants(told, "starting", "starting again", "copies what keeper-1 holds", "Get to keeper-1 is lost (fault)")
	wants(said(t, 0, check.Main, calm, crashed), "all 2 runs are fine", "linearizable: 15 operations")
	wants(said(t, 1, diff.Main, calm, crashed), "FAULT: crash keeper-1", `at = "55ms", crash = "the leader"`)
	took := strings.Fields(lineOf(t, told, "mirror-2"))[2]
	lost := strings.Fields(lineOf(t, told, "Get to keeper-1 is lost"))[2]
	again := strings.Fields(lineOf(t, told, "starting again"))[2]
	wants(said(t, 0, explain.Main, crashed, took), "mirror-", "took in keeper-1's Copied",
		"What led to it", "keeper-1 sent mirror-2 a Copied")
	wants(said(t, 0, explain.Main, crashed, lost), "Why there was no reply",
		"keeper-1 had been down since its crash at 55.000ms",
		"What it links to")
	wants(said(t, 0, explain.Main, crashed, again), "keeper-1 did this", "start", "keeper-1 was started again")
	wants(said(t, 0, explain.Main, crashed, "client-1 1"), "The answer was NOT FOUND",
		"The request travelled from client-1 to keeper-1", "keeper-1 replied Answered")
	wants(said(t, 2, explain.Main, crashed, "leader term 2"),
		"ask for a span by 6 digits of its id or more, or client-N N")
	for _, to := range []string{"shiviz", "perfetto", "jaeger"} {
		wants(said(t, 0, export.Main, "-to", to, crashed), "wrote ")
	}
	drawn, err := os.ReadFile(filepath.Join(filepath.Dir(crashed), "trace.shiviz.log"))
	if err != nil {
		t.Fatal(err)
	}
	wants(string(drawn), "keeper-1", "send echo.copy to mirror-1", "start")
}

// TestCheck finds what is wrong with a trace of a protocol that gives nothing but its tables.
func TestCheck(t *testing.T) {
	echo.Row(t)
	good := traced(t, "")
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, old, now, want string }{
		{"reply", `"Answered"`, `"OutcomeUnknown"`, "undefined_enum_variant"},
		{"peer", `"mirror-1"`, `"mirror-2"`, "message_mismatch"},
		{"span", `"echo.copy"`, `"echo.copies"`, "unknown_span"},
		{"result", `"ok"`, `"lost"`, "message_mismatch"},
		{"operation", `"client-2/1"`, `"client-2/9"`, "message_mismatch"},
		{"step", `"raftkv.step","value":{"intValue":"`, `"raftkv.step","value":{"intValue":"9`, "wrong_step"},
	} {
		path := filepath.Join(t.TempDir(), test.name+".otlp.jsonl")
		if err := os.WriteFile(path, bytes.Replace(text, []byte(test.old), []byte(test.now), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := said(t, 1, check.Main, path); !strings.Contains(got, test.want) {
			t.Errorf("%s: it does not say %s:\n%s", test.name, test.want, got)
		}
	}
}
