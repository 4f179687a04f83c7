// Command run carries out a run of the cluster in a deterministic world, tells its story, and writes its traces. See
// -h.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/run"
)

func main() { command.Main(run.Main) }
