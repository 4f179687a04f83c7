package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/raftkv/raftkv/traces"
)

// FuzzCompare compares a run with what nobody would call one: whatever it is, it is compared or refused, and told.
func FuzzCompare(f *testing.F) {
	good, _ := traced(f, smallest(f))
	other, _ := traced(f, dropping(smallest(f), messages(spansOf(f, good), 3)[1]))
	f.Add(good)
	f.Add(other)
	f.Add(renamed(good))
	f.Add([]byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"00000000000000010000000000000002","spanId":"0000000000000002","parentSpanId":"0000000000000003","name":"kv.put"},` +
		`{"traceId":"00000000000000010000000000000002","spanId":"0000000000000003","parentSpanId":"0000000000000002","name":"raft.apply","kind":3}]}]}]}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		x, err := traces.IndexReader(t.Context(), "x", bytes.NewReader(file), traces.IndexOptions{})
		if err != nil {
			return
		}
		for _, o := range []traces.DiffOptions{{Max: 3}, {Only: traces.OnlyElections}, {Only: traces.OnlyKV, Tolerance: 1}} {
			d, err := traces.Compare(t.Context(), indexed(t, "good", good), x, o)
			if err != nil {
				t.Fatal(err)
			}
			_ = (&report{d: d, width: 80, options: &options{runs: [2]string{"a", "b"}}}).String()
			if _, err := json.Marshal(d); err != nil {
				t.Fatal(err)
			}
		}
	})
}
