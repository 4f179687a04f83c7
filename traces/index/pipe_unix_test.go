//go:build unix

package index_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/raftkv/raftkv/traces/index"
)

// What can be read only once is copied, and nothing is left of the copy.
func TestPipe(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	file := server(t, "jaeger-v2.json") // which is read a second time from other places than lines are
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	write := func(content []byte) { written <- os.WriteFile(pipe, content, 0o600) }
	go write(file)
	x, err := index.Read(t.Context(), index.File(pipe), index.Options{})
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 { // so that nothing is, should the command be killed
		t.Errorf("while the copy is read there is %v, %v", left, err)
	}
	holds(t, "a pipe", x, spansOf(t, file))
	if err := x.Close(); err != nil {
		t.Error(err)
	}
	go write([]byte("hello\n"))
	if _, err := index.Read(t.Context(), index.File(pipe), index.Options{}); err == nil {
		t.Error("what is no trace is taken for one")
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("what is left is %v, %v", left, err)
	}
}
