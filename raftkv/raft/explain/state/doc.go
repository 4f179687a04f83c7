// Package state is what the spans of a run tell of Raft's servers, without a word about it: who voted, who led when,
// what each log held, what was committed and applied. Open state.go first.
//
//	state.go    Cluster, and what a single span says
//	votes.go    the answers to a candidate, and its voters
//	leaders.go  who led when, and what a leader knew of its followers
//	log.go      the servers' logs
//	commits.go  what was committed, and how far a follower knew its log to match
//	applied.go  what was applied
package state
