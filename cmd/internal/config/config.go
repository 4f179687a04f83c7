// Package config is the config of a run: a TOML file, read strictly, with what the command line changes in it. What
// comes out is complete, and has one text of its own: the same run is the same bytes, wherever its values came from.
package config

import (
	"slices"
	"time"

	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/raftkv/world"
)

// Config says everything that a run depends on. Two runs of equal configs are the same run.
type Config struct {
	Scenario string // what is run; a run's folder is named after it
	Title    string
	What     string // what happens and why it matters, in a paragraph
	Watch    string // what to look for in the trace
	Bug      string // that is built in on purpose; empty for none
	Changed  bool   // whether anything but the seed differs from the scenario's own config; see Name

	Protocol          string     // that replicates the store, by its name
	Counts            run.Counts // of its servers
	NumClients        int
	RequestsPerClient int
	Seed              uint64 // at most what a TOML integer holds, 1<<63 - 1
	Keys              []string
	Values            Values
	StartTime         time.Time // what the virtual time 0 is called in traces
	MaxDuration       time.Duration

	Settings run.Settings // of the protocol
	Network  Network
	Process  Process
	Client   Client

	Links      []Link      // in the order of their ends
	Operations []Operation // in the order of clients and numbers; when there are none, chance draws them
	Faults     []Fault     // in an order that does not depend on the one that they were given in
	Expects    []Expect    // as they were given
}

// Values is what clients put.
type Values string

// The values there are.
const (
	ValuesPool   Values = "pool"   // val_0 … val_99
	ValuesUnique Values = "unique" // each put its own
)

// Network is the section [network].
type Network struct {
	Latency   world.Range // of each message, each way
	Loss      float64
	Duplicate float64
	Late      float64
	LateBy    world.Range // of each late message
}

// Process is the section [process].
type Process struct {
	StepTime world.Range // how long a process is busy with one message
}

// Client is the section [client].
type Client struct {
	Start     time.Duration // when the first request is sent
	Timeout   time.Duration // then a client tries again, elsewhere
	ThinkTime world.Range   // between an answer and the next request
	GiveUp    time.Duration // then a client stops trying and goes on: the outcome is unknown. Zero for never
	Turns     bool          // clients take turns: one finishes its requests before the next begins
}

// Default is the config that a file which says nothing stands for.
func Default() *Config { return unnamed().defaults() }

// DefaultOf is the config that a file stands for which says nothing but the protocol.
func DefaultOf(p *whole.Protocol) *Config { return schemaOf(p).defaults() }

// defaults is the config that a file stands for which says nothing but the protocol.
func (t *schema) defaults() *Config {
	c := t.unsaid()
	c.Protocol = t.Name
	return c
}

// unsaid is a config whose keys are as they are where nothing says them: the protocol, too.
func (t *schema) unsaid() *Config {
	c := Config{Settings: t.NewSettings(), Counts: t.UsualCounts()}
	for _, s := range t.settings {
		s.Reset(&c)
	}
	return c.Clone() // for the defaults are shared
}

// Clone is a copy that shares nothing with the original.
func (c *Config) Clone() *Config {
	clone := *c
	clone.Settings = c.Settings.Clone()
	clone.Counts = slices.Clone(c.Counts)
	clone.Keys = slices.Clone(c.Keys)
	clone.Links = slices.Clone(c.Links)
	clone.Operations = slices.Clone(c.Operations)
	clone.Expects = slices.Clone(c.Expects)
	for i := range clone.Expects {
		clone.Expects[i].Terms = slices.Clone(c.Expects[i].Terms)
	}
	clone.Faults = slices.Clone(c.Faults)
	for i := range clone.Faults {
		clone.Faults[i].Sides = cloneSides(c.Faults[i].Sides)
	}
	return &clone
}
