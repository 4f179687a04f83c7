// Package raft is the Raft algorithm of "In Search of an Understandable Consensus Algorithm (Extended Version)", Ongaro
// and Ousterhout 2014, and nothing else: no clock, no randomness, no network, no disk, no telemetry. [Node.Step] takes
// one input and returns the effects that the server's surroundings must carry out. Section numbers (§) and figures in
// comments are the paper's, and names are those of its Figure 2. Read the files in the paper's order:
//
//   - raft.go: [Node], [Node.Step], and the dispatch of messages
//   - terms.go: §5.1, terms and stepping down
//   - leader_election.go: §5.2, elections and heartbeats; §5.4.1, the election restriction
//   - log_replication.go: §5.3, AppendEntries on both sides
//   - log_matching.go: §5.3, the consistency check and how a leader finds where the logs part
//   - commitment.go: §5.3 and §5.4.2, what is committed, and when
//   - crashes.go: §5.5, retries and restarts
//   - client_interaction.go: §8, clients' commands
//   - log.go: the log itself, numbered from 1
//   - bugs.go: the mistakes that can be built in on purpose, and the small functions of the above that have one each
//
// # Effects
//
// Effects are to be carried out in order, all of them, before the next input:
//
//   - A step has at most one Persist, and it comes first: nothing leaves a server that is not durable (Figure 2,
//     "updated on stable storage before responding"). If it fails, the server must stop.
//   - A RequestVote or an AppendEntries from a server of the cluster has exactly one Reply, in the step that receives
//     it.
//     A client's request has either an Answer, which is NotLeader, or an Append: then the answer is due when an Apply
//     of
//     the same server hands out that entry.
//   - A follower's Reply comes before the Commit and the Applies that the same AppendEntries brings: it says what the
//     follower holds, which the state machine has no part in.
//   - A leader's Commit is followed by its Applies, then by a CommitNotification to every follower, then by what may be
//     sent on.
//   - SetPeers, Restart and stepping down start the election timer, becoming leader stops it. A world without election
//     timeouts ignores it.
//   - A follower sets its election timer anew for an AppendEntries of the current leader and for a vote that it grants
//     (§5.2), at most once in a step.
//
// The slice of effects is the node's and is valid until the next Step; so are a Persist's entries. Messages own what
// they hold and may be kept, and must not be changed.
//
// # What is assumed
//
// Of the network, nothing: it may lose, delay, duplicate and reorder messages, as in the paper. What a message says
// was said by the server that it comes from.
//
// Of a disk, that it keeps what a Persist made durable. A follower whose disk lost what it acknowledged is sent that
// again as soon as it refuses what follows. But when too many disks lose an entry before that, a leader may be elected
// that lacks it, and no server can tell.
//
// # Beyond the paper
//
//   - CommitNotification tells followers at once that the commit index moved. It may overtake the entries, so a
//     follower remembers the highest index that the current term's leader told of, and commits it once its log is known
//     to match that far.
//   - Several AppendEntries may be on the way to one follower (Ongaro's thesis, section 10.2.1). A new leader sends a
//     follower one, and more once that is acknowledged. When one is refused or given up, it goes back and sends one,
//     and then one more for each acknowledgement.
//   - An AppendEntries has a round, and its refusal repeats it: how often the leader went back for this follower. By
//     it, a late refusal of what was given up is told from one of what was sent since.
//   - Messages from servers outside the cluster are ignored, as are those from the server itself: membership changes
//     (§6) are not part of this.
//   - Log compaction (§7) is not part of this.
//   - Terms end: a server in the highest one starts no election.
package raft
