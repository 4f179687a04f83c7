//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestInterrupted stops a run in the middle, as Ctrl-C and kill do: it says so, and leaves nothing behind.
func TestInterrupted(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			c := &call{dir: t.TempDir(), args: []string{"-requests", "1000000", "-set", "max_duration=8760h", "-out", "a/b"}}
			command, stdout, stderr := start(t, c, io.Discard)
			await(t, c, stderr, "a/b/.default-1-*/new/"+stdouttraceFile)
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			c.exited(t, command.Wait())
			c.stdout, c.stderr = stdout.String(), stderr.String()
			c.wants(t, statusTrouble, "error: interrupted: nothing was written\n")
			nothingIn(t, c.dir, c)
		})
	}
}

// TestInterruptedPrinting stops the command while it prints: the files are there already.
func TestInterruptedPrinting(t *testing.T) {
	t.Parallel()
	want, _ := runFolder(t, "-requests", "100")
	reader, writer := io.Pipe()
	c := &call{dir: t.TempDir(), args: []string{"-requests", "100", "-out", ".", "-name", "x"}}
	command, _, stderr := start(t, c, writer)
	// Nobody reads yet, and the story is longer than what fits into a pipe.
	await(t, c, stderr, "x/"+configFile)
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	c.exited(t, command.Wait())
	c.stderr = stderr.String()
	c.wants(t, statusTrouble, "error: cannot print: interrupted; the files are written\n")
	same(t, want, filesOf(t, filepath.Join(c.dir, "x")), c)
}

// start makes a call without waiting for its end. What is on standard output goes to w, too.
func start(t *testing.T, c *call, w io.Writer) (command *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	command = c.command(t)
	command.Stdout, command.Stderr = io.MultiWriter(w, stdout), stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if command.ProcessState == nil {
			_ = command.Process.Kill() // the test has failed already
			_ = command.Wait()
		}
	})
	return command, stdout, stderr
}

// await waits until the command made a file. The deadline is far away: it is there for a command that does not make it at all.
func await(t *testing.T, c *call, stderr *bytes.Buffer, pattern string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; runtime.Gosched() {
		if found, _ := filepath.Glob(filepath.Join(c.dir, filepath.FromSlash(pattern))); len(found) > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is no %s: %s\n%s", pattern, c, stderr)
		}
	}
}

// TestFileTooLarge runs into the limit that the system sets on the size of files: the trouble is told, and an earlier run's files stay.
func TestFileTooLarge(t *testing.T) {
	t.Parallel()
	binary, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"", "-stdout", "-requests 3000 -quiet"} {
		dir := t.TempDir()
		here(t, "-quiet", "-out", dir, "-name", "x").wants(t, statusFine)
		want := filesOf(t, dir)
		c := &call{dir: dir, binary: "/bin/sh", args: []string{"-c", `ulimit -f 64 && exec "$0" -out . -name x -seed 2 "$@"`, binary}}
		c.args = append(c.args, strings.Fields(args)...)
		c.execute(t).wants(t, statusTrouble, "error: nothing was written: write x/"+otlpFile+": file too large\n", "error: nothing was written: write x/"+stdouttraceFile+": file too large\n")
		same(t, want, filesOf(t, dir), c)
		if c.stdout != "" {
			t.Errorf("something was printed: %s\n%.200s", c, c.stdout)
		}
		if n := strings.Count(c.stderr, "\n"); n != 2 {
			t.Errorf("%d lines on standard error, want 2: %s\n%s", n, c, c.stderr)
		}
	}
}
