package sweep

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file is told to be a sweep's by how it begins, and what is wrong with one is said.
func TestShown(t *testing.T) {
	whole := `{"format":"raftkv-sweep-1","build":"b","run":"-faults mixed","config":"c","seeds":{"first":1,"last":9},` +
		`"shard":{"index":1,"of":1},"keep":false,"done":3,"stopped":true,"figures":{"elections":{"1":3},` +
		`"first_leader_us":{},"retries":{},"messages_per_commit":{},"faults":{},"latency_us":{"5":2},"sometimes":{}},` +
		`"violations":null}`
	for _, f := range []struct {
		name, text string
		is         bool
		wrong      string // empty for nothing
	}{
		{"whole", whole, true, ""},
		{"spaced", strings.Replace(whole, `{"format":`, "\n{ \"format\" : ", 1), true, ""},
		{"cut", whole[:len(whole)/2], true, "is nothing that cmd/sweep -json wrote"},
		{"later", strings.Replace(whole, "sweep-1", "sweep-99", 1), true, `its format is "raftkv-sweep-99"`},
		{"without counts", strings.Replace(whole, `"latency_us":{"5":2}`, `"latency_us":null`, 1), true, "is damaged"},
		{"trace", `{"resourceSpans":[]}`, false, ""},
		{"empty", "", false, ""},
	} {
		t.Run(f.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "sweep.json")
			if err := os.WriteFile(file, []byte(f.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if is := IsReport(file); is != f.is {
				t.Fatalf("that it is a sweep's is %v, want %v", is, f.is)
			}
			if !f.is {
				return
			}
			shown, err := ReadShown(file)
			switch {
			case f.wrong != "" && (err == nil || !strings.Contains(err.Error(), f.wrong)):
				t.Errorf("what is wrong is %v, want %q", err, f.wrong)
			case f.wrong == "" && err != nil:
				t.Error(err)
			case f.wrong == "" && (shown.Runs != "3 runs" || !json.Valid(shown.JSON)):
				t.Errorf("it is shown as %s: %s", shown.Runs, shown.JSON)
			}
		})
	}
	if IsReport(t.TempDir()) || IsReport("no/such/file") {
		t.Error("a folder, or no file, is taken for a sweep's")
	}
}
