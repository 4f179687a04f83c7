// Package explain is what Raft adds to traces/explain: why a server leads, why an entry is or is not in a log, why it
// was not committed, which rule of the paper held something back, and which one was broken. What spans tell of votes,
// leaders and logs is gathered in the package state; here it is put into sentences. Open explain.go first.
//
//	explain.go    Raft's questions
//	rules.go      the rules, and where the paper has them
//	short.go      short names for what is said again and again
//	elections.go  leader term 4
//	votes.go      who voted how, and why
//	stood.go      why a server stood for election
//	entry.go      index 7 node-3
//	missing.go    an entry that is not there, or is not applied
//	commit.go     how an entry was committed, and which rule kept it from that
//	sent.go       what came of what a leader sent a follower
//	span.go       Raft's spans as sentences, and why something was refused
//	operation.go  a request of a client: what the servers did for it
//	answer.go     why that was the answer
//	broken.go     which rules were broken
package explain
