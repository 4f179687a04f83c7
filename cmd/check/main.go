// Command check says what is wrong with a run, from its trace alone: whether it conforms to the spec, whether the invariants hold, and whether the clients' history is
// linearizable. See -h.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces"
)

func main() { command.Main(run) }

// run is the command: what it was called with, where it writes, and the status it exits with. A run that cannot be read does not keep the others from being checked.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := parseFlags(args)
	switch {
	case errors.Is(err, flags.ErrHelp):
		return command.Printed(usage(stdout), stderr)
	case err != nil:
		return command.Failed(stderr, err)
	}
	verdicts := []verdict{}
	var unread []error
	status := command.Fine
	for _, name := range options.runs {
		v, err := verdictOn(ctx, name, stderr)
		if err != nil {
			unread = append(unread, err)
			continue
		}
		verdicts = append(verdicts, v)
		if !v.fine() {
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

// verdictOn reads the trace of a run, and judges it.
func verdictOn(ctx context.Context, name string, stderr io.Writer) (verdict, error) {
	path, err := runs.Find(name)
	if err != nil {
		return verdict{}, err
	}
	file := path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		file = filepath.Join(path, traces.FileName)
	}
	input, err := os.Open(file)
	if err != nil {
		return verdict{}, fmt.Errorf("cannot read the trace of %s: %w", name, err)
	}
	defer func() { _ = input.Close() }() // was only read
	size := int64(0)
	if info, err := input.Stat(); err == nil {
		size = info.Size()
	}
	bar := terminal.NewProgress(stderr, "MiB", int(size>>20))
	defer bar.Done()
	judge := traces.NewJudge()
	reader := traces.NewReader(file, &counted{input: input, read: func(bytes int64) { bar.Set(int(bytes >> 20)) }})
	for n := 0; ; n++ {
		span, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && n%(1<<12) == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return verdict{}, err
		}
		judge.Add(&span, reader.Line())
	}
	v := verdict{Run: name, Report: judge.Report()}
	v.Linearizable, err = linearizable(v.Report.History, filepath.Dir(file))
	return v, err
}

// counted tells how much was read.
type counted struct {
	input io.Reader
	total int64
	read  func(bytes int64)
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.input.Read(p)
	c.total += int64(n)
	c.read(c.total)
	return n, err
}
