package view

import (
	"context"
	"errors"
	"io"

	"github.com/raftkv/raftkv/cmd/internal/command"
)

// makeLab fails: there is no compiler in a page.
func (*options) makeLab(_ context.Context, _, stderr io.Writer) int {
	return command.Failed(stderr, errors.New("-lab works outside a browser alone"))
}
