package traces

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
)

// maxLine is how long a line may be: many times what OTLPFile writes, and a bound on what a file that is no trace can make a reader hold.
const maxLine = 64 << 20

// Reader reads the spans of a file in the OTLP file format, in the file's order. It holds one line at a time.
type Reader struct {
	name    string
	closer  io.Closer
	input   *bufio.Reader
	long    []byte // a line that does not fit into the buffer
	line    int
	offset  int64 // where the line begins that was read last
	length  int   // of that line
	decoder decoder
	spans   []Span // of the line, those that were not handed out yet
	any     bool
	err     error
}

// Open opens a trace: the folder of a run, or a file.
func Open(path string) (*Reader, error) {
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
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := NewReader(path, file)
	r.closer = file
	return r, nil
}

// NewReader reads a trace from input; name is what errors call it.
func NewReader(name string, input io.Reader) *Reader {
	return &Reader{name: name, input: bufio.NewReaderSize(input, 1<<20)}
}

// Name is the file that is read.
func (r *Reader) Name() string { return r.name }

// Line is where the span stands that Next returned last: the number of its line, from 1.
func (r *Reader) Line() int { return r.line }

// Next is the next span; io.EOF when there is none. Any other error says what is wrong with the file and where, and is the last.
func (r *Reader) Next() (Span, error) {
	for len(r.spans) == 0 {
		if r.err != nil {
			return Span{}, r.err
		}
		r.err = r.readLine()
	}
	s := r.spans[0]
	r.spans = r.spans[1:]
	return s, nil
}

// lineOfSpans are the spans of the next line that has any, valid until the next call, and where the line stands in the file.
func (r *Reader) lineOfSpans() (line []Span, offset int64, err error) {
	for len(r.spans) == 0 {
		if r.err != nil {
			return nil, 0, r.err
		}
		r.err = r.readLine()
	}
	line, r.spans = r.spans, nil
	return line, r.offset, nil
}

// All yields the spans, and at last what is wrong with the file, if anything is.
func (r *Reader) All() iter.Seq2[Span, error] {
	return func(yield func(Span, error) bool) {
		for {
			s, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// Close closes the file.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// ReadAll reads a whole trace: the folder of a run, or a file.
func ReadAll(path string) ([]Span, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	var spans []Span
	for s, e := range r.All() {
		if e != nil {
			err = e
			break
		}
		spans = append(spans, s)
	}
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	return spans, nil
}

// readLine decodes the next line that is not blank.
func (r *Reader) readLine() error {
	line, err := r.next()
	r.line++
	r.offset, r.length = r.offset+int64(r.length), len(line)
	ended := errors.Is(err, io.EOF)
	if err != nil && !ended {
		return fmt.Errorf("%s:%d: %w", r.name, r.line, err)
	}
	if ended && len(line) == 0 {
		if !r.any {
			return fmt.Errorf("%s: there are no spans in it", r.name)
		}
		return io.EOF
	}
	if blank(line) {
		return nil
	}
	spans, f := r.decoder.decode(line)
	switch {
	case f == nil:
		r.spans = spans
		r.any = r.any || len(spans) > 0
		return nil
	case ended && f.pos >= len(line):
		return fmt.Errorf("%s:%d:%d: %s: the file is cut off within its last line", r.name, r.line, f.pos+1, f.message)
	default:
		return fmt.Errorf("%s:%d:%d: %s%s", r.name, r.line, f.pos+1, f.message, excerpt(line, f.pos))
	}
}

// next is the next line with its end; io.EOF with the last one that has none.
func (r *Reader) next() ([]byte, error) {
	line, err := r.input.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	r.long = r.long[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		if len(r.long) > maxLine {
			return nil, fmt.Errorf("longer than %d MiB, which no line of a trace is", maxLine>>20)
		}
		r.long = append(r.long, line...)
		line, err = r.input.ReadSlice('\n')
	}
	r.long = append(r.long, line...)
	return r.long, err
}

func blank(line []byte) bool {
	for _, c := range line {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

// excerpt is what stands at a place in a line: a line is far too long to be shown as a whole.
func excerpt(line []byte, pos int) string {
	from, to := max(0, pos-24), min(len(line), pos+24)
	if from >= to {
		return ""
	}
	return fmt.Sprintf(" (near %q)", line[from:to])
}
