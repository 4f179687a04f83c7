// Package conform is what a check of traces knows of Raft: what its spans tell, and the rules that hold over them.
//
// Open protocol.go first: it says what the checker of traces/conform is told of Raft. facts.go has what is kept of
// each span. The rules are in two kinds of files. messages.go, causes.go and values.go compare spans with each other
// and with the spec. All others go through what the servers did, in the order that order.go makes, and look at what
// each span says of its server: cluster.go has what is known of the servers then, and which rules look at which span,
// terms.go, roles.go, elections.go, logs.go, backing.go, commits.go, disks.go and clients.go the rules. What no span
// tells is not known there, and breaks no rule.
package conform
