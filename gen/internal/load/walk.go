package load

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Text is a word or a sentence of the spec. It is empty when it was left out.
type Text struct {
	Value string
	Pos   Pos
	inner int // where Value begins, in characters after Pos
}

// At is the place of the character at a byte offset of the text; exact for texts on one line.
func (t Text) At(offset int) Pos {
	pos := t.Pos
	pos.Column += t.inner + len([]rune(t.Value[:offset]))
	return pos
}

// Given says whether the text is there.
func (t Text) Given() bool { return t.Pos != Pos{} }

// Flag is true or false; false when it was left out.
type Flag struct {
	Value bool
	Pos   Pos
}

// Number is a whole number that is not negative.
type Number struct {
	Value int
	Pos   Pos
}

// Whole is a whole number of up to 63 bits that is not negative; 0 when it was left out.
type Whole struct {
	Value int64
	Pos   Pos
}

// Given says whether the number is there.
func (v Whole) Given() bool { return v.Pos != Pos{} }

// walker turns nodes into a Spec. Unlike the library's own decoding it reports all faults and keeps positions.
type walker struct {
	file   int
	faults *Faults
}

// value is a type that knows by itself how it is written.
type value interface {
	from(w walker, n *yaml.Node)
}

func (w walker) position(n *yaml.Node) Pos { return Pos{File: w.file, Line: n.Line, Column: n.Column} }

var kinds = map[yaml.Kind]string{
	yaml.MappingNode:  "a mapping",
	yaml.SequenceNode: "a list",
	yaml.ScalarNode:   "a single value",
	yaml.AliasNode:    "an alias",
}

// plain reports what no spec needs: anchors, aliases, and tags written out.
func (w walker) plain(n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		w.faults.Add(w.position(n), "aliases are not allowed: write it out")
	case n.Anchor != "":
		w.faults.Add(w.position(n), "anchors are not allowed: nothing may refer to &%s", n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		w.faults.Add(w.position(n), "tags are not allowed: %s", n.Tag)
	default:
		return true
	}
	return false
}

func (w walker) is(n *yaml.Node, kind yaml.Kind) bool {
	if !w.plain(n) {
		return false
	}
	if n.Tag == "!!null" && kind != yaml.ScalarNode {
		w.faults.Add(w.position(n), "want %s, got nothing", kinds[kind])
		return false
	}
	if n.Kind != kind {
		w.faults.Add(w.position(n), "want %s, got %s", kinds[kind], kinds[n.Kind])
		return false
	}
	return true
}

func (w walker) decode(n *yaml.Node, into reflect.Value) {
	if v, ok := into.Addr().Interface().(value); ok {
		v.from(w, n)
		return
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if into.Kind() == reflect.Slice {
		w.list(n, into)
		return
	}
	w.mapping(n, into)
}

func (w walker) list(n *yaml.Node, into reflect.Value) {
	if !w.is(n, yaml.SequenceNode) {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		w.decode(item, into.Index(i))
	}
}

// mapping fills the fields of a struct, each tagged with its key.
func (w walker) mapping(n *yaml.Node, into reflect.Value) {
	into.FieldByName("At").Set(reflect.ValueOf(w.position(n)))
	if !w.is(n, yaml.MappingNode) {
		return
	}
	fields, options := map[string]reflect.Value{}, map[string]string{}
	var known, required []string
	for i := range into.NumField() {
		tag, ok := into.Type().Field(i).Tag.Lookup("yaml")
		if !ok {
			continue
		}
		key, option, _ := strings.Cut(tag, ",")
		fields[key], options[key], known = into.Field(i), option, append(known, key)
		if strings.HasPrefix(option, "required") {
			required = append(required, key)
		}
	}
	present := w.pairs(n, func(key Text, content *yaml.Node) {
		field, ok := fields[key.Value]
		if !ok {
			w.unknown(key, known)
			return
		}
		w.decode(content, field)
		if strings.HasSuffix(options[key.Value], "some") && field.Len() == 0 && len(content.Content) == 0 &&
			content.Kind != yaml.ScalarNode {
			w.faults.Add(w.position(content), "%s: want one at least", key.Value)
		}
	})
	for _, key := range required {
		if !slices.Contains(present, key) {
			w.faults.Add(w.position(n), "missing key %q", key)
		}
	}
}

func (w walker) unknown(key Text, known []string) {
	if nearest := Nearest(key.Value, known); nearest != "" {
		w.faults.Add(key.Pos, "unknown key %q (nearest: %q)", key.Value, nearest)
		return
	}
	w.faults.Add(key.Pos, "unknown key %q (known: %s)", key.Value, strings.Join(known, ", "))
}

// pairs goes through a mapping in order and returns the keys; a key that comes twice is a fault.
func (w walker) pairs(n *yaml.Node, each func(key Text, content *yaml.Node)) []string {
	var present []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		var key Text
		if n.Content[i].Tag == "!!merge" {
			w.faults.Add(w.position(n.Content[i]), "merge keys are not allowed: write it out")
			continue
		}
		if key.from(w, n.Content[i]); !key.Given() {
			continue
		}
		if slices.Contains(present, key.Value) {
			w.faults.Add(key.Pos, "duplicate key %q", key.Value)
			continue
		}
		present = append(present, key.Value)
		each(key, n.Content[i+1])
	}
	return present
}

func (t *Text) from(w walker, n *yaml.Node) {
	if !w.is(n, yaml.ScalarNode) {
		return
	}
	if n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" {
		w.faults.Add(w.position(n), "want a text, got nothing")
		return
	}
	if i := strings.IndexFunc(n.Value, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(n.Value[i:])
		w.faults.Add(w.position(n), "a text must not hold a character that is not seen, such as %s", fmt.Sprintf("%U", r))
		return
	}
	t.Value, t.Pos = n.Value, w.position(n)
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		t.inner = 1
	}
}

func (f *Flag) from(w walker, n *yaml.Node) {
	if !w.is(n, yaml.ScalarNode) {
		return
	}
	if n.Tag != "!!bool" {
		w.faults.Add(w.position(n), "want true or false, got %q", n.Value)
		return
	}
	f.Value, f.Pos = strings.EqualFold(n.Value, "true"), w.position(n)
}

func (v *Number) from(w walker, n *yaml.Node) {
	v.Value, v.Pos = int(w.whole(n, 31)), w.position(n)
}

func (v *Whole) from(w walker, n *yaml.Node) {
	v.Value, v.Pos = int64(w.whole(n, 63)), w.position(n)
}

// whole is a whole number of so many bits; 0, and a fault, if there is none.
func (w walker) whole(n *yaml.Node, bits int) uint64 {
	if !w.is(n, yaml.ScalarNode) {
		return 0
	}
	number, err := strconv.ParseUint(n.Value, 10, bits)
	if err != nil || n.Tag != "!!int" {
		w.faults.Add(w.position(n), "want a whole number, got %q", n.Value)
		return 0
	}
	return number
}

func (f *Fields) from(w walker, n *yaml.Node) {
	if !w.is(n, yaml.MappingNode) {
		return
	}
	w.pairs(n, func(key Text, content *yaml.Node) {
		var field Field
		if content.Kind == yaml.ScalarNode {
			field.Type.from(w, content)
		} else {
			w.mapping(content, reflect.ValueOf(&field).Elem())
		}
		field.Name, field.At = key, key.Pos
		*f = append(*f, field)
	})
}

func (l *Levels) from(w walker, n *yaml.Node) {
	if !w.is(n, yaml.MappingNode) {
		return
	}
	w.pairs(n, func(key Text, content *yaml.Node) {
		level := Level{Attribute: key}
		level.Level.from(w, content)
		*l = append(*l, level)
	})
}

func (p *Pairs) from(w walker, n *yaml.Node) {
	if !w.is(n, yaml.MappingNode) {
		return
	}
	w.pairs(n, func(key Text, content *yaml.Node) {
		pair := Pair{Key: key}
		pair.Text.from(w, content)
		*p = append(*p, pair)
	})
}
