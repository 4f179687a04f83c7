package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/raftkv/world"
	"github.com/raftkv/raftkv/traces/record"
)

// read times cmd/diff and cmd/check, as a person calls them, on traces of a million spans, and beside them the
// OpenTelemetry Collector's own decoder. They take turns; the middle of each is told.
func read() (f figures, err error) {
	folder, err := os.MkdirTemp("", "raftkv-bench-")
	if err != nil {
		return f, err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what is left behind is in the system's folder for such things
	for _, command := range []string{"diff", "check"} {
		build := exec.Command("go", "build", "-o", filepath.Join(folder, command), "github.com/raftkv/raftkv/cmd/"+command)
		if build.Stderr = os.Stderr; build.Run() != nil {
			return f, fmt.Errorf("cmd/%s cannot be built", command)
		}
	}
	file := func(name string) string { return filepath.Join(folder, name) }
	whole, lost, other := file("a.jsonl"), file("b.jsonl"), file("c.jsonl")
	if f.Spans, err = writeTraces(whole, lost, other); err != nil {
		return f, err
	}
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	takes := map[string][]cost{}
	for range rounds {
		for _, one := range []struct {
			what string
			call func() (cost, error)
		}{
			{"diff", func() (cost, error) { return called(1, filepath.Join(folder, "diff"), whole, lost) }},
			{"check", func() (cost, error) { return called(0, filepath.Join(folder, "check"), whole) }},
			{"seeds", func() (cost, error) { return called(1, filepath.Join(folder, "diff"), whole, other) }},
			{"collector", func() (cost, error) { return called(0, self, "-collector", whole) }},
		} {
			c, err := one.call()
			if err != nil {
				return f, err
			}
			takes[one.what] = append(takes[one.what], c)
		}
	}
	middle := func(what string) cost {
		return slices.SortedFunc(slices.Values(takes[what]),
			func(a, b cost) int { return cmp.Compare(a.Seconds, b.Seconds) })[rounds/2]
	}
	f.Collector, f.Diff, f.Seeds, f.Check = middle("collector"), middle("diff"), middle("seeds"), middle("check")
	return f, nil
}

// cost is what something took.
type cost struct {
	Seconds float64
	PeakMiB float64 // of resident memory, of a command; 0 where the system does not tell
}

// called runs a command that exits with this status.
func called(status int, name string, args ...string) (cost, error) {
	command := exec.Command(name, args...)
	begin := time.Now()
	err := command.Run()
	c := cost{Seconds: time.Since(begin).Seconds()}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = nil
	}
	if err != nil {
		return c, err
	}
	if got := command.ProcessState.ExitCode(); got != status {
		return c, fmt.Errorf("%s exited with %d, not %d", command, got, status)
	}
	c.PeakMiB = peakOf(command.ProcessState)
	return c, nil
}

// writeTraces writes the traces of a run, of one that lost a notification, and of one of another seed.
func writeTraces(whole, lost, other string) (spans float64, err error) {
	c := config.Default()
	c.Scenario, c.MaxDuration, c.RequestsPerClient = "default", 10_000*time.Hour, 12_600
	count, message := &counter{}, &finder{}
	if err := writeTrace(c, whole, count, message); err != nil {
		return 0, err
	}
	seed := c.Clone()
	seed.Seed++
	if err := writeTrace(seed, other); err != nil {
		return 0, err
	}
	c = c.Clone()
	c.Faults = append(c.Faults, config.Fault{Kind: config.Drop, Message: message.found})
	return float64(count.spans), writeTrace(c, lost)
}

// readers are what else reads a trace, in a process of its own, as the commands do.
var readers = map[string]func(path string) error{
	"-collector": decodeAsTheCollector,
}

// decodeAsTheCollector decodes the lines of a file as the OpenTelemetry Collector does.
func decodeAsTheCollector(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		if _, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(lines.Bytes()); err != nil {
			return err
		}
	}
	return errors.Join(lines.Err(), file.Close())
}

// writeTrace runs a config, and writes its trace to a file.
func writeTrace(c *config.Config, path string, also ...exporter) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<18)
	exporters := []exporter{record.NewOTLPFile(buffered)}
	recorder := record.NewRecorder(record.RecorderOptions{Name: c.Name()}, append(exporters, also...)...)
	if _, err := cluster.New(c,
		cluster.Options{Unchecked: true, Recorder: recorder}).Run(context.Background()); err != nil {
		return err
	}
	if err := recorder.Close(context.Background()); err != nil {
		return err
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return file.Close()
}

type exporter = record.Exporter

// finder finds a message to be lost: a notification early in the run.
type finder struct {
	spans int
	found world.CausalID
}

func (f *finder) Export(_ context.Context, s *span.Span) error {
	if f.spans++; f.spans > 900 && f.found == 0 && protocols.Usual().Landmarks.Notifies.Is(s) {
		f.found = s.ID
	}
	return nil
}

func (*finder) Shutdown(context.Context) error { return nil }
