// Command sweep runs many seeds of a scenario or of a profile of faults, checks every invariant in each, and tells in a
// table what they were like. See -h.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/sweep"
)

func main() { command.Main(sweep.Main) }
