package run

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/raftkv/raftkv/raftkv/world/race"
)

// junk is an environment that would change every trace, if anybody listened.
var junk = []string{
	"OTEL_RESOURCE_ATTRIBUTES=service.name=leak,leak=1", "OTEL_SERVICE_NAME=leak", "OTEL_ENTITIES=leak",
	"OTEL_GO_X_RESOURCE=true", "OTEL_GO_X_OBSERVABILITY=true",
	"OTEL_GO_X_SELF_OBSERVABILITY=true", "OTEL_SDK_DISABLED=true", "OTEL_TRACES_EXPORTER=none",
	"OTEL_TRACES_SAMPLER=always_off", "OTEL_TRACES_SAMPLER_ARG=0",
	"OTEL_PROPAGATORS=none", "OTEL_LOG_LEVEL=debug", "OTEL_CONFIG_FILE=leak.yaml",
	"OTEL_EXPERIMENTAL_CONFIG_FILE=leak.yaml", "OTEL_SEMCONV_STABILITY_OPT_IN=leak",
	"OTEL_ATTRIBUTE_COUNT_LIMIT=1", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT=1", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=1",
	"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT=1",
	"OTEL_SPAN_ATTRIBUTE_VALUE_DEPTH_LIMIT=1", "OTEL_SPAN_EVENT_COUNT_LIMIT=0", "OTEL_SPAN_LINK_COUNT_LIMIT=0",
	"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT=0",
	"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT=0", "OTEL_BSP_SCHEDULE_DELAY=1", "OTEL_BSP_MAX_QUEUE_SIZE=1",
	"OTEL_BSP_MAX_EXPORT_BATCH_SIZE=1", "OTEL_BSP_EXPORT_TIMEOUT=1",
	// These say how to push, and nothing is pushed.
	"OTEL_EXPORTER_OTLP_PROTOCOL=leak", "OTEL_EXPORTER_OTLP_TIMEOUT=leak",
}

// pick goes around a list.
func pick[T any](list []T, i int) T { return list[i%len(list)] }

// TestSameBytes makes the same run ten times, each time somewhere else, and wants the same files to the byte.
func TestSameBytes(t *testing.T) {
	plain := &call{dir: t.TempDir()}
	plain.execute(t).wants(t, 0)
	want := filesOf(t, plain.dir)
	for _, file := range runFiles {
		if len(want["traces/runs/default-1/"+file]) < 100 {
			t.Fatalf("the run has no %s, or one that is too short to say anything", file)
		}
	}
	for i := range 10 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			again := &call{dir: filepath.Join(t.TempDir(), pick([]string{"a", "b c", "ünï", "deep/er/and/deeper"}, i))}
			if err := os.MkdirAll(again.dir, 0o755); err != nil {
				t.Fatal(err)
			}
			again.env = []string{
				"GOMAXPROCS=" + pick([]string{"1", "2", "8"}, i),
				"TZ=" + pick([]string{"UTC", "America/St_Johns", "Asia/Kathmandu", "Pacific/Chatham", "nowhere"}, i),
				"LANG=" + pick([]string{"C", "de_DE.UTF-8", "tr_TR.ISO-8859-9", ""}, i/2),
				"LC_ALL=" + pick([]string{"ja_JP.eucJP", ""}, i/3),
				"GOGC=" + pick([]string{"100", "1", "off"}, i/4),
			}
			if i%2 == 1 {
				again.env = append(again.env, junk...)
			}
			if race.Enabled && i%4 == 0 {
				again.binary = built(t, racing)
			}
			again.execute(t).wants(t, 0)
			same(t, want, filesOf(t, again.dir), again)
			if again.stdout != plain.stdout {
				t.Errorf("standard output differs %s\nreproduce: %s", difference(plain.stdout, again.stdout), again)
			}
		})
	}
}

// TestSameBytesOfOtherRuns makes other runs twice: by the command as it is shipped, with junk in the environment, and
// in this process.
func TestSameBytesOfOtherRuns(t *testing.T) {
	for _, args := range []string{
		"reference",
		"-seed 23 -nodes 4 -clients 7",
		"-set network.loss=0.05 -set network.duplicate=0.05 -set raft.first_leader=0 -set client.think_time=1ms..9ms",
		"-set raft.max_inflight=8 -set raft.max_entries=2 -set values=unique -set max_duration=100ms",
		"everything",
		"figure-7",
		"-faults mixed -seed 5",
		"-faults clocks -seed 9 default",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			want, _ := runFolder(t, strings.Fields(args)...)
			again := &call{dir: t.TempDir(), env: append([]string{"GOMAXPROCS=1", "TZ=Asia/Kathmandu"}, junk...)}
			again.args = append(strings.Fields(args), "-name", "x", "-out", ".")
			again.execute(t).wants(t, 0)
			same(t, want, filesOf(t, filepath.Join(again.dir, "x")), again)
		})
	}
}

// TestSameBytesFromRunTOML runs the run.toml of a run, in another folder and under another name: the same bytes, in a
// folder of the same name.
func TestSameBytesFromRunTOML(t *testing.T) {
	message := someMessages(t)
	own := write(t, t.TempDir(), "my own.toml", "# Mine.\nrequests_per_client = 2\n[raft]\nmax_entries = 1 # one by one\n[network]\n  latency = \"2ms\"\n[[expect]]\nleader = \"node-1\"\n")
	for _, args := range [][]string{
		nil,
		{"reference"},
		{"-seed", "7", "-nodes", "3", "-requests", "2"},
		{"-drop", message[trace.SpanKindProducer]},
		{"-delay", message[trace.SpanKindClient] + "=40ms"},
		{"-duplicate", message[trace.SpanKindServer]},
		{
			"-drop", message[trace.SpanKindServer], "-delay", message[trace.SpanKindProducer] + "=1h", "-duplicate",
			message[trace.SpanKindClient],
		},
		{"-set", "raft.max_entries=1", "-set", `keys=["x"]`, "reference", "-seed", "0"},
		{"-set", "start_time=2024-02-29T23:59:59.5+05:45", "-set", `title="a \"title\" of two\nlines"`},
		{own},
		{own, "-seed", "9"},
		{own, "-clients", "1", "-set", "scenario=other"},
		{"everything"},
		{"-faults", "mixed", "-seed", "5"},
		{"-faults", "lossy", "-seed", "2", "default"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			first, second := t.TempDir(), t.TempDir()
			c := here(t, append([]string{"-out", first}, args...)...).wants(t, 0)
			want := filesOf(t, first)
			toml, err := filepath.Glob(filepath.Join(first, "*", configFile))
			if err != nil || len(toml) != 1 {
				t.Fatalf("the run left %d files %s: %s", len(toml), configFile, c)
			}
			moved := write(t, t.TempDir(), "whatever.toml", want[filepath.ToSlash(toml[0][len(first)+1:])])
			again := here(t, "-out", second, moved).wants(t, 0)
			same(t, want, filesOf(t, second), again)
			if got, want := beforeSummary(again.stdout), beforeSummary(c.stdout); got != want {
				t.Errorf("the story differs %s\nreproduce: %s", difference(want, got), again)
			}
			// From the place where it was found it runs over itself.
			over := here(t, "-quiet", "-out", first, toml[0]).wants(t, 0)
			same(t, want, filesOf(t, first), over)
		})
	}
}

// beforeSummary is the story as it was printed.
func beforeSummary(stdout string) string {
	story, _, _ := strings.Cut(stdout, "\n\n")
	return story[max(0, strings.Index(story, "── ")):] // what the scenario is about stands before it
}

// TestNamedRunIsTheSame gives a run another name, and another folder: its files do not know.
func TestNamedRunIsTheSame(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	want := here(t, "-quiet", "-out", out).wants(t, 0)
	named := here(t, "-quiet", "-out", filepath.Join(out, "a", "b"), "-name", "any name").wants(t, 0)
	same(t, filesOf(t, filepath.Join(out, "default-1")), filesOf(t, filepath.Join(out, "a", "b", "any name")), named)
	if t.Failed() {
		t.Logf("compared with: %s", want)
	}
}

// TestStartNow has a run begin when it is started: its run.toml repeats it to the byte, and nothing but its times and
// its name differs from the same run in the year 2000.
func TestStartNow(t *testing.T) {
	t.Parallel()
	before := time.Now().Truncate(time.Second)
	first, c := runFolder(t, "-set", "start_time=now")
	after := time.Now()
	again, _ := runFolder(t, write(t, t.TempDir(), "run.toml", first[configFile]))
	same(t, first, again, c)
	if first[storyFile] != ordinaryFiles(t)[storyFile] {
		t.Errorf("the story differs from that of the run in the year 2000 %s\nreproduce: %s",
			difference(ordinaryFiles(t)[storyFile], first[storyFile]), c)
	}
	if start := spansIn(t, first)[0].Start; start.Before(before) || start.After(after) {
		t.Errorf("the run starts at %v, want from %v to %v: %s", start, before, after, c)
	}
}
