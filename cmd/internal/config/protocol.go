package config

import (
	"fmt"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/check"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/world"
)

// protocol is what runs replicate the store by.
var protocol = &protocols.Raft.Run

// protocolKey is a setting of the protocol as a key of the config.
func protocolKey(s run.Setting) keys.Key[Config] {
	switch usual := s.Usual.(type) {
	case bool:
		return settingKey(s, keys.Truth, usual)
	case int:
		return settingKey(s, keys.Whole[int](s.Least, s.Most), usual)
	case uint64:
		return settingKey(s, keys.Whole[uint64](s.Least, s.Most), usual)
	case time.Duration:
		return settingKey(s, keys.Duration(s.Positive), usual)
	case world.Range:
		return settingKey(s, keys.UniformOrNone(s.Positive), usual)
	}
	panic(fmt.Sprintf("config: the setting %s is a %T, which no key can be", s.Name, s.Usual))
}

func settingKey[V any](s run.Setting, kind keys.Kind[V], usual V) keys.Key[Config] {
	value := func(c *Config) *V { return s.Field(c.Settings).(*V) }
	k := keys.Define(protocol.Section+"."+s.Name, kind, usual, value, s.Doc)
	k.Optional = s.Optional
	return k
}

// bug is a bug by its name, or none.
var bug = keys.Checked(func(s string) (problem string) {
	if _, known := protocol.BugNamed(s); s == "" || known {
		return ""
	}
	names := keys.Mapped(protocol.Bugs, func(b run.Bug) string { return b.Name })
	return fmt.Sprintf("cannot be %s; the nearest is %q, and -h shows all", keys.Quoted(s), nearest.Name(s, names))
})

// sometimes are the things that happen in some runs.
func sometimes() []string {
	return keys.Mapped(protocol.Sometimes, func(s check.Sometime) string { return s.What })
}

func invariantNames() []string {
	return keys.Mapped(protocol.Invariants, func(i check.Invariant) string { return i.Name })
}
