//go:build !js

package command

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Main is a command's main function: it calls what carries the command out with the arguments and where it writes, and
// exits with the status that comes of it.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	// Writing to a pipe that nobody reads is an error to be handled like others, and not the end: see ReaderGone.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first one stops the run, and a second one the program
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
