// Command run carries out a run of the cluster in a deterministic world, tells its story, and writes its traces. See -h.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/raftkv/raftkv/cmd/internal/config"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces"
)

// The exit statuses.
const (
	statusFine      = 0
	statusViolation = 1 // an invariant does not hold, or what the scenario expects did not come true
	statusTrouble   = 2 // usage, config, a file that cannot be written, a receiver out of reach
)

func main() {
	// Writing to a pipe that nobody reads is an error to be handled like others, and not the end: see readerGone.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first one stops the run, and a second one the program
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the command: what it was called with, where it writes, and the status it exits with.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := parseFlags(args)
	switch {
	case errors.Is(err, errHelp):
		return printed(usage(stdout), stderr)
	case err != nil:
		return trouble(stderr, err)
	case options.list:
		return printed(list(stdout), stderr)
	}
	if err := traces.ClearEnvironment(); err != nil {
		return trouble(stderr, err)
	}
	resolved, err := resolve(options)
	if err != nil {
		return trouble(stderr, err)
	}
	r := &runner{options: options, config: resolved, stdout: stdout, stderr: stderr}
	return r.run(ctx)
}

// trouble says what is wrong, all of it.
func trouble(stderr io.Writer, err error) int {
	terminal.PrintErrors(stderr, err)
	return statusTrouble
}

// printed is the status of a command whose result was printed. A reader that went away has had enough, which is no trouble.
func printed(err error, stderr io.Writer) int {
	if err == nil || readerGone(err) {
		return statusFine
	}
	return trouble(stderr, fmt.Errorf("cannot print: %w", err))
}

// readerGone says whether writing failed because nobody reads any more.
func readerGone(err error) bool {
	const brokenPipe, noData = syscall.Errno(109), syscall.Errno(232) // what Windows says of a pipe whose other end is closed, or is being closed
	return errors.Is(err, syscall.EPIPE) || runtime.GOOS == "windows" && (errors.Is(err, brokenPipe) || errors.Is(err, noData))
}

// resolve finds the scenario that was asked for and puts its config together.
func resolve(options options) (*config.Resolved, error) {
	scenario, err := findScenario(options.scenario)
	if err != nil {
		return nil, err
	}
	return config.Resolve(config.Request{Scenario: scenario, BuiltIn: builtIn(), Overrides: options.overrides})
}
