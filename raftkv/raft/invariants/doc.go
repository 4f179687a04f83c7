// Package invariants says whether Raft kept its promises. It watches a run from outside, in the world that runs the
// processes, and knows neither their code nor which run it is: of each server it sees the state, what its disk holds,
// what it is sent and what it sends; of each client, what it asks for and is answered.
//
// After every event each invariant of the spec is asked for by name. What a check costs does not grow with the log:
// only what changed in the process that handled the event is looked at, and logs are compared by hashes that chain each
// entry to all before it, so that two prefixes are compared at once.
//
// Package raft/conform/rules asks for the same invariants in a trace: it says why each is written for spans, too.
//
// Where to read:
//
//	checker.go       what happens after an event
//	view.go          what an event shows
//	watch.go         how servers and clients are watched
//	history.go       what is remembered of a run: logs as chains, and what was committed
//	elections.go     ElectionSafety, LeaderCompleteness, TermAndVote, VotesWereGiven
//	logs.go          LeaderAppendOnly, LogMatching, QuorumLog, CommittedIsDurable, NoCommittedTruncation
//	commits.go       StateMachineSafety, CommittedPrefix, Monotonic, CommitCurrentTerm, TraceIntegrity
//	beliefs.go       MatchIndexIsHeld, FollowerMatchesLeader, MatchIndexRises
//	window.go        InFlightWasSent
//	messages.go      PersistBeforeSend, RestartFromDisk
//	results.go       ExactlyOnce, AnswerOfItsEntry, and Linearizable, which package history checks
//	progress.go      Progress
//	bounds.go        how long what Progress promises may take, from what a config says
//	sometimes.go     what should happen in some runs at least, so that a scenario cannot pass by doing nothing
package invariants
