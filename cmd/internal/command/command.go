// Package command is what every command is made of: how it begins and how it ends.
package command

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"unicode"

	"github.com/raftkv/raftkv/cmd/internal/terminal"
)

// The exit statuses.
const (
	Fine      = 0
	Violation = 1 // an invariant does not hold, or what the scenario expects did not come true
	Trouble   = 2 // usage, config, a file that cannot be written, a receiver out of reach
)

// Failed says what is wrong, all of it.
func Failed(stderr io.Writer, err error) int {
	terminal.PrintErrors(stderr, err)
	return Trouble
}

// Printed is the status of a command whose result was printed. A reader that went away has had enough, which is no
// trouble.
func Printed(err error, stderr io.Writer) int {
	if err == nil || ReaderGone(err) {
		return Fine
	}
	return Failed(stderr, fmt.Errorf("cannot print: %w", err))
}

// ReaderGone says whether writing failed because nobody reads any more.
func ReaderGone(err error) bool {
	// what Windows says of a pipe whose other end is closed, or is being closed
	const brokenPipe, noData = syscall.Errno(109), syscall.Errno(232)
	return errors.Is(err, syscall.EPIPE) || runtime.GOOS == "windows" &&
		(errors.Is(err, brokenPipe) || errors.Is(err, noData))
}

// ShellWord is a text as a shell reads it back.
func ShellWord(s string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || r == filepath.Separator || strings.ContainsRune("-_./:=,+@%", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
