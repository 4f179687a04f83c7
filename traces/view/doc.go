// Package view makes the page that shows a run, or two: one HTML file with all that it needs, which asks for nothing
// from anywhere. What the page shows is made here, of the trace and of the spec's tables alone; the program that shows
// it is in page, in TypeScript, and its bundle is in git.
//
//	page.go         Page: the HTML file
//	bundle.go       the program of the page, as it lies in git
//	bundle_js.go    a page holds no second page
//	data.go         what a page holds, packed: a head in JSON, and columns of numbers
//	run.go          a run: its head and its columns
//	head.go         what the head of a run says
//	attributes.go   what spans, events and links say
//	arrows.go       the messages
//	changes.go      what processes hold, moment by moment
//	history.go      what clients asked for, and where in an order each operation took effect
//	explained.go    what explain says of spans
//	violation.go    the facts that clash, and what led to them
//	compare.go      how two runs compare
//	columns.go      columns of numbers and texts
package view
