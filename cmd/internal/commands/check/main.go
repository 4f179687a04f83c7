// Package check is the command that says what is wrong with a run, from its trace alone: whether it conforms to the
// spec, whether the invariants hold, and whether the clients' history is linearizable.
package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/protocols"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/raftkv/whole"
	"github.com/raftkv/raftkv/traces/read"
)

// Main is the command: what it was called with, where it writes, and the status it exits with. A run that cannot be
// read does not keep the others from being checked.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := parseFlags(args)
	if err != nil {
		return flags.Failed(err, usage, stdout, stderr)
	}
	verdicts := []verdict{}
	var unread []error
	status := command.Fine
	for _, name := range options.runs {
		v, err := verdictOn(ctx, name, stderr)
		if err != nil {
			unread = append(unread, err)
		}
		if v.Run == "" {
			continue
		}
		verdicts = append(verdicts, v)
		if v.wrong() {
			status = command.Violation
		}
	}
	if options.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(verdicts)
	} else {
		p := page{style: terminal.StyleOf(stdout), width: terminal.Width(stdout), max: options.max}
		_, err = io.WriteString(stdout, p.tell(verdicts))
	}
	status = max(status, command.Printed(err, stderr))
	if len(unread) > 0 {
		return max(status, command.Failed(stderr, errors.Join(unread...)))
	}
	return status
}

// takes is what a checker keeps of a trace.
var takes = runs.Takes{What: "check", Span: 480}

// verdictOn reads the trace of a run, and checks it. There may be a verdict with the error: that the picture could not
// be written, or that nobody waited for all of it.
func verdictOn(ctx context.Context, name string, stderr io.Writer) (v verdict, err error) {
	var checker kvconform.Checker
	var protocol *whole.Protocol
	folder := ""
	err = runs.Read(ctx, stderr, []string{name}, takes, func(ctx context.Context, _ int, run runs.Run) error {
		reader, err := read.OpenContext(ctx, run.Path, run.Progress)
		if err != nil {
			return err
		}
		defer func() { _ = reader.Close() }() // was only read
		folder = filepath.Dir(reader.Name())
		protocol = protocols.OfBeginning(reader.Head())
		checker = protocol.Conform()
		checker.Expect(run.Spans)
		return checker.Read(ctx, reader)
	})
	if err != nil {
		return verdict{}, err
	}
	defer terminal.Wait(stderr, "checking")()
	v = verdict{Run: name, protocol: protocol}
	operations, epoch := checker.History()
	var reporting sync.WaitGroup
	reporting.Go(func() { v.Report = checker.Report() })
	v.Linearizable, err = linearizable(ctx, operations, epoch, folder)
	reporting.Wait()
	if err != nil {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return v, err
}
