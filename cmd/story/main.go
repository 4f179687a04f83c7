// Command story tells the story of a run from its trace, or a part of it. See -h.
package main

import (
	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/story"
)

func main() { command.Main(story.Main) }
