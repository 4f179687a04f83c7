package config

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// TOML is the config as a file that says everything, in the one order and the one spelling that there is: equal configs have equal bytes, Parse reads back
// the same config, and that one has the same bytes again.
func (c *Config) TOML() []byte {
	usual := Default()
	return c.write(func(s setting, v string) bool { return s.isSaid(c, usual, v) })
}

// isSaid says whether a file that says everything has the key: an optional one says nothing where it is as usual, but
// for how late messages are where some are.
func (s setting) isSaid(c, usual *Config, v string) bool {
	return !s.optional || v != s.value(usual).write() || s.key == "network.late_by" && c.isLate()
}

// isLate says whether any message is late by chance.
func (c *Config) isLate() bool {
	return c.Network.Late > 0 || slices.ContainsFunc(c.Links, func(l Link) bool { return l.Late > 0 })
}

// Beyond is the config as a file that says only what another does not: its keys whose values are others, and all its tables.
func (c *Config) Beyond(other *Config) []byte {
	return c.write(func(s setting, v string) bool { return v != s.value(other).write() })
}

// write is the config as a file, with those keys that are to be said.
func (c *Config) write(says func(s setting, v string) bool) []byte {
	var b strings.Builder
	in := ""
	for _, s := range settings {
		v := s.value(c).write()
		if !says(s, v) {
			continue
		}
		if table := section(s.key); table != in {
			in = table
			fmt.Fprintf(&b, "\n[%s]\n", table)
		}
		fmt.Fprintf(&b, "%s = %s\n", strings.TrimPrefix(s.key, in+"."), v)
	}
	c.writeRows(&b, nil)
	return []byte(b.String())
}

// Hash names the run among all runs: the first 8 bytes of the SHA-256 of TOML.
func (c *Config) Hash() uint64 {
	sum := sha256.Sum256(c.TOML())
	return binary.BigEndian.Uint64(sum[:8])
}

// Name is what the run's folder is called when nobody says otherwise: SCENARIO-SEED, and 8 hex digits of the hash when the config differs from the
// scenario's own in more than the seed. It depends on the config alone, so that a run's own run.toml gives the same name again.
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

// equalBut says whether two configs of a scenario are the same but for what does not count as a change: the scenario's name, the seed, and Changed itself.
func (c *Config) equalBut(other *Config) bool {
	a, b := c.Clone(), other.Clone()
	for _, x := range []*Config{a, b} {
		x.Scenario, x.Seed, x.Changed = "", 0, false
	}
	return string(a.TOML()) == string(b.TOML())
}
