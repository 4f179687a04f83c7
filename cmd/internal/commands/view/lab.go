//go:build !js

package view

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/raftkv/raftkv/cmd/internal/command"
	"github.com/raftkv/raftkv/cmd/internal/draft"
	"github.com/raftkv/raftkv/cmd/internal/lab"
	"github.com/raftkv/raftkv/cmd/internal/pages"
	"github.com/raftkv/raftkv/cmd/internal/terminal"
)

// labFile is where the laboratory is written if nobody says otherwise.
const labFile = "lab.html"

// makeLab writes the laboratory, or shows it to the browsers of this machine.
func (o *options) makeLab(ctx context.Context, stdout, stderr io.Writer) int {
	file := cmp.Or(o.out, labFile)
	if _, err := os.Stat(filepath.Dir(file)); err != nil && !o.serves { // it takes long to find out
		return command.Failed(stderr, fmt.Errorf("cannot write %s: %w", file, err))
	}
	done := terminal.Wait(stderr, "building the laboratory")
	page, err := lab.Page(ctx)
	done()
	if err != nil {
		return command.Failed(stderr, err)
	}
	switch {
	case o.serves:
		var content bytes.Buffer
		if err = page.Write(&content); err == nil {
			err = pages.Serve(ctx, stdout, o.port, page.Policy(), content.Bytes())
		}
	case o.out == "-":
		return command.Printed(page.Write(stdout), stderr)
	default:
		if err := draft.Write(file, page.Write); err != nil {
			return command.Failed(stderr, fmt.Errorf("cannot write %s: %w", file, err))
		}
		_, err = fmt.Fprintf(stdout, "wrote %s\nnext  open it in a browser\n", file)
		return command.Printed(err, stderr)
	}
	if err != nil {
		return command.Failed(stderr, err)
	}
	return command.Fine
}
