package pages

import (
	"context"
	"errors"
	"io"
)

// Serve fails: a program in a browser serves nobody.
func Serve(context.Context, io.Writer, int, string, []byte) error {
	return errors.New("-serve works outside a browser alone")
}
