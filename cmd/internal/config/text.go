package config

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/whole"
)

// TOML is the config as a file that says everything, in the one order and the one spelling that there is: equal configs
// have equal bytes, Parse reads back the same config, and that one has the same bytes again.
func (c *Config) TOML() []byte {
	usual := c.schema().unsaid()
	return []byte(c.write(func(s keys.Key[Config]) bool {
		return !s.Optional || s.Write(c) != s.Write(usual) || s.Name == "network.late_by" && c.isLate()
	}, nil))
}

// isLate says whether any message is late by chance.
func (c *Config) isLate() bool {
	return c.Network.Late > 0 || slices.ContainsFunc(c.Links, func(l Link) bool { return l.Late > 0 })
}

// Differences is the config as a file that says only what another of its protocol does not: its keys whose values are
// others, and all its tables; and the protocol, where a config that names none has another.
func (c *Config) Differences(other *Config) []byte {
	return []byte(c.write(func(s keys.Key[Config]) bool {
		return s.Write(c) != s.Write(other) || s.Name == protocolKey && c.Row() != protocols.Unnamed()
	}, nil))
}

// Naming is a file that says nothing but its protocol; it is empty for the one that a file need not name.
func Naming(p *whole.Protocol) []byte { return DefaultOf(p).Differences(DefaultOf(p)) }

// Notes are what Minimal says besides the config, each a text without line breaks; both may say nothing.
type Notes struct {
	Head  []string           // the lines above everything
	Fault func(Fault) string // above each fault
}

// always are the keys that a file for people says even where they are as usual, as it says how many servers there are:
// they are what a reader asks first.
var always = []string{"scenario", "num_clients", "seed", "max_duration"}

// Minimal is the config as a file for people, which leaves out what is as in Default. Parse reads back the same config.
func (c *Config) Minimal(notes Notes) []byte {
	var b strings.Builder
	for _, line := range notes.Head {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	said := slices.Concat(c.Changes(), always, keys.Mapped(c.schema().Parties, func(p run.Party) string { return p.Key }))
	b.WriteString(c.write(func(s keys.Key[Config]) bool {
		return slices.Contains(said, s.Name)
	}, notes.Fault))
	return []byte(b.String())
}

// write is the config as a file, with those keys that are to be said, and a note above each fault.
func (c *Config) write(says func(s keys.Key[Config]) bool, note func(Fault) string) string {
	var b strings.Builder
	in, t := "", c.schema()
	for _, s := range t.settings {
		if !says(s) {
			continue
		}
		if table := section(s.Name); table != in {
			in = table
			fmt.Fprintf(&b, "\n[%s]\n", table)
		}
		fmt.Fprintf(&b, "%s = %s\n", strings.TrimPrefix(s.Name, in+"."), s.Write(c))
	}
	for i := range c.Links {
		fmt.Fprintf(&b, "\n[[%s]]\n%s", linkTable, keys.WriteRow(t.links, &c.Links[i]))
	}
	for i := range c.Operations {
		fmt.Fprintf(&b, "\n[[%s]]\n%s", operationTable, keys.WriteRow(t.operations, &c.Operations[i]))
	}
	for _, f := range c.Faults {
		b.WriteByte('\n')
		if note != nil && note(f) != "" {
			fmt.Fprintf(&b, "# %s\n", note(f))
		}
		fmt.Fprintf(&b, "[[%s]]\n%s", faultTable, f.write())
	}
	for i := range c.Expects {
		fmt.Fprintf(&b, "\n[[%s]]\n%s", expectTable, keys.WriteRow(t.expects, &c.Expects[i]))
	}
	return b.String()
}

// Canonical is the config as it is read back from its own TOML, with its rows in their one order; or what is wrong with
// it, as Diagnostics. One too large for a file stays as it is.
func (c *Config) Canonical() (*Config, error) {
	text := c.TOML()
	if len(text) > positions.Largest {
		return c.Clone(), nil
	}
	return Parse("", text)
}

// Changes are the keys, such as raft.max_entries, whose values are not those of Default, in the order of a file. Tables
// such as [[fault]] are no keys.
func (c *Config) Changes() []string {
	usual := c.schema().unsaid()
	var changed []string
	for _, s := range c.schema().settings {
		if s.Write(c) != s.Write(usual) {
			changed = append(changed, s.Name)
		}
	}
	return changed
}

// WithDefault is a copy whose value of a key is that of Default.
func (c *Config) WithDefault(name string) *Config {
	s, known := c.schema().settingOf(name)
	if !known {
		panic("config: there is no key " + name)
	}
	clone := c.Clone()
	s.Reset(clone)
	return clone.Clone() // for the defaults are shared
}

// Hash names the run among all runs: the first 8 bytes of the SHA-256 of TOML.
func (c *Config) Hash() uint64 {
	sum := sha256.Sum256(c.TOML())
	return binary.BigEndian.Uint64(sum[:8])
}

// Name is what the run's folder is called when nobody says otherwise: SCENARIO-SEED, and 8 hex digits of the hash
// when the config differs from the scenario's own in more than the seed. It depends on the config alone, so that a
// run's own run.toml gives the same name again.
func (c *Config) Name() string {
	if c.Changed {
		return c.hashedName()
	}
	return fmt.Sprintf("%s-%d", c.Scenario, c.Seed)
}

func (c *Config) hashedName() string {
	return fmt.Sprintf("%s-%d-%08x", c.Scenario, c.Seed, c.Hash()>>32)
}

// RunName is the name that the run has in its trace, by which it is searched for among others: Name, and with the hash
// in any case if the scenario is a file of the user's, who may change the file and run it again. So two runs of one
// name are one run.
func (r *Resolved) RunName() string {
	if r.named {
		return r.Name()
	}
	return r.hashedName()
}

// equalBut says whether two configs of a scenario are the same but for what does not count as a change: the
// scenario's name, the seed, and Changed itself.
func (c *Config) equalBut(other *Config) bool {
	a, b := c.Clone(), other.Clone()
	for _, x := range []*Config{a, b} {
		x.Scenario, x.Seed, x.Changed = "", 0, false
	}
	return string(a.TOML()) == string(b.TOML())
}
