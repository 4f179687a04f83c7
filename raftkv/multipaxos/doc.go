// Package multipaxos is the MultiPaxos algorithm of "Paxos Made Simple", Lamport 2001, and "Paxos Made Moderately
// Complex", van Renesse and Altinbuken 2015, and nothing else: no clock, no randomness, no network, no disk, no
// telemetry. A [Process] takes one input a step and returns the effects that its surroundings must carry out. Comments
// cite the two as PMS and PMMC, with section numbers (§), PMS's properties (P1a, P2c) and PMMC's invariants (A1, C1,
// R1). Read the files in the order in which a command comes upon them:
//
//   - process.go: what all processes have in common, and how ballots are ordered
//   - acceptor.go: PMS §2.2, what an acceptor promises and accepts
//   - leader.go: [Leader], and the dispatch of messages
//   - leadership.go: PMS §2.4 and PMMC §3, who leads, and what a leader does that another preempts
//   - phase1.go: PMS §2.2 and §3, promises for all slots at once, and the values that they demand
//   - phase2.go: PMS §2.2 and §3, clients' commands, the window, and what is chosen
//   - learning.go: PMS §2.3 and §3, learning and applying in order
//   - catchup.go: what a learner does that misses something
//   - replica.go: [Replica], a learner and no more
//   - bugs.go: the mistakes that can be built in on purpose, and the small functions of the above that have one each
//
// # Processes
//
// Acceptors, leaders and replicas are processes of their own, any number from 1 of each. A majority of the acceptors
// chooses. One leader leads; the others are on standby, watch it, and learn what is chosen as replicas do, so that each
// can lead, and answer learners, at once. Clients ask leaders. A leader answers when it has applied the command to a
// store of its own; it does not wait for replicas.
//
// # Effects
//
// Effects are to be carried out in order, all of them, before the next input:
//
//   - What is to be persisted comes first: nothing leaves a process that is not durable (PMS §2.5). If it fails, the
//     process must stop.
//   - A Prepare, an Accept and a CatchUp from a process of the cluster have exactly one Reply, in the step that
//     receives them.
//     A client's request has either an Answer, which is NotLeader, or a Propose: then the answer is due when an Apply
//     of the same leader hands out that slot with the same value. It may never come: another value may be chosen there.
//   - A leader's Choose is followed by its Applies, then by a Commit to every other learner, then by what the window
//     lets go on.
//
// The slice of effects is the process's and is valid until the next Step. Messages own what they hold and may be kept,
// and must not be changed.
//
// # What is durable
//
// An acceptor's promise and what it accepted; a leader's round, so that it never begins a ballot twice; and what a
// learner learnt, so that one that restarts asks for no more than it missed. The last is not needed for safety: the
// acceptors know it.
//
// # What is assumed
//
// Of the network, nothing: it may lose, delay, duplicate and reorder messages. What a message says was said by the
// process that it comes from. Of a disk, that it keeps what was made durable: an acceptor that forgets lets two values
// be chosen.
//
// # Beyond the papers
//
//   - An acceptor says when it rejects, and what it promised (PMS §2.5 has it as an optimisation).
//   - Heartbeats tell who leads, and how far all is chosen, so that a learner whose last Commit was lost finds out.
//   - A learner that misses something waits a moment, in case messages overtook each other, and then asks a leader.
//   - Messages from processes outside the cluster are ignored. Who the processes are never changes: no reconfiguration.
//   - Acceptors forget nothing (PMMC §4.2, garbage collection, is not part of this), and there are no leases for reads
//     (PMMC §4.4).
//   - Rounds end: a leader that knows of the highest one begins no ballot.
package multipaxos
