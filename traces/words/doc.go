// Package words is how tools put things into words: numbers of things, lists, times, names that must be quoted, the
// nearest valid name, and the store's commands and results.
//
//	words.go       texts, lists, times, lines that are broken
//	count.go       numbers of things: 1 vote, 2 votes
//	nearest.go     the name that was meant
//	order.go       names with numbers in them, in order
//	landmarks.go   texts about spans, elections, notifications
//	store.go       commands and results
//	faults.go      faults
//	style.go       colours of a terminal
package words
