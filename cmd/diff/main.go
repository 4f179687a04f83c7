// Command diff says what differs between two runs, and why, from their traces alone. See -h.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/diff"
)

func main() { command.Main(diff.Main) }
