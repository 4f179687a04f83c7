package traces

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// document reads JSON that is not in lines: one object or many, over any number of lines, whose spans stand within the wrappers of a Collector or of Jaeger's programming interfaces.
// It goes into what wraps spans, and holds no more of it than one process's spans, or one trace of Jaeger's.
type document struct {
	input        *bufio.Reader
	line, column int   // of the next byte, from 1
	offset       int64 // of it in the file
	stack        []frame
	piece        []byte // which was cut out last
	end          bool   // the input has ended
	known        bool   // it has a key within which there are spans, if there are any
	other        string // a key of what has no spans, that says most of what it is
	otherLine    int
}

// frame is an object or an array that was entered and not left.
type frame struct {
	bracket          byte
	after            bool // a member, so that a comma is due before the next
	resourceSpans    bool // each member is a process's spans in OTLP
	result           bool // it is within an answer of Jaeger's API v3
	tempo            bool // it is within what Tempo answers
	spans, processes *piece
}

// piece is a JSON value of a document, and where it stands.
type piece struct {
	data         []byte
	line, column int
	offset       int64
	result       bool // it is within an answer of Jaeger's API v3
	tempo        bool // it is within what Tempo answers
}

// misplaced is what is wrong with a document, and where.
type misplaced struct {
	line, column int
	message      string
}

func (m *misplaced) Error() string { return m.message }

func (d *document) fail(format string, arguments ...any) error {
	message := fmt.Sprintf(format, arguments...)
	if d.end {
		message += ": the file is cut off within a value"
	}
	return &misplaced{d.line, d.column, message}
}

// next finds the next spans: those of a process in OTLP, or those of a trace in Jaeger's own JSON, with its processes. io.EOF says that there are no more.
func (d *document) next() (otlp, jaeger, processes *piece, err error) {
	for {
		if len(d.stack) == 0 {
			_, _ = d.peek() // who reads on is told what is wrong
			d.skipMark()
			switch c, err := d.peek(); {
			case errors.Is(err, io.EOF):
				return nil, nil, nil, io.EOF
			case err != nil:
				return nil, nil, nil, err
			case c == 'n':
				if err := d.null(); err != nil {
					return nil, nil, nil, err
				}
				continue
			case c != '{' && c != '[':
				return nil, nil, nil, d.fail("want a JSON object or array, not %q", d.character())
			}
			if err := d.enter(frame{}); err != nil {
				return nil, nil, nil, err
			}
		}
		top := &d.stack[len(d.stack)-1]
		more, err := d.more(top)
		switch {
		case err != nil:
			return nil, nil, nil, err
		case !more:
			left := *top
			d.stack = d.stack[:len(d.stack)-1]
			if left.spans != nil {
				return nil, left.spans, left.processes, nil
			}
		case top.resourceSpans:
			p, err := d.cut()
			if err == nil {
				p.result, p.tempo = top.result, top.tempo
			}
			return p, nil, nil, err
		case top.bracket == '[':
			err = d.value(frame{})
		default:
			err = d.member(top)
		}
		if err != nil {
			return nil, nil, nil, err
		}
	}
}

// member goes on with a member of an object: into it if spans may be in it, past it if not.
func (d *document) member(of *frame) error {
	key, err := d.key()
	if err != nil {
		return err
	}
	known := d.known
	d.known = true
	switch key {
	case "resourceSpans":
		return d.value(frame{resourceSpans: true})
	case "data": // of Jaeger's own JSON
		if c, err := d.peek(); err == nil && c == '{' {
			d.known = known // it is a list there
		}
		return d.value(frame{})
	case "result": // of Jaeger's API v3
		return d.value(frame{result: true})
	case "batches": // of Tempo, which writes ids in base64, and enums as names
		return d.value(frame{resourceSpans: true, tempo: true})
	case "trace": // of its newer versions
		return d.value(frame{tempo: true})
	case "spans":
		of.spans, err = d.kept()
	case "processes":
		of.processes, err = d.kept()
	default:
		d.known = known
		line := d.line
		p, err := d.cut()
		if err != nil || bytes.Equal(p.data, null) {
			return err
		}
		if best := foreign(d.other, key); best != d.other {
			d.other, d.otherLine = best, line
		}
	}
	return err
}

// value enters a value if it is an object or an array, and goes past it if not.
func (d *document) value(f frame) error {
	switch c, err := d.peek(); {
	case err != nil:
		return d.cutOff(err)
	case f.resourceSpans && c != '[' && c != 'n':
		return d.fail("want an array, not %q", d.character())
	case c == '{', c == '[':
		return d.enter(f)
	case len(d.stack) > 0 && d.stack[len(d.stack)-1].bracket == '[' && c != 'n':
		return d.fail("want a JSON object, not %q", d.character())
	}
	_, err := d.cut()
	return err
}

// null goes past a null that stands where an object may stand: there is nothing.
func (d *document) null() error {
	p, err := d.cut()
	if err == nil && !bytes.Equal(p.data, null) {
		err = d.fail("want a JSON object or array, not %q", p.data)
	}
	return err
}

var null = []byte("null")

// skipMark goes past the mark of UTF-8 that a file may begin with, which may have been joined to others.
func (d *document) skipMark() {
	if b, _ := d.input.Peek(len(markUTF8)); bytes.Equal(b, markUTF8) {
		d.skip(len(b))
	}
}

// character is the one that stands here.
func (d *document) character() rune {
	b, _ := d.input.Peek(utf8.UTFMax)
	return firstRune(b)
}

func (d *document) enter(f frame) error {
	if len(d.stack) >= MaxDepth {
		return d.fail("nested more than %d deep", MaxDepth)
	}
	f.bracket, _ = d.peek()
	if len(d.stack) > 0 {
		above := d.stack[len(d.stack)-1]
		f.result, f.tempo = f.result || above.result, f.tempo || above.tempo
	}
	d.stack = append(d.stack, f)
	d.skip(1)
	return nil
}

// more goes to the next member of what was entered, and says whether there is one; if not, it has left.
func (d *document) more(f *frame) (bool, error) {
	c, err := d.peek()
	switch {
	case err != nil:
		return false, d.cutOff(err)
	case c == f.bracket+2:
		d.skip(1)
		return false, nil
	case !f.after:
		f.after = true
		return true, nil
	case c != ',':
		return false, d.fail("want a comma or %q, not %q", f.bracket+2, d.character())
	}
	d.skip(1)
	return true, nil
}

// key reads the name of a member and the colon behind it.
func (d *document) key() (string, error) {
	if c, err := d.peek(); err != nil {
		return "", d.cutOff(err)
	} else if c != '"' {
		return "", d.fail("want a key, not %q", d.character())
	}
	p, err := d.cut()
	if err != nil {
		return "", err
	}
	var s scanner
	s.reset(p.data)
	key := string(s.bytes("a key"))
	if c, err := d.peek(); err != nil {
		return "", d.cutOff(err)
	} else if c != ':' {
		return "", d.fail("want a colon, not %q", d.character())
	}
	d.skip(1)
	return key, nil
}

// peek is the next byte that is not white space.
func (d *document) peek() (byte, error) {
	for {
		if _, err := d.input.Peek(1); err != nil {
			return 0, err
		}
		b, _ := d.input.Peek(d.input.Buffered())
		n := 0
		for n < len(b) && (b[n] == ' ' || b[n] == '\t' || b[n] == '\n' || b[n] == '\r') {
			n++
		}
		if n == 0 {
			return b[0], nil
		}
		d.skip(n)
	}
}

// skip goes past bytes that were peeked at.
func (d *document) skip(n int) {
	b, _ := d.input.Peek(n)
	if lines := bytes.Count(b, newline); lines > 0 {
		d.line += lines
		d.column = len(b) - bytes.LastIndexByte(b, '\n')
	} else {
		d.column += len(b)
	}
	d.offset += int64(len(b))
	_, _ = d.input.Discard(len(b)) // they are in the buffer
}

var newline = []byte{'\n'}

func (d *document) cutOff(err error) error {
	if errors.Is(err, io.EOF) {
		d.end = true
		return d.fail("the file ends where a value is due")
	}
	return err
}

// kept is cut for what stays while more is cut out.
func (d *document) kept() (*piece, error) {
	p, err := d.cut()
	if err == nil {
		p.data = bytes.Clone(p.data)
	}
	return p, err
}

// cut cuts out the next value and checks that it is one. Its bytes are valid until the next one is cut out.
func (d *document) cut() (*piece, error) {
	if _, err := d.peek(); err != nil {
		return nil, d.cutOff(err)
	}
	p := piece{line: d.line, column: d.column, offset: d.offset}
	d.piece = d.piece[:0]
	var e edge
	for whole := false; !whole; {
		_, err := d.input.Peek(1)
		if errors.Is(err, io.EOF) && len(d.piece) > 0 {
			d.end = true
			break // what is cut off is found wrong below
		} else if err != nil {
			return nil, err
		}
		b, _ := d.input.Peek(d.input.Buffered())
		var n int
		n, whole = e.find(b)
		d.piece = append(d.piece, b[:n]...)
		d.skip(n)
		if len(d.piece) > maxLine {
			return nil, d.fail("a value longer than %d MiB, which no trace has", maxLine>>20)
		}
	}
	p.data = d.piece
	var s scanner
	s.reset(p.data)
	s.skip(len(d.stack))
	if s.err == nil && s.pos < len(p.data) {
		s.fail(s.pos, "want a comma, or the end of what the value stands in")
	}
	if s.err != nil {
		return nil, d.fault(&p, s.err)
	}
	return &p, nil
}

// fault says where in a document a fault in a piece of it is.
func (d *document) fault(p *piece, f *fault) error {
	before := p.data[:min(f.pos, len(p.data))]
	m := &misplaced{p.line + bytes.Count(before, newline), p.column + len(before), f.message + excerpt(p.data, f.pos)}
	if at := bytes.LastIndexByte(before, '\n'); at >= 0 {
		m.column = len(before) - at
	}
	if d.end && f.pos >= len(p.data) {
		m.message = f.message + ": the file is cut off within a value"
	}
	return m
}

// edge finds where a value ends whose bytes come in parts.
type edge struct {
	depth           int
	quoted, escaped bool
	begun           bool
}

// find returns how many bytes of a part belong to the value, and whether it ends with them.
func (e *edge) find(part []byte) (n int, whole bool) {
	for i, c := range part {
		switch {
		case e.escaped:
			e.escaped = false
		case e.quoted && c == '\\':
			e.escaped = true
		case e.quoted && c != '"':
		case c == '"':
			e.quoted = !e.quoted
			if !e.quoted && e.depth == 0 {
				return i + 1, true
			}
		case c == '{', c == '[':
			if e.depth == 0 && e.begun {
				return i, true
			}
			e.depth++
		case c == '}', c == ']':
			if e.depth == 0 {
				return i, true
			}
			if e.depth--; e.depth == 0 {
				return i + 1, true
			}
		case e.depth == 0 && (c == ',' || c == ':' || c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			return i, true
		}
		e.begun = true
	}
	return len(part), false
}
