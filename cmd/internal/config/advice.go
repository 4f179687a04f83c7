package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
)

// The arrays of tables, which are read by themselves.
const (
	linkTable      = "link"
	operationTable = "operation"
	faultTable     = "fault"
	expectTable    = "expect"
)

var arrayTables = []string{linkTable, operationTable, faultTable, expectTable}

// section is the name of the table that a key is in, and empty at the top level.
func section(key string) string {
	before, _, ok := strings.Cut(key, ".")
	if !ok {
		return ""
	}
	return before
}

// isSection says whether there is a table of this name.
func (t *schema) isSection(name string) bool {
	return name != "" && slices.ContainsFunc(t.settings, func(s keys.Key[Config]) bool { return section(s.Name) == name })
}

// nearestKey is the key or table that a misspelt one most likely means. One of the same table is nearer than one of
// another, in which the last part of the name decides: max_entries at the top level means raft.max_entries.
func (t *schema) nearestKey(name string) string {
	table, leaf := "", name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		table, leaf = name[:i], name[i+1:]
	}
	best, least := "", 0
	consider := func(candidate string, d int) {
		if best == "" || d < least {
			best, least = candidate, d
		}
	}
	for _, s := range t.settings {
		_, last, ok := strings.Cut(s.Name, ".")
		if !ok {
			last = s.Name
		}
		d := nearest.Steps(leaf, last)
		if section(s.Name) != table {
			d = min(d+1, nearest.Distance(name, s.Name))
		}
		consider(s.Name, d)
	}
	if table != "" {
		return best
	}
	for _, s := range t.settings {
		if section(s.Name) != "" {
			consider(section(s.Name), nearest.Steps(name, section(s.Name)))
		}
	}
	for _, array := range arrayTables {
		consider(array, nearest.Steps(name, array))
	}
	return best
}

// advice ends the message about a key that its table does not have, with where it should stand if it has a place
// elsewhere, and with the nearest that there is if not.
func (t *schema) advice(table, leaf, best string) string {
	_, known := t.settingOf(leaf)
	header := "[" + table + "]"
	if slices.Contains(arrayTables, table) {
		header = "[" + header + "]"
	}
	switch {
	case table == "":
	case known:
		return fmt.Sprintf(": %s must stand above the tables, since all that follows %s is in it", leaf, header)
	case t.isSection(leaf):
		return fmt.Sprintf(": %s is a table beside %s; give it a header of its own, [%s]", leaf, header, leaf)
	case slices.Contains(arrayTables, leaf):
		return fmt.Sprintf(": %s is a table beside %s; give it a header of its own, [[%s]]", leaf, header, leaf)
	case t.isSection(table) && nearest.Near(leaf, []string{best[strings.LastIndexByte(best, '.')+1:]}) == "":
		return fmt.Sprintf("; [%s] has %s", table, strings.Join(t.keysOf(table), ", "))
	}
	return fmt.Sprintf("; the nearest is %q", best)
}

// keysOf are the names of a table's keys.
func (t *schema) keysOf(table string) (names []string) {
	for _, s := range t.settings {
		if section(s.Name) == table {
			names = append(names, strings.TrimPrefix(s.Name, table+"."))
		}
	}
	return names
}
