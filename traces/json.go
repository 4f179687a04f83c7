package traces

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/raftkv/raftkv/traces/record"
)

// MaxDepth is how deep JSON may be nested: far more than OTLP needs, and far less than the stack holds.
const MaxDepth = 100

// scanner reads JSON from a line of a file, once and from left to right. The first fault is kept and moves it to the end, so that every loop comes to its end by itself.
// It exists because a trace of a million spans is read in seconds with it, and in half a minute with encoding/json.
type scanner struct {
	data    []byte
	pos     int
	err     *fault
	scratch []byte // of the last string that had an escape in it
	interns [4096]string
}

// fault is what is wrong with a line, and where.
type fault struct {
	pos     int
	message string
}

func (s *scanner) reset(line []byte) {
	s.data, s.pos, s.err = line, 0, nil
}

func (s *scanner) fail(pos int, format string, arguments ...any) {
	if s.err == nil {
		s.err = &fault{pos, fmt.Sprintf(format, arguments...)}
	}
	s.pos = len(s.data)
}

// peek is the next byte that is not white space; 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		if c > ' ' || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c
		}
		s.pos++
	}
	return 0
}

func (s *scanner) want(what string) {
	if s.peek(); s.pos >= len(s.data) {
		s.fail(s.pos, "the line ends where %s is due", what)
	} else {
		s.fail(s.pos, "want %s, not %q", what, firstRune(s.data[s.pos:]))
	}
}

// firstRune is the character that a text begins with, or its first byte if it is no UTF-8.
func firstRune(text []byte) rune {
	r, n := utf8.DecodeRune(text)
	if n <= 1 {
		return rune(text[0])
	}
	return r
}

// open enters an object or an array, and says whether there is anything in it. A null counts as empty, as in all JSON made from Protocol Buffers.
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

// more goes to the next member of an object or an array, and says whether there is one; if not, it has left.
func (s *scanner) more(bracket byte) bool {
	if s.pos == len(s.data) || s.data[s.pos] != ',' {
		return s.moreOrLeft(bracket)
	}
	s.pos++
	return true
}

func (s *scanner) moreOrLeft(bracket byte) bool {
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

// key is the name of a member of an object; the scanner stands at its value then. It is valid until the next string is read.
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

// bytesOrNull is a string's content, as bytes has it; null counts as an empty one.
func (s *scanner) bytesOrNull(what string) []byte {
	if s.peek() == 'n' {
		s.literal("null")
		return nil
	}
	return s.bytes(what)
}

// bytes is a string's content, valid until the next string is read.
func (s *scanner) bytes(what string) []byte {
	if s.peek() != '"' {
		s.want(what)
		return nil
	}
	start := s.pos + 1
	i := start
	for i+8 <= len(s.data) && allPlain(binary.LittleEndian.Uint64(s.data[i:])) {
		i += 8
	}
	for ; i < len(s.data); i++ {
		if c := s.data[i]; !record.Plain[c] {
			if c == '"' {
				s.pos = i + 1
				return s.data[start:i]
			}
			return s.unescape(start, i)
		}
	}
	s.fail(len(s.data), "the line ends within a string")
	return nil
}

// allPlain says whether eight bytes are all plain. It may say no where they are, and then each has to be looked at.
func allPlain(eight uint64) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, backslash := eight^'"'*ones, eight^'\\'*ones
	return ((eight-' '*ones)|(quote-ones)|(backslash-ones)|eight)&highs == 0
}

// unescape goes on with a string that began at start where its first byte that is not plain stands.
func (s *scanner) unescape(start, i int) []byte {
	s.scratch = append(s.scratch[:0], s.data[start:i]...)
	for i < len(s.data) {
		switch c := s.data[i]; {
		case c == '"':
			s.pos = i + 1
			return s.scratch
		case c == '\\':
			if i = s.escape(i); s.err != nil {
				return nil
			}
		case c < ' ':
			s.fail(i, "a control character within a string")
			return nil
		case c < utf8.RuneSelf:
			s.scratch = append(s.scratch, c)
			i++
		default:
			r, size := utf8.DecodeRune(s.data[i:])
			s.scratch = utf8.AppendRune(s.scratch, r)
			i += size
		}
	}
	s.fail(len(s.data), "the line ends within a string")
	return nil
}

// escape reads the escape at i and returns where it ends.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.data) {
		s.fail(len(s.data), "the line ends within a string")
		return i
	}
	c := s.data[i+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return s.escapedRune(i)
	default:
		s.fail(i, "no escape of JSON: %q", s.data[i:i+2])
		return i
	}
	s.scratch = append(s.scratch, c)
	return i + 2
}

// escapedRune reads \uXXXX, or two of them that make a surrogate pair. Half a pair becomes U+FFFD, as in encoding/json.
func (s *scanner) escapedRune(i int) int {
	r, ok := s.hexRune(i)
	if !ok {
		s.fail(min(i, len(s.data)), "want four hex digits after \\u")
		return i
	}
	i += 6
	if utf16.IsSurrogate(r) {
		second, _ := s.hexRune(i)
		if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
			i += 6
		}
	}
	s.scratch = utf8.AppendRune(s.scratch, r)
	return i
}

func (s *scanner) hexRune(i int) (rune, bool) {
	if i+6 > len(s.data) || s.data[i] != '\\' || s.data[i+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.data[i+2:i+6]), 16, 32)
	return rune(n), err == nil
}

// text is a string; null counts as an empty one.
func (s *scanner) text() string {
	return s.intern(s.bytesOrNull("a string"))
}

// intern makes a string of bytes, and the same string of the same bytes as long as it remembers: attributes' keys, names and services come again and again.
func (s *scanner) intern(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if len(b) > 64 {
		return string(b)
	}
	h := uint64(len(b))
	rest := b
	for ; len(rest) >= 8; rest = rest[8:] {
		h = (h ^ binary.LittleEndian.Uint64(rest)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	for _, c := range rest {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	slot := &s.interns[(h^h>>32)%uint64(len(s.interns))]
	if *slot != string(b) {
		*slot = string(b)
	}
	return *slot
}

// accept goes past what stands here if it is this, to the byte.
func (s *scanner) accept(what string) bool {
	if len(s.data)-s.pos < len(what) || string(s.data[s.pos:s.pos+len(what)]) != what {
		return false
	}
	s.pos += len(what)
	return true
}

func (s *scanner) literal(word string) bool {
	if !bytes.HasPrefix(s.data[s.pos:], []byte(word)) {
		s.want(word)
		return false
	}
	s.pos += len(word)
	return true
}

// number is the text of a number: one of JSON's, or what stands in quotes, as 64-bit integers do in OTLP.
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

func (s *scanner) bareNumber() []byte {
	start := s.pos
	if s.data[s.pos] == '-' {
		s.pos++
	}
	zero := s.pos < len(s.data) && s.data[s.pos] == '0'
	if n := s.digits(); n == 0 || zero && n > 1 {
		s.fail(start, "no number of JSON")
		return nil
	}
	if s.pos < len(s.data) && s.data[s.pos] == '.' {
		s.pos++
		if s.digits() == 0 {
			s.fail(start, "no number of JSON")
			return nil
		}
	}
	if s.pos < len(s.data) && s.data[s.pos]|0x20 == 'e' {
		s.pos++
		if s.pos < len(s.data) && (s.data[s.pos] == '+' || s.data[s.pos] == '-') {
			s.pos++
		}
		if s.digits() == 0 {
			s.fail(start, "no number of JSON")
			return nil
		}
	}
	return s.data[start:s.pos]
}

func (s *scanner) digits() (n int) {
	for s.pos < len(s.data) && s.data[s.pos] >= '0' && s.data[s.pos] <= '9' {
		s.pos++
		n++
	}
	return n
}

// quoted reads a whole number without a sign that stands in quotes, as 64-bit integers do in OTLP, and says whether it did; if not, it moved nowhere.
func (s *scanner) quoted() (n uint64, ok bool) {
	const most = 19 // digits, which are always a number of 64 bits
	if s.pos == len(s.data) || s.data[s.pos] != '"' {
		return 0, false
	}
	first := s.pos + 1
	i := first
	for i+8 <= len(s.data) {
		eight, ok := eightDigits(binary.LittleEndian.Uint64(s.data[i:]))
		if !ok {
			break
		}
		n, i = n*1e8+eight, i+8
	}
	for ; i < len(s.data) && s.data[i]-'0' <= 9; i++ {
		n = n*10 + uint64(s.data[i]-'0')
	}
	if i == first || i > first+most || i == len(s.data) || s.data[i] != '"' {
		return 0, false
	}
	s.pos = i + 1
	return n, true
}

func (s *scanner) uint(bits int) uint64 {
	pos := s.pos
	if n, ok := s.quoted(); ok && bits == 64 {
		return n
	}
	s.pos = pos
	text := s.number()
	if s.err != nil {
		return 0
	}
	if n, ok := decimal(text); ok && n>>(bits-1)>>1 == 0 {
		return n
	}
	s.fail(pos, "%q is no unsigned number of %d bits", text, bits)
	return 0
}

func (s *scanner) int() int64 {
	pos := s.pos
	if n, ok := s.quoted(); ok && n < 1<<63 {
		return int64(n)
	}
	s.pos = pos
	text := s.number()
	if s.err != nil {
		return 0
	}
	digits, negative := bytes.CutPrefix(text, []byte("-"))
	switch n, ok := decimal(digits); {
	case ok && !negative && n < 1<<63:
		return int64(n)
	case ok && negative && n <= 1<<63:
		return -int64(n)
	}
	s.fail(pos, "%q is no number of 64 bits", text)
	return 0
}

// decimal reads digits, and says whether they are a number of 64 bits.
func decimal(text []byte) (n uint64, ok bool) {
	if len(text) == 0 {
		return 0, false
	}
	if len(text) > 19 {
		n, err := strconv.ParseUint(string(text), 10, 64)
		return n, err == nil
	}
	for ; len(text) >= 8; text = text[8:] {
		eight, ok := eightDigits(binary.LittleEndian.Uint64(text))
		if !ok {
			return 0, false
		}
		n = n*1e8 + eight
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
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
func (s *scanner) skip(depth int) {
	if depth > MaxDepth {
		s.fail(s.pos, "nested more than %d deep", MaxDepth)
		return
	}
	switch c := s.peek(); {
	case c == '"':
		s.bytes("a string")
	case c == '{':
		for more := s.open('{', "an object"); more; more = s.more('{') {
			s.key()
			s.skip(depth + 1)
		}
	case c == '[':
		for more := s.open('[', "an array"); more; more = s.more('[') {
			s.skip(depth + 1)
		}
	case c == 't', c == 'f', c == 'n':
		s.bool()
	case c == '-' || c >= '0' && c <= '9':
		s.bareNumber()
	default:
		s.want("a value")
	}
}
