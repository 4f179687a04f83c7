//go:build !js

// Command view writes one HTML page that shows a run, or two; or the laboratory, a page that makes runs. See -h.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/view"
)

func main() { command.Main(view.Main) }
