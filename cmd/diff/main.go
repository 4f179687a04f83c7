// Command diff says what differs between two runs, and why, from their traces alone. See -h.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/runs"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces"
)

// The exit statuses, as of diff(1).
const (
	statusSame    = command.Fine
	statusDiffer  = command.Violation
	statusTrouble = command.Trouble
)

func main() { command.Main(run) }

// run is the command: what it was called with, where it writes, and the status it exits with.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	options, err := parseFlags(args)
	switch {
	case errors.Is(err, flags.ErrHelp):
		return command.Printed(usage(stdout), stderr)
	case err != nil:
		return command.Failed(stderr, err)
	}
	both, err := index(ctx, &options, stderr)
	if err != nil {
		return command.Failed(stderr, err)
	}
	defer func() {
		for _, x := range both {
			_ = x.Close() // was only read
		}
	}()
	d, err := traces.Compare(ctx, both[0], both[1], options.diff)
	if err != nil {
		return command.Failed(stderr, err)
	}
	d.A.Name, d.B.Name = options.runs[0], options.runs[1]
	status := statusDiffer
	if d.Verdict == traces.Same {
		status = statusSame
	}
	if options.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(d)
	} else {
		r := report{d: d, style: terminal.StyleOf(stdout), width: min(max(terminal.Width(stdout), narrowest), widest), options: &options}
		_, err = io.WriteString(stdout, r.String())
	}
	return max(status, command.Printed(err, stderr))
}

// index makes both traces ready, at the same time: each is read by a processor of its own. What is wrong with either is said.
func index(ctx context.Context, o *options, stderr io.Writer) (both [2]*traces.Indexed, err error) {
	var paths [2]string
	var wrong [2]error
	total := int64(0)
	for i, arg := range o.runs {
		paths[i], wrong[i] = runs.Find(arg)
		total += size(paths[i])
	}
	if err := errors.Join(wrong[:]...); err != nil {
		return both, err
	}
	bar := terminal.NewProgress(stderr, "MiB", int(total>>20))
	var mu sync.Mutex
	done := int64(0)
	progress := func(bytes int) {
		mu.Lock()
		defer mu.Unlock()
		done += int64(bytes)
		bar.Set(int(done >> 20))
	}
	var reading sync.WaitGroup
	for i := range paths {
		reading.Go(func() {
			both[i], wrong[i] = traces.Index(ctx, paths[i], traces.IndexOptions{Ignore: o.diff.Ignore, Progress: progress})
		})
	}
	reading.Wait()
	bar.Done()
	if err := errors.Join(wrong[:]...); err != nil {
		for _, x := range both {
			if x != nil {
				_ = x.Close() // was only read
			}
		}
		if paths[0] == paths[1] {
			return both, wrong[0]
		}
		return both, err
	}
	return both, nil
}

// size is how much there is to read; what cannot be found is said by whoever reads it.
func size(path string) int64 {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		info, err = os.Stat(filepath.Join(path, traces.FileName))
	}
	if err != nil {
		return 0
	}
	return info.Size()
}

// quoted is a command line with these words.
func quoted(words ...string) string {
	line := ""
	for _, word := range words {
		line += " " + command.ShellWord(word)
	}
	return line[1:]
}
