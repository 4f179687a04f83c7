package replay

import (
	"testing"

	"github.com/raftkv/raftkv/raftkv/kv"
	kvconform "github.com/raftkv/raftkv/raftkv/kv/conform"
	"github.com/raftkv/raftkv/traces/conform"
)

// An operation is called what its span says, if that is the name of one, and is else told from others by its span.
func TestNamesOfRequests(t *testing.T) {
	unnamed := kv.RequestID{Client: 1 << 31, Sequence: 7}
	for name, want := range map[string]kv.RequestID{
		"client-2/3":                   {Client: 2, Sequence: 3},
		"client-2147483647/4294967295": {Client: 1<<31 - 1, Sequence: 1<<32 - 1},
		"client-2147483648/1":          unnamed, // no client may be taken for those without a name
		"client-2/4294967296":          unnamed,
		"client-2/3 or so":             unnamed,
		"client-2":                     unnamed,
		"client-/3":                    unnamed,
		"client--2/3":                  unnamed,
		"2/3":                          unnamed,
		"node-2/3":                     unnamed,
		"":                             unnamed,
	} {
		if got := requestOf(&kvconform.Operation{Request: name, Span: conform.SpanRef{ID: 7}}); got != want {
			t.Errorf("%q is %+v, not %+v", name, got, want)
		}
	}
}
