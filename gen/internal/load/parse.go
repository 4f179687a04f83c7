package load

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Normal is the content of a text file as every system has it: lines end with \n alone, and no mark of UTF-8 comes
// first.
func Normal(content []byte) []byte {
	return bytes.ReplaceAll(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
}

// parse reads one file of a spec, which is Normal. What is wrong with its shape is noted; a file that is no YAML has
// one fault, where it stops being YAML, and is nil.
func parse(content []byte, file int, faults *Faults) *Spec {
	r := reader{file: file, faults: faults}
	root := r.document(content)
	if root == nil {
		return nil
	}
	spec := &Spec{Content: content}
	walker{file, faults}.decode(root, reflect.ValueOf(spec).Elem())
	return spec
}

// reader reads the YAML of one file.
type reader struct {
	file   int
	faults *Faults
}

func (r reader) at(line, column int) Pos { return Pos{File: r.file, Line: line, Column: column} }

// document is the root of the file's only document; nil when there is none.
func (r reader) document(content []byte) *yaml.Node {
	if pos, what := r.unreadable(content); what != "" {
		r.faults.Add(pos, "%s", what)
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(content))
	if err != nil {
		r.syntax(err)
		return nil
	}
	var first, second yaml.Node
	err = loader.Load(&first)
	if err != nil && !errors.Is(err, io.EOF) {
		r.syntax(err)
		return nil
	}
	if len(first.Content) == 0 || first.Content[0].Tag == "!!null" {
		r.faults.Add(r.at(1, 1), "the spec is empty")
		return nil
	}
	switch err = loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.syntax(err)
		return nil
	default:
		r.faults.Add(r.at(second.Line, second.Column), "a second document: a spec is one document")
	}
	return first.Content[0]
}

// syntax notes what the YAML library says, at the place that it names.
func (r reader) syntax(err error) {
	wrong := &yaml.LoadError{Message: err.Error()}
	errors.As(err, &wrong)
	pos := r.at(max(wrong.Mark.Line, 1), max(wrong.Mark.Column, 1))
	if column := r.faults.tab(pos); column > 0 {
		pos.Column = column
		r.faults.Add(pos, "a tab: YAML indents with spaces alone")
		return
	}
	if wrong.ContextMsg != "" && wrong.ContextMark.Line > 0 {
		r.faults.Add(pos, "%s, %s that begins in line %d", wrong.Message, wrong.ContextMsg, wrong.ContextMark.Line)
		return
	}
	r.faults.Add(pos, "%s", wrong.Message)
}

// unreadable finds the first byte that no YAML file may hold, because the library names no place for it.
func (r reader) unreadable(content []byte) (Pos, string) {
	pos := r.at(1, 1)
	begin := content[:min(len(content), 4)]
	if bytes.HasPrefix(begin, []byte("\xff\xfe")) || bytes.HasPrefix(begin, []byte("\xfe\xff")) ||
		bytes.IndexByte(begin, 0) >= 0 {
		return pos, "the text is UTF-16, as PowerShell's > writes it, and must be UTF-8: write it with Out-File -Encoding " +
			"utf8"
	}
	for rest := content; len(rest) > 0; {
		char, size := utf8.DecodeRune(rest)
		switch {
		case char == utf8.RuneError && size == 1:
			return pos, "not UTF-8"
		case char == '\n':
			pos = r.at(pos.Line+1, 0)
		case char == '\r' && bytes.HasPrefix(rest, []byte("\r\n")):
		case char < ' ' && char != '\t', char >= 0x7f && char < 0xa0, strings.ContainsRune("\u2028\u2029", char),
			char == 0xfffe, char == 0xffff:
			return pos, "a control character"
		}
		pos.Column++
		rest = rest[size:]
	}
	return pos, ""
}
