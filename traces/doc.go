// Package traces is what a trace is: spans, and what their names and kinds say of every run. It knows no protocol.
//
// What is done with traces are rooms below it: record writes them, read reads them, index has one in memory; and one
// room a tool: conform, diff, story, explain, export. words is how tools put things into words. Each has a map of its
// files. golden has a small run of each scenario; tracetest and servers are for tests.
//
//	span.go       a span, and the names of faults
//	spankinds.go  what a span's name and kind say
//	tree.go       spans as trees, for who reviews the golden files
package traces
