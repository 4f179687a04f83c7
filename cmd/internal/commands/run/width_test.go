package run

import (
	"regexp"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/terminal"
)

// TestWidth has no line wider than 80 columns in what a run says to people. An event of the story is a line, and so is
// a heading, however long, where no terminal breaks it; a command is copied whole; and the folder of the files is as
// long as it is.
func TestWidth(t *testing.T) {
	t.Parallel()
	whole := regexp.MustCompile(`^(── )? *\d+\.\d{3}ms |` +
		`^((?:next|show) {7}|  again: {5}|  shorter: {3}) go run |^files {7}\S+ \S+$`)
	// a line that ends within a name, or between it and its count
	parted := regexp.MustCompile(`sometimes:[^:]*[a-z]\n[^:]*\nfiles `)
	out := t.TempDir()
	for _, args := range []string{
		"",
		"figure-8",
		"everything",
		"-faults mixed -seed 7",
		"-bug local-read two-leaders",
		"-shrink -bug no-dedup -seed 5 -set network.loss=0.1",
		"-set max_duration=60ms",
		"-list",
		"-h",
	} {
		c := here(t, append([]string{"-out", out}, strings.Fields(args)...)...)
		if c.stdout == "" {
			t.Errorf("it says nothing: %s", c)
		}
		if at := parted.FindString(c.stdout); at != "" {
			t.Errorf("a line breaks within what happened sometimes, or before how often: %s\n%s", c, at)
		}
		for line := range strings.Lines(c.stdout + c.stderr) {
			line = strings.TrimSuffix(line, "\n")
			if columns := terminal.Length(line); columns > 80 && !whole.MatchString(line) {
				t.Errorf("a line has %d columns, want at most 80: %s\n%s", columns, c, line)
			}
		}
	}
}
