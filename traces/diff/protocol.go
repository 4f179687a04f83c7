package diff

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"github.com/raftkv/raftkv/raftkv/span"
	"github.com/raftkv/raftkv/traces/diff/content"
	"github.com/raftkv/raftkv/traces/read"
)

// Protocol is what a protocol adds: what has to be known of its spans. What is known of every run, and of the store, is
// not repeated in it.
type Protocol struct {
	Specs     []span.Spec // of all spans that a run may have, the store's and the world's among them
	Landmarks span.Landmarks

	Keys    content.Keys    // the attributes that say which one a span is, and those that are known late
	Repeats []attribute.Key // say again what other attributes say: told only where nothing else differs
	Persist string          // what the events begin with that say what was written to the disk: told likewise
	Starts  []string        // the names of the spans with which a server starts

	// Phrase says what a span is, as what its process does: "asks node-3 for its vote in term 1". It says of which event
	// the span is, and not how that came out. It is empty for a span that is not the protocol's.
	Phrase func(*read.Span) string
	// OfElection says whether spans of a name, in a trace whose root has another one, belong to an election.
	OfElection func(name, root string) bool
}

// keys are those that the protocol adds, with its peers, which say which one a span is, and its replies, which are
// known late.
func (p *Protocol) keys() content.Keys {
	k := p.Keys
	k.Identifies = slices.Concat(k.Identifies, p.Landmarks.Peers)
	k.AtEnd = slices.Concat(k.AtEnd, p.Landmarks.Replies)
	return k
}
