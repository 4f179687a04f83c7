//go:build unix

package draft

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestWritesToAPipe writes to what is no file: it is written to, and not replaced.
func TestWritesToAPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		file, err := os.Open(pipe)
		if err != nil {
			read <- err.Error()
			return
		}
		content, _ := io.ReadAll(file)
		_ = file.Close()
		read <- string(content)
	}()
	err := Write(pipe, func(w io.Writer) error {
		_, err := io.Copy(w, strings.NewReader("exported"))
		return err
	})
	if got := <-read; err != nil || got != "exported" {
		t.Errorf("who reads the pipe gets %q, %v", got, err)
	}
	if info, err := os.Stat(pipe); err != nil || info.Mode().IsRegular() {
		t.Errorf("the pipe is %v, %v: it was replaced", info, err)
	}
}
