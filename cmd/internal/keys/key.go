// Package keys is how a TOML text becomes the fields of a struct, and how they are written again. A Kind is a kind of
// value, such as a duration. A Key is a row of a plain table: a name, a kind with its bounds, the default, the field
// that holds the value, and what there is to say of it. Begin with key.go; kinds.go and duration.go have the kinds, and
// row.go has the tables of which a text can have any number.
package keys

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/positions"
)

// Key is a key of a table, and the field of T that holds its value. A table of them is what a file is read by and
// written by.
type Key[T any] struct {
	Name     string
	Doc      string // as config.toml says it
	Optional bool   // whether a file that says everything leaves it out when it is as usual
	Read     func(*T, Given)
	Write    func(*T) string // in TOML, always the same for the same value
	Reset    func(*T)        // gives it the usual value
}

// Define is a key whose value is of a kind.
func Define[T, V any](name string, k Kind[V], usual V, field func(*T) *V, doc string) Key[T] {
	return Key[T]{
		Name:  name,
		Doc:   doc,
		Read:  func(t *T, g Given) { k.Take(g, field(t)) },
		Write: func(t *T) string { return k.Write(*field(t)) },
		Reset: func(t *T) { *field(t) = usual },
	}
}

// Option is a key that a file leaves out when it is as usual.
func Option[T, V any](name string, k Kind[V], usual V, field func(*T) *V, doc string) Key[T] {
	o := Define(name, k, usual, field, doc)
	o.Optional = true
	return o
}

// Column is a key of a row; a row that says nothing of it has the zero value.
func Column[T, V any](name string, k Kind[V], field func(*T) *V) Key[T] {
	var nothing V
	return Option(name, k, nothing, field, "")
}

// Within are the keys of a section as keys of the whole, their names with that of the section: raft.max_entries.
func Within[T, S any](section string, of func(*T) *S, keys []Key[S]) []Key[T] {
	return Mapped(keys, func(k Key[S]) Key[T] {
		return Key[T]{
			Name:     section + "." + k.Name,
			Doc:      k.Doc,
			Optional: k.Optional,
			Read:     func(t *T, g Given) { k.Read(of(t), g) },
			Write:    func(t *T) string { return k.Write(of(t)) },
			Reset:    func(t *T) { k.Reset(of(t)) },
		}
	})
}

// Reader collects what is wrong with the sources that are read.
type Reader struct {
	Source   *positions.Source // that is being read
	Now      time.Time         // what "now" means
	Named    []Named           // by the row that is being read
	Problems []positions.Problem
}

// Origin is a place of the source that is being read.
func (r *Reader) Origin(at positions.Span) positions.Origin {
	return positions.Origin{Source: r.Source, Span: at}
}

// Complain says what is wrong at a place of the source that is being read.
func (r *Reader) Complain(at positions.Span, format string, args ...any) {
	r.ComplainAt(r.Origin(at), format, args...)
}

// ComplainAt says what is wrong at a place of any source.
func (r *Reader) ComplainAt(at positions.Origin, format string, args ...any) {
	r.Problems = append(r.Problems, positions.Problem{Origin: at, Message: fmt.Sprintf(format, args...)})
}

// Given is what a source gives as the value of a key.
type Given struct {
	Reader *Reader
	Key    string
	Value  any
	Place  *positions.Place
}

// Complain says what is wrong with the value. The message goes on from the key: "must be …".
func (g Given) Complain(format string, args ...any) {
	g.Reader.Complain(g.Place.Value, "%s "+format, append([]any{g.Key}, args...)...)
}

// Item is an element of an array.
func (g Given) Item(i int, value any) Given {
	return Given{g.Reader, g.Key, value, g.Place.Item(i)}
}
