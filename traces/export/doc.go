// Package export writes a run in the formats of other people's programs, and makes links to Jaeger's pages. Open the
// file of the format.
//
//	jaeger.go      links to Jaeger's pages
//	jaegerjson.go  Jaeger's own JSON
//	perfetto.go    the trace event format of Perfetto and Chrome
//	shiviz.go      a log for ShiViz
package export
