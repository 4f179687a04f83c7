package command

import (
	"context"
	"io"
	"os"
)

// Main is a command's main function: it calls what carries the command out with the arguments and where it writes, and
// exits with the status that comes of it. A program of a JavaScript engine gets no signals.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
}
