// Package traces writes and reads what a run leaves behind.
//
// A Recorder takes each span of a run when it has ended, and hands it to exporters: OTLPFile writes the trace file,
// which is the truth about a run, Stdout the same in the stdouttrace exporter's format, Push sends it to a Collector or a Jaeger, and Story tells it to a person. Everything else is made from the trace file alone:
// a Reader gives back its spans, one line of the file in memory at a time. It takes files of other origins, too: OTLP/JSON in any layout, and Jaeger's own JSON.
//
// Spans are not started here, but in raftkv/raft/node, raftkv/client and cmd/internal/cluster. What is done with them is in these files:
//
// Where is a trace read?
//
//	span.go             a span, as all that follows sees it
//	spankinds.go        what its name and kind say
//	processes.go        the order of processes
//	read.go             Reader: one span after the other, in the file's order
//	input.go            files that somebody waits for, and pipes
//	json.go             a reader of JSON that is fast
//	decode.go           OTLP/JSON
//	digits.go           digits and texts, eight bytes at a time
//	decodehead.go       what stands before spans, and first in one: its ids, its name and kind, and its times
//	decodespan.go       the other fields of its spans
//	decodekin.go        spans of one name with other attributes than those before
//	decodevalue.go      attributes and their values
//	layout.go           what a file is that has no spans, and marks of its encoding
//	document.go         JSON that is not in lines
//	jaegerread.go       Jaeger's own JSON
//	again.go            a span, read again
//	spanstore.go        Spans: a trace in memory, 100 bytes a span; explain and the other formats use it
//	idtable.go          spans by their ids
//	order.go            the order of what spans tell of: steps
//	sort.go             sorting, and what else is done with all processors
//
//	tree.go             spans as trees, for who reviews the golden files
//
// Where is an answer of explain?
package traces
