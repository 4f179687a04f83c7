// Command explain says why something in a run is as it is: why a server led, where the time of an operation went, why
// an entry is in a log. See -h.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/explain"
)

func main() { command.Main(explain.Main) }
