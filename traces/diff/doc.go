// Package diff says what differs between two runs, and why, from their traces alone. It knows the store and what every
// run has; what it is to know of a protocol is given to it as a value. Open same.go first: it decides which spans of
// two runs are the same.
//
//	diff.go      Compare, and what it returns
//	spans.go     CompareSpans: the same, with what it rests on, span by span
//	trace.go     Trace: a trace that is ready to be compared
//	protocol.go  Protocol: what is to be known of a protocol
//	same.go      when two spans are the same, and when they differ
//	align.go     two runs side by side: the spans that differ, and from when on
//	cause.go     which difference comes of which
//	rule.go      by what rule it does: seen, or only possible
//	busy.go      those that come of a process that was busy
//	reason.go    what made the first one: a key of the config, a fault, the seed, the code
//	tree.go      what followed, as a tree
//	verdict.go   the verdict, and what the two traces do not tell
//	tell.go      what differs in what the spans of a pair say
//
// Three rooms belong to it: content has what a span says, as hashes and in words; outcome has what a run came to, and
// what users saw otherwise; config has the keys that the configs differ in.
package diff
