//go:build unix

package main

import (
	"errors"
	"os/signal"
	"syscall"
)

// makeSignalsErrors has what cannot be written be an error like others, and not the end of the program: neither a pipe that nobody reads any more, nor a file that
// grows beyond what the system allows.
func makeSignalsErrors() {
	signal.Ignore(syscall.SIGPIPE, syscall.SIGXFSZ)
}

// readerGone says whether writing failed because nobody reads any more.
func readerGone(err error) bool { return errors.Is(err, syscall.EPIPE) }
