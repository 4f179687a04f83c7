// Package kept is what a check of traces keeps of the spans of MultiPaxos, and what it looks at in each by itself.
//
// Open facts.go first: a type for each kind of span. worker.go takes it from the span; values.go compares what a span
// says with itself; rules.go names the rules and the invariants.
package kept
