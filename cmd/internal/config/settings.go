package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// setting is a key of the config: the one table of them is what a file is checked against, what names are suggested from, and the order that a config is
// written in.
type setting struct {
	key      string // with its section, as in raft.max_entries
	value    func(*Config) value
	optional bool // whether it is left out when it says nothing: see isSaid
}

// The largest numbers. They are there to stop a slip of the finger, not a person who means it.
const (
	mostNodes    = 10_000
	mostClients  = 1_000_000
	mostRequests = 1_000_000
	mostEntries  = 1_000_000
	mostInflight = 1_000_000
)

var settings = []setting{
	{"scenario", func(c *Config) value { return name{&c.Scenario, checkScenario} }, false},
	{"changed", func(c *Config) value { return truth{&c.Changed} }, true},
	{"title", func(c *Config) value { return paragraph{&c.Title} }, true},
	{"what", func(c *Config) value { return paragraph{&c.What} }, true},
	{"watch", func(c *Config) value { return paragraph{&c.Watch} }, true},
	{"bug", func(c *Config) value { return builtInBug{&c.Bug} }, true},

	{"num_nodes", func(c *Config) value { return wholeNumber{&c.NumNodes, 1, mostNodes} }, false},
	{"num_clients", func(c *Config) value { return wholeNumber{&c.NumClients, 0, mostClients} }, false},
	{"requests_per_client", func(c *Config) value { return wholeNumber{&c.RequestsPerClient, 0, mostRequests} }, false},
	{"seed", func(c *Config) value { return seed{&c.Seed} }, false},
	{"keys", func(c *Config) value { return keyPool{&c.Keys} }, false},
	{"values", func(c *Config) value { return choice[Values]{&c.Values, []Values{ValuesPool, ValuesUnique}} }, false},
	{"start_time", func(c *Config) value { return instant{field: &c.StartTime} }, false},
	{"max_duration", func(c *Config) value { return duration{&c.MaxDuration, "a run takes time"} }, false},

	{"raft.rpc_timeout", func(c *Config) value { return duration{&c.Raft.RPCTimeout, "no RPC would ever be answered in time"} }, false},
	{"raft.request_timeout", func(c *Config) value {
		return duration{&c.Raft.RequestTimeout, "no request would ever be committed in time"}
	}, false},
	{"raft.max_inflight", func(c *Config) value { return wholeNumber{&c.Raft.MaxInflight, 1, mostInflight} }, false},
	{"raft.first_leader", func(c *Config) value { return wholeNumber{&c.Raft.FirstLeader, 0, mostNodes} }, false},
	{"raft.election_timeout", func(c *Config) value {
		return uniform{&c.Raft.ElectionTimeout, "\"0s\" alone means no election timeouts", true}
	}, false},
	{"raft.heartbeat_interval", func(c *Config) value { return duration{&c.Raft.HeartbeatInterval, ""} }, false},
	{"raft.noop_on_election", func(c *Config) value { return truth{&c.Raft.NoopOnElection} }, false},
	{"raft.max_entries", func(c *Config) value { return wholeNumber{&c.Raft.MaxEntries, 1, mostEntries} }, false},
	{"raft.start_term", func(c *Config) value { return startTerm{&c.Raft.StartTerm} }, true},

	{"network.latency", func(c *Config) value { return uniform{&c.Network.Latency, "", false} }, false},
	{"network.loss", func(c *Config) value { return probability{&c.Network.Loss} }, false},
	{"network.duplicate", func(c *Config) value { return probability{&c.Network.Duplicate} }, false},
	{"network.late", func(c *Config) value { return probability{&c.Network.Late} }, true},
	{"network.late_by", func(c *Config) value { return uniform{&c.Network.LateBy, "it would not be late", false} }, true},

	{"process.step_time", func(c *Config) value { return uniform{&c.Process.StepTime, "or time could stand still", false} }, false},

	{"client.start", func(c *Config) value { return duration{&c.Client.Start, ""} }, false},
	{"client.timeout", func(c *Config) value { return duration{&c.Client.Timeout, "no request would ever be answered in time"} }, false},
	{"client.think_time", func(c *Config) value { return uniform{&c.Client.ThinkTime, "", false} }, false},
	{"client.give_up", func(c *Config) value { return duration{&c.Client.GiveUp, ""} }, false},
	{"client.turns", func(c *Config) value { return truth{&c.Client.Turns} }, false},
}

// The arrays of tables, which are read by themselves.
const (
	linkTable      = "link"
	operationTable = "operation"
	faultTable     = "fault"
	expectTable    = "expect"
)

// settingOf finds a key.
func settingOf(key string) (setting, bool) {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.key == key })
	if i < 0 {
		return setting{}, false
	}
	return settings[i], true
}

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
	return name != "" && slices.ContainsFunc(settings, func(s setting) bool { return section(s.key) == name })
}

// nearestKey is the key or table that a misspelt one most likely means. One of the same table is nearer than one of another, in which the last part of
// the name decides: max_entries at the top level means raft.max_entries.
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
		_, last, ok := strings.Cut(s.key, ".")
		if !ok {
			last = s.key
		}
		d := steps(leaf, last)
		if section(s.key) != table {
			d = min(d+1, distance(key, s.key))
		}
		consider(s.key, d)
	}
	for _, s := range settings {
		if table == "" && section(s.key) != "" {
			consider(section(s.key), steps(key, section(s.key)))
		}
	}
	for _, t := range []string{linkTable, operationTable, faultTable, expectTable} {
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
	if isArrayTable(table) {
		header = "[" + header + "]"
	}
	switch {
	case table == "":
	case known:
		return fmt.Sprintf(": %s must stand above the tables, since all that follows %s is in it", leaf, header)
	case isSection(leaf):
		return fmt.Sprintf(": %s is a table beside %s; give it a header of its own, [%s]", leaf, header, leaf)
	case isArrayTable(leaf):
		return fmt.Sprintf(": %s is a table beside %s; give it a header of its own, [[%s]]", leaf, header, leaf)
	case isSection(table) && Near(leaf, []string{nearest[strings.LastIndexByte(nearest, '.')+1:]}) == "":
		return fmt.Sprintf("; [%s] has %s", table, strings.Join(keysOf(table), ", "))
	}
	return fmt.Sprintf("; the nearest is %q", nearest)
}

func isArrayTable(name string) bool {
	return slices.Contains([]string{linkTable, operationTable, faultTable, expectTable}, name)
}

// keysOf are the names of a table's keys.
func keysOf(table string) (names []string) {
	for _, s := range settings {
		if section(s.key) == table {
			names = append(names, strings.TrimPrefix(s.key, table+"."))
		}
	}
	return names
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
		return fmt.Sprintf("must be letters, digits, \"-\", \"_\" and \".\", and begin with a letter or a digit, as in %q", cleanScenario(s))
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
