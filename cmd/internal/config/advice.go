package config

import (
	"fmt"
	"slices"
	"strings"
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
func isSection(name string) bool {
	return name != "" && slices.ContainsFunc(settings, func(s key[Config]) bool { return section(s.name) == name })
}

// nearestKey is the key or table that a misspelt one most likely means. One of the same table is nearer than one of
// another, in which the last part of the name decides: max_entries at the top level means raft.max_entries.
func nearestKey(key string) string {
	table, leaf := "", key
	if i := strings.LastIndexByte(key, '.'); i >= 0 {
		table, leaf = key[:i], key[i+1:]
	}
	nearest, least := "", 0
	consider := func(candidate string, d int) {
		if nearest == "" || d < least {
			nearest, least = candidate, d
		}
	}
	for _, s := range settings {
		_, last, ok := strings.Cut(s.name, ".")
		if !ok {
			last = s.name
		}
		d := steps(leaf, last)
		if section(s.name) != table {
			d = min(d+1, distance(key, s.name))
		}
		consider(s.name, d)
	}
	for _, s := range settings {
		if table == "" && section(s.name) != "" {
			consider(section(s.name), steps(key, section(s.name)))
		}
	}
	for _, t := range arrayTables {
		if table == "" {
			consider(t, steps(key, t))
		}
	}
	return nearest
}

// advice ends the message about a key that its table does not have, with where it should stand if it has a place
// elsewhere, and with the nearest that there is if not.
func advice(table, leaf, nearest string) string {
	_, known := settingOf(leaf)
	header := "[" + table + "]"
	if slices.Contains(arrayTables, table) {
		header = "[" + header + "]"
	}
	switch {
	case table == "":
	case known:
		return fmt.Sprintf(": %s must stand above the tables, since all that follows %s is in it", leaf, header)
	case isSection(leaf):
		return fmt.Sprintf(": %s is a table beside %s; give it a header of its own, [%s]", leaf, header, leaf)
	case slices.Contains(arrayTables, leaf):
		return fmt.Sprintf(": %s is a table beside %s; give it a header of its own, [[%s]]", leaf, header, leaf)
	case isSection(table) && Near(leaf, []string{nearest[strings.LastIndexByte(nearest, '.')+1:]}) == "":
		return fmt.Sprintf("; [%s] has %s", table, strings.Join(keysOf(table), ", "))
	}
	return fmt.Sprintf("; the nearest is %q", nearest)
}

// keysOf are the names of a table's keys.
func keysOf(table string) (names []string) {
	for _, s := range settings {
		if section(s.name) == table {
			names = append(names, strings.TrimPrefix(s.name, table+"."))
		}
	}
	return names
}
