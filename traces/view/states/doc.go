// Package states tells the state of every process at any moment of a run, from its trace and the spec's tables alone:
// as a list of changes, in the one order of moments.
//
// Open states.go first: it says what a field and a change are. What is shown, and which spans tell it, is the section
// `shown` of a spec. Besides, each process has a status, and whoever applies what is agreed on has a store.
//
//	states.go   Field, Change, and the list of all changes
//	tellings.go what a span tells: compiled from the tables, for each kind of span
//	rows.go     rows that are written as texts
//	process.go  the state of one process, and what changes it
//	starts.go   crashes, restarts, and the faults that are told by spans of the world
//	disk.go     what is on a disk that loses what it said that it keeps
//	store.go    the store, as applied commands leave it
//
// Of a trace that lacks spans, less is told: a value that no span told is missing, and a store of which an entry is
// missing is not shown until its process starts again. What a missing span would have changed is not known.
package states
