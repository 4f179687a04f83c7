//go:build unix

package runs

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/raftkv/raftkv/cmd/internal/recorded"
	"github.com/raftkv/raftkv/traces/record"
)

// What can be read only once is not looked at before, to see how large it is.
func TestReadPipe(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(recorded.Run(t, "lost-reply"), record.FileName))
	if err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	var given Run
	reading, done := make(chan struct{}), make(chan error)
	go func() {
		done <- Read(t.Context(), io.Discard, []string{pipe}, takes, func(ctx context.Context, i int, run Run) error {
			given = run
			close(reading)
			return all(ctx, i, run)
		})
	}()
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for somebody who opens it to read
	if err != nil {
		t.Fatal(err)
	}
	early := false
	select {
	case <-reading:
	default:
		early = true
	}
	_, err = w.Write(content)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Error(err)
	}
	if early {
		t.Error("the pipe is opened before it is read: what was in it is gone then")
		<-reading
		if err := os.WriteFile(pipe, nil, 0o600); err != nil { // so that reading it ends
			t.Error(err)
		}
	}
	if err := <-done; err != nil || given.Spans != 0 || given.size != 0 || given.memory != 0 {
		t.Errorf("of a pipe is known %+v, error %v, want nothing but its name", given, err)
	}
}
