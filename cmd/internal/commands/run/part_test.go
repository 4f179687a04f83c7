package run

import (
	"regexp"
	"strings"
	"testing"
)

// TestPartOfTheStory prints a part, says how much that is, and writes all of it.
func TestPartOfTheStory(t *testing.T) {
	t.Parallel()
	whole, _ := runFolder(t, "leader-crash")
	files, c := runFolder(t, "-quiet=false", "-only", "node-3,world", "-from", "60ms", "leader-crash")
	if files[storyFile] != whole[storyFile] {
		t.Errorf("%s is not the whole story: %s", storyFile, c)
	}
	got := beforeSummary(c.stdout)
	if m := regexp.MustCompile(`(?m)^ *\d+\.\d{3}ms (node-[12]|client)`).FindString(got); m != "" ||
		!strings.Contains(got, " world ") || !strings.Contains(got, " node-3 ") {
		t.Errorf("it tells %q: %s\n%s", m, c, got)
	}
	if told := summaryOf(t,
		c)["told"]; !regexp.MustCompile(`^\d+ of \d+ lines, because of -only node-3,world -from 60ms$`).MatchString(told) {
		t.Errorf("it says of what it told %q: %s", told, c)
	}
}

// TestPartsThatAreNone are said before anything is run.
func TestPartsThatAreNone(t *testing.T) {
	t.Parallel()
	for want, args := range map[string]string{
		"-only node-6: there is no such process; the nearest is node-":     "-only node-6",
		"-only world1: there is no such process; the nearest is world":     "-only world1,node-2",
		"with -quiet it is not told":                                       "-quiet -only node-1",
		"with -stdout it is not told":                                      "-stdout -from 5ms",
		"-to 1ms is before -from 2ms":                                      "-from 2ms -to 1ms",
		"-from wants a time from 0 such as 250ms, as a line of the story ": "-from soon",
	} {
		dir := t.TempDir()
		c := here(t, append(strings.Fields(args), "-out", dir)...).wants(t, statusTrouble, want)
		nothingIn(t, dir, c)
	}
}
