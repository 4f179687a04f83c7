// Package explain is what MultiPaxos adds to traces/explain: why a leader leads in a ballot, why a learner applied a
// value in a slot or what it waits for, what came of a client's request, which rule of the papers held something back,
// and which one was broken. Open explain.go first.
//
//	explain.go    MultiPaxos's questions, and its rules
//	cluster.go    what spans tell: who led when, what was proposed, accepted and chosen
//	ballots.go    leader ballot 2.1: why a leader began it, and what it proposed first
//	promises.go   which promises came, and which value they demand
//	replies.go    what acceptors replied, and why a reply did not come
//	slots.go      slot 7 replica-2: where a value comes from, and how it was chosen
//	learning.go   how a learner learnt it, or what it waits for
//	operation.go  a request of a client: what leaders and acceptors did for it
//	span.go       MultiPaxos's spans as sentences, why something was refused, and which rules it broke
package explain
