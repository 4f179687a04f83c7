// Package node has the processes of MultiPaxos as processes of a world: [Acceptor], [Leader] and [Replica]. Each takes
// an input, opens its span, steps the algorithm and carries out the effects. It is the only caller of the algorithm's
// Step, and with package client the only hand-written room that opens spans for the protocol.
//
// Where a message's path crosses this room:
//
//	process.go    what all have in common: steps, timers, crashes
//	acceptor.go   an acceptor: its answers
//	learner.go    what leaders and replicas have in common: learning, applying, catching up
//	replica.go    a replica
//	leader.go     a leader: what arrives, and what its algorithm wants done
//	ballot.go     the ballot that a leader is in: its phase 1, and what that causes
//	requests.go   what clients asked and is not answered yet
//	calls.go      what was asked of other processes and is not answered yet
//	journal.go    what is durable
//	bugs.go       the mistakes that can be built in here
//	identity.go   how processes and spans are named: see design of causal ids in package world
package node
