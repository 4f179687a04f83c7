// Package explain answers questions about a run from its spans alone: where an operation's time went, why a message did
// not arrive, what a span is and what caused it. Each sentence of an answer names the spans that bear it out. What the
// spans of a protocol mean, and questions of its own, it is told by that: see Protocol. Open explain.go first, then
// protocol.go.
//
//	explain.go      Explainer: the answers
//	protocol.go     what a protocol says
//	question.go     what is asked, and what can be
//	trace.go        the spans of the run
//	sentence.go     what is said, and the moments of spans that bear it out
//	explanation.go  what an answer is made of; why something did not happen
//	span.go         a span, its causes, and what it is as a sentence
//	operation.go    an operation: where the time went
//	absence.go      why something did not arrive
//	faults.go       which faults were in force
//	foreign.go      spans that the spec does not declare, or that lack something
//	write.go        an answer for a person, and as JSON
package explain
