// Command export writes a run in the formats of other people's programs: Jaeger's own JSON, Perfetto's and Chrome's
// trace events, a log for ShiViz. See -h.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/export"
)

func main() { command.Main(export.Main) }
