package traces

import (
	"slices"
	"strings"

	"github.com/raftkv/raftkv/raftkv/raft/spans"
	"github.com/raftkv/raftkv/traces/words"
)

// ConfigChange is a key of the config that two runs differ in. Where a config can have several of a kind, such as faults, one that only one run has is empty in the other.
type ConfigChange struct {
	Key string `json:"key"`
	A   string `json:"a"`
	B   string `json:"b"`
}

// configChanges are the keys that two configs differ in, in the order of their names. What only describes a scenario is no difference.
func configChanges(a, b *Indexed) []ConfigChange {
	one, other := parseConfig(a.about(spans.RaftkvConfigKey)), parseConfig(b.about(spans.RaftkvConfigKey))
	changes := []ConfigChange{}
	for key, value := range one.values {
		if value != other.values[key] {
			changes = append(changes, ConfigChange{words.Printable(key), words.Printable(value), words.Printable(other.values[key])})
		}
	}
	for key, value := range other.values {
		if _, both := one.values[key]; !both {
			changes = append(changes, ConfigChange{words.Printable(key), "", words.Printable(value)})
		}
	}
	for _, item := range one.without(other) {
		changes = append(changes, ConfigChange{words.Printable(item.table), words.Printable(item.text), ""})
	}
	for _, item := range other.without(one) {
		changes = append(changes, ConfigChange{words.Printable(item.table), "", words.Printable(item.text)})
	}
	slices.SortFunc(changes, func(x, y ConfigChange) int {
		return strings.Compare(x.Key+"\x00"+x.A+x.B, y.Key+"\x00"+y.A+y.B)
	})
	return changes
}

// configTexts is a config as TOML has it, key by key: all that is needed of TOML that the runner writes itself.
type configTexts struct {
	values map[string]string
	items  []configItem // of tables that there can be many of
}

type configItem struct{ table, text string }

// descriptive are the keys that change nothing.
var descriptive = []string{"scenario", "changed", "title", "what", "watch", "name"}

func parseConfig(text string) configTexts {
	c := configTexts{values: map[string]string{}}
	table, many := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "[["):
			table, many = strings.Trim(line, "[] "), true
			c.items = append(c.items, configItem{table: table})
		case strings.HasPrefix(line, "["):
			table, many = strings.Trim(line, "[] ")+".", false
		default:
			key, value, found := strings.Cut(line, " = ")
			switch {
			case !found || table == "" && slices.Contains(descriptive, key):
			case many:
				item := &c.items[len(c.items)-1]
				item.text = strings.TrimPrefix(item.text+", "+key+" = "+value, ", ")
			default:
				c.values[table+key] = value
			}
		}
	}
	c.items = slices.DeleteFunc(c.items, func(item configItem) bool { return item.table == "expect" })
	return c
}

// without are the items that another config has fewer of.
func (c *configTexts) without(other configTexts) []configItem {
	left := slices.Clone(other.items)
	var only []configItem
	for _, item := range c.items {
		if i := slices.Index(left, item); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else {
			only = append(only, item)
		}
	}
	return only
}
