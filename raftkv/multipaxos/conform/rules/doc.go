// Package rules has the rules over what the processes of a trace did: promises, ballots, proposals, what is chosen,
// learnt and applied, what is durable, what clients are answered. They are the invariants of the spec, and what the
// papers say beside them.
//
// Open cluster.go first. It goes through what the processes did, in the order that order.go makes. The rules compare
// what a span says with what was known of the processes before, and change nothing. Then what the span tells is known,
// too. What no span tells is not known, and breaks no rule.
//
//	known.go      what is known of the processes
//	learn.go      what is known from a span on
//
// The rules look at one kind of span each. One that is an invariant's only rule has its name.
//
//	acceptors.go  what an acceptor promises, accepts and refuses
//	ballots.go    how a leader begins a ballot, and how many promises make it lead
//	proposals.go  what a leader gives slots to and has accepted, and what is chosen
//	learners.go   what is learnt and applied
//	roles.go      roles change along the spec's edges
//	disks.go      what is durable before it is sent, and read back
//	clients.go    what the store answers, and clients are told
//
// Package invariants asks for the same invariants in a run as it goes on. It has all of a process's state after each
// event, where a trace has a span's part of it, at the span where a finding belongs; so each invariant is written once
// for a state, and once for spans.
package rules
