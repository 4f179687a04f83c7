package run

import (
	"os"
	"path/filepath"
	"testing"
)

// TestDevFull prints to a device that is always full.
func TestDevFull(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, full)
	want := ordinaryFiles(t)
	for _, flag := range []string{"-quiet=false", "-stdout"} {
		c := &call{dir: t.TempDir(), args: []string{flag, "-out", ".", "-name", "x"}}
		command := c.command(t)
		command.Stdout = full
		stderr, err := os.Create(filepath.Join(c.dir, "stderr"))
		if err != nil {
			t.Fatal(err)
		}
		command.Stderr = stderr
		c.exited(t, command.Run())
		closed(t, stderr)
		c.stderr = filesOf(t, c.dir)["stderr"]
		c.wants(t, statusTrouble, "error: cannot print: ", "no space left on device\n")
		same(t, want, filesOf(t, filepath.Join(c.dir, "x")), c)
	}
}
