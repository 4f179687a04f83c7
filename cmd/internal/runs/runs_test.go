package runs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/traces/record"
)

func TestFind(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"default-1", "figure-8-1", ".killed-123", "defualt"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if name != "defualt" { // which has no trace
			if err := os.WriteFile(filepath.Join(folder, name, record.FileName), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := filepath.Join(folder, "a.jsonl")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string]string{
		"default-1": filepath.Join(folder, "default-1"), file: file, filepath.Join(folder,
			"figure-8-1"): filepath.Join(folder, "figure-8-1"),
	} {
		if got, err := findIn(folder, arg); got != want || err != nil {
			t.Errorf("%q is %q, %v, want %q", arg, got, err, want)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "default-1", "within"), 0o755); err != nil { // is no run of the folder
		t.Fatal(err)
	}
	if names := Names(folder); !slices.Equal(names, []string{"default-1", "figure-8-1"}) {
		t.Errorf("the runs are %q", names)
	}
	for arg, want := range map[string]string{
		"default-1/within": "there is no run default-1/within", "a.jsonl": "there is no run a.jsonl", "": "needs a name",
		"defualt-1":   "the nearest in " + folder + " is default-1",
		"killed-1234": "the nearest in " + folder + " is figure-8-1", "no/such": "there is no run no/such",
	} {
		if got, err := findIn(folder, arg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is %q, %v, want an error that says %q", arg, got, err, want)
		}
	}
	if _, err := findIn(t.TempDir(), "x"); err == nil || !strings.Contains(err.Error(), "go run ./cmd/run") {
		t.Errorf("where there is no run, the error is %v: want it to say how to make one", err)
	}
}
