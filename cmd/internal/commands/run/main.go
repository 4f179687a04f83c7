// Package run is the command that carries out a run of the cluster in a deterministic world, tells its story, and
// writes its traces.
package run

import (
	"context"
	"io"
	"time"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/library"
	"github.com/raftkv/raftkv/raftkv/world"
	worldspans "github.com/raftkv/raftkv/raftkv/world/spans"
	"github.com/raftkv/raftkv/traces/record"
)

// The exit statuses.
const (
	statusFine      = command.Fine
	statusViolation = command.Violation
	statusTrouble   = command.Trouble
)

// Main is the command: what it was called with, where it writes, and the status it exits with.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := parseFlags(args)
	switch {
	case err != nil:
		return flags.Failed(err, usage, stdout, stderr)
	case options.list:
		return command.Printed(library.List(stdout, command.Line("run", "leader-crash")), stderr)
	}
	if err := record.ClearEnvironment(); err != nil {
		return command.Failed(stderr, err)
	}
	resolved, err := resolve(options)
	if err != nil {
		return command.Failed(stderr, err)
	}
	if err := options.part.Check(processes(resolved)); err != nil {
		return command.Failed(stderr, err)
	}
	r := &runner{options: options, config: resolved, stdout: stdout, stderr: stderr}
	return r.run(ctx)
}

// processes are those of a run.
func processes(c *config.Resolved) []string {
	names := []string{worldspans.ServiceWorld}
	for _, server := range c.Counts.All() {
		names = append(names, server.String())
	}
	for i := range c.NumClients {
		names = append(names, world.NewProcessID(world.ClientGroup, uint32(i+1)).String())
	}
	return names
}

// resolve finds the scenario that was asked for and puts its config together.
func resolve(options options) (*config.Resolved, error) {
	request, err := library.Request(options.scenario, options.faults, options.overrides)
	if err != nil {
		return nil, err
	}
	request.Now = time.Now()
	return config.Resolve(request)
}
