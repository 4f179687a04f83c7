package diff

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/cmd/internal/runs"
)

// With -html the page lies beside the second run, and the status says what it says without.
func TestHTML(t *testing.T) {
	a, b := recorded.Run(t, "lost-reply"), recorded.Run(t, "lost-reply", "seed=2")
	var out, wrong bytes.Buffer
	status := Main(t.Context(), []string{"-html", a, b}, &out, &wrong)
	file := filepath.Join(b, runs.PageFile)
	page, err := os.ReadFile(file)
	if err != nil || status != statusDiffer || wrong.Len() > 0 || !strings.HasSuffix(out.String(), "\nwrote "+file+"\n") ||
		!bytes.Contains(page, []byte(`id="comparison"`)) {
		t.Errorf("exit status %d, error %v, a page of %d bytes\n%s%s", status, err, len(page), &out, &wrong)
	}
}
