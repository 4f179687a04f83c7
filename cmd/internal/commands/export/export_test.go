package export

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/record"
)

// wants carries the command out and returns what it prints.
func wants(t *testing.T, status int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, wrong bytes.Buffer
	if got := Main(t.Context(), args, &out, &wrong); got != status {
		t.Fatalf("export %v: exit status %d, want %d\n%s%s", args, got, status, &out, &wrong)
	}
	return out.String(), wrong.String()
}

// Each format is written beside the run, says what to do with it, and is the same on standard output.
func TestExport(t *testing.T) {
	folder := recorded.Run(t, "lost-reply")
	spans, err := read.ReadAll(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range formats {
		said, _ := wants(t, command.Fine, "-to", f.name, folder)
		file := filepath.Join(folder, f.file)
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(said, "wrote "+file) || !strings.Contains(said, "\nnext  ") {
			t.Errorf("to %s it says %q", f.name, said)
		}
		if printed, _ := wants(t, command.Fine, "-to="+f.name, "-o", "-",
			filepath.Join(folder, record.FileName)); printed != string(content) {
			t.Errorf("%s on standard output is not what the file is", f.name)
		}
		if f.name != "shiviz" && !json.Valid(content) {
			t.Errorf("%s is no JSON", file)
		}
	}
	again, err := read.ReadAll(filepath.Join(folder, "trace.jaeger.json"))
	if err != nil || len(again) != len(spans) {
		t.Errorf("Jaeger's JSON has %d spans, %v, want %d", len(again), err, len(spans))
	}
	elsewhere := filepath.Join(t.TempDir(), "x.json")
	if said, _ := wants(t, command.Fine, "-to", "perfetto", "-o", elsewhere,
		filepath.Join(folder, "trace.jaeger.json")); !strings.Contains(said, elsewhere) {
		t.Errorf("-o %s says %q", elsewhere, said)
	}
}

func TestExportTrouble(t *testing.T) {
	folder := t.TempDir()
	broken := filepath.Join(folder, "broken.json")
	if err := os.WriteFile(broken, []byte("{\n\"data\":[{\"spans\":[7]}]}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"-to says which format: jaeger, perfetto, shiviz":    {broken},
		`there is no format "perfeto"; the nearest is perfe`: {"-to", "perfeto", broken},
		"which run?":                  {"-to", "jaeger"},
		"one run at a time":           {"-to", "jaeger", "a", "b"},
		"there is no run nosuchrun":   {"-to", "jaeger", "nosuchrun"},
		broken + ":2:19: want an obj": {"-to", "jaeger", broken},
		"cannot write": {
			"-to", "jaeger", "-o", filepath.Join(folder, "none", "x"),
			recorded.Run(t, "lost-reply"),
		},
		"unknown flag -form": {"-form", "jaeger", broken},
	} {
		if _, wrong := wants(t, command.Trouble, args...); !strings.Contains(wrong, want) {
			t.Errorf("export %v says\n%swant in it\n%s", args, wrong, want)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "*")); len(files) != 1 {
		t.Errorf("trouble leaves %v", files)
	}
}

func TestUsage(t *testing.T) {
	said, _ := wants(t, command.Fine, "-h")
	for _, want := range []string{"usage: go run ./cmd/export", "Examples", "Exit status"} {
		if !strings.Contains(said, want) {
			t.Errorf("-h does not say %q", want)
		}
	}
	for line := range strings.Lines(said) {
		if len(line) > 91 {
			t.Errorf("too long for a terminal: %s", line)
		}
	}
}
