package run

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReaderGoesAway closes the pipe that the command prints to, as head does: at once, and after the first line. There
// is far more to print than a pipe holds. Nothing is wrong then, and the files are whole.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	want, _ := runFolder(t, "-requests", "40")
	if len(want[storyFile]) < 1<<17 {
		t.Fatalf("the story has %d bytes: a pipe may hold them all", len(want[storyFile]))
	}
	for _, flags := range [][]string{{}, {"-stdout"}, {"-stdout", "-files", "otlp,story"}} {
		for _, lines := range []int{0, 1} {
			if len(flags) == 1 && lines == 0 {
				continue // the others show it
			}
			t.Run(strings.Join(flags, " "), func(t *testing.T) {
				t.Parallel()
				c := &call{dir: t.TempDir(), args: append([]string{"-requests", "40", "-out", ".", "-name", "x"}, flags...)}
				head(t, c, lines)
				c.wants(t, statusFine)
				got := filesOf(t, filepath.Join(c.dir, "x"))
				if len(flags) == 3 {
					got[stdouttraceFile] = want[stdouttraceFile] // not asked for
				}
				same(t, want, got, c)
			})
		}
	}
	for _, args := range [][]string{{"-h"}, {"-list"}} {
		c := &call{dir: t.TempDir(), args: args}
		head(t, c, 0)
		c.wants(t, statusFine)
	}
}

// head makes a call whose standard output is closed after so many lines.
func head(t *testing.T, c *call, lines int) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	command := c.command(t)
	command.Stdout, command.Stderr = writer, &stderr
	if lines == 0 {
		closed(t, reader)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	closed(t, writer)
	if lines > 0 {
		for from := bufio.NewReader(reader); lines > 0; lines-- {
			if _, err := from.ReadString('\n'); err != nil {
				t.Fatalf("%v: %s", err, c)
			}
		}
		closed(t, reader)
	}
	c.exited(t, command.Wait())
	c.stderr = stderr.String()
}
