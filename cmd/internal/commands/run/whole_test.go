package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/runs"
)

// TestEarlierFilesStay runs what fails where an earlier run is: that one's files stay, to the byte.
func TestEarlierFilesStay(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	here(t, "-quiet", "-out", out, "-name", "x").wants(t, statusFine)
	write(t, filepath.Join(out, "x"), "notes.md", "mine")
	want := filesOf(t, out)
	for _, args := range [][]string{
		{"-nodes", "0"},
		{"-drop", "00f067aa0ba902b7"},
		{"-delay", "00f067aa0ba902b7=1ms", "-stdout", "-seed", "2"},
		{"nonsense"},
	} {
		c := here(t, append(args, "-out", out, "-name", "x")...).wants(t, statusTrouble, "")
		same(t, want, filesOf(t, out), c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr strings.Builder
	c := &call{args: []string{"-out", out, "-name", "x", "-seed", "2"}}
	c.status = Main(ctx, c.args, &stdout, &stderr)
	c.stdout, c.stderr = stdout.String(), stderr.String()
	c.wants(t, statusTrouble, "error: interrupted: nothing was written\n")
	same(t, want, filesOf(t, out), c)
	// And what succeeds takes their places, but for the file that is no run's.
	other, _ := runFolder(t, "-seed", "2")
	other["notes.md"] = "mine"
	again := here(t, "-quiet", "-out", out, "-name", "x", "-seed", "2").wants(t, statusFine)
	same(t, other, filesOf(t, filepath.Join(out, "x")), again)
}

// TestDerivedFilesGo runs where an earlier run is of which other commands made files: they are of the earlier one, and
// go away with it. What is called otherwise stays, and so do a folder and a link.
func TestDerivedFilesGo(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	folder := filepath.Join(out, "x")
	here(t, "-quiet", "-out", out, "-name", "x").wants(t, statusFine)
	for _, name := range append(runs.Derived(), laidFiles...) {
		write(t, folder, name, "of the earlier run")
	}
	write(t, folder, "history.html.mine", "mine")
	broken := here(t, "-quiet", "-out", out, "-name", "x", "-nodes", "0").wants(t, statusTrouble, "")
	if all := filesOf(t, folder); len(all) != len(runFiles)+len(runs.Derived())+len(laidFiles)+1 {
		t.Errorf("a run that cannot be done takes files away: %s", broken)
	}
	want, _ := runFolder(t, "-seed", "2")
	want["history.html.mine"] = "mine"
	c := here(t, "-quiet", "-out", out, "-name", "x", "-seed", "2").wants(t, statusFine)
	same(t, want, filesOf(t, folder), c)
	if err := errors.Join(os.Mkdir(filepath.Join(folder, runs.HistoryFile), 0o755),
		os.Symlink("history.html.mine", filepath.Join(folder, runs.JaegerFile))); err != nil {
		t.Fatal(err)
	}
	want[runs.HistoryFile+"/"], want[runs.JaegerFile] = "", "mine"
	c = here(t, "-quiet", "-out", out, "-name", "x", "-seed", "2").wants(t, statusFine)
	same(t, want, filesOf(t, folder), c)
}

// TestFolderInTheWay has a folder where a file shall be: it is not touched, nor are the other files.
func TestFolderInTheWay(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	here(t, "-quiet", "-out", out, "-name", "x", "-files", "otlp,story").wants(t, statusFine)
	mine := filepath.Join(out, "x", stdouttraceFile)
	if err := os.Mkdir(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, mine, "important", "mine")
	want := filesOf(t, out)
	c := here(t, "-out", out, "-name", "x", "-seed", "2").wants(t, statusTrouble, mine+" is in the way: it is a folder")
	same(t, want, filesOf(t, out), c)
}

// TestReplaceIsUndone has a file that cannot be moved, after others were: all is as it was.
func TestReplaceIsUndone(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	here(t, "-quiet", "-out", out, "-name", "x").wants(t, statusFine)
	want := filesOf(t, filepath.Join(out, "x"))
	for _, stuck := range runFiles {
		f, err := newFolder(out, "x")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range runFiles {
			w, err := f.create(name)
			if err == nil {
				_, err = w.Write([]byte("new"))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := f.finish(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(f.fresh(), stuck)); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(f.aside(), stuck, "which no file replaces"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := f.replace(); err == nil {
			t.Errorf("the files took their places, although %s could not", stuck)
		}
		f.discard()
		same(t, want, filesOf(t, filepath.Join(out, "x")), &call{args: []string{"-name", "x"}})
	}
	if left := filesOf(t, out); len(left) != len(want)+1 {
		t.Errorf("something is left behind: %d files", len(left))
	}
}

// impatient interrupts the command as soon as it prints.
type impatient struct {
	interrupt func()
	printed   int
}

func (i *impatient) Write(p []byte) (int, error) {
	i.interrupt()
	i.printed += len(p)
	return len(p), nil
}

// TestInterruptedPrinting stops the command while it prints: it prints no more, but the files are there already.
func TestInterruptedPrinting(t *testing.T) {
	t.Parallel()
	want, _ := runFolder(t, "-requests", "25")
	for flag, length := range map[string]int{"-quiet=false": len(want[storyFile]), "-stdout": len(want[stdouttraceFile])} {
		out := t.TempDir()
		c := &call{args: []string{flag, "-requests", "25", "-out", out, "-name", "x"}}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		stdout, stderr := new(impatient), new(strings.Builder)
		stdout.interrupt = func() {
			cancel()
			// Whoever kills the command now, because it is still printing, finds nothing to clean up.
			if all := filesOf(t, out); len(all) != len(runFiles)+1 {
				t.Errorf("there is a draft while the command prints: %s", c)
			}
		}
		c.status = Main(ctx, c.args, stdout, stderr)
		c.stderr = stderr.String()
		c.wants(t, statusTrouble, "error: cannot print: interrupted; the files are written\n")
		same(t, want, filesOf(t, filepath.Join(out, "x")), c)
		if stdout.printed == 0 || stdout.printed >= length {
			t.Errorf("%d of %d bytes were printed: %s", stdout.printed, length, c)
		}
	}
}

// fullDisk takes so many bytes, and then no more.
type fullDisk struct{ room int }

var errFull = errors.New("no space left on device")

func (f *fullDisk) Write(p []byte) (int, error) {
	n := min(len(p), f.room)
	f.room -= n
	if n < len(p) {
		return n, errFull
	}
	return n, nil
}

// TestStandardOutputIsFull prints to what takes only a little. The files are whole, and the trouble is told.
func TestStandardOutputIsFull(t *testing.T) {
	t.Parallel()
	want, _ := runFolder(t, "-clients", "10")
	if len(want[storyFile]) < 1<<15 {
		t.Fatalf("the story has %d bytes: it may fit", len(want[storyFile]))
	}
	for _, c := range []struct {
		room int
		args []string
		want []string // the files
	}{
		{0, []string{"-list"}, nil},
		{0, []string{"-h"}, nil},
		{0, []string{"-clients", "10"}, runFiles},
		{1 << 15, []string{"-clients", "10"}, runFiles},
		{1, []string{"-clients", "10", "-stdout"}, runFiles},
		{1 << 15, []string{"-clients", "10", "-stdout", "-files", "otlp"}, []string{otlpFile, configFile}},
	} {
		out := t.TempDir()
		got := &call{args: append([]string{"-out", out, "-name", "x"}, c.args...)}
		var stderr strings.Builder
		got.status = Main(t.Context(), got.args, &fullDisk{c.room}, &stderr)
		got.stderr = stderr.String()
		got.wants(t, statusTrouble, "error: cannot print: no space left on device\n")
		all := make(map[string]string)
		for _, name := range c.want {
			all["x/"], all["x/"+name] = "", want[name]
		}
		same(t, all, filesOf(t, out), got)
	}
}
