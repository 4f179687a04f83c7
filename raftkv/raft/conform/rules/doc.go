// Package rules has the rules over what the servers of a trace did: terms, votes, logs, commits, what is durable, what
// clients are answered. They are the invariants of the spec, and what Figure 2 of the paper says beside them.
//
// Open cluster.go first. It goes through what the servers did, in the order that order.go makes. The rules compare what
// a span says with what was known of the servers before, and change nothing. Then what the span tells is known, too.
// What no span tells is not known, and breaks no rule.
//
//	known.go      what is known of the servers
//	learn.go      what is known from a span on
//
// The rules look at one kind of span each. One that is an invariant's only rule has its name.
//
//	terms.go      a term never falls, and comes from an election or a message
//	roles.go      roles change along Figure 4; a server starts again as what its disk says
//	elections.go  who gets a vote, and how many make a leader
//	logs.go       what a leader takes into its log and sends, and what its followers do with it
//	backing.go    why entries are refused, and where a leader goes back to then
//	commits.go    how far a commit index may rise, and what is applied
//	disks.go      what is durable before it is sent, and read back
//	clients.go    what the store answers, and clients are told
//
// Package invariants asks for the same invariants in a run as it goes on. It has all of a server's state after each
// event, where a trace has a span's part of it, at the span where a finding belongs; so each invariant is written once
// for a state, and once for spans.
package rules
