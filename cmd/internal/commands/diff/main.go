// Package diff is the command that says what differs between two runs, and why, from their traces alone.
package diff

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/nearest"
	"github.com/raftkv/raftkv/cmd/internal/pages"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/diff"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/read"
)

// The exit statuses, as of diff(1).
const (
	statusSame    = command.Fine
	statusDiffer  = command.Violation
	statusTrouble = command.Trouble
)

// takes is what is held of both traces, and of what is compared with what.
var takes = runs.Takes{What: "compare", Span: 340}

// Main is the command: what it was called with, where it writes, and the status it exits with.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := parseFlags(args)
	if err != nil {
		return flags.Failed(err, usage, stdout, stderr)
	}
	status := compare(ctx, &options, stdout, stderr)
	if status == statusTrouble || !options.html {
		return status
	}
	file, err := pages.Write(ctx, stderr, "", options.runs[:]...)
	if err != nil {
		return command.Failed(stderr, err)
	}
	if !options.json {
		_, err = fmt.Fprintf(stdout, "wrote %s\n", file)
	}
	return max(status, command.Printed(err, stderr))
}

// compare says what differs, and returns the status of that.
func compare(ctx context.Context, options *options, stdout, stderr io.Writer) int {
	both, of, err := readBoth(ctx, options, stderr)
	if err != nil {
		return command.Failed(stderr, err)
	}
	defer func() {
		for _, x := range both {
			_ = x.Close() // was only read
		}
	}()
	if of[0] != of[1] {
		return acrossProtocols(both, of, options, stdout, stderr)
	}
	done := terminal.Wait(stderr, "comparing")
	d, err := diff.Compare(ctx, both[0], both[1], options.diff)
	done()
	if err != nil {
		return command.Failed(stderr, withNearest(err))
	}
	d.A.Name, d.B.Name = options.runs[0], options.runs[1]
	status := statusDiffer
	if d.Verdict == diff.Same {
		status = statusSame
	}
	if options.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(d)
	} else {
		r := report{
			d: d, style: terminal.StyleOf(stdout), width: min(max(terminal.Width(stdout), narrowest), widest),
			options: options,
		}
		_, err = io.WriteString(stdout, r.String())
	}
	return max(status, command.Printed(err, stderr))
}

// readBoth makes both traces ready, at the same time, and finds of which protocols they are. What is wrong with either
// is said.
func readBoth(ctx context.Context, o *options, stderr io.Writer) (both [2]*diff.Trace, of [2]*whole.Protocol,
	err error,
) {
	err = runs.Read(ctx, stderr, o.runs[:], takes, func(ctx context.Context, i int, run runs.Run) error {
		reader, file, err := read.OpenTwice(ctx, run.Path, run.Progress)
		if err != nil {
			return err
		}
		of[i] = protocols.OfBeginning(reader.Head())
		from := func(context.Context, func(int)) (*read.Reader, read.File, error) { return reader, file, nil }
		both[i], err = diff.ReadFrom(ctx, from, of[i].Diff, diff.ReadOptions{Ignore: o.diff.Ignore})
		return err
	})
	if err != nil {
		for _, x := range both {
			if x != nil {
				_ = x.Close() // was only read
			}
		}
	}
	return both, of, err
}

// withNearest says of each attribute that there is not which one is called most alike.
func withNearest(err error) error {
	joined, several := err.(interface{ Unwrap() []error })
	if !several {
		return err
	}
	var all []error
	for _, each := range joined.Unwrap() {
		var unknown *content.IgnoreError
		if errors.As(each, &unknown) {
			each = fmt.Errorf("%w; the nearest is %s", each,
				nearest.Name(unknown.Name, append([]string{diff.IgnoreTime}, unknown.Attributes...)))
		}
		all = append(all, each)
	}
	return errors.Join(all...)
}
