package run

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/runs"
)

// With -html the page is one of the run's files; without a trace there is nothing to make it of.
func TestHTML(t *testing.T) {
	out := t.TempDir()
	var stdout, stderr bytes.Buffer
	if status := Main(t.Context(), []string{"-html", "-out", out, "lost-reply"}, &stdout, &stderr); status != statusFine ||
		stderr.Len() > 0 {
		t.Fatalf("exit status %d\n%s%s", status, &stdout, &stderr)
	}
	folder := filepath.Join(out, "lost-reply-1")
	if _, err := os.Stat(filepath.Join(folder, runs.PageFile)); err != nil {
		t.Error(err)
	}
	text := strings.Join(strings.Fields(stdout.String()), " ")
	if !strings.Contains(text, "run.toml, "+runs.PageFile) || !strings.HasSuffix(text, "show go run ./cmd/view "+folder) {
		t.Errorf("the summary has neither the page nor the command that shows the run:\n%s", &stdout)
	}
	stdout.Reset()
	if status := Main(t.Context(), []string{"-html", "-files", "story", "-out", out}, &stdout, &stderr); status !=
		statusTrouble || !strings.Contains(stderr.String(), "-html makes a page of the trace") {
		t.Errorf("without a trace: exit status %d\n%s%s", status, &stdout, &stderr)
	}
}
