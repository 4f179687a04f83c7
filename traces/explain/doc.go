// Package explain answers questions about a run from its spans alone: where an operation's time went, why a message did
// not arrive, what a span is and what caused it. Each sentence of an answer names the spans that bear it out. Open
// explain.go first, then protocol.go.
//
// It knows the client, the network and the faults, and no protocol. A protocol brings a Protocol, in its own folder:
//   - the spans that its spec declares, and the rules that can hold something back;
//   - how its servers are called, and the words of its questions, such as `leader term 2` or `slot 7 replica-2`;
//   - Answers, made anew for each run: its own questions and what it answers them with, what one of its spans says as
//     a sentence, and what came of a client's try.
//
// It is handed the Trace, in which spans are found by process, by parent and by id, and makes sentences with Say and
// steps with At. Every number in a sentence is one that a span says on which the sentence rests: a Moment that is part
// of a sentence is remembered, and On adds others. raftkv/raft/explain is an example.
//
//	explain.go    Explainer: questions and their answers
//	protocol.go   what a protocol brings
//	question.go   a question taken apart
//	trace.go      the spans of the run
//	moments.go    when spans begin and end, and what they say
//	answer.go     what an answer is made of
//	span.go       a span, its causes, and what it is as a sentence
//	operation.go  an operation: where the time went
//	applied.go    what was applied to the store, and why that was the answer
//	absence.go    why something did not arrive
//	faults.go     which faults were in force
//	foreign.go    spans that the spec does not declare, or that lack something
//	write.go      an answer for a person, and as JSON
package explain
