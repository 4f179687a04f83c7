// Package conform checks a trace: whether each span is as the spec's tables say, whether the spans fit together, and
// whether the rules of the protocol hold. It knows no protocol: who calls it brings the tables and the rules as a
// value.
//
// Open checker.go first: it shows the way of a span. Once all are gathered, what is kept of them does not change any
// more, and each kind of thing that is checked has a file.
//
//	checker.go   Checker: it takes spans, and reports
//	protocol.go  what it has to be told of a protocol
//	tables.go    the kinds of spans that the spec declares
//	gather.go    what is kept of a span
//	facts.go     what was gathered, in memory
//	findings.go  what is found, what is not known, and the report
//	rules.go     the rules, with their ids
//	alone.go     a span by itself: its name, kind, service, attributes and their values, status
//	events.go    its events
//	parents.go   parents and traces
//	links.go     links
//	messages.go  messages and replies: sent, delivered, handled
//	faults.go    processes that are down or paused, and messages that may be on their way
//	steps.go     the numbers of the processes' steps
package conform
