package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAFileIsNoTerminal(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	for _, w := range []io.Writer{f, new(bytes.Buffer)} {
		if Interactive(w) || StyleOf(w).Colour || Width(w) != 80 {
			t.Errorf("%T is taken for a terminal", w)
		}
	}
	p := NewProgress(f, "x", 1)
	p.began = p.began.Add(-time.Hour)
	p.Set(1)
	p.Done()
	if info, err := f.Stat(); err != nil || info.Size() > 0 {
		t.Errorf("a bar was drawn in a file: %v, %v", info, err)
	}
}

func TestColour(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, true},
		{map[string]string{"TERM": "xterm-256color", "NO_COLOR": ""}, true},
		{map[string]string{"NO_COLOR": "0"}, false},
		{map[string]string{"TERM": "dumb"}, false},
	} {
		if got := wantsColour(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("with %v colour is %t", c.env, got)
		}
	}
	plain, coloured := Style{}, Style{Colour: true}
	if got := plain.Red("x") + coloured.Red("x") + coloured.Bold(""); got != "x\x1b[31mx\x1b[0m" {
		t.Errorf("got %q", got)
	}
}

func TestTable(t *testing.T) {
	coloured := Style{Colour: true}
	got := Table([][]string{
		{"name", "count", "what"},
		{coloured.Green("é"), "5", "short"},
		{"default", coloured.Bold("12345678"), ""},
		{"alone"},
	}, Left, Right)
	want := strings.Join([]string{
		"name        count  what",
		"\x1b[32mé\x1b[0m               5  short",
		"default  \x1b[1m12345678\x1b[0m",
		"alone",
	}, "\n") + "\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	if got := Table(nil); got != "" {
		t.Errorf("an empty table is %q", got)
	}
}

func TestWrap(t *testing.T) {
	got := strings.Join(Wrap("one two  three\nfifteenth x \x1b[1mbold\x1b[0m", 8), "|")
	if want := "one two|three|fifteenth|x \x1b[1mbold\x1b[0m"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = strings.Join(Wrap(Style{Colour: true}.Red("one two three")+" four five", 8), "|")
	if want := "\x1b[31mone two\x1b[0m|\x1b[31mthree\x1b[0m|four|five"; got != want {
		t.Errorf("a style that goes on is wrapped into %q, want %q", got, want)
	}
	got = strings.Join(Wrap("won"+NoBreak+"1, lost"+NoBreak+"22, denied 333", 12), "|")
	if want := "won 1,|lost 22,|denied 333"; got != want {
		t.Errorf("spaces at which no line is broken are wrapped into %q, want %q", got, want)
	}
	if got := Wrap(" ", 8); len(got) > 0 {
		t.Errorf("nothing is wrapped into %q", got)
	}
}

func TestParagraph(t *testing.T) {
	got := Paragraph("- ", "      ", "one two three four five six", 11)
	if want := "- one two\n      three\n      four\n      five\n      six\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = Paragraph("- ", "  ", "one, won"+NoBreak+"1, lost"+NoBreak+"22, x"+NoBreak+"3", 13)
	if want := "- one, won 1,\n  lost 22,\n  x 3\n"; got != want {
		t.Errorf("spaces at which no line is broken: got %q, want %q", got, want)
	}
	got = Paragraph("- ", "  ", Style{Colour: true}.Red("one two three"), 9)
	if want := "- \x1b[31mone two\x1b[0m\n  \x1b[31mthree\x1b[0m\n"; got != want {
		t.Errorf("a style that goes on: got %q, want %q", got, want)
	}
	if got := Paragraph("- ", "  ", " ", 11); got != "" {
		t.Errorf("nothing is a paragraph %q", got)
	}
}

type located struct{ line, marks string }

func (located) Error() string                   { return "not printed" }
func (located) Where() string                   { return "my.toml:3:5" }
func (located) What() string                    { return "it is wrong" }
func (l located) Excerpt() (line, marks string) { return l.line, l.marks }

func TestErrors(t *testing.T) {
	err := errors.Join(errors.New("no such file"), fmt.Errorf("wrapped: %w", located{}),
		errors.Join(located{"\tseed = x", "\t       ^"}, located{}))
	for _, c := range []struct {
		colour bool
		want   string
	}{
		{false, "error: no such file\nerror: wrapped: not printed\nmy.toml:3:5: it is wrong\n    \tseed = x\n    \t       ^\nmy.toml:3:5: it is wrong\n"},
		{true, "\x1b[31merror:\x1b[0m no such file\n\x1b[31merror:\x1b[0m wrapped: not printed\n" +
			"\x1b[1mmy.toml:3:5:\x1b[0m it is wrong\n    \tseed = x\n    \t       \x1b[31m^\x1b[0m\n\x1b[1mmy.toml:3:5:\x1b[0m it is wrong\n"},
	} {
		var b strings.Builder
		writeErrors(&b, Style{Colour: c.colour}, 0, err)
		if diff := cmp.Diff(c.want, b.String()); diff != "" {
			t.Errorf("errors (-want +got):\n%s", diff)
		}
	}
}

// TestErrorsOnATerminal breaks what is wrong into lines, but for the line that it is in, and for a command to be
// copied.
func TestErrorsOnATerminal(t *testing.T) {
	err := errors.Join(errors.New("nobody was a leader; ask\n  go run ./cmd/explain RUN leader term 1"),
		located{"\tseed = xxxxxxxxxxxxxxxx", "\t       ^"}, errors.New("short, just fits"))
	var b strings.Builder
	writeErrors(&b, Style{}, 23, err)
	want := "error: nobody was a\n  leader; ask\n  go run ./cmd/explain RUN leader term 1\nmy.toml:3:5: it is\n  wrong\n    \tseed = xxxxxxxxxxxxxxxx\n    \t       ^\n" +
		"error: short, just fits\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestPrintErrors(t *testing.T) {
	var b bytes.Buffer
	PrintErrors(&b, located{"x", "^"})
	if got, want := b.String(), "my.toml:3:5: it is wrong\n    x\n    ^\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgress(t *testing.T) {
	var b bytes.Buffer
	clock := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	p := newProgress(&b, "operations", 8, 40, func() time.Time { return clock })
	step := func(after time.Duration, done int, want string) {
		t.Helper()
		b.Reset()
		clock = clock.Add(after)
		p.Set(done)
		if b.String() != want {
			t.Errorf("after %v, at %v: got %q, want %q", after, done, b.String(), want)
		}
	}
	step(1999*time.Millisecond, 3, "")
	step(time.Millisecond, 4, "\roperations [########.........]  50% 4/8\x1b[K")
	step(99*time.Millisecond, 6, "")
	step(time.Millisecond, 9, "\roperations [#################] 100% 9/8\x1b[K")
	p.width = 20
	step(time.Second, 0, "\roperations 0% 0/8\x1b[K")
	p.width = 10
	step(time.Second, 0, "\roperation\x1b[K")
	b.Reset()
	p.Done()
	p.Done()
	if got, want := b.String(), "\r\x1b[K"; got != want {
		t.Errorf("Done wrote %q, want %q", got, want)
	}
	p = newProgress(&b, "nothing", 0, 80, func() time.Time { return clock })
	step(patience, 0, "\rnothing [........................................]   0% 0/0\x1b[K")
}

func TestWait(t *testing.T) {
	var b bytes.Buffer
	began := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	ticks := make(chan time.Time)
	done := wait(&b, "comparing", 80, ticks, func() time.Time { return began })
	for _, after := range []time.Duration{time.Second, patience, 61 * time.Second} {
		ticks <- began.Add(after)
	}
	done()
	done()
	if got, want := b.String(), "\rcomparing, for 2 s\x1b[K\rcomparing, for 61 s\x1b[K\r\x1b[K"; got != want {
		t.Errorf("it wrote %q, want %q", got, want)
	}
	b.Reset()
	done = wait(&b, "comparing", 80, ticks, func() time.Time { return began })
	ticks <- began.Add(time.Second)
	done()
	if b.Len() > 0 {
		t.Errorf("what was done at once wrote %q", b.String())
	}
	Wait(&b, "comparing")()
	if b.Len() > 0 {
		t.Errorf("to what is no terminal it wrote %q", b.String())
	}
}

func TestPlots(t *testing.T) {
	unicode, ascii := Plots{}, Plots{ASCII: true}
	for _, c := range []struct{ got, want string }{
		{unicode.Bar(0, 4), "    "},
		{unicode.Bar(0.0001, 4), "▏   "},
		{unicode.Bar(0.5, 4), "██  "},
		{unicode.Bar(0.6, 4), "██▍ "},
		{unicode.Bar(1, 4), "████"},
		{ascii.Bar(0.0001, 4), "#   "},
		{ascii.Bar(0.5, 4), "##  "},
		{unicode.Columns([]uint64{0, 1, 400, 800}), " ▁▄█"},
		{ascii.Columns([]uint64{0, 1, 400, 800}), " .=@"},
		{unicode.Columns(nil), ""},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if PlotsFor(new(bytes.Buffer)).ASCII {
		t.Error("a file is taken for a terminal without UTF-8")
	}
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"LANG": "en_GB.UTF-8"}, true},
		{map[string]string{"LANG": "en_GB.UTF-8", "LC_ALL": "C"}, false},
		{map[string]string{"LANG": "C", "LC_CTYPE": "C.utf8"}, true},
	} {
		if got := speaksUTF8(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("with %v a terminal speaks UTF-8: %t", c.env, got)
		}
	}
}
