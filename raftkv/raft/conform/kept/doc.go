// Package kept is what a check of traces keeps of the spans of Raft, and what it looks at in each by itself.
//
// Open facts.go first: a type for each kind of span. entries.go reads entries; values.go compares what a span says with
// itself; rules.go names the rules and the invariants.
package kept
