// Package conform checks a trace: whether each span is as the spec's tables say, whether the spans fit together, and
// whether the rules of the protocol hold. It knows no protocol: who calls it brings the tables and the rules as a
// value.
//
// Open checker.go first: it shows the way of a span. gather.go keeps what is needed of each span, which facts.go has
// in memory when all have come; from then on that does not change. What looks at it is in a file for each thing to be
// checked: alone.go, values.go and events.go look at a span by itself, parents.go and links.go at how spans name each
// other, messages.go, replies.go and faults.go at what was sent, and steps.go at the order of what a process did.
// protocol.go says what a protocol adds, and rules.go lists the rules.
package conform
