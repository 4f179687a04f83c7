package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/world"
)

// column is a key of a table that a config can have any number of: a [[link]], an [[operation]], an [[expect]].
type column[T any] struct {
	key   string
	value func(*T) value
}

// placed is a row of such a table, and where it was given.
type placed[T any] struct {
	row    T
	origin origin                   // of its first key
	keys   map[string]origin        // of each key's value
	named  map[string]placedProcess // by the key that names them
}

// where is the place of a key's value, or of the row when it says nothing of the key.
func (p *placed[T]) where(key string) origin {
	if o, ok := p.keys[key]; ok {
		return o
	}
	return p.origin
}

// has says whether a row gives a key.
func (p *placed[T]) has(key string) bool { _, ok := p.keys[key]; return ok }

// readRow reads the keys of one row, and says whether all that it gives is right.
func readRow[T any](r *reader, table string, columns []column[T], values map[string]any, at *place) (p placed[T], right bool) {
	before := len(r.problems)
	p = placed[T]{origin: r.origin(at.key), keys: make(map[string]origin), named: make(map[string]placedProcess)}
	var names []string
	for _, c := range columns {
		names = append(names, c.key)
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		i := slices.Index(names, key)
		where := at.child(key)
		if i < 0 {
			r.complain(where.key, "unknown key %q%s", table+"."+short(key), advice(table, key, table+"."+Nearest(key, names)))
			continue
		}
		v := columns[i].value(&p.row)
		v.read(values[key], func(item int, format string, args ...any) {
			r.complain(where.item(item).value, "%s "+format, append([]any{key}, args...)...)
		})
		p.keys[key] = r.origin(where.value)
		if one, ok := v.(processName); ok && *one.field != 0 {
			p.named[key] = placedProcess{*one.field, p.keys[key]}
		}
	}
	for _, key := range names { // the row is where the first of its columns is
		if o, ok := p.keys[key]; ok {
			p.origin = o
			break
		}
	}
	return p, len(r.problems) == before
}

// writeRow is a row in TOML: the keys whose value is not the one that says nothing.
func writeRow[T any](columns []column[T], row *T) string {
	var b strings.Builder
	var nothing T
	for _, c := range columns {
		if v := c.value(row).write(); v != c.value(&nothing).write() {
			b.WriteString(c.key + " = " + v + "\n")
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

// twice finds an earlier row that says the same.
func twice[T any](all []placed[T], row T) (placed[T], bool) {
	i := slices.IndexFunc(all, func(p placed[T]) bool { return reflect.DeepEqual(p.row, row) })
	if i < 0 {
		return placed[T]{}, false
	}
	return all[i], true
}

// processName names a process of one group, or of any.
type processName struct {
	field *world.ProcessID
	group world.Group // 0 for any
}

func (p processName) read(v any, complain complainer) {
	s, ok := v.(string)
	if !ok {
		complain(whole, "must be a string, not %s", describe(v))
		return
	}
	id, problem := parseProcess(s)
	switch {
	case problem != "":
		complain(whole, "%s", problem)
	case p.group == world.NodeGroup && id.Group() != p.group:
		complain(whole, "must name a node, not %q", s)
	case p.group == world.ClientGroup && id.Group() != p.group:
		complain(whole, "must name a client, not %q", s)
	default:
		*p.field = id
	}
}

func (p processName) write() string { return quote(p.field.String()) }

// word is a text without spaces, as keys and values are: a trace writes them as words.
type word struct{ field *string }

func (w word) read(v any, complain complainer) {
	s, ok := v.(string)
	if !ok {
		complain(whole, "must be a string, not %s", describe(v))
		return
	}
	if problem := badWord(s); problem != "" {
		complain(whole, "%s", problem)
		return
	}
	*w.field = s
}

func (w word) write() string { return quote(*w.field) }
