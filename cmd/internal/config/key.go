package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// key is a key of a table, and the field of T that holds its value. A table of them is what a file is read by and
// written by.
type key[T any] struct {
	name     string // with its section, as in raft.max_entries, when it is one of `settings`
	doc      string // as config.toml says it
	optional bool   // whether a file that says everything leaves it out when it is as usual
	read     func(*T, given)
	write    func(*T) string // in TOML, always the same for the same value
	reset    func(*T)        // gives it the usual value
}

// define is a key whose value is of a kind.
func define[T, V any](name string, k kind[V], usual V, field func(*T) *V, doc string) key[T] {
	return key[T]{
		name:  name,
		doc:   doc,
		read:  func(t *T, g given) { k.take(g, field(t)) },
		write: func(t *T) string { return k.write(*field(t)) },
		reset: func(t *T) { *field(t) = usual },
	}
}

// option is a key that a file leaves out when it is as usual.
func option[T, V any](name string, k kind[V], usual V, field func(*T) *V, doc string) key[T] {
	o := define(name, k, usual, field, doc)
	o.optional = true
	return o
}

// column is a key of a table that a config can have any number of: a [[link]], an [[operation]], an [[expect]].
func column[T, V any](name string, k kind[V], field func(*T) *V) key[T] {
	var nothing V
	return option(name, k, nothing, field, "")
}

// within are the keys of a section as keys of the config.
func within[S any](section string, of func(*Config) *S, keys []key[S]) []key[Config] {
	var all []key[Config]
	for _, k := range keys {
		all = append(all, key[Config]{
			name:     section + "." + k.name,
			doc:      k.doc,
			optional: k.optional,
			read:     func(c *Config, g given) { k.read(of(c), g) },
			write:    func(c *Config) string { return k.write(of(c)) },
			reset:    func(c *Config) { k.reset(of(c)) },
		})
	}
	return all
}

// given is what a source gives as the value of a key.
type given struct {
	reader *reader
	key    string
	value  any
	place  *positions.Place
}

// complain says what is wrong with the value. The message goes on from the key: "must be …".
func (g given) complain(format string, args ...any) {
	g.reader.complain(g.place.Value, "%s "+format, append([]any{g.key}, args...)...)
}

// item is an element of an array.
func (g given) item(i int, value any) given {
	return given{g.reader, g.key, value, g.place.Item(i)}
}

// named is a process that a row names, and where.
type named struct {
	process world.ProcessID
	origin  positions.Origin
}

// placed is a row of an array of tables, and where it was given.
type placed[T any] struct {
	row    T
	origin positions.Origin            // of its first key
	keys   map[string]positions.Origin // of each key's value
	named  []named
	drawn  bool // of a fault: whether chance drew it
	broken bool // of a fault: whether there is something wrong with it; then it is kept only to find what else is
}

// where is the place of a key's value, or of the row when it says nothing of the key.
func (p *placed[T]) where(key string) positions.Origin {
	if o, ok := p.keys[key]; ok {
		return o
	}
	return p.origin
}

// has says whether a row gives a key.
func (p *placed[T]) has(key string) bool { _, ok := p.keys[key]; return ok }

// each reads the rows of an array of tables, or of the same written inline.
func (r *reader) each(array string, v any, p *positions.Place, read func(map[string]any, *positions.Place)) {
	if tables, ok := v.([]map[string]any); ok {
		for i, table := range tables {
			read(table, p.Item(i))
		}
		return
	}
	items, isArray := v.([]any)
	for i, item := range items {
		if table, ok := item.(map[string]any); ok {
			read(table, p.Item(i))
		} else {
			r.complain(p.Item(i).Value, "%s must hold tables, not %s", array, positions.Describe(item))
		}
	}
	if !isArray {
		r.complain(p.Key, "%s must be written [[%s]], once for each", array, array)
	}
}

// unknownKeys complains about the keys of a row that its table does not have.
func (r *reader) unknownKeys(array string, names []string, values map[string]any, at *positions.Place) {
	for name := range values {
		if !slices.Contains(names, name) {
			r.complain(at.Child(name).Key, "unknown key %q%s", array+"."+positions.Short(name),
				advice(array, name, array+"."+Nearest(name, names)))
		}
	}
}

// readRow reads a row whose keys are all of its table's, and says whether all that it gives is right.
func readRow[T any](
	r *reader, array string, keys []key[T], values map[string]any, at *positions.Place,
) (p placed[T], right bool) {
	before := len(r.problems)
	r.unknownKeys(array, mapped(keys, func(k key[T]) string { return k.name }), values, at)
	p = readKeys(r, keys, values, at)
	return p, len(r.problems) == before
}

// readKeys reads what a row gives of some keys.
func readKeys[T any](r *reader, keys []key[T], values map[string]any, at *positions.Place) placed[T] {
	r.named = nil
	p := placed[T]{origin: r.origin(at.Key), keys: make(map[string]positions.Origin)}
	for _, k := range keys {
		v, ok := values[k.name]
		if !ok {
			continue
		}
		where := at.Child(k.name)
		k.read(&p.row, given{r, k.name, v, where})
		if len(p.keys) == 0 {
			p.origin = r.origin(where.Value)
		}
		p.keys[k.name] = r.origin(where.Value)
	}
	p.named = r.named
	return p
}

// writeRow is a row in TOML: the keys whose value is not the one that says nothing.
func writeRow[T any](keys []key[T], row *T) string {
	var b strings.Builder
	var nothing T
	for _, k := range keys {
		if v := k.write(row); !k.optional || v != k.write(&nothing) {
			fmt.Fprintf(&b, "%s = %s\n", k.name, v)
		}
	}
	return b.String()
}

// rows are the values of placed rows.
func rows[T any](all []placed[T]) []T {
	var list []T
	for _, p := range all {
		list = append(list, p.row)
	}
	return list
}
