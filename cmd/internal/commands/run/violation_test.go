package run

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/check"
)

// runnerOf is what runs as it was called, and what it writes to.
func runnerOf(t *testing.T, args ...string) (r *runner, stdout, stderr *bytes.Buffer) {
	t.Helper()
	options, err := parseFlags(args)
	if err != nil {
		t.Fatal(err)
	}
	config, err := resolve(options)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	return &runner{options: options, config: config, stdout: stdout, stderr: stderr}, stdout, stderr
}

// TestViolation concludes a run whose checks found something: exit status 1, and all that is known of it.
func TestViolation(t *testing.T) {
	out := t.TempDir()
	r, stdout, stderr := runnerOf(t, "-out", out)
	if status := r.run(t.Context()); status != statusFine {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	if row := regexp.MustCompile(`\nchecks      \d+ invariants held after each of \d+ events; sometimes:\s+election won 1,\s+commit by notification \d+\n`); !row.MatchString(stdout.String()) {
		t.Errorf("the summary says nothing of the checks:\n%s", stdout)
	}
	stdout.Reset()
	stderr.Reset()
	r.result.Checks.Violation = &check.Violation{
		Invariant: protocols.Raft.Run.Invariants[0], At: 12 * time.Millisecond,
		Facts:  [2]string{"node-1 became leader of term 1", "node-2 did as well"},
		Places: [2]check.Place{1: {At: 12 * time.Millisecond}},
	}
	r.config.Expects = nil
	if status := r.conclude(t.Context()); status != statusViolation {
		t.Errorf("exit status %d, and not %d", status, statusViolation)
	}
	want := `violation at 12ms: ElectionSafety (I1, §5.2, Figure 3)
  At most one leader is elected in a term, ever.
  one fact:   node-1 became leader of term 1
  the other:  node-2 did as well
  what led to it:
      0.145ms node-1   9219a573952d4815  starting election for term 1
      1.457ms node-5   e2a226e9f981f884  granting vote to node-1 for term 1
      2.603ms node-4   087bd9378409a3ba  granting vote to node-1 for term 1
      2.964ms node-3   6d18f55284475bf2  granting vote to node-1 for term 1
      3.155ms node-2   a294d023e9b517b1  granting vote to node-1 for term 1
      3.856ms node-1   30d21706e5e5f152  vote received from node-5
      4.082ms node-1   2ed6f5bad1b9a9e8  vote received from node-4
      4.082ms node-1   9219a573952d4815  election result 3 votes (need 3)
      4.693ms node-1   ec2246d0929101e3  vote received from node-2
      5.363ms node-5   071991959d8f4342  AppendEntries from node-1 ok, match_index 1
      5.378ms node-1   95a45fb7d83e267b  vote received from node-3
      6.050ms node-3   a03c18e20e2b3d4d  AppendEntries from node-1 ok, match_index 1
      7.110ms node-4   ac31d869b08a2448  AppendEntries from node-1 ok, match_index 1
      7.816ms node-1   15c9800c9104c8d1  ack from node-3, match_index 1
      8.579ms node-2   23bbf0ca5dc57b80  AppendEntries from node-1 ok, match_index 1
      8.952ms node-1   aeaf6a3c2423976e  ack from node-5, match_index 1
     10.262ms node-1   cd8035942d6629d2  ack from node-2, match_index 1
     10.639ms node-1   0218d74176d2bc02  ack from node-4, match_index 1
     11.796ms node-2   5df4af84ba9330e0  commit index 0 -> 1
     11.797ms node-2   2b60710065f9e0f8  applied index 1: NOOP -> OK
  again:      go run ./cmd/run ` + filepath.Join(out, "default-1", "run.toml") + "\n" +
		"  shorter:    go run ./cmd/run -shrink -out " + out + " " + filepath.Join(out, "default-1", "run.toml") + "\n"
	if stderr.String() != want {
		t.Errorf("it is told as\n%s\nand not as\n%s", stderr, want)
	}
	if !strings.Contains(stdout.String(), "ElectionSafety does NOT hold, after ") {
		t.Errorf("the summary does not tell of it:\n%s", stdout)
	}
}

// TestWhatLedToAViolation looks at what is told of a run with a bug in it: from the last fault to what broke the
// invariant, the answers and acknowledgements among it, and nothing of what was merely open when the run was stopped.
func TestWhatLedToAViolation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bug, scenario string
		want          []string
	}{
		{"commit-old-term", "figure-8", []string{
			"FAULT: node-1 is told to try to lead", "granting vote to node-1 for term 3",
			`election result 3 votes \(need 3\)`,
			"node-3   [0-9a-f]{16}  AppendEntries from node-1 ok, match_index 1", "ack from node-3, match_index 1", "replication 3/3 acks: index 1 is committed",
		}},
		{"no-dedup", "lost-reply", []string{
			"FAULT: client-1 is healed", "no answer from node-1: Put given up", "redirecting client-1 to node-1",
			"appending entry at index 3",
			"node-2   [0-9a-f]{16}  AppendEntries from node-1 ok", "index 3 is committed", `applied result .* \(a retry, and NOT as at first\)\n  again`,
		}},
	} {
		run := here(t, "-quiet", "-out", t.TempDir(), "-bug", c.bug, c.scenario).wants(t, statusViolation, "what led to it")
		_, led, _ := strings.Cut(run.stderr, "what led to it:\n")
		if want := "(?s)" + strings.Join(c.want, ".*"); !regexp.MustCompile(want).MatchString(led) {
			t.Errorf("%s\ntells of what led to it:\n%s\nand not, one after the other, of\n%s", run, led,
				strings.Join(c.want, "\n"))
		}
	}
}

// lateStaleRead has a third client write the key for so long that it comes to rest only a second after the stale read.
const lateStaleRead = `
num_nodes = 3
num_clients = 3
[[operation]]
client = "client-1"
put = "a"
value = "stale"
[[operation]]
client = "client-2"
at = "280ms"
server = "node-2"
delete = "a"
[[operation]]
client = "client-1"
at = "320ms"
server = "node-1"
get = "a"
[[operation]]
client = "client-3"
at = "310ms"
server = "node-1"
put = "a"
value = "late"
[[fault]]
at = "70ms"
isolate = "node-1"
[[fault]]
at = "900ms"
heal = "node-1"
`

// TestReportsBeginAtTheCause looks at violations that are seen long after what is wrong: the report names what was
// wrong in the trace before, and begins around it.
func TestReportsBeginAtTheCause(t *testing.T) {
	t.Parallel()
	late := filepath.Join(t.TempDir(), "late.toml")
	if err := os.WriteFile(late, []byte(lateStaleRead), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args        string
		seen        string // when the invariant was seen not to hold
		cause       string
		first, last string // of the lines that led to it
	}{
		{
			"-bug next-index-stuck -faults mixed -seed 3", "violation at 2.491151718s: Progress",
			"wrong_next_index, raft.Raft/AppendEntries 1eb81cb67970f664 of node-1 at", "8.836ms node-3", "544.182ms node-1",
		},
		{
			"-bug local-read two-leaders", "violation at 325.057451ms: Linearizable",
			"answer_without_entry, raftkv.KV/Get 3e5d1fdadfb29d0c of node-1 at", "70.000ms world", "325.023ms client-1",
		},
		{
			"-bug local-read " + late, "violation at 835.998497ms",
			"answer_without_entry, raftkv.KV/Get 3e5d1fdadfb29d0c of node-1 at", "70.000ms world", "325.023ms client-1",
		},
	} {
		run := here(t, append([]string{"-quiet", "-out", t.TempDir()}, strings.Fields(c.args)...)...).wants(t,
			statusViolation, c.seen)
		said := strings.Join(strings.Fields(run.stderr), " ")
		_, led, _ := strings.Cut(run.stderr, "what led to it:\n")
		led, _, _ = strings.Cut(led, "  again: ")
		lines := strings.Split(strings.TrimSpace(led), "\n")
		if first, last := strings.TrimSpace(lines[0]), strings.TrimSpace(lines[len(lines)-1]); !strings.Contains(said,
			"before it: "+c.cause) || !strings.HasPrefix(first, c.first) || !strings.HasPrefix(last, c.last) {
			t.Errorf("%s\ndoes not tell of %s, or not from %s to %s", run, c.cause, c.first, c.last)
		}
	}
}

// TestViolationAtATerminal tells of a violation to a terminal of 80 columns: an event that is longer goes on below its
// own text, and says what it says in a file.
func TestViolationAtATerminal(t *testing.T) {
	t.Parallel()
	r, _, stderr := runnerOf(t, "-quiet", "-out", t.TempDir(), "-bug", "no-dedup", "lost-reply")
	if status := r.run(t.Context()); status != statusViolation {
		t.Fatalf("exit status %d\n%s", status, stderr)
	}
	const columns = 80
	for _, style := range []terminal.Style{{}, {Colour: true}} {
		var file, screen bytes.Buffer
		r.tellViolation(t.Context(), &file, style, columns, 0)
		r.tellViolation(t.Context(), &screen, style, columns, columns)
		led := func(said string) string {
			_, led, _ := strings.Cut(said, "what led to it:\n")
			led, _, _ = strings.Cut(led, "  again: ")
			return led
		}
		event, goesOn := regexp.MustCompile(`^ +\d+\.\d{3}ms (client|node|world)\S* +[0-9a-f]{16}  \S`), regexp.MustCompile(`^ {41}\S`)
		events, more := 0, 0
		for line := range strings.Lines(led(screen.String())) {
			switch plain := escapes.ReplaceAllString(strings.TrimSuffix(line, "\n"), ""); {
			case terminal.Length(plain) > columns:
				t.Errorf("a line has %d columns, want at most %d:\n%s", terminal.Length(plain), columns, plain)
			case event.MatchString(plain):
				events++
			case goesOn.MatchString(plain):
				more++
			default:
				t.Errorf("a line is no event, and none that goes on below its text:\n%s", plain)
			}
		}
		if lines := strings.Count(led(file.String()), "\n"); events != lines || more == 0 {
			t.Errorf("%d events, and %d lines in which they go on; want %d events, and some lines:\n%s", events, more, lines,
				&screen)
		}
		words := func(said string) string { return strings.Join(strings.Fields(escapes.ReplaceAllString(said, "")), " ") }
		if diff := cmp.Diff(words(file.String()), words(screen.String())); diff != "" {
			t.Errorf("a terminal is told something else than a file (-file +terminal):\n%s", diff)
		}
	}
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")
