package read

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// maxLine is how long a line may be: many times what a run's file has, and a bound on what a file that is no trace can
// make a reader hold.
const maxLine = 64 << 20

// Reader reads the spans of a file, in the file's order: OTLP/JSON in lines, as the OTLP file format wants it, or in
// any other layout that a Collector, Jaeger or Tempo writes, and Jaeger's own JSON. It holds one line at a time; where
// there are no lines, one process's spans or one trace.
type Reader struct {
	name   string
	closer io.Closer
	input  *bufio.Reader
	marked bool // the mark of UTF-8 with which the input may begin was read

	number int   // of the line that was read last, from 1
	offset int64 // where the next line begins
	long   []byte
	any    bool // there were spans

	decoder decoder
	whole   *document // what is read where the spans are not in lines; nil while they are
	answers answers

	spans  []Span // those that were not handed out yet
	places []Place
	last   int    // the line of the span that was handed out last
	other  string // see noteOther
	// otherLine is where other stands.
	otherLine int
	err       error
}

// Know has lists be known as such: see Lists. It comes before the first span.
func (r *Reader) Know(lists Lists) { r.decoder.lists = lists }

// Place is where a span stands in the file.
type Place struct {
	Offset int64
	Line   int
	Length int32
	Layout Layout
}

// NewReader reads a trace from input; name is what errors call it.
func NewReader(name string, input io.Reader) *Reader {
	size := 1 << 20
	if known, ok := input.(interface{ Len() int }); ok {
		size = min(size, known.Len()+1) // the one more is where the end is seen
	}
	return &Reader{name: name, input: bufio.NewReaderSize(input, size)}
}

// Name returns the name of the file that is read.
func (r *Reader) Name() string { return r.name }

// Head returns how the file begins, as much of it as is held at once, before the first span is read. It is read still.
func (r *Reader) Head() []byte {
	const most = 1 << 18
	head, _ := r.input.Peek(min(most, r.input.Size())) // what is wrong with the file is seen when it is read
	return head
}

// Line returns the number of the line in which the span begins that Next returned last, from 1.
func (r *Reader) Line() int { return r.last }

// Close closes the file.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// Next returns the next span; io.EOF when there is none. Any other error says what is wrong with the file and where,
// and is the last.
func (r *Reader) Next() (Span, error) {
	if err := r.fill(); err != nil {
		r.last = max(r.last, r.number)
		return Span{}, err
	}
	s := r.spans[0]
	r.last = r.places[0].Line
	r.spans, r.places = r.spans[1:], r.places[1:]
	return s, nil
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

// ReadAll reads a whole trace: the folder of a run, or a file.
//
//nolint:revive // The name All is that of a reader's method, which yields the spans one by one.
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

// fill reads on until there are spans.
func (r *Reader) fill() error {
	for len(r.spans) == 0 && r.err == nil {
		switch r.err = r.skipMark(); {
		case r.err != nil:
		case r.whole != nil:
			r.err = r.readPiece()
		default:
			r.err = r.readLine()
		}
	}
	if len(r.spans) > 0 {
		return nil
	}
	return r.err
}

func (r *Reader) skipMark() error {
	if r.marked {
		return nil
	}
	r.marked = true
	n, err := skipMark(r.input)
	r.offset += int64(n)
	if err != nil {
		return fmt.Errorf("%s:1:1: %w", r.name, err)
	}
	return nil
}

// readLine decodes the next line.
func (r *Reader) readLine() error {
	line, err := r.nextLine(r.long[:0])
	r.number++
	ended := errors.Is(err, io.EOF)
	switch {
	case errors.Is(err, errLongLine):
		r.readWhole(line)
		return nil
	case err != nil && !ended:
		return fmt.Errorf("%s:%d: %w", r.name, r.number, err)
	case ended && len(line) == 0 && !r.any:
		return r.noSpans()
	case ended && len(line) == 0:
		return io.EOF
	}
	r.long = line
	f := r.decoder.line(line)
	switch {
	case r.decoder.nested, f != nil && !ended && f.pos >= len(bytes.TrimRight(line, "\r\n")):
		r.readWhole(line)
		return nil
	case f == nil:
		r.places = r.decoder.places(r.places[:0], r.offset, r.number)
		r.took(r.decoder.spans, r.decoder.other, r.number)
		r.offset += int64(len(line))
		return nil
	case ended && f.pos >= len(line):
		return fmt.Errorf("%s:%d:%d: %s: the file is cut off within its last line", r.name, r.number, f.pos+1, f.message)
	default:
		return fmt.Errorf("%s:%d:%d: %s%s", r.name, r.number, f.pos+1, f.message, excerpt(line, f.pos))
	}
}

// took takes the spans of a line, or else a key that it has in their place.
func (r *Reader) took(spans []Span, other string, line int) {
	r.spans = spans
	r.any = r.any || len(spans) > 0
	r.noteOther(other, line)
}

// places appends where the spans of a line stand, which begins at an offset of the file.
func (d *decoder) places(places []Place, offset int64, line int) []Place {
	for _, at := range d.starts {
		places = append(places, Place{Offset: offset + int64(at.start), Line: line, Length: int32(at.end - at.start)})
	}
	return places
}

// errLongLine says that a line is longer than one is that has to be held.
var errLongLine = errors.New("a line too long")

// nextLine reads the next line with its end into a buffer; io.EOF comes with the last one that has none.
func (r *Reader) nextLine(buffer []byte) ([]byte, error) {
	for {
		part, err := r.input.ReadSlice('\n')
		buffer = append(buffer, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return buffer, err
		}
		// What is long is held only if it may be a line of spans.
		isObject := bytes.HasPrefix(bytes.TrimLeft(buffer, " \t\r"), []byte{'{'})
		if len(buffer) > maxLine || !isObject {
			return buffer, errLongLine
		}
	}
}

// readWhole goes on without lines, from the beginning of a line that was read.
func (r *Reader) readWhole(line []byte) {
	input := io.MultiReader(bytes.NewReader(line), r.input)
	r.whole = &document{
		decoder: &r.decoder, name: r.name, input: input, line: r.number, column: 1, offset: r.offset,
	}
	r.whole.begin()
	r.long = nil
}

// readPiece decodes the next spans of a document.
func (r *Reader) readPiece() error {
	d := r.whole
	switch err := d.next(); {
	case errors.Is(err, io.EOF) && !r.any:
		if _, telling := whatElse(d.other); telling || !d.known {
			r.noteOther(d.other, d.otherLine)
		}
		return r.noSpans()
	case err != nil:
		return err
	}
	r.places = d.places(r.places[:0], d.offset, 0)
	line, from := d.line, 0
	for i, at := range d.starts {
		line += bytes.Count(d.data[from:at.start], []byte("\n"))
		from = at.start
		r.places[i].Line, r.places[i].Layout = line, d.layout
	}
	if r.any = true; d.layout == OTLP || !r.answers.repeated(d.spans) {
		r.spans = d.spans
	}
	return nil
}

// noSpans returns the error of a file in which there are no spans.
func (r *Reader) noSpans() error {
	if r.other == "" {
		return fmt.Errorf("%s: there are no spans in it", r.name)
	}
	what, _ := whatElse(r.other)
	return fmt.Errorf("%s:%d:1: no resourceSpans: %s", r.name, r.otherLine, what)
}

// noteOther notes what an object without spans has in their place: who reads a file in which there are none wants to
// know what it is.
func (r *Reader) noteOther(key string, line int) {
	if key == "" {
		return
	}
	if best := tellingKey(r.other, key); best != r.other {
		r.other, r.otherLine = best, line
	}
}

// excerpt returns what stands at a place in a line: a line is far too long to be shown as a whole.
func excerpt(line []byte, pos int) string {
	from, to := max(0, pos-24), min(len(line), pos+24)
	if from >= to {
		return ""
	}
	return fmt.Sprintf(" (near %q)", line[from:to])
}
