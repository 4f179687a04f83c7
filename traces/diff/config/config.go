// Package config is what differs in the configs of two runs, as their traces tell them: in the TOML that the runner
// writes.
package config

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/traces/words"
)

// Change is a key of the config that two runs differ in. Where a config can have several of a kind, such as
// faults, one that only one run has is empty in the other.
type Change struct {
	Key string `json:"key"`
	A   string `json:"a"`
	B   string `json:"b"`
}

// Changes returns the keys that two configs differ in, in the order of their names. What only describes a scenario is
// no difference.
func Changes(a, b string) []Change {
	valuesA, itemsA := parse(a)
	valuesB, itemsB := parse(b)
	changes := []Change{}
	add := func(key, a, b string) {
		changes = append(changes, Change{words.Printable(key), words.Printable(a), words.Printable(b)})
	}
	for key, value := range valuesA {
		if value != valuesB[key] {
			add(key, value, valuesB[key])
		}
	}
	for key, value := range valuesB {
		if _, both := valuesA[key]; !both {
			add(key, "", value)
		}
	}
	for _, item := range without(itemsA, itemsB) {
		add(item.table, item.text, "")
	}
	for _, item := range without(itemsB, itemsA) {
		add(item.table, "", item.text)
	}
	slices.SortFunc(changes, func(x, y Change) int {
		return strings.Compare(x.Key+"\x00"+x.A+x.B, y.Key+"\x00"+y.A+y.B)
	})
	return changes
}

// item is one table of those that there can be many of.
type item struct{ table, text string }

// parse reads the TOML that the runner writes: the values of keys, and the tables that there can be many of.
// Keys that change nothing are left out.
func parse(text string) (values map[string]string, items []item) {
	descriptive := []string{"scenario", "changed", "title", "what", "watch", "name"}
	values = map[string]string{}
	table, many := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, found := strings.Cut(line, " = ")
		switch {
		case strings.HasPrefix(line, "[["):
			table, many = strings.Trim(line, "[] "), true
			items = append(items, item{table: table})
		case strings.HasPrefix(line, "["):
			table, many = strings.Trim(line, "[] ")+".", false
		case !found || table == "" && slices.Contains(descriptive, key):
		case many:
			item := &items[len(items)-1]
			item.text = strings.TrimPrefix(item.text+", "+key+" = "+value, ", ")
		default:
			values[table+key] = value
		}
	}
	return values, slices.DeleteFunc(items, func(i item) bool { return i.table == "expect" })
}

// without returns the items that another config has fewer of.
func without(items, others []item) (only []item) {
	left := slices.Clone(others)
	for _, item := range items {
		if i := slices.Index(left, item); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			only = append(only, item)
		}
	}
	return only
}
