package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/raftkv/raftkv/cmd/internal/keys"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/raftkv/world"
)

// The largest numbers. They are there to stop a slip of the finger, not a person who means it.
const (
	mostServers  = 10_000 // of a party
	mostClients  = 1_000_000
	mostRequests = 1_000_000
	mostSeed     = 1<<63 - 1 // that a TOML integer holds
)

// allSettings are the keys of the config.
func (t *schema) allSettings() []keys.Key[Config] {
	return slices.Concat(
		t.aboutKeys(),
		t.countKeys(),
		runKeys,
		keys.Mapped(t.Settings, t.settingKey),
		keys.Within("network", func(c *Config) *Network { return &c.Network }, networkKeys),
		keys.Within("process", func(c *Config) *Process { return &c.Process }, processKeys),
		keys.Within("client", func(c *Config) *Client { return &c.Client }, clientKeys),
	)
}

// aboutKeys are those that say what is run.
func (t *schema) aboutKeys() []keys.Key[Config] {
	return []keys.Key[Config]{
		keys.Define("scenario", keys.Checked(checkScenario), "default", func(c *Config) *string { return &c.Scenario }, ""),
		keys.Option("changed", keys.Truth, false, func(c *Config) *bool { return &c.Changed }, ""),
		keys.Option("title", keys.Paragraph, "", func(c *Config) *string { return &c.Title }, ""),
		keys.Option("what", keys.Paragraph, "", func(c *Config) *string { return &c.What }, ""),
		keys.Option("watch", keys.Paragraph, "", func(c *Config) *string { return &c.Watch }, ""),
		keys.Option(protocolKey, protocolName, protocols.Unnamed().Run.Name,
			func(c *Config) *string { return &c.Protocol }, "what replicates the store"),
		keys.Option("bug", t.bug(), "", func(c *Config) *string { return &c.Bug }, ""),
	}
}

var runKeys = []keys.Key[Config]{
	keys.Define("num_clients", keys.Whole[int](0, mostClients), 3, func(c *Config) *int { return &c.NumClients },
		"clients, client-1 to client-3"),
	keys.Define("requests_per_client", keys.Whole[int](0, mostRequests), 5,
		func(c *Config) *int { return &c.RequestsPerClient },
		"put, get and delete with equal chance, one after another; a put only inserts: where the key is, it is rejected"),
	keys.Define("seed", keys.Whole[uint64](0, mostSeed), 1, func(c *Config) *uint64 { return &c.Seed },
		"what chance there is depends on: the same seed is the same run, to the byte; 0 to 9223372036854775807"),
	keys.Define("keys", keys.Pool, []string{"a", "b", "c", "d", "e"}, func(c *Config) *[]string { return &c.Keys },
		"the pool that clients pick from"),
	keys.Define("values", keys.Choice(ValuesPool, ValuesUnique), ValuesPool,
		func(c *Config) *Values { return &c.Values },
		`val_0 to val_99; "unique": a new one in each put`),
	keys.Define("start_time", keys.Instant, time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC),
		func(c *Config) *time.Time { return &c.StartTime },
		`what traces call the beginning of the virtual time; "now": the second in which the run was started, `+
			"which its run.toml says, so that no two runs of this file are the same"),
	keys.Define("max_duration", keys.Duration("a run takes time"), 60*time.Second,
		func(c *Config) *time.Duration { return &c.MaxDuration },
		"a run ends when every request is answered and every node has applied all that is committed, "+
			"and at the latest after this virtual time"),
}

var networkKeys = []keys.Key[Network]{
	keys.Define("latency", keys.Uniform(""), world.Range{Min: time.Millisecond, Max: 5 * time.Millisecond},
		func(n *Network) *world.Range { return &n.Latency }, "or a range; of each message, each way"),
	keys.Define("loss", keys.Probability, 0, func(n *Network) *float64 { return &n.Loss },
		"how likely a message is lost, from 0 to 1"),
	keys.Define("duplicate", keys.Probability, 0, func(n *Network) *float64 { return &n.Duplicate },
		"how likely a message arrives twice, from 0 to 1"),
	keys.Option("late", keys.Probability, 0, func(n *Network) *float64 { return &n.Late },
		"how likely a message is late, from 0 to 1, which is on top of its latency; each copy by itself"),
	keys.Option("late_by", keys.Uniform("it would not be late"),
		world.Range{Min: 500 * time.Millisecond, Max: 2 * time.Second},
		func(n *Network) *world.Range { return &n.LateBy }, "or a range; by how much a late message is"),
}

var processKeys = []keys.Key[Process]{
	keys.Define("step_time", keys.Uniform("or time could stand still"),
		world.Range{Min: 50 * time.Microsecond, Max: 150 * time.Microsecond},
		func(p *Process) *world.Range { return &p.StepTime },
		"or a range; how long a process is busy with one message: gives spans their width"),
}

var clientKeys = []keys.Key[Client]{
	keys.Define("start", keys.Duration(""), 50*time.Millisecond, func(c *Client) *time.Duration { return &c.Start },
		"when clients send their first requests"),
	keys.Define("timeout", keys.Duration("no request would ever be answered in time"), time.Second,
		func(c *Client) *time.Duration { return &c.Timeout }, "then a client tries again, elsewhere"),
	keys.Define("think_time", keys.Uniform(""), world.Range{}, func(c *Client) *world.Range { return &c.ThinkTime },
		"or a range; between an answer and the next request"),
	keys.Define("give_up", keys.Duration(""), 0, func(c *Client) *time.Duration { return &c.GiveUp },
		`then a client goes on without an answer: the outcome of that request is unknown; "0s" = never`),
	keys.Define("turns", keys.Truth, false, func(c *Client) *bool { return &c.Turns },
		"true: one client finishes all its requests before the next begins, so that only one is on its way at a time"),
}

// settingOf finds a key.
func (t *schema) settingOf(name string) (keys.Key[Config], bool) {
	i := slices.IndexFunc(t.settings, func(s keys.Key[Config]) bool { return s.Name == name })
	if i < 0 {
		return keys.Key[Config]{}, false
	}
	return t.settings[i], true
}

// longestScenario is the most bytes that the name of a scenario has.
const longestScenario = 100

// checkScenario says what is wrong with the name of a scenario: it becomes part of a folder's name.
func checkScenario(s string) (problem string) {
	switch {
	case s == "":
		return "must not be empty"
	case len(s) > longestScenario:
		return fmt.Sprintf("must be at most %d bytes long", longestScenario)
	case s != cleanScenario(s):
		return fmt.Sprintf("must be letters, digits, \"-\", \"_\" and \".\", and begin with a letter or a digit, as in %q",
			cleanScenario(s))
	default:
		return ""
	}
}

// cleanScenario makes the name of a scenario out of any name.
func cleanScenario(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '_' || r == '-' {
			return r
		}
		return '-'
	}, s)
	if s = strings.TrimLeft(s, ".-_"); s == "" {
		return "run"
	}
	return s
}
