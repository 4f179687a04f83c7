// Package across compares runs of two protocols on one workload, operation by operation: what clients got, how long it
// took, and in how many messages. It knows no protocol: an operation is a client's span, a message one that is sent and
// handled. Open across.go first.
//
//	across.go  what both runs came to, side by side
//	run.go     what one run came to, gathered of its spans
//	delays.go  the messages that an answer waited for, one after the other
package across
