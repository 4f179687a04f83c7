// Package raftkv is the root of a project that runs consensus protocols so that a person can see, check and compare
// what happened. The root holds no code but the text of the default config.
//
// spec/ declares the protocols, the store that they replicate, and what every run has. gen/ makes Go packages of each
// below raftkv/raft, raftkv/multipaxos, raftkv/kv and raftkv/world, and a document beside it. raftkv/ is the protocols
// and the world that they live in: its package doc gives the reading order. traces/ writes, reads and compares what was
// recorded. cmd/ holds the commands.
package raftkv

//go:generate go run ./gen
