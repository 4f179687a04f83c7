package content

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"

	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/read"
	"github.com/raftkv/raftkv/traces/words"
)

// Field is something that a span says, as a name and a text.
type Field struct{ Name, Text string }

func textOf(list []Field, name string) string {
	if i := slices.IndexFunc(list, func(f Field) bool { return f.Name == name }); i >= 0 {
		return list[i].Text
	}
	return ""
}

// ValueChange is something that has a value in each run; an empty one is none.
type ValueChange struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// Compare returns what differs in what two spans say, both texts side by side.
func Compare(a, b []Field) []ValueChange {
	changes := []ValueChange{}
	for _, f := range a {
		if other := textOf(b, f.Name); f.Text != other {
			changes = append(changes, ValueChange{f.Name, f.Text, other})
		}
	}
	for _, f := range b {
		if textOf(a, f.Name) == "" {
			changes = append(changes, ValueChange{f.Name, "", f.Text})
		}
	}
	return changes
}

// persistField is the field for what a step wrote to the disk.
const persistField = "persist"

// WithoutRepeats leaves out what follows from other fields that differ: what the disk holds, and then what is said a
// second time. Where nothing else differs that is told.
func WithoutRepeats(changes []ValueChange, repeated []attribute.Key) []ValueChange {
	persists := func(f ValueChange) bool { return firstWord(f.Name) == persistField }
	repeats := func(f ValueChange) bool {
		key := attribute.Key(firstWord(f.Name))
		return key == worldspans.PeerServiceKey || key == worldspans.RaftkvSizeKey || slices.Contains(repeated, key)
	}
	for _, drop := range []func(ValueChange) bool{persists, repeats} {
		if slices.ContainsFunc(changes, func(f ValueChange) bool { return !drop(f) }) {
			changes = slices.DeleteFunc(changes, drop)
		}
	}
	return changes
}

func firstWord(text string) string {
	first, _, _ := strings.Cut(text, " ")
	return first
}

// Sort puts fields that differ in the order in which they are told.
func Sort(changes []ValueChange) {
	slices.SortStableFunc(changes, func(x, y ValueChange) int {
		return cmp.Or(cmp.Compare(fieldOrder(x.Name), fieldOrder(y.Name)), strings.Compare(x.Name, y.Name))
	})
}

// IsAttribute says whether a field is an attribute of its span.
func IsAttribute(name string) bool { return fieldOrder(name) == fieldOrder("") && name != "status" }

// fieldOrder puts times first, what happened to a message before attributes, and ids behind them.
func fieldOrder(name string) int {
	names := []string{"begins", "ends", "name", "event", "", "parent", "link"} // the empty one is for attributes
	if i := slices.Index(names, firstWord(name)); i >= 0 {
		return i
	}
	return slices.Index(names, "")
}

// Fields returns all that a span says but for the attributes that are ignored. Times count from the beginning of the
// run, and the names of the events that say what was written to the disk begin with persist. Of equal names the second
// has a number.
func Fields(s *read.Span, begin time.Time, persist string, ignored []string) []Field {
	since := func(t time.Time) string { return words.Milliseconds(t.Sub(begin)) }
	fields := []Field{{"begins", since(s.Start)}, {"ends", since(s.End)}}
	add := func(name, text string) {
		unique := name
		for n := 2; textOf(fields, unique) != ""; n++ {
			unique = fmt.Sprintf("%s %d", name, n)
		}
		fields = append(fields, Field{unique, text})
	}
	if s.Parent != 0 {
		add("parent", s.Parent.String())
	}
	implied := []attribute.Key{worldspans.RPCSystemNameKey, worldspans.RPCMethodKey, worldspans.ServerAddressKey}
	for _, a := range s.Attributes {
		if !isIgnored(a.Key, ignored) && !slices.Contains(implied, a.Key) {
			add(words.Printable(string(a.Key)), words.Unspaced(words.Text(a.Value)))
		}
	}
	for i := range s.Events {
		e := &s.Events[i]
		name, parts := "event", []string{words.Printable(e.Name), "at", since(e.At)}
		if persist != "" && strings.HasPrefix(e.Name, persist) {
			name, parts = persistField, parts[1:]
		}
		for _, a := range e.Attributes {
			if !isIgnored(a.Key, ignored) {
				parts = append(parts, words.Printable(string(a.Key))+"="+words.Unspaced(words.Text(a.Value)))
			}
		}
		add(name, strings.Join(parts, " "))
	}
	for i := range s.Links {
		add("link", s.Links[i].ID.String())
	}
	if s.Status.Description != "" {
		add("status", words.Printable(s.Status.Description))
	}
	return fields
}
