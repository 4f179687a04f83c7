// Package raftkv is the root of the rooms that run protocols. It holds no code, only the order in which to read them,
// with Raft for an example; multipaxos has the same rooms:
//
//  1. raft/protocol is generated from spec/raftkv.yaml: the messages, the state, the roles and their transitions, the
//     inputs and the effects. Pure data. Its log is a list.List.
//  2. raft is the algorithm, and reads like the paper: an input steps it, and it returns effects.
//  3. kv is the store: the state machine that the log is applied to, what put, get and delete do. The commands, the
//     results and the clients' messages are generated from spec/kv.yaml.
//  4. world is what a process lives in, as interfaces: a clock, a network, timers and a disk. It knows no protocol.
//  5. raft/node is one server: it takes an input from its world, steps the algorithm, carries out the effects and opens
//     the spans. client is one client.
//  6. sim is the deterministic world.
//  7. raft/invariants looks after every event whether the invariants hold, and history whether what the clients were
//     answered is linearizable. check is what both say.
//  8. run is what a run needs of a protocol, whatever it is, and raft/run is Raft's side of it. whole is a protocol
//     with what it adds to the tools.
//  9. raft/spans, kv/spans and world/spans are generated too: one starter for each span that the specs declare.
//  10. process and watch are for who writes a protocol of their own: what its processes have in common, and who looks
//     after every event whether its invariants hold. See spec/README.md.
//
// Imports run one way: node → raft → protocol → kv, and client → kv. Nothing outside of a protocol's folder knows it.
// node, client and sim meet only in world. raft and kv import nothing but protocol, kv and the pure parts of the
// standard library, so that what they do depends on nothing but their input.
package raftkv
