package view

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/commands/sweep"
	"github.com/raftkv/raftkv/cmd/internal/draft"
	"github.com/raftkv/raftkv/traces/view"
)

// sweepPart is what the page calls the part that holds a sweep: what its command wrote, in JSON.
const sweepPart = "sweep"

// showsSweep says whether the only argument is what cmd/sweep -json wrote.
func (o *options) showsSweep() bool { return len(o.runs) == 1 && sweep.IsReport(o.runs[0]) }

// writeSweep writes the page of a sweep: its distributions, and nothing else.
func (o *options) writeSweep(stdout, stderr io.Writer) int {
	file := o.runs[0]
	if o.data || o.serves || o.part.Chosen() {
		return command.Failed(stderr, errors.New("-data, -serve, -from and -to are for runs, and "+file+" is a sweep"))
	}
	shown, err := sweep.ReadShown(file)
	if err != nil {
		return command.Failed(stderr, err)
	}
	page := view.Page{Title: "raftkv: sweep " + filepath.Base(file), Parts: []view.Part{{
		Name: sweepPart, Write: func(w io.Writer) error {
			_, err := w.Write(shown.JSON)
			return err
		},
	}}}
	if o.out == "-" {
		return command.Printed(page.Write(stdout), stderr)
	}
	to := cmp.Or(o.out, strings.TrimSuffix(file, filepath.Ext(file))+".html")
	if err := draft.Write(to, page.Write); err != nil {
		return command.Failed(stderr, fmt.Errorf("cannot write %s: %w", to, err))
	}
	_, err = fmt.Fprintf(stdout, "wrote %s, %s\nnext  open it in a browser\n", to, shown.Runs)
	return command.Printed(err, stderr)
}
