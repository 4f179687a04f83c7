package story_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/raftkv/raftkv/raftkv/raft/rafttest"
	raftstory "github.com/raftkv/raftkv/raftkv/raft/story"
	"github.com/raftkv/raftkv/traces/record"
	"github.com/raftkv/raftkv/traces/story"
	"github.com/raftkv/raftkv/traces/tracetest"
)

func tell(t testing.TB, lines *story.Story, style story.Style) string {
	t.Helper()
	var b bytes.Buffer
	if err := lines.Write(&b, style); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The story of a run is that of its file.
func TestStoryFromAFile(t *testing.T) {
	for _, s := range []rafttest.Scenario{rafttest.Reference(), rafttest.Rough()} {
		during, after := story.New(raftstory.Protocol()), story.New(raftstory.Protocol())
		var file bytes.Buffer
		rafttest.Record(t, s, record.NewOTLPFile(&file), during)
		for _, span := range rafttest.Read(t, file.Bytes()) {
			after.Add(&span)
		}
		if diff := cmp.Diff(tell(t, during, story.Plain), tell(t, after, story.Plain)); diff != "" {
			t.Errorf("-while the run went on, +from its file:\n%s", diff)
		}
	}
}

func TestStoryWithColours(t *testing.T) {
	lines := story.New(raftstory.Protocol())
	rafttest.Record(t, rafttest.Rough(), lines)
	plain, coloured := tell(t, lines, story.Plain), tell(t, lines, story.ANSI)
	if strings.Contains(plain, "\x1b") {
		t.Error("the plain story has escape sequences")
	}
	if without := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(coloured, ""); without == coloured ||
		without != plain {
		t.Error("the coloured story is not the plain one with colours")
	}
}

// On a narrow screen a text goes on below where it began, and no line is wider than the screen.
func TestStoryWithinAScreen(t *testing.T) {
	lines := story.New(raftstory.Protocol())
	rafttest.Record(t, rafttest.Rough(), lines)
	plain := tell(t, lines, story.Plain)
	for _, columns := range []int{60, 80, 100} {
		var b bytes.Buffer
		if err := lines.WriteWithin(&b, story.Plain, columns); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("on a screen of %d columns a line has %d:\n%s", columns, n, line)
			}
		}
		if joined := together(regexp.MustCompile(`\n {39}`).ReplaceAllString(b.String(), " ")); joined != plain {
			t.Errorf("broken for %d columns and put together again, the story is another (-want +got):\n%s", columns,
				cmp.Diff(plain, joined))
		}
	}
	var b bytes.Buffer
	if err := lines.WriteWithin(&b, story.Plain, 45); err != nil || together(b.String()) != plain {
		t.Errorf("where there is no room to break lines, they are broken all the same, %v", err)
	}
}

// together is a story whose headings are not broken.
func together(lines string) string {
	ofEvent := regexp.MustCompile(`^ *\d+\.\d{3}ms \S+ +[0-9a-f]{16}  `)
	var b strings.Builder
	for line := range strings.Lines(lines) {
		if !ofEvent.MatchString(line) && !strings.HasPrefix(line, "── ") {
			before := strings.TrimSuffix(b.String(), "\n")
			b.Reset()
			b.WriteString(before)
			line = " " + strings.TrimLeft(line, " ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// A span that the spec does not have, as another protocol's, is told by its name and attributes.
func TestStoryOfAnotherProtocol(t *testing.T) {
	s := tracetest.Plain(1)
	s.Name, s.Attributes = "paxos.promise\x07", tracetest.EveryType[:2]
	lines := story.New(raftstory.Protocol())
	lines.Add(&s)
	if got, want := strings.Join(strings.Fields(tell(t, lines, story.Plain)), " "),
		`0.000ms node-2 0001000000000002 "paxos.promise\a" string=plain string.empty=`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
