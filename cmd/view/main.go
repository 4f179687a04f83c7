// Command view writes one HTML page that shows a run, or two. See -h.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/view"
)

func main() { command.Main(view.Main) }
