// Command check says what is wrong with a run, from its trace alone: whether it conforms to the spec, whether the
// invariants hold, and whether the clients' history is linearizable. See -h.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/check"
)

func main() { command.Main(check.Main) }
