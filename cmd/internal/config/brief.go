package config

import (
	"fmt"
	"slices"
	"strings"
)

// Canonical is the config as it is read back from its own TOML, with its rows in their one order; or what is wrong with it, as Diagnostics. One too large for a file stays
// as it is.
func (c *Config) Canonical() (*Config, error) {
	text := c.TOML()
	if len(text) > largest {
		return c.Clone(), nil
	}
	return Parse("", text)
}

// Changes are the keys, such as raft.max_entries, whose values are not those of Default, in the order of a file. Tables such as [[fault]] are no keys.
func (c *Config) Changes() []string {
	usual := Default()
	var keys []string
	for _, s := range settings {
		if s.value(c).write() != s.value(usual).write() {
			keys = append(keys, s.key)
		}
	}
	return keys
}

// Restored is a copy whose value of a key is that of Default.
func (c *Config) Restored(key string) *Config {
	s, known := settingOf(key)
	if !known {
		panic("config: there is no key " + key)
	}
	r := newReader(c.Scenario)
	r.config = c.Clone()
	r.document(&source{name: key, text: key + " = " + s.value(Default()).write()})
	return r.config
}

// Notes are what Brief says besides the config, each a text without line breaks; both may say nothing.
type Notes struct {
	Head  []string           // the lines above everything
	Fault func(Fault) string // above each fault
}

// told are the keys that a file should say even where they are as usual: they are what a reader asks first.
var told = []string{"scenario", "num_nodes", "num_clients", "seed", "max_duration"}

// Brief is the config as a file for people, which leaves out what is as in Default. Parse reads back the same config.
func (c *Config) Brief(notes Notes) []byte {
	var b strings.Builder
	for _, line := range notes.Head {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	in, changed := "", c.Changes()
	for _, s := range settings {
		if !slices.Contains(changed, s.key) && !slices.Contains(told, s.key) {
			continue
		}
		if table := section(s.key); table != in {
			in = table
			fmt.Fprintf(&b, "\n[%s]\n", table)
		}
		fmt.Fprintf(&b, "%s = %s\n", strings.TrimPrefix(s.key, in+"."), s.value(c).write())
	}
	c.writeRows(&b, notes.Fault)
	return []byte(b.String())
}

// writeRows writes the arrays of tables.
func (c *Config) writeRows(b *strings.Builder, note func(Fault) string) {
	for i := range c.Links {
		fmt.Fprintf(b, "\n[[%s]]\n%s", linkTable, writeRow(linkColumns, &c.Links[i]))
	}
	for i := range c.Operations {
		fmt.Fprintf(b, "\n[[%s]]\n%s", operationTable, writeRow(operationColumns, &c.Operations[i]))
	}
	for _, f := range c.Faults {
		b.WriteByte('\n')
		if note != nil && note(f) != "" {
			fmt.Fprintf(b, "# %s\n", note(f))
		}
		fmt.Fprintf(b, "[[%s]]\n%s", faultTable, f.write())
	}
	for i := range c.Expects {
		fmt.Fprintf(b, "\n[[%s]]\n%s", expectTable, writeRow(expectColumns, &c.Expects[i]))
	}
}
