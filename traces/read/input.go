package read

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// FileName is the file of a run's folder that has its trace.
const FileName = "trace.otlp.jsonl"

// Open opens a trace: the folder of a run, or a file.
func Open(path string) (*Reader, error) {
	return OpenContext(context.Background(), path, nil)
}

// OpenContext opens a trace as Open does, for somebody who waits: progress, which may be nil, is told how many more
// bytes were read, and once ctx is done reading fails.
func OpenContext(ctx context.Context, path string, progress func(bytes int)) (*Reader, error) {
	file, err := openFile(path)
	if err != nil {
		return nil, err
	}
	r := NewReader(file.Name(), &watched{ctx, file, progress})
	r.closer = file
	return r, nil
}

func openFile(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		folder := path
		path = filepath.Join(path, FileName)
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%s: no run: there is no %s in this folder", folder, FileName)
		}
	}
	return os.Open(path)
}

// Watch returns input for somebody who waits, as OpenContext does.
func Watch(ctx context.Context, input io.Reader, progress func(bytes int)) io.Reader {
	return &watched{ctx, input, progress}
}

// watched is a file that somebody waits for.
type watched struct {
	ctx      context.Context // of this one reading
	input    io.Reader
	progress func(bytes int)
}

func (w *watched) Read(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, errors.New("interrupted")
	}
	n, err := w.input.Read(p)
	if w.progress != nil {
		w.progress(n)
	}
	return n, err
}

// Interrupted returns the error of who read a file and was told to stop.
func Interrupted(name string) error { return fmt.Errorf("%s: interrupted", name) }

// File is a trace of which parts are read again.
type File interface {
	io.ReaderAt
	io.Closer
}

// OpenTwice is OpenContext for a trace of which parts are read again: from the same file, or, of what can be read only
// once, such as a pipe, from a copy. Closing the file closes all.
func OpenTwice(ctx context.Context, path string, progress func(bytes int)) (*Reader, File, error) {
	file, err := openFile(path)
	if err != nil {
		return nil, nil, err
	}
	var input io.Reader = &watched{ctx, file, progress}
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		return NewReader(file.Name(), input), file, nil
	}
	spool, err := os.CreateTemp("", "raftkv-trace-*")
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	// Where the system lets an open file go it needs no name, and nothing is left of it however the command ends.
	named := os.Remove(spool.Name()) != nil
	return NewReader(file.Name(), io.TeeReader(input, spool)), &copied{spool, file, named}, nil
}

// copied is a copy of what can be read only once. It is gone when it is closed.
type copied struct {
	*os.File

	of    *os.File
	named bool // it is still to be removed
}

func (c *copied) Close() error {
	err := errors.Join(c.File.Close(), c.of.Close())
	if c.named {
		err = errors.Join(err, os.Remove(c.Name()))
	}
	return err
}
