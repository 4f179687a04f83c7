// Command view is the laboratory's program: all commands, which a page calls.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands"
)

func main() { command.Main(commands.Main) }
