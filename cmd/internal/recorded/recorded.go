// Package recorded makes runs for the tests of the commands that read them.
package recorded

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/tracetest"
)

// Config is the config of a scenario that is built in, or of a profile of faults, with changes such as num_nodes=3.
func Config(t testing.TB, scenario, faults string, changes ...string) *config.Resolved {
	t.Helper()
	var overrides []config.Override
	for _, change := range changes {
		overrides = append(overrides, config.Set("test", change))
	}
	return ConfigWith(t, scenario, faults, overrides...)
}

// ConfigWith is Config with changes of any kind, such as the loss of a message.
func ConfigWith(t testing.TB, scenario, faults string, overrides ...config.Override) *config.Resolved {
	t.Helper()
	request, err := library.Request(scenario, faults, overrides)
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := config.Resolve(request)
	if err != nil {
		t.Fatal(err)
	}
	return resolved
}

// Record carries out the run of a config, and has exporters record it. The run has no name in its trace.
func Record(
	t testing.TB, c *config.Config, options cluster.Options, exporters ...record.Exporter,
) cluster.Result {
	t.Helper()
	return recordRun(t, c, "", options, exporters...)
}

func recordRun(
	t testing.TB, c *config.Config, name string, options cluster.Options, exporters ...record.Exporter,
) cluster.Result {
	t.Helper()
	recorder := record.NewRecorder(record.RecorderOptions{Name: name}, exporters...)
	options.Recorder = recorder
	result, err := cluster.New(c, options).Run(t.Context())
	if err := errors.Join(err, recorder.Close(t.Context())); err != nil {
		t.Fatalf("%s: %v", c.Name(), err)
	}
	return result
}

// Trace carries out the run of a config, and returns its trace file.
func Trace(t testing.TB, c *config.Config, options cluster.Options) ([]byte, cluster.Result) {
	t.Helper()
	var file bytes.Buffer
	result := recordRun(t, c, "", options, record.NewOTLPFile(&file))
	return file.Bytes(), result
}

// Spans carries out the run of a config, and returns its spans.
func Spans(t testing.TB, c *config.Config, options cluster.Options) ([]traces.Span, cluster.Result) {
	t.Helper()
	var kept tracetest.Memory
	result := recordRun(t, c, "", options, &kept)
	return kept.Spans, result
}

// Run runs a scenario that is built in, with changes such as num_nodes=3, and returns the folder of its trace, which
// has the scenario's name.
func Run(t testing.TB, scenario string, changes ...string) (folder string) {
	t.Helper()
	c := Config(t, scenario, "", changes...)
	var file bytes.Buffer
	recordRun(t, c.Config, c.RunName(), cluster.Options{Unchecked: true}, record.NewOTLPFile(&file))
	folder = filepath.Join(t.TempDir(), scenario)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, record.FileName), file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}
