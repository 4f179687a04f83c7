package traces

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// OpenContext opens a trace as Open does, for somebody who waits: progress, which may be nil, is told how many more bytes were read, and once ctx is done reading fails.
func OpenContext(ctx context.Context, path string, progress func(bytes int)) (*Reader, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	r.from(&watched{ctx, r.closer.(io.Reader), progress})
	return r, nil
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

// interrupted is the error of who read a file and was told to stop.
func interrupted(name string) error { return fmt.Errorf("%s: interrupted", name) }

// openAgain is OpenContext for a trace of which parts are read again: from the same file, or, of what can be read only once, such as a pipe, from a copy. Closing what is read
// again closes it all.
func openAgain(ctx context.Context, path string, progress func(bytes int)) (r *Reader, again readerAtCloser, err error) {
	r, err = OpenContext(ctx, path, progress)
	if err != nil {
		return nil, nil, err
	}
	file := r.closer.(*os.File)
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		return r, file, nil
	}
	spool, err := os.CreateTemp("", "raftkv-trace-*")
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	r.from(io.TeeReader(&watched{ctx, file, progress}, spool))
	// Where the system lets an open file go it needs no name, and nothing is left of it however the command ends.
	named := os.Remove(spool.Name()) != nil
	return r, &copied{spool, file, named}, nil
}

type readerAtCloser interface {
	io.ReaderAt
	io.Closer
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
