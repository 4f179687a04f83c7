package recorded

import (
	"regexp"
	"strings"
	"testing"
)

// severalOfOne is a number of one with the word for several.
var severalOfOne = regexp.MustCompile(`(^|[^\d.,/])1[ \x{a0}](` +
	`servers|nodes|clients|requests|operations|elections|messages|faults|spans|events|entries|` +
	`invariants|runs|seeds|votes|tries|times|keys|findings|processes|lines|files|indexes|rules|members|links)\b`)

// Counts wants no text to say of one thing that it is several.
func Counts(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for line := range strings.Lines(text) {
			if word := severalOfOne.FindString(line); word != "" {
				t.Errorf("it says %q: %s", strings.TrimSpace(word), strings.TrimSuffix(line, "\n"))
			}
		}
	}
}
