//go:build unix

package run

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestInterrupted stops a run in the middle, as Ctrl-C and kill do: it says so, and leaves nothing behind.
func TestInterrupted(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			// The first spans that are pushed tell that the run is under way.
			underWay := make(chan struct{})
			var once sync.Once
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter,
				*http.Request,
			) {
				once.Do(func() { close(underWay) })
			}))
			t.Cleanup(server.Close)
			c := &call{
				dir:  t.TempDir(),
				args: []string{"-requests", "1000000", "-set", "max_duration=8760h", "-out", "a/b", "-otlp", server.URL},
			}
			var stdout, stderr bytes.Buffer
			command := c.command(t)
			command.Stdout, command.Stderr = &stdout, &stderr
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			<-underWay
			if draft, err := filepath.Glob(filepath.Join(c.dir, "a", "b", ".raftkv-draft-*", "new", "*")); err != nil ||
				len(draft) == 0 {
				t.Errorf("there is no draft (%v): %s", err, c)
			}
			if err := command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			c.exited(t, command.Wait())
			c.stdout, c.stderr = stdout.String(), stderr.String()
			c.wants(t, statusTrouble, "interrupted")
			if c.stdout != "" || c.stderr != "error: interrupted: nothing was written\n" {
				t.Errorf("it says: %s\n%.1000s%s", c, c.stdout, c.stderr)
			}
			nothingIn(t, c.dir, c)
		})
	}
}

// TestKilled kills a run in the middle, which leaves what it made: the next run that writes there takes it away.
func TestKilled(t *testing.T) {
	t.Parallel()
	underWay := make(chan struct{})
	var once sync.Once
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter,
		*http.Request,
	) {
		once.Do(func() { close(underWay) })
	}))
	t.Cleanup(server.Close)
	dir := t.TempDir()
	c := &call{dir: dir, args: []string{
		"-requests", "1000000", "-set", "max_duration=8760h", "-out", ".", "-name",
		"killed", "-otlp", server.URL,
	}}
	command := c.command(t)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	<-underWay
	drafts := func() []string {
		all, err := filepath.Glob(filepath.Join(dir, ".*"))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	here(t, "-quiet", "-out", dir, "-name", "meanwhile").wants(t, statusFine)
	if all := drafts(); len(all) != 1 {
		t.Errorf("another run at the same time leaves the drafts %q, want that of the one that is under way", all)
	}
	if err := command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = command.Wait() // it was killed
	if all := drafts(); len(all) != 1 {
		t.Errorf("the killed run leaves %q: then this test kills it too late", all)
	}
	here(t, "-quiet", "-out", dir, "-name", "next").wants(t, statusFine)
	if all := drafts(); len(all) > 0 {
		t.Errorf("%q is left behind", all)
	}
}

// TestFileTooLarge runs into the limit that the system sets on the size of files: the trouble is told, and an earlier
// run's files stay.
func TestFileTooLarge(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "-stdout", "-requests 300 -quiet"} {
		dir := t.TempDir()
		here(t, "-quiet", "-out", dir, "-name", "x").wants(t, statusFine)
		want := filesOf(t, dir)
		c := &call{
			dir: dir, binary: "/bin/sh",
			args: []string{"-c", `ulimit -f 64 && exec "$0" -out . -name x -seed 2 "$@"`, built(t, shipped)},
		}
		c.args = append(c.args, strings.Fields(args)...)
		c.execute(t).wants(t, statusTrouble, "error: nothing was written: write x/"+otlpFile+": file too large\n",
			"error: nothing was written: write x/"+stdouttraceFile+": file too large\n")
		same(t, want, filesOf(t, dir), c)
		if c.stdout != "" {
			t.Errorf("something was printed: %s\n%.200s", c, c.stdout)
		}
		if n := strings.Count(c.stderr, "\n"); n != 2 {
			t.Errorf("%d lines on standard error, want 2: %s\n%s", n, c, c.stderr)
		}
	}
}
