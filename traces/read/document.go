package read

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
)

// document reads JSON that is not in lines: one value or many, over any number of lines, whose spans stand within the
// wrappers of a Collector or of Jaeger's and Tempo's programming interfaces. It holds no more of it than one process's
// spans, or one trace of Jaeger's.
type document struct {
	*decoder

	name         string
	input        io.Reader
	line, column int    // of the first byte of the data, from 1
	offset       int64  // of it in the file
	buffer       []byte // that the data is in
	stack        []frame
	broken       error  // of the input
	ended        bool   // the input
	piece        int    // where the value begins that is being read; -1 between values
	known        bool   // it has a key within which there are spans, if there are any
	other        string // a key of what has no spans, that says most of what it is
	otherLine    int
}

// frame is an object or an array that was entered and not left.
type frame struct {
	bracket       byte
	after         bool   // a member, so that a comma is due before the next
	resourceSpans bool   // each member is a process's spans in OTLP
	layout        Layout // of the spans within it
	// spans and processes are where those of a trace in Jaeger's own JSON begin; 0 for nowhere.
	spans, processes int
}

// begin starts to read.
func (d *document) begin() {
	d.reset(nil)
	d.fill, d.piece = d.readMore, -1
}

// next reads the next spans; io.EOF says that there are no more.
func (d *document) next() error {
	for d.clear(); len(d.spans) == 0; {
		end := d.step()
		switch {
		case d.broken != nil:
			return fmt.Errorf("%s:%d: %w", d.name, d.lineOf(len(d.data)), d.broken)
		case d.err != nil:
			return d.failure()
		case end:
			return io.EOF
		}
	}
	return nil
}

// step reads a bracket, a comma, a member, or a value, and says whether the document is at its end.
func (d *document) step() (end bool) {
	d.discard()
	c := d.at()
	if len(d.stack) == 0 {
		return d.top(c)
	}
	top := &d.stack[len(d.stack)-1]
	switch {
	case d.err != nil:
		return false
	case !top.after && c != top.bracket+2:
		top.after = true
	case !d.more(top.bracket):
		if d.err == nil {
			d.leave()
		}
		return false
	}
	if d.at(); d.err != nil {
		return false
	}
	switch {
	case top.resourceSpans:
		d.otlp(top)
	case top.bracket == '[':
		d.value(frame{})
	default:
		d.member(top)
	}
	return false
}

// top reads what stands within nothing else, and begins with c.
func (d *document) top(c byte) (end bool) {
	for len(d.data)-d.pos < len(markUTF8) && d.filled() { //nolint:revive // to fill is all that there is to do
	}
	switch {
	case d.pos == len(d.data):
		return true
	case bytes.HasPrefix(d.data[d.pos:], markUTF8): // of a file that was joined to others
		d.pos += len(markUTF8)
	case c == 'n':
		d.literal("null")
	case c != '{' && c != '[':
		d.want("a JSON object or array")
	default:
		d.enterFrame(c, frame{})
	}
	return false
}

// member reads a member of an object: it enters the value if spans may be in it.
func (d *document) member(of *frame) {
	key := string(d.bytes("a key"))
	if d.err == nil && d.at() != ':' && d.err == nil {
		d.want("a colon")
	}
	if d.err != nil {
		return
	}
	d.pos++
	line := d.lineOf(d.pos)
	c := d.at()
	d.depth = len(d.stack)
	switch key {
	case "resourceSpans":
		d.known = true
		d.value(frame{resourceSpans: true})
	case "data": // of Jaeger's own JSON: it is a list there
		d.known = d.known || c != '{'
		d.value(frame{})
	case "result": // of Jaeger's API v3
		d.known = true
		d.value(frame{layout: Answer})
	case "batches": // of Tempo, which writes ids in base64, and enums as names
		d.known = true
		d.value(frame{resourceSpans: true, layout: Tempo})
	case "trace": // of its newer versions
		d.known = true
		d.value(frame{layout: Tempo})
	case "spans":
		d.known, of.spans = true, d.pos
		d.within(d.skip)
	case "processes":
		d.known, of.processes = true, d.pos
		d.within(d.skip)
	default:
		before := d.other
		d.within(func() { d.other = d.foreign(before, key) })
		if d.other != before {
			d.otherLine = line
		}
	}
}

// value enters a value if it is an object or an array, and goes past it if not.
func (d *document) value(f frame) {
	switch c := d.at(); {
	case d.err != nil:
	case f.resourceSpans && c != '[' && c != 'n':
		d.want("an array")
	case c == '{', c == '[':
		d.enterFrame(c, f)
	case d.stack[len(d.stack)-1].bracket == '[' && c != 'n':
		d.want("a JSON object")
	default:
		d.within(d.skip)
	}
}

func (d *document) enterFrame(bracket byte, f frame) {
	if len(d.stack) >= maxDepth {
		d.fail(d.pos, "nested more than %d deep", maxDepth)
		return
	}
	f.bracket = bracket
	if len(d.stack) > 0 {
		f.layout = cmp.Or(f.layout, d.stack[len(d.stack)-1].layout)
	}
	d.stack = append(d.stack, f)
	d.pos++
}

// leave leaves the innermost object or array. Of a trace in Jaeger's own JSON both the spans and the processes are
// there now.
func (d *document) leave() {
	left := d.stack[len(d.stack)-1]
	d.stack = d.stack[:len(d.stack)-1]
	if left.spans == 0 {
		return
	}
	d.layout, d.depth = Jaeger, len(d.stack)
	end := d.pos
	d.byName = nil
	if left.processes > 0 {
		d.pos = left.processes
		d.within(d.jaegerProcesses)
	}
	if d.err == nil {
		d.pos = left.spans
		d.within(d.jaegerSpans)
	}
	if d.err == nil {
		d.pos = end
	}
}

// otlp reads a process's spans in OTLP.
func (d *document) otlp(of *frame) {
	d.layout, d.depth = of.layout, len(d.stack)
	d.within(d.resourceSpans)
	for i := range d.spans {
		if d.layout == Answer {
			d.lists.undoAnswer(&d.spans[i])
		}
	}
}

// within has a value be read.
func (d *document) within(read func()) {
	d.piece = d.pos
	if read(); d.err == nil {
		d.piece = -1
	}
}

// at returns the next byte that is not white space. Within an object or an array it fails at the end of the file.
func (d *document) at() byte {
	for {
		for ; d.pos < len(d.data); d.pos++ {
			if c := d.data[d.pos]; !isSpace(c) {
				return c
			}
		}
		if d.discard(); !d.filled() {
			break
		}
	}
	if d.ended && len(d.stack) > 0 {
		d.fail(d.pos, "the file ends where a value is due")
	}
	return 0
}

// discard lets go of the data that was read, unless it is of a trace in Jaeger's own JSON that is not at its end.
func (d *document) discard() {
	if d.err != nil || slices.ContainsFunc(d.stack, func(f frame) bool { return f.spans+f.processes > 0 }) {
		return
	}
	read := d.data[:d.pos]
	d.line, d.column = position(d.line, d.column, read)
	d.offset += int64(len(read))
	d.data, d.pos = d.data[d.pos:], 0
}

// readMore reads more of the file behind the data, and says whether it did.
func (d *document) readMore() bool {
	const atOnce = 64 << 10
	if d.ended || d.broken != nil {
		return false
	}
	if len(d.data) > maxLine {
		d.fail(d.pos, "a value longer than %d MiB, which no trace has", maxLine>>20)
		return false
	}
	if cap(d.data)-len(d.data) < atOnce { // go on at the beginning of the buffer, or of a larger one
		if size := len(d.data) + atOnce; size > len(d.buffer) {
			d.buffer = make([]byte, size+size/4+1<<20)
		}
		d.data = d.buffer[:copy(d.buffer, d.data)]
	}
	n, err := d.input.Read(d.data[len(d.data) : len(d.data)+atOnce])
	d.data = d.data[:len(d.data)+n]
	switch {
	case errors.Is(err, io.EOF):
		d.ended = true
	case err != nil:
		d.broken = err
	}
	return n > 0 || err == nil
}

// position returns the line and the column behind a text that begins at such.
func position(line, column int, text []byte) (int, int) {
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		return line + bytes.Count(text, []byte("\n")), len(text) - last
	}
	return line, column + len(text)
}

// lineOf returns the line of a place in the data.
func (d *document) lineOf(pos int) int { return d.line + bytes.Count(d.data[:pos], []byte("\n")) }

// failure returns the fault as an error that says where in the file it is.
func (d *document) failure() error {
	line, column := position(d.line, d.column, d.data[:min(d.err.pos, len(d.data))])
	message := d.err.message
	switch {
	case d.ended && d.err.pos >= len(d.data):
		message += ": the file is cut off within a value"
	case d.piece >= 0:
		message += excerpt(d.data[d.piece:], d.err.pos-d.piece)
	}
	return fmt.Errorf("%s:%d:%d: %s", d.name, line, column, message)
}
