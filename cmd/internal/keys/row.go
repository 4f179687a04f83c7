package keys

import (
	"fmt"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Row is a row of an array of tables, and where it was given.
type Row[T any] struct {
	Value  T
	Origin positions.Origin            // of its first key
	Keys   map[string]positions.Origin // of each key's value
	Named  []Named
}

// Named is a process that a row names, and where.
type Named struct {
	Process world.ProcessID
	Origin  positions.Origin
}

// Where is the place of a key's value, or of the row when it says nothing of the key.
func (r *Row[T]) Where(key string) positions.Origin {
	if o, ok := r.Keys[key]; ok {
		return o
	}
	return r.Origin
}

// Has says whether a row gives a key.
func (r *Row[T]) Has(key string) bool { _, ok := r.Keys[key]; return ok }

// Values are the values of rows; nil when there are none.
func Values[T any](rows []Row[T]) []T {
	var values []T
	for _, r := range rows {
		values = append(values, r.Value)
	}
	return values
}

// Each reads the rows of an array of tables, or of the same written inline.
func (r *Reader) Each(array string, v any, p *positions.Place, read func(map[string]any, *positions.Place)) {
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
			r.Complain(p.Item(i).Value, "%s must hold tables, not %s", array, positions.Describe(item))
		}
	}
	if !isArray {
		r.Complain(p.Key, "%s must be written [[%s]], once for each", array, array)
	}
}

// ReadRow reads what a row gives of some keys.
func ReadRow[T any](r *Reader, keys []Key[T], values map[string]any, at *positions.Place) Row[T] {
	r.Named = nil
	row := Row[T]{Origin: r.Origin(at.Key), Keys: make(map[string]positions.Origin)}
	for _, k := range keys {
		v, ok := values[k.Name]
		if !ok {
			continue
		}
		where := at.Child(k.Name)
		k.Read(&row.Value, Given{r, k.Name, v, where})
		if len(row.Keys) == 0 {
			row.Origin = r.Origin(where.Value)
		}
		row.Keys[k.Name] = r.Origin(where.Value)
	}
	row.Named = r.Named
	return row
}

// WriteRow is a row in TOML: the keys whose value is not the one that says nothing.
func WriteRow[T any](keys []Key[T], row *T) string {
	var b strings.Builder
	var nothing T
	for _, k := range keys {
		if v := k.Write(row); !k.Optional || v != k.Write(&nothing) {
			fmt.Fprintf(&b, "%s = %s\n", k.Name, v)
		}
	}
	return b.String()
}
