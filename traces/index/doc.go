// Package index holds a trace in memory, in which spans are found by their ids. Of each span it has an Entry of 100
// bytes; all else that the span says is read again, from the file, when it is asked for.
//
// Open trace.go first: it has all that is asked of a trace that was read.
//
//	trace.go       Trace and Entry
//	build.go       how a trace is read, and what a tool may gather of its spans meanwhile
//	again.go       a span with all that it says, read again
//	moments.go     beginnings and ends in one order, and which reply was taken in
//	order.go       the one order of what processes do
//	names.go       what is known of the names of spans, attributes and services
//	resolution.go  times that are cut, as Jaeger cuts them
package index
