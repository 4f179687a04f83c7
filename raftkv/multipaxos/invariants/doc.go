// Package invariants says whether MultiPaxos kept its promises. It watches a run from outside, in the world that runs
// the processes, and knows neither their code nor which run it is: of each process it sees the state, what its disk
// holds, what it is sent and what it sends; of each client, what it asks for and is answered.
//
// After every event each invariant of the spec is asked for by name. What a check costs does not grow with the number
// of slots: only what changed in the process that handled the event is looked at.
//
// Where to read:
//
//	checker.go    what happens after an event
//	view.go       what an event shows
//	watch.go      how processes and clients are watched
//	acceptors.go  Agreement, PromisesRise, PromisesKept
//	ballots.go    OneValuePerBallot, BallotsRise, PromisesWereGiven, ValueOfHighestBallot, ChosenByMajority, WithinWindow
//	learners.go   LearntIsChosen, SameOrder, Monotonic, TraceIntegrity
//	disks.go      PersistBeforeSend, RestartFromDisk
//	results.go    SameStore, ExactlyOnce, AnswerOfItsSlot, and Linearizable, which package history checks
//	progress.go   Progress
//	sometimes.go  what should happen in some runs at least, so that a scenario cannot pass by doing nothing
package invariants
