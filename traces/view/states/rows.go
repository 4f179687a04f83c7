package states

import (
	"slices"
	"strconv"
	"strings"

	"github.com/raftkv/raftkv/raftkv/kv"
)

// form is how a row is written, such as {position}@{term}[ {request}] {command}: a position, and columns, each with
// what comes before it. The last one takes the rest of the text.
type form struct {
	parts   []part
	columns int
}

// part is one of them.
type part struct {
	before   string
	column   int // -1 for the position
	optional bool
}

// newForm reads a form; the generator has checked it.
func newForm(text string, columns []string) form {
	f := form{columns: len(columns)}
	optional, before := false, ""
	for text != "" {
		switch text[0] {
		case '[':
			optional, text = true, text[1:]
		case ']':
			optional, text = false, text[1:]
		case '{':
			name, rest, _ := strings.Cut(text[1:], "}")
			f.parts = append(f.parts, part{before, slices.Index(columns, name), optional})
			before, text = "", rest
		default:
			before, text = before+text[:1], text[1:]
		}
	}
	return f
}

// parse reads a row. What may be missing is a client's operation: a text is one, or it is missing.
func (f *form) parse(text string) (position string, values []string, ok bool) {
	values = make([]string, f.columns)
	for i, p := range f.parts {
		rest, is := strings.CutPrefix(text, p.before)
		if !is {
			return "", nil, false
		}
		value, after := rest, ""
		if i+1 < len(f.parts) {
			end := strings.Index(rest, f.parts[i+1].before)
			if end >= 0 {
				value, after = rest[:end], rest[end:]
			}
			if p.optional && (end < 0 || !isRequest(value)) {
				continue
			}
			if end < 0 {
				return "", nil, false
			}
		}
		if p.column < 0 {
			position = value
		} else {
			values[p.column] = value
		}
		text = after
	}
	_, err := strconv.ParseUint(position, 10, 64)
	return position, values, err == nil
}

// isRequest says whether a text names a client's operation.
func isRequest(text string) bool {
	client, _, _ := parseRequest(text)
	return client != 0
}

// parseRequest reads the name of a client's operation; no client if it is none.
func parseRequest(text string) (client kv.ClientID, sequence uint64, err error) {
	name, number, _ := strings.Cut(text, "/")
	if client, err = kv.ParseClientID(name); err != nil {
		return 0, 0, err
	}
	if sequence, err = strconv.ParseUint(number, 10, 32); err != nil {
		return 0, 0, err
	}
	return client, sequence, nil
}
