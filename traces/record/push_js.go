package record

import (
	"context"
	"errors"

	"github.com/raftkv/raftkv/raftkv/span"
)

// Push sends nothing: a page makes no request, so that the client for it, with all that makes it safe, is left out of
// what a browser loads.
type Push struct{}

var _ Exporter = (*Push)(nil)

// NewPush fails.
func NewPush(string) (*Push, error) {
	return nil, errors.New("a page pushes no spans; run it at a command line, or open the trace that it wrote")
}

// Endpoint is empty.
func (*Push) Endpoint() string { return "" }

// Export does nothing.
func (*Push) Export(context.Context, *span.Span) error { return nil }

// Shutdown does nothing.
func (*Push) Shutdown(context.Context) error { return nil }
