// Package read reads traces: files of any origin become spans.
//
// Reader gives the spans of a file one after the other, and Each the lines of a file, decoded by all processors. Begin
// with read.go, which reads lines, and decode.go, which makes spans of them.
//
//	read.go      Reader: lines, and what is wrong with them
//	input.go     files, those that somebody waits for, and those that are read twice
//	each.go      lines, decoded by all processors
//	again.go     one span, read again
//	decode.go    OTLP/JSON
//	value.go     attributes, ids, times
//	cache.go     texts that come again and again
//	scanner.go   JSON, and where a fault is in it
//	document.go  JSON that is not in lines
//	jaeger.go    Jaeger's own JSON
//	answer.go    what Jaeger and Tempo answer: what they changed, and what they answer twice
//	layout.go    what a file is that has no spans, and in which encoding
package read
