package traces

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/raftkv/raftkv/traces/record"
)

// maxLine is how long a line may be: many times what OTLPFile writes, and a bound on what a file that is no trace can make a reader hold.
const maxLine = 64 << 20

// Reader reads the spans of a file, in the file's order: OTLP/JSON in lines, as the OTLP file format wants it, or in any other layout that a Collector or Jaeger writes, and
// Jaeger's own JSON, as its search page loads it and its programming interface answers. It holds one line at a time; where there are no lines, one process's spans or one trace.
type Reader struct {
	name    string
	closer  io.Closer
	source  io.Reader
	input   *bufio.Reader // of the source
	long    []byte        // a line that does not fit into the buffer
	line    int
	offset  int64 // where the line begins that was read last, or what was read last of a document
	layout  layout
	length  int // of that line
	decoder decoder
	spans   []Span          // of the line, those that were not handed out yet
	whole   *document       // what is read where the spans are not in lines; nil while they are
	lines   []int           // of the spans of a document that were not handed out yet, the lines in which they stand
	given   map[uint64]bool // of the answers of a Jaeger, what was handed out: see repeated
	any     bool
	marked  bool   // it was looked for a mark of the text's encoding
	other   string // see noteOther
	// otherLine is where other stands.
	otherLine int
	err       error
}

// Open opens a trace: the folder of a run, or a file.
func Open(path string) (*Reader, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		folder := path
		path = filepath.Join(path, record.FileName)
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%s: no run: there is no %s in this folder", folder, record.FileName)
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
	return &Reader{name: name, source: input, input: bufio.NewReaderSize(input, atOnce(input))}
}

// from has the spans be read from another input than it was opened for.
func (r *Reader) from(input io.Reader) {
	r.source = input
	r.input.Reset(input)
}

// atOnce is how many bytes are read at once: all that there is, where that is known and little, or else so many that to ask for them costs nothing.
func atOnce(input io.Reader) int {
	const much = 1 << 20
	if known, ok := input.(interface{ Len() int }); ok {
		return min(known.Len()+1, much) // the one more is where the end is seen
	}
	return much
}

// Name is the file that is read.
func (r *Reader) Name() string { return r.name }

// Line is where the span stands that Next returned last: the number of its line, from 1.
func (r *Reader) Line() int { return r.line }

// Next is the next span; io.EOF when there is none. Any other error says what is wrong with the file and where, and is the last.
func (r *Reader) Next() (Span, error) {
	if err := r.fill(); err != nil {
		return Span{}, err
	}
	s := r.spans[0]
	r.spans = r.spans[1:]
	if len(r.lines) > 0 {
		r.line, r.lines = r.lines[0], r.lines[1:]
	}
	return s, nil
}

// lineOfSpans are the spans of the next line that has any, or of the next part of a document without lines, valid until the next call with all that is in them but texts and what
// their processes say, and where they stand in the file: what the reader has as their places counts from there.
func (r *Reader) lineOfSpans() (line []Span, offset int64, err error) {
	r.decoder.reuse = true
	if err := r.fill(); err != nil {
		return nil, 0, err
	}
	line, r.spans = r.spans, nil
	return line, r.offset, nil
}

// fill reads on until there are spans.
func (r *Reader) fill() error {
	for len(r.spans) == 0 {
		if r.err != nil {
			return r.err
		}
		if r.err = r.mark(); r.err != nil {
			return r.err
		}
		if r.whole == nil {
			r.err = r.readLine()
		} else {
			r.err = r.readPiece()
		}
	}
	return nil
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
	if errors.Is(err, errLongLine) {
		r.readWhole(line)
		return nil
	}
	if err != nil && !ended {
		return fmt.Errorf("%s:%d: %w", r.name, r.line, err)
	}
	if ended && len(line) == 0 {
		if !r.any {
			return r.noSpans()
		}
		return io.EOF
	}
	if blank(line) {
		return nil
	}
	spans, f := r.decoder.decode(line)
	switch {
	case r.decoder.wrapped, f != nil && !ended && f.pos >= len(bytes.TrimRight(line, "\r\n")):
		r.readWhole(line)
		return nil
	case f == nil:
		r.spans = spans
		r.any = r.any || len(spans) > 0
		r.noteOther(r.decoder.other, r.line)
		return nil
	case ended && f.pos >= len(line):
		return fmt.Errorf("%s:%d:%d: %s: the file is cut off within its last line", r.name, r.line, f.pos+1, f.message)
	default:
		return fmt.Errorf("%s:%d:%d: %s%s", r.name, r.line, f.pos+1, f.message, excerpt(line, f.pos))
	}
}

// errLongLine says that a line is longer than one is that has to be held.
var errLongLine = errors.New("a line too long")

// readWhole goes on without lines, from the beginning of a line that was read.
func (r *Reader) readWhole(line []byte) {
	input := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(bytes.Clone(line)), r.input), r.input.Size())
	r.whole = &document{input: input, line: r.line, column: 1, offset: r.offset}
	r.long = nil
}

// readPiece decodes the next spans of a document.
func (r *Reader) readPiece() error {
	otlp, jaeger, processes, err := r.whole.next()
	spans := otlp
	r.layout = inOTLP
	switch {
	case errors.Is(err, io.EOF) && !r.any:
		if !r.whole.known || slices.ContainsFunc(layoutKeys, func(f layoutKey) bool { return f.key == r.whole.other }) {
			r.noteOther(r.whole.other, r.whole.otherLine)
		}
		return r.noSpans()
	case errors.Is(err, io.EOF):
		return err
	case err == nil && jaeger != nil:
		spans, r.layout, err = jaeger, inJaeger, r.decodeJaeger(jaeger, processes)
	case err == nil:
		r.decoder.tempo = otlp.tempo
		if otlp.tempo {
			r.layout = inTempo
		}
		if f := r.decoder.decodeProcess(otlp.data); f != nil {
			err = r.whole.fault(otlp, f)
		} else if otlp.result {
			r.layout = inAnswer
			mend(r.decoder.spans)
			for i := range r.decoder.places {
				r.decoder.places[i].seen = nil // what was noted of the attributes does not hold for the mended ones
			}
		}
	}
	var m *misplaced
	switch {
	case errors.As(err, &m):
		return fmt.Errorf("%s:%d:%d: %s", r.name, m.line, m.column, m.message)
	case err != nil:
		return fmt.Errorf("%s:%d: %w", r.name, r.whole.line, err)
	}
	r.spans, r.offset = r.decoder.spans, spans.offset
	r.any = r.any || len(r.spans) > 0
	if r.layout != inOTLP && r.repeated() {
		r.spans = nil
	}
	r.lines = r.lines[:0]
	line, from := spans.line, 0
	for _, p := range r.decoder.places {
		line += bytes.Count(spans.data[from:p.start], newline)
		from = p.start
		r.lines = append(r.lines, line)
	}
	return nil
}

// decodeJaeger decodes a trace of Jaeger's own JSON, whose processes stand apart from its spans.
func (r *Reader) decodeJaeger(spans, processes *piece) error {
	if processes == nil {
		processes = &piece{data: []byte("null")}
	}
	if f := r.decoder.decodeJaegerProcesses(processes.data); f != nil {
		return r.whole.fault(processes, f)
	}
	if f := r.decoder.decodeJaegerSpans(spans.data); f != nil {
		return r.whole.fault(spans, f)
	}
	return nil
}

// next is the next line with its end; io.EOF with the last one that has none.
func (r *Reader) next() ([]byte, error) {
	line, err := r.input.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return line, err
	}
	if !opensObject(line) { // it is no line of spans, however long it is
		return line, errLongLine
	}
	r.long = r.long[:0]
	for errors.Is(err, bufio.ErrBufferFull) {
		r.long = append(r.long, line...)
		if len(r.long) > maxLine {
			return r.long, errLongLine
		}
		line, err = r.input.ReadSlice('\n')
	}
	r.long = append(r.long, line...)
	return r.long, err
}

func opensObject(line []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(line, " \t\r"), []byte{'{'})
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
