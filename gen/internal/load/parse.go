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

// Parse reads a spec, which is Normal. Faults holds all that is wrong with its shape; a file that is no YAML has one
// fault, where it stops being YAML.
func Parse(file string, content []byte) (*Spec, *Faults) {
	faults := NewFaults(file, content)
	spec := &Spec{}
	root := document(content, faults)
	if root == nil {
		return spec, faults
	}
	walker{faults}.decode(root, reflect.ValueOf(spec).Elem())
	return spec, faults
}

// document is the root of the file's only document; nil when there is none.
func document(content []byte, faults *Faults) *yaml.Node {
	if pos, what := unreadable(content); what != "" {
		faults.Add(pos, "%s", what)
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(content))
	if err != nil {
		syntax(err, faults)
		return nil
	}
	var first, second yaml.Node
	err = loader.Load(&first)
	if err != nil && !errors.Is(err, io.EOF) {
		syntax(err, faults)
		return nil
	}
	if len(first.Content) == 0 || first.Content[0].Tag == "!!null" {
		faults.Add(Pos{Line: 1, Column: 1}, "the spec is empty")
		return nil
	}
	switch err = loader.Load(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		syntax(err, faults)
		return nil
	default:
		faults.Add(position(&second), "a second document: a spec is one document")
	}
	return first.Content[0]
}

// syntax notes what the YAML library says, at the place that it names.
func syntax(err error, faults *Faults) {
	wrong := &yaml.LoadError{Message: err.Error()}
	errors.As(err, &wrong)
	pos := Pos{Line: max(wrong.Mark.Line, 1), Column: max(wrong.Mark.Column, 1)}
	if column := faults.tab(pos.Line); column > 0 {
		faults.Add(Pos{pos.Line, column}, "a tab: YAML indents with spaces alone")
		return
	}
	if wrong.ContextMsg != "" && wrong.ContextMark.Line > 0 {
		faults.Add(pos, "%s, %s that begins in line %d", wrong.Message, wrong.ContextMsg, wrong.ContextMark.Line)
		return
	}
	faults.Add(pos, "%s", wrong.Message)
}

// unreadable finds the first byte that no YAML file may hold, because the library names no place for it.
func unreadable(content []byte) (Pos, string) {
	pos := Pos{Line: 1, Column: 1}
	if begin := content[:min(len(content), 4)]; bytes.HasPrefix(begin, []byte("\xff\xfe")) || bytes.HasPrefix(begin, []byte("\xfe\xff")) || bytes.IndexByte(begin, 0) >= 0 {
		return pos, "the text is UTF-16, as PowerShell's > writes it, and must be UTF-8: write it with Out-File -Encoding utf8"
	}
	for rest := content; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			return pos, "not UTF-8"
		case r == '\n':
			pos = Pos{Line: pos.Line + 1}
		case r == '\r' && bytes.HasPrefix(rest, []byte("\r\n")):
		case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0, strings.ContainsRune("\u2028\u2029", r), r == 0xfffe, r == 0xffff:
			return pos, "a control character"
		}
		pos.Column++
		rest = rest[size:]
	}
	return pos, ""
}
