// Package explain is what Raft adds to traces/explain: why a server leads, why an entry is or is not in a log, why it
// was not committed, which rule of the paper held something back, and which one was broken. Open explain.go first.
//
//	explain.go    Raft's questions, and its rules
//	cluster.go    what spans tell: who led when, what was acknowledged
//	log.go        what spans tell: entries, commits, what was applied; below it, logs has what a log holds at a time
//	elections.go  leader term 4: who won, and why a server stood for election
//	votes.go      who voted how, and why
//	entry.go      index 7 node-3
//	commit.go     how an entry was committed, and which rule kept it from that
//	sent.go       what came of what a leader sent a follower
//	operation.go  a request of a client: what the servers did for it, and why that was the answer
//	span.go       Raft's spans as sentences, why something was refused, and which rules it broke
package explain
