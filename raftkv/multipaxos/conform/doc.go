// Package conform is what a check of traces knows of MultiPaxos.
//
// Open protocol.go first: it says what the checker of traces/conform is told of MultiPaxos. causes.go compares spans
// that belong together: a message and its handling, a reply, a span and its parent or the target of a link. Below it,
// kept has what is kept of each span, and rules the rules over what the processes did.
package conform
