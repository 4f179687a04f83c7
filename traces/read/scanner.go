package read

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth is how deep JSON may be nested: far more than a trace needs, and far less than the stack holds.
const maxDepth = 100

// scanner reads JSON once, from left to right. The first fault is kept and moves it to the end of the data, so that
// every loop ends by itself. It exists because it says where a fault is, and takes a tenth of encoding/json's time.
type scanner struct {
	data  []byte
	pos   int
	err   *fault
	fill  func() bool // appends more to data, and says whether it did; nil where all is there, as in a line
	depth int
}

// fault is what is wrong with the data, and where in it.
type fault struct {
	pos     int
	message string
}

func (s *scanner) reset(data []byte) {
	s.data, s.pos, s.err, s.depth = data, 0, nil, 0
}

func (s *scanner) fail(pos int, format string, arguments ...any) {
	if s.err == nil {
		s.err = &fault{pos, fmt.Sprintf(format, arguments...)}
	}
	s.pos = len(s.data)
}

// filled asks for more data, and says whether there was more.
func (s *scanner) filled() bool { return s.fill != nil && s.err == nil && s.fill() }

// peek returns the next byte that is not white space; 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.data) && s.data[s.pos] > ' ' {
		return s.data[s.pos]
	}
	return s.peekBehindSpace()
}

func (s *scanner) peekBehindSpace() byte {
	for {
		for ; s.pos < len(s.data); s.pos++ {
			if c := s.data[s.pos]; !isSpace(c) {
				return c
			}
		}
		if !s.filled() {
			return 0
		}
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// want fails because something else stands here than what is due.
func (s *scanner) want(what string) {
	if s.peek(); s.pos >= len(s.data) {
		s.fail(s.pos, "the line ends where %s is due", what)
	} else {
		s.fail(s.pos, "want %s, not %q", what, firstRune(s.data[s.pos:]))
	}
}

// firstRune returns the character that a text begins with, or its first byte if it is not UTF-8.
func firstRune(text []byte) rune {
	r, n := utf8.DecodeRune(text)
	if n <= 1 {
		return rune(text[0])
	}
	return r
}

// open enters an object or an array, and says whether there is anything in it. A null counts as empty, as in all
// JSON made from Protocol Buffers.
func (s *scanner) open(bracket byte, what string) bool {
	switch s.peek() {
	case bracket:
		s.pos++
		if s.peek() == bracket+2 { // ASCII has { and }, [ and ] two apart
			s.pos++
			return false
		}
		return true
	case 'n':
		s.literal("null")
		return false
	}
	s.want(what)
	return false
}

// more goes to the next member of an object or an array, and says whether there is one. If not, it has left.
func (s *scanner) more(bracket byte) bool {
	if s.err != nil {
		return false
	}
	switch s.peek() {
	case ',':
		s.pos++
		return true
	case bracket + 2:
		s.pos++
		return false
	}
	s.want("a comma or " + strconv.QuoteRune(rune(bracket+2)))
	return false
}

// members yields the keys of an object; at each, the scanner stands before the value, which has to be read. A key is
// valid until the next string is read.
func (s *scanner) members(yield func(key []byte) bool) {
	s.enter()
	for more := s.open('{', "an object"); more; more = s.more('{') {
		if key := s.key(); s.err == nil && !yield(key) {
			return
		}
	}
	s.depth--
}

// elements yields once before each element of an array, which has to be read.
func (s *scanner) elements(yield func() bool) {
	s.enter()
	for more := s.open('[', "an array"); more; more = s.more('[') {
		if !yield() {
			return
		}
	}
	s.depth--
}

func (s *scanner) enter() {
	if s.depth++; s.depth > maxDepth {
		s.fail(s.pos, "nested more than %d deep", maxDepth)
	}
}

// key reads the name of a member and the colon behind it.
func (s *scanner) key() []byte {
	key := s.bytes("a key")
	if s.err != nil {
		return nil
	}
	if s.peek() != ':' {
		s.want("a colon")
		return nil
	}
	s.pos++
	return key
}

// bytesOrNull is like bytes; null counts as an empty string.
func (s *scanner) bytesOrNull(what string) []byte {
	if s.peek() == 'n' {
		s.literal("null")
		return nil
	}
	return s.bytes(what)
}

// plain says of each byte whether it stands for itself in a string of JSON, wherever it is.
var plain = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// bytes reads a string, and returns its content, valid until the next string is read.
func (s *scanner) bytes(what string) []byte {
	if s.peek() != '"' {
		s.want(what)
		return nil
	}
	start := s.pos + 1
	i, asItIs := start, true
	for {
		for i < len(s.data) && plain[s.data[i]] {
			i++
		}
		switch {
		case i >= len(s.data):
			if !s.filled() {
				s.fail(len(s.data), "the line ends within a string")
				return nil
			}
		case s.data[i] == '"' && asItIs:
			s.pos = i + 1
			return s.data[start:i]
		case s.data[i] == '"':
			s.pos = i + 1
			return s.unescape(start, i)
		case s.data[i] == '\\': // and what is behind it, whatever it is
			i, asItIs = i+2, false
		case s.data[i] < ' ':
			s.fail(i, "a control character within a string")
			return nil
		default:
			i, asItIs = i+1, false
		}
	}
}

// unescape returns the content of a string that is not all plain. What is not UTF-8 becomes U+FFFD.
func (s *scanner) unescape(start, end int) []byte {
	for i := start; i < end; i++ {
		if s.data[i] != '\\' {
			continue
		}
		switch i++; {
		case s.data[i] == 'u' && !isHex(s.data[i+1:min(i+5, end)]):
			s.fail(i-1, "want four hex digits after \\u")
			return nil
		case strings.IndexByte(`"\/bfnrtu`, s.data[i]) < 0:
			s.fail(i-1, "no escape of JSON: %q", s.data[i-1:i+1])
			return nil
		}
	}
	var text string
	if err := json.Unmarshal(s.data[start-1:end+1], &text); err != nil {
		s.fail(start-1, "no string of JSON: %v", err)
	}
	return []byte(text)
}

func isHex(digits []byte) bool {
	_, err := strconv.ParseUint(string(digits), 16, 64)
	return err == nil && len(digits) == 4
}

// literal goes past a word of JSON.
func (s *scanner) literal(word string) bool {
	for len(s.data)-s.pos < len(word) && s.filled() { //nolint:revive // to fill is all that there is to do
	}
	if !bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
		s.want(word)
		return false
	}
	s.pos += len(word)
	return true
}

// number returns the text of a number: one of JSON's, or what stands in quotes, as 64-bit integers do in OTLP.
func (s *scanner) number() []byte {
	switch c := s.peek(); {
	case c == '"':
		return s.bytes("a number")
	case c == '-' || c >= '0' && c <= '9':
		return s.bareNumber()
	case c == 'n':
		s.literal("null")
		return []byte("0")
	}
	s.want("a number")
	return nil
}

// numberText is what belongs to a number, right or wrong.
var numberText = regexp.MustCompile(`^-?[0-9]*(\.[0-9]*)?([eE][+-]?[0-9]*)?`)

func (s *scanner) bareNumber() []byte {
	end, onlyDigits := s.pos, true
	for ; end < len(s.data) || s.filled(); end++ {
		if c := s.data[end]; c < '0' || c > '9' {
			if strings.IndexByte("+-.eE", c) < 0 {
				break
			}
			onlyDigits = false
		}
	}
	text := s.data[s.pos:end]
	if !onlyDigits {
		text = numberText.Find(text)
	}
	if fine := onlyDigits && (text[0] != '0' || len(text) == 1); !fine && !json.Valid(text) {
		s.fail(s.pos, "no number of JSON")
		return nil
	}
	s.pos += len(text)
	return text
}

func (s *scanner) uint(bits int) uint64 {
	pos := s.pos
	text := s.number()
	if s.err != nil {
		return 0
	}
	n, err := strconv.ParseUint(string(text), 10, bits)
	if err != nil {
		s.fail(pos, "%q is no unsigned number of %d bits", text, bits)
	}
	return n
}

func (s *scanner) int() int64 {
	pos := s.pos
	text := s.number()
	if s.err != nil {
		return 0
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || text[0] == '+' {
		s.fail(pos, "%q is no number of 64 bits", text)
	}
	return n
}

func (s *scanner) float() float64 {
	pos := s.pos
	text := s.number()
	if s.err != nil {
		return 0
	}
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		s.fail(pos, "%q is no number of floating point", text)
	}
	return n
}

func (s *scanner) bool() bool {
	switch s.peek() {
	case 't':
		return s.literal("true")
	case 'n':
		s.literal("null")
	default:
		s.literal("false")
	}
	return false
}

// skip reads a value that nobody asked for.
func (s *scanner) skip() {
	switch c := s.peek(); {
	case c == '"':
		s.bytes("a string")
	case c == '{':
		for range s.members {
			s.skip()
		}
	case c == '[':
		for range s.elements {
			s.skip()
		}
	case c == 't', c == 'f', c == 'n':
		s.bool()
	case c == '-' || c >= '0' && c <= '9':
		s.bareNumber()
	default:
		s.want("a value")
	}
}
