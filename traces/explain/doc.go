// Package explain answers questions about a run from its spans alone: why a server leads, where an operation's time
// went, why an entry is or is not in a log. Each sentence of an answer names the spans that bear it out. Open
// explain.go first, then question.go.
//
//	explain.go     Explainer: the spans that answers are made of, and the Explanation
//	question.go    what is asked, and what can be
//	say.go         Sentence: what is said, and the moments of spans that bear it out; the rules and events of a "why not"
//	write.go       an answer for a person, and as JSON
//	leader.go      leader term 4
//	stood.go       why a server stood for election
//	votes.go       who voted how, and why
//	operation.go   client-2 3: where the time went
//	answer.go      why that was the answer
//	entry.go       index 7 node-3
//	missing.go     an entry that is not there, or is not applied
//	commit.go      how an entry was committed, and which rule kept it from that
//	sent.go        what came of what a leader sent a follower
//	log.go         the servers' logs, and who led when, as spans tell it
//	span.go        a span's id
//	tell.go        a span as a sentence
//	broken.go      which rules were broken
//	foreign.go     spans that the spec does not declare, or that lack something
//	absent.go      why something did not arrive
package explain
