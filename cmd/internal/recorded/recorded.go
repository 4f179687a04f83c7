// Package recorded makes runs for the tests of the commands that read them.
package recorded

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/cluster"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/traces"
)

// Run runs a scenario that is built in, with changes such as num_nodes=3, and returns the folder of its trace, which has the scenario's name.
func Run(t testing.TB, scenario string, changes ...string) (folder string) {
	t.Helper()
	var overrides []config.Override
	for _, change := range changes {
		overrides = append(overrides, config.Set("test", change))
	}
	request, err := library.Request(scenario, "", overrides)
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := config.Resolve(request)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	recorder := traces.NewRecorder(traces.RecorderOptions{Name: resolved.RunName()}, traces.NewOTLPFile(&file))
	if _, err := cluster.New(resolved.Config, cluster.Options{Recorder: recorder, Unchecked: true}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := recorder.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(t.TempDir(), scenario)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, traces.FileName), file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}
