// Package story tells a run as a person reads it, a line an event, from spans alone: as an exporter while the run goes
// on, or from a file afterwards, with the same text. Open story.go first, then lines.go, which says what each kind of
// span tells.
//
//	story.go       Story: its lines, in order
//	lines.go       what each kind of span says
//	world.go       the run itself, faults and violations
//	log.go         what no span says by itself: removed entries, repeated requests
//	fold.go        what is said over and over, said once
//	phases.go      headings, where phases of the run begin
//	select.go      a part of the story: processes, times
//	causes.go      the lines that led to a violation
package story
