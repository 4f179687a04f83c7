//go:build !unix

package main

import (
	"errors"
	"syscall"
)

// makeSignalsErrors does nothing: here what cannot be written is an error anyway.
func makeSignalsErrors() {}

// readerGone says whether writing failed because nobody reads any more.
func readerGone(err error) bool {
	// What Windows says of a pipe whose other end is closed, or is being closed.
	const brokenPipe, noData = syscall.Errno(109), syscall.Errno(232)
	return errors.Is(err, brokenPipe) || errors.Is(err, noData) || errors.Is(err, syscall.EPIPE)
}
