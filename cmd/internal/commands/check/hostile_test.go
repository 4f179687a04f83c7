package check

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/recorded"
)

// TestHostileRun checks a run in which one text after the other ends with a control character: however much is found
// wrong, none of it reaches the terminal.
func TestHostileRun(t *testing.T) {
	stale, _ := traced(t, recorded.Config(t, "two-leaders", "", "bug=local-read"))
	t.Chdir(t.TempDir())
	texts := map[string]bool{`"name":"`: true, `[{"stringValue":"`: true}
	for _, m := range regexp.MustCompile(`"key":"[^"]+","value":\{"stringValue":"`).FindAll(stale, -1) {
		texts[string(m)] = true
	}
	if len(texts) < 20 {
		t.Fatalf("there are no more texts than %v", texts)
	}
	for text := range texts {
		whole := regexp.MustCompile(`(` + regexp.QuoteMeta(text) + `(?:[^"\\]|\\.)*)"`)
		status, stdout, stderr := call(t, "-max", "0", write(t, "hostile.jsonl", whole.ReplaceAll(stale, []byte("$1\x7f\""))))
		if status != command.Violation {
			t.Errorf("%s: exit status %d: %s", text, status, stderr)
		}
		for line := range strings.Lines(stdout) {
			for _, r := range strings.TrimSuffix(line, "\n") {
				if !strconv.IsPrint(r) {
					t.Errorf("%s: %q reaches the terminal in %q", text, r, line)
					break
				}
			}
		}
	}
}
