// Package whole is what a whole protocol is: its run, and what it adds to each tool. A protocol is made of its generated
// tables and its run; whatever it says beyond them about its traces is its own choice.
package whole

import (
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/run"
	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/conform"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/explain"
	"github.com/raftkv/raftkv/traces/export"
	"github.com/raftkv/raftkv/traces/story"
)

// Protocol is a protocol, as commands and tools know it.
type Protocol struct {
	Name      string      // as people call it; see run.Protocol for what a config does
	Specs     []span.Spec // all spans that a run of it may have
	Landmarks span.Landmarks
	Run       run.Protocol
	Story     story.Protocol
	Diff      diff.Protocol
	Explain   explain.Protocol
	Export    export.Protocol

	// Conform makes what checks a trace, and Rules are those that it has to conform to, beside the invariants.
	Conform func() kvconform.Checker
	Rules   []conform.Rule
}
