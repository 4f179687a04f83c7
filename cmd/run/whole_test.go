package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
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
	c.status = run(ctx, c.args, &stdout, &stderr)
	c.stdout, c.stderr = stdout.String(), stderr.String()
	c.wants(t, statusTrouble, "error: interrupted: nothing was written\n")
	same(t, want, filesOf(t, out), c)
	// And what succeeds takes their places, but for the file that is no run's.
	other, _ := runFolder(t, "-seed", "2")
	other["notes.md"] = "mine"
	again := here(t, "-quiet", "-out", out, "-name", "x", "-seed", "2").wants(t, statusFine)
	same(t, other, filesOf(t, filepath.Join(out, "x")), again)
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

// TestReplaceIsUndone has a file not get into its place, after others did: all is as it was.
func TestReplaceIsUndone(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	here(t, "-quiet", "-out", out, "-name", "x").wants(t, statusFine)
	want := filesOf(t, filepath.Join(out, "x"))
	for _, late := range runFiles {
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
		// A folder that comes into the way at the last moment, and another where the earlier file shall wait, which no rename replaces.
		for _, folder := range []string{filepath.Join(f.draft, "old", late, "x")} {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.commit(); err == nil {
			t.Errorf("the files took their places, although %s could not", late)
		}
		f.discard()
		same(t, want, filesOf(t, filepath.Join(out, "x")), &call{args: []string{"-name", "x"}})
	}
	if left := filesOf(t, out); len(left) != len(want)+1 {
		t.Errorf("something is left behind: %d files", len(left))
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
	for _, room := range []int{0, 1, 1000, 40_000} {
		for _, flags := range [][]string{{}, {"-stdout"}, {"-stdout", "-files", "otlp"}, {"-list"}, {"-h"}} {
			if instead := slices.Contains(flags, "-list") || slices.Contains(flags, "-h"); instead && room > 1 {
				continue
			}
			out := t.TempDir()
			c := &call{args: append([]string{"-out", out, "-name", "x", "-clients", "9"}, flags...)}
			var stderr strings.Builder
			c.status = run(t.Context(), c.args, &fullDisk{room}, &stderr)
			c.stderr = stderr.String()
			c.wants(t, statusTrouble, "error: cannot print: no space left on device\n")
			var want map[string]string
			switch {
			case slices.Contains(flags, "otlp"):
				want, _ = runFolder(t, "-clients", "9", "-files", "otlp")
			case len(flags) == 0 || flags[0] == "-stdout":
				want, _ = runFolder(t, "-clients", "9")
			}
			got := filesOf(t, filepath.Join(out, "x"))
			same(t, want, got, c)
			if all := filesOf(t, out); len(got) > 0 && len(all) != len(got)+1 || len(got) == 0 && len(all) > 0 {
				t.Errorf("something is left behind: %s", c)
			}
		}
	}
}
