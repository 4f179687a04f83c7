package config

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/positions"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/raftkv/world"
)

// schema is what the configs of one protocol are read by and written by: which keys there are, and what can be named.
type schema struct {
	*run.Protocol

	row *whole.Protocol

	// settings are the keys of the config. The one list of them is what a file is checked against, what names are
	// suggested from, the order that a config is written in, where the defaults are, and what config.toml says of each.
	settings []keys.Key[Config]

	links      []keys.Key[Link]
	operations []keys.Key[Operation]
	expects    []keys.Key[Expect]
}

// schemas are those that were made, by their protocols.
var schemas sync.Map

// schemaOf returns the schema of a protocol.
func schemaOf(p *whole.Protocol) *schema {
	if known, is := schemas.Load(p); is {
		return known.(*schema)
	}
	t := &schema{Protocol: &p.Run, row: p}
	t.settings = t.allSettings()
	t.links, t.operations, t.expects = t.linkKeys(), t.operationKeys(), t.expectKeys()
	schemas.Store(p, t)
	return t
}

// unnamed is the schema of a config that names no protocol.
func unnamed() *schema { return schemaOf(protocols.Unnamed()) }

// schema returns the schema of a config's protocol.
func (c *Config) schema() *schema { return schemaOf(c.Row()) }

// Row returns the config's protocol.
func (c *Config) Row() *whole.Protocol {
	p, known := protocols.Named(c.Protocol)
	if !known {
		panic("config: there is no protocol " + c.Protocol)
	}
	return p
}

// protocolKey is the key that names the protocol.
const protocolKey = "protocol"

// protocolName is what a protocol is called.
var protocolName = keys.Checked(func(s string) (problem string) {
	if _, known := protocols.Named(s); known {
		return ""
	}
	return fmt.Sprintf("is the unknown %s; the nearest is %q", keys.Quoted(s), nearest.Name(s, protocols.Names()))
})

// choice is the protocol that sources choose, and where.
type choice struct {
	protocol *whole.Protocol
	origin   positions.Origin // none where nothing says it
}

// chosen is the protocol that the last of some sources chooses which says one. For one that there is not the nearest
// stands, so that what is wrong besides is found as well.
func chosen(sources ...*positions.Source) choice {
	c := choice{protocol: protocols.Unnamed()}
	for _, src := range sources {
		values, at, err := positions.Decode(src)
		if name, is := values[protocolKey].(string); is && err == nil {
			c.protocol, _ = protocols.Named(nearest.Name(name, protocols.Names()))
			c.origin = positions.Origin{Source: src, Span: at.Child(protocolKey).Value}
		}
	}
	return c
}

// settingKey is a setting of the protocol as a key of the config.
func (t *schema) settingKey(s run.Setting) keys.Key[Config] {
	name := t.Section + "." + s.Name
	switch usual := s.Usual.(type) {
	case bool:
		return settingKey(name, s, keys.Truth, usual)
	case int:
		return settingKey(name, s, keys.Whole[int](s.Least, s.Most), usual)
	case uint64:
		return settingKey(name, s, keys.Whole[uint64](s.Least, s.Most), usual)
	case time.Duration:
		return settingKey(name, s, keys.Duration(s.Positive), usual)
	case world.Range:
		return settingKey(name, s, keys.UniformOrNone(s.Positive), usual)
	}
	panic(fmt.Sprintf("config: the setting %s is a %T, which no key can be", name, s.Usual))
}

func settingKey[V any](name string, s run.Setting, kind keys.Kind[V], usual V) keys.Key[Config] {
	k := keys.Define(name, kind, usual, func(c *Config) *V { return s.Field(c.Settings).(*V) }, s.Doc)
	k.Optional = s.Optional
	return k
}

// countKeys are the keys that say how many servers there are of each party.
func (t *schema) countKeys() (all []keys.Key[Config]) {
	for i, party := range t.Parties {
		all = append(all, keys.Define(party.Key, keys.Whole[int](1, mostServers), party.Usual,
			func(c *Config) *int { return &c.Counts[i].Number }, party.Doc))
	}
	return all
}

// bug is a bug by its name, or none.
func (t *schema) bug() keys.Kind[string] {
	return keys.Checked(func(s string) (problem string) {
		if _, known := t.BugNamed(s); s == "" || known {
			return ""
		}
		of, others := "", []string{}
		for _, p := range protocols.All {
			if _, known := p.Run.BugNamed(s); known {
				others = append(others, p.Run.Name)
				of = fmt.Sprintf(", a bug of %s where the protocol is %s", listed(others, "and"), t.Name)
			}
		}
		names := keys.Mapped(t.Bugs, func(b run.Bug) string { return b.Name })
		if len(names) == 0 {
			return fmt.Sprintf("cannot be %s%s: %s has none", keys.Quoted(s), of, t.Name)
		}
		return fmt.Sprintf("cannot be %s%s; the nearest is %q, and -h shows all", keys.Quoted(s), of,
			nearest.Name(s, names))
	})
}

// sometimes are the things that happen in some runs.
func (t *schema) sometimes() []string {
	return keys.Mapped(t.Sometimes, func(s check.Sometime) string { return s.What })
}

func (t *schema) invariantNames() []string {
	return keys.Mapped(t.Invariants, func(i check.Invariant) string { return i.Name })
}

// foreign says of a key at the top level that another protocol has it, given how this one was chosen; empty if none
// does.
func (t *schema) foreign(key, chosen string) (wrong string) {
	for _, p := range protocols.All {
		switch {
		case p == t.row:
		case p.Run.Section == key:
			return fmt.Sprintf("[%s] is the section of %s, and protocol is %s; its section is [%s]", key, p.Run.Name,
				chosen, t.Section)
		case schemaOf(p).isCount(key):
			names := keys.Mapped(t.Parties, func(p run.Party) string { return p.Key })
			return fmt.Sprintf("%s is a key of %s, and protocol is %s; the nearest is %q", key, p.Run.Name, chosen,
				nearest.Name(key, names))
		}
	}
	return ""
}

// isCount says whether a key says how many servers there are of a party.
func (t *schema) isCount(key string) bool {
	return slices.ContainsFunc(t.Parties, func(p run.Party) bool { return p.Key == key })
}

// anyOf are the parties that are so, as a sentence names one process of them: "an acceptor or a leader".
func (t *schema) anyOf(is func(*run.Party) bool) string {
	var names []string
	for i := range t.Parties {
		if p := &t.Parties[i]; is(p) {
			names = append(names, a(p.Group.String()))
		}
	}
	if len(names) == 0 {
		return "a server that has it, and " + t.Name + " has none"
	}
	return listed(names, "or")
}

// a is a noun with its article.
func a(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return "an " + noun
	}
	return "a " + noun
}

// The parties that a process can have to be of.
var (
	anyParty = func(*run.Party) bool { return true }
	answers  = func(p *run.Party) bool { return p.Answers }
	leads    = func(p *run.Party) bool { return p.Leads }
	logs     = func(p *run.Party) bool { return p.Logs }
)
