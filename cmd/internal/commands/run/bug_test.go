package run

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestABugIsKeptAndCaught runs with a bug: the run has a name of its own, its run.toml says so and makes the same run
// again, and what the bug breaks is told.
func TestABugIsKeptAndCaught(t *testing.T) {
	var texts [2]string
	var names [2]string
	dir := t.TempDir()
	args := []string{"-bug", "forget-vote"}
	for i := range texts {
		out := filepath.Join(dir, string(rune('a'+i)))
		var stdout, stderr bytes.Buffer
		if status := Main(t.Context(), append(args, "-out", out), &stdout, &stderr); status != statusViolation ||
			!strings.Contains(stderr.String(), ": PersistBeforeSend (I13, Figure 2)\n") {
			t.Fatalf("run %v: exit status %d, want %d\n%s", args, status, statusViolation, &stderr)
		}
		folders, err := os.ReadDir(out)
		if err != nil || len(folders) != 1 {
			t.Fatalf("%d folders: %v", len(folders), err)
		}
		names[i] = folders[0].Name()
		for _, file := range []string{configFile, otlpFile, storyFile} {
			text, err := os.ReadFile(filepath.Join(out, names[i], file))
			if err != nil {
				t.Fatal(err)
			}
			texts[i] += string(text)
		}
		args = []string{filepath.Join(out, names[i], configFile)}
	}
	if !regexp.MustCompile(`^default-1-[0-9a-f]{8}$`).MatchString(names[0]) || names[1] != names[0] {
		t.Errorf("the run is called %s, and made again from its run.toml %s", names[0], names[1])
	}
	if texts[0] != texts[1] {
		t.Error("the run that run.toml makes is another one")
	}
	if !strings.Contains(texts[0], "\nbug = \"forget-vote\"\n") {
		t.Error("run.toml does not say the bug")
	}
}
