package positions

import (
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Place is where a value of a TOML text stands, and the values within it. The TOML library tells what a text says and
// not where, so one more reading finds the places. It reads only what the library has read before without an error,
// so it need not check anything.
type Place struct {
	Key   Span // what names it; of an element of an array, the element
	Value Span
	names map[string]*Place // of a table
	items []*Place          // of an array
	made  making
}

// making is how a table came to be, which decides what may still be put into it.
type making uint8

const (
	notMade  making = iota
	byDots          // of a dotted key: only the keys beside it may add to it
	byHeader        // of [a] or [[a]]: a dotted key elsewhere may not add to it
	byValue         // of a = …, inline tables included: nothing may add to it
)

// redefinition is a key or a header that defines what has been defined before. The library lets several of them pass,
// and takes both values.
type redefinition struct{ now, before keyPart }

// Child is where the value of a key stands; the table itself when the scanner does not know.
func (p *Place) Child(name string) *Place {
	if c, ok := p.names[name]; ok {
		return c
	}
	return p
}

// Item is where an element of an array stands; the array itself when the scanner does not know.
func (p *Place) Item(i int) *Place {
	if i >= 0 && i < len(p.items) {
		return p.items[i]
	}
	return p
}

// grow is the place of a key in a table, made when there was none.
func (p *Place) grow(part keyPart) *Place {
	c, ok := p.names[part.name]
	if !ok {
		if p.names == nil {
			p.names = make(map[string]*Place)
		}
		c = &Place{Key: part.span, Value: part.span}
		p.names[part.name] = c
	}
	return c
}

// make notes how a place is made, and that it may not be if it was made in one of these ways.
func (s *scanner) make(p *Place, part keyPart, how making, never ...making) {
	if s.wrong == nil && slices.Contains(never, p.made) {
		s.wrong = &redefinition{part, keyPart{part.name, p.Key}}
	}
	p.made = max(p.made, how)
}

// keyPart is one of the names in a dotted key.
type keyPart struct {
	name string
	span Span
}

// tooDeep finds where a text nests deeper, or a key has more parts, than any config does. The TOML library takes time
// and memory with the square of both, and would take the program down. Up to where the library finds that a text is
// no TOML, this reads it as the library does.
func tooDeep(text string) (at int, yes bool) {
	const deepest = 32
	s := &scanner{text: text}
	depth, dots := 0, 0
	for s.at < len(text) {
		switch s.peek() {
		case '"', '\'':
			s.skipString()
			continue
		case '#':
			s.skipTo("\n")
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '.':
			dots++
		case '\n', ',', '=':
			dots = 0
		}
		if depth > deepest || dots > deepest {
			return s.at, true
		}
		s.at++
	}
	return 0, false
}

// scanner finds the places in a TOML text.
type scanner struct {
	text  string
	at    int
	wrong *redefinition // the first there is
}

// scan finds the places in a text that the library takes for TOML, and what it should not have taken.
func scan(text string) (*Place, *redefinition) {
	s := &scanner{text: text}
	root := &Place{}
	table := root
	for {
		s.skipBlank()
		switch s.peek() {
		case 0:
			return root, s.wrong
		case '[':
			table = s.header(root)
		default:
			s.keyValue(table)
		}
	}
}

func (s *scanner) peek() byte {
	if s.at < len(s.text) {
		return s.text[s.at]
	}
	return 0
}

// skipBlank goes to the next key, value or bracket: past white space, line breaks, commas and comments. NUL cannot
// occur, so that peek's 0 means the end.
func (s *scanner) skipBlank() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r', ',':
			s.at++
		case '#':
			s.skipTo("\n")
		default:
			return
		}
	}
}

// skipTo goes to the first of some bytes.
func (s *scanner) skipTo(bytes string) {
	if i := strings.IndexAny(s.text[s.at:], bytes); i >= 0 {
		s.at += i
	} else {
		s.at = len(s.text)
	}
}

// header reads [a.b] or [[a.b]], and finds the table that the keys below it are in.
func (s *scanner) header(root *Place) *Place {
	array := strings.HasPrefix(s.text[s.at:], "[[")
	for s.peek() == '[' {
		s.at++
	}
	parts := s.keyParts()
	for s.peek() == ']' {
		s.at++
	}
	table := root
	for i, part := range parts {
		table = table.grow(part)
		switch last := i == len(parts)-1; {
		case last && array:
			item := &Place{Key: part.span, Value: part.span}
			s.make(table, part, byHeader, byDots, byValue)
			table.items = append(table.items, item)
			table = item
		case last:
			s.make(table, part, byHeader, byDots, byHeader, byValue)
		case table.made == byValue:
			s.make(table, part, byValue, byValue)
		case len(table.items) > 0:
			table = table.items[len(table.items)-1]
		}
	}
	return table
}

// keyValue reads a.b = value.
func (s *scanner) keyValue(table *Place) {
	parts := s.keyParts()
	for i, part := range parts {
		table = table.grow(part)
		if i == len(parts)-1 {
			s.make(table, part, byValue, byDots, byHeader, byValue)
		} else {
			s.make(table, part, byDots, byHeader, byValue)
		}
		if len(table.items) > 0 {
			table = table.items[len(table.items)-1]
		}
	}
	if s.peek() == '=' {
		s.at++
	}
	s.skipBlank()
	s.valueOf(table)
}

// keyParts reads the names of a dotted key, up to what follows it.
func (s *scanner) keyParts() []keyPart {
	var parts []keyPart
	for {
		for s.peek() == ' ' || s.peek() == '\t' || s.peek() == '.' {
			s.at++
		}
		start := s.at
		switch s.peek() {
		case '"', '\'':
			s.skipString()
		default:
			s.skipTo(" \t\r\n.=]#")
		}
		if s.at == start {
			if s.peek() != '=' && s.peek() != ']' {
				s.at++ // never in TOML; but the scanner must come to an end whatever it is given
			}
			return parts
		}
		part := keyPart{name: s.text[start:s.at], span: Span{start, s.at}}
		if part.name[0] == '"' || part.name[0] == '\'' {
			part.name = unquoteKey(part.name)
		}
		parts = append(parts, part)
	}
}

// unquoteKey is the name that a quoted key stands for.
func unquoteKey(quoted string) string {
	var key struct{ K string }
	if _, err := toml.Decode("k = "+quoted, &key); err != nil {
		return quoted
	}
	return key.K
}

// valueOf reads a value, and notes where it stands and what is in it.
func (s *scanner) valueOf(p *Place) {
	start := s.at
	switch s.peek() {
	case '"', '\'':
		s.skipString()
	case '[':
		s.at++
		for s.skipBlank(); s.peek() != ']' && s.peek() != 0; s.skipBlank() {
			item := &Place{}
			s.valueOf(item)
			item.Key = item.Value
			p.items = append(p.items, item)
		}
		s.at = min(s.at+1, len(s.text))
	case '{':
		s.at++
		for s.skipBlank(); s.peek() != '}' && s.peek() != 0; s.skipBlank() {
			s.keyValue(p)
		}
		s.at = min(s.at+1, len(s.text))
	default:
		s.skipTo(",]}#\r\n")
		if s.at == start {
			s.at = min(s.at+1, len(s.text)) // as in keyParts
		}
	}
	p.Value = Span{start, start + len(strings.TrimRight(s.text[start:s.at], " \t"))}
}

// skipString goes past a string of any of the four kinds.
func (s *scanner) skipString() {
	quote := s.text[s.at : s.at+1]
	escapes := quote == `"`
	long := strings.Repeat(quote, 3)
	if strings.HasPrefix(s.text[s.at:], long) {
		quote = long
	}
	s.at += len(quote)
	for s.at < len(s.text) && !strings.HasPrefix(s.text[s.at:], quote) {
		if escapes && s.text[s.at] == '\\' {
			s.at++
		}
		s.at++
	}
	s.at = min(s.at+len(quote), len(s.text))
	for i := 0; i < 2 && quote == long && s.peek() == long[0]; i++ {
		s.at++ // up to two quotes can stand at the end, before those that close it
	}
}
