//go:build unix

package traces_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	raftspans "github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces"
	"github.com/raftkv/raftkv/traces/export"
	index "github.com/raftkv/raftkv/traces/index2"
)

// What can be read only once is copied, and nothing is left of the copy.
func TestPipe(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	file := converted(t, export.WriteJaeger, read(t, recordFile(t, rough()))) // which is read a second time from other places than lines are
	spans := read(t, file)
	want := told(t, index.Of(spans), spans)
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	written := make(chan error)
	write := func(content []byte) { written <- os.WriteFile(pipe, content, 0o600) }
	go write(file)
	all, err := index.Read(t.Context(), index.File(pipe), index.Options{Lists: span.Lists(raftspans.AllSpecs())})
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 { // so that nothing is, should the command be killed
		t.Errorf("while the copy is read there is %v, %v", left, err)
	}
	if got := told(t, all, spans); got != want {
		t.Errorf("%d bytes are made of what comes from a pipe, not these %d", len(got), len(want))
	}
	if err := all.Close(); err != nil {
		t.Error(err)
	}
	go write([]byte("hello\n"))
	if _, err := traces.Index(t.Context(), pipe, traces.IndexOptions{}); err == nil {
		t.Error("what is no trace is taken for one")
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("what is left is %v, %v", left, err)
	}
}
