// Package story tells a run as a person reads it, a line an event, from spans alone: as an exporter while the run goes
// on, or from a file afterwards, with the same text. Open story.go first, then teller.go. What the spans of servers
// tell is declared in the protocol's spec, or told in its own folder.
//
//	story.go       Story: its lines, in order
//	teller.go      what lines are made with
//	declared.go    what a spec declares of its spans
//	clients.go     what clients ask for and are answered
//	world.go       the run itself, faults and violations
//	fold.go        what is said over and over, said once
//	phases.go      headings, where phases of the run begin
//	select.go      a part of the story: processes, times
//	causes.go      the lines that led to a violation
package story
