// Package view is the command that writes one HTML page that shows a run, or two.
package view

import (
	"cmp"
	"context"
	"fmt"
	"io"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/draft"
	"github.com/raftkv/raftkv/cmd/internal/flags"
	"github.com/raftkv/raftkv/cmd/internal/pages"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
	"github.com/raftkv/raftkv/traces/words"
)

// Main is the command: what it was called with, where it writes, and the status it exits with.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args)
	if err != nil {
		return flags.Failed(err, usage, stdout, stderr)
	}
	if o.lab {
		return o.makeLab(ctx, stdout, stderr)
	}
	if o.showsSweep() {
		return o.writeSweep(stdout, stderr)
	}
	r, err := pages.Read(ctx, stderr, o.runs, o.part)
	if err != nil {
		return command.Failed(stderr, err)
	}
	defer r.Close()
	status := command.Fine
	if wrong := r.Wrong(); wrong != nil {
		terminal.PrintErrors(stderr, wrong)
		status = command.Violation // what can be shown is shown
	}
	return max(status, o.write(ctx, r, stdout, stderr))
}

// write writes what was asked for: the page, what it holds of the run, or the page to whoever asks for it.
func (o *options) write(ctx context.Context, r *pages.Runs, stdout, stderr io.Writer) int {
	switch {
	case o.serves:
		return o.serve(ctx, r, stdout, stderr)
	case o.data || o.out == "-":
		return o.print(ctx, r, stdout, stderr)
	}
	file, err := r.Write(ctx, stderr, cmp.Or(o.out, r.File()))
	if err != nil {
		return command.Failed(stderr, err)
	}
	_, err = fmt.Fprintf(stdout, "wrote %s, %s\nnext  open it in a browser\n", file, words.Counted(r.Spans(), "span"))
	return command.Printed(err, stderr)
}

// print writes the page, or what it holds, to standard output, or that to a file.
func (o *options) print(ctx context.Context, r *pages.Runs, stdout, stderr io.Writer) int {
	page, err := r.Page(ctx)
	if err != nil {
		return command.Failed(stderr, err)
	}
	content := page.Write
	if o.data {
		if content = page.Runs[0].Write; len(page.Runs) > 1 {
			content = page.Parts[0].Write
		}
	}
	if o.out == "" || o.out == "-" {
		return command.Printed(content(stdout), stderr)
	}
	if err := draft.Write(o.out, content); err != nil {
		return command.Failed(stderr, fmt.Errorf("cannot write %s: %w", o.out, err))
	}
	return command.Fine
}
