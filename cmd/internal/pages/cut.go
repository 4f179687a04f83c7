package pages

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/raftkv/raftkv/traces/index"
	"github.com/raftkv/raftkv/traces/read"
)

// mend returns what is whole of a trace whose file is cut off: up to the last span that is there, with the brackets
// that are missing. It is false for any other file, and for one that has no whole span.
func mend(path string) (index.Source, bool) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, read.FileName)
	}
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() { // a pipe can be read only once
		return nil, false
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	begin, last, err := lastLine(file, info.Size())
	whole, cut := closed(last)
	if err != nil || !cut || begin == 0 && len(whole) == 0 {
		_ = file.Close() // was only read
		return nil, false
	}
	m := &mended{file, begin, whole}
	return func(ctx context.Context, progress func(int)) (*read.Reader, read.File, error) {
		all := io.NewSectionReader(m, 0, begin+int64(len(whole)))
		return read.NewReader(path, read.Watch(ctx, all, progress)), m, nil
	}, true
}

// mended is a file up to its last line, and another one instead of that.
type mended struct {
	*os.File

	begin int64 // of the last line
	last  []byte
}

// ReadAt reads from the file, and behind that from the line.
func (m *mended) ReadAt(p []byte, off int64) (n int, err error) {
	if off < m.begin {
		n, err = m.File.ReadAt(p[:min(int64(len(p)), m.begin-off)], off)
		if err != nil || n == len(p) {
			return n, err
		}
	}
	k := copy(p[n:], m.last[min(int64(len(m.last)), off+int64(n)-m.begin):])
	if n += k; n < len(p) {
		err = io.EOF
	}
	return n, err
}

// longest is how long a line is that is looked at: runs have lines of a few MiB.
const longest = 64 << 20

// lastLine returns the last line of a file, and where it begins.
func lastLine(file io.ReaderAt, size int64) (begin int64, line []byte, err error) {
	const step = 1 << 20
	for begin = size; begin > 0; {
		more := make([]byte, min(step, begin))
		begin -= int64(len(more))
		if _, err := file.ReadAt(more, begin); err != nil && !errors.Is(err, io.EOF) {
			return 0, nil, err
		}
		at := bytes.LastIndexByte(more, '\n')
		if line = append(more, line...); at >= 0 {
			return begin + int64(at) + 1, line[at+1:], nil
		}
		if len(line) > longest {
			return 0, nil, errors.New("too long a line")
		}
	}
	return 0, line, nil
}

// closed returns a line of JSON up to the last whole object in a list of spans, with the brackets that are missing
// behind that. The line is empty if there is none. cut is false for a line that misses no bracket.
func closed(line []byte) (whole []byte, cut bool) {
	var open, openThen []byte // the brackets that are open: at the end, and behind the last whole span
	end, inText := 0, false
	lists := []int{} // how deep the lists of spans are that are open
	key := ""
	text := 0
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case inText && c == '\\':
			i++
		case c == '"':
			if inText = !inText; inText {
				text = i + 1
			} else {
				key = string(line[text:i])
			}
		case inText:
		case c == '{' || c == '[':
			if open = append(open, c); c == '[' && key == "spans" {
				lists = append(lists, len(open))
			}
		case (c == '}' || c == ']') && len(open) > 0:
			if open = open[:len(open)-1]; len(lists) > 0 && len(open) < lists[len(lists)-1] {
				lists = lists[:len(lists)-1]
			}
			if c == '}' && len(lists) > 0 && len(open) == lists[len(lists)-1] {
				end, openThen = i+1, bytes.Clone(open)
			}
		}
	}
	if len(open) == 0 && !inText {
		return nil, false
	}
	if end == 0 {
		return nil, true
	}
	whole = bytes.Clone(line[:end])
	for k := len(openThen) - 1; k >= 0; k-- {
		whole = append(whole, map[byte]byte{'{': '}', '[': ']'}[openThen[k]])
	}
	return append(whole, '\n'), true
}
