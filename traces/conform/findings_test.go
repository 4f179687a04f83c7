package conform_test

import (
	"testing"

	"github.com/raftkv/raftkv/traces/conform"
)

// A finding names the process of its span, which need not have a name.
func TestSpanOfANamelessProcess(t *testing.T) {
	if got, want := (conform.SpanRef{Name: "GET /cart", Line: 1}).String(),
		"GET /cart 0000000000000000 of a process without a name at 0.000ms, line 1"; got != want {
		t.Errorf("it is told as %q, want %q", got, want)
	}
}
